from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waiting_room.attempts import Failures, Limits, Proof, verdict

LOCKS_ONLY = Limits()
PROVING = Limits(proofs=True, proof_ticket_from=3)
COUNTS = st.integers(0, 700)
ANY_FAILURES = st.builds(Failures, *[COUNTS] * 7)
ANY_PROOF: st.SearchStrategy[Proof] = st.sampled_from(("", "proved", "waited"))


def test_who_has_not_failed_is_checked_without_being_asked_for_anything() -> None:
    for limits in (LOCKS_ONLY, PROVING):
        assert verdict(Failures(), limits, is_known=False) == "check"


@pytest.mark.parametrize(
    "failures",
    [Failures(ticket_hour=10), Failures(ticket_day=20), Failures(network=600)],
)
def test_full_bucket_locks_where_no_proofs_are_taken(failures: Failures) -> None:
    assert verdict(failures, LOCKS_ONLY, is_known=False) == "wait"
    assert verdict(failures, LOCKS_ONLY, is_known=False, proof="proved") == "wait"


@pytest.mark.parametrize("failures", [Failures(ticket_hour=10), Failures(ticket_day=20)])
def test_ticket_that_strangers_locked_is_open_to_a_clean_network_for_a_proof(
    failures: Failures,
) -> None:
    assert verdict(failures, PROVING, is_known=False) == "prove"
    assert verdict(failures, PROVING, is_known=False, proof="proved") == "check"
    known_for_failing = msgspec.structs.replace(failures, network=10)
    assert verdict(known_for_failing, PROVING, is_known=False, proof="proved") == "wait"


@pytest.mark.parametrize(
    ("failures", "less"),
    [
        (Failures(ticket_hour=3), Failures(ticket_hour=2)),
        (Failures(network=60), Failures(network=59)),
        (Failures(city=600), Failures(city=599)),
    ],
)
def test_proof_is_asked_for_when_risk_rises(failures: Failures, less: Failures) -> None:
    assert verdict(less, PROVING, is_known=False) == "check"
    assert verdict(failures, PROVING, is_known=False) == "prove"
    assert verdict(failures, PROVING, is_known=False, proof="proved") == "check"
    assert verdict(failures, LOCKS_ONLY, is_known=False) == "check"


def test_who_waited_instead_is_checked_once_a_minute_and_few_in_the_whole_city() -> None:
    failures = Failures(city=600)
    assert verdict(failures, PROVING, is_known=False, proof="waited") == "check_slowly"
    for full in (Failures(city=600, slow_network=1), Failures(city=600, slow_city=30)):
        assert verdict(full, PROVING, is_known=False, proof="waited") == "prove"


@given(ANY_FAILURES, ANY_PROOF)
def test_nothing_that_strangers_do_counts_on_a_known_device(
    failures: Failures, proof: Proof
) -> None:
    own = failures.device
    expected = "check" if own < PROVING.device_hour_max else "wait"
    assert verdict(failures, PROVING, is_known=True, proof=proof) == expected


@given(ANY_FAILURES, ANY_PROOF)
def test_network_that_failed_too_often_is_never_checked(failures: Failures, proof: Proof) -> None:
    full = msgspec.structs.replace(failures, network=600)
    for limits in (LOCKS_ONLY, PROVING):
        assert verdict(full, limits, is_known=False, proof=proof) == "wait"
