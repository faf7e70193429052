"""The rules of the AWS-compatible line: who may have a token, and how fast it is served."""

from __future__ import annotations

import re

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from waiting_room import vwr
from waiting_room.vwr import (
    Counters,
    Facts,
    Grant,
    Inlet,
    NotServed,
    Position,
    Served,
    Spent,
    Unknown,
    advance,
    claims,
    grant_of,
    is_request_id,
    position_of,
    waiting,
)

REQUEST_ID = "26a07142-098a-4bea-b67d-1fe5a098bf29"


def facts(**changes: int | None) -> Facts:
    """Position 5, entered at 1,000, called at 2,000, for 900 seconds."""
    values: dict[str, int | None] = {
        "number": 5,
        "entered_at": 1_000,
        "serving": 10,
        "expiry_s": 900,
        "called_at": 2_000,
        "issued_at": None,
        "expires_at": None,
    }
    return Facts(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "now", "position"),
    [
        ({"number": None}, 2_000, Unknown()),
        ({"number": 11, "called_at": None}, 2_000, NotServed()),
        ({"number": 10}, 2_000, Served(900)),
        ({}, 2_900, Served(0)),
        ({}, 2_901, Spent()),
        ({"called_at": None}, 2_000, Spent()),
        ({"called_at": None, "expiry_s": 0}, 999_999, Served(None)),
        ({"entered_at": 2_500}, 3_400, Served(0)),
        ({"entered_at": 2_500}, 3_401, Spent()),
    ],
    ids=[
        "unknown",
        "one beyond the counter",
        "at the counter",
        "its last second",
        "a second later",
        "called long ago",
        "without expiry",
        "from its entry on, if that was later",
        "and not longer",
    ],
)
def test_position_is_judged_by_counter_and_period(
    changes: dict[str, int | None], now: int, position: Position
) -> None:
    assert position_of(facts(**changes), now) == position


@pytest.mark.parametrize(
    ("changes", "grant"),
    [
        ({"issued_at": 2_100, "expires_at": 5_700}, Grant(5, 2_100, 5_700)),
        ({}, None),
        ({"issued_at": 2_100}, None),
        ({"number": None, "issued_at": 2_100, "expires_at": 5_700}, None),
    ],
)
def test_grant_is_read_from_whole_facts_alone(
    changes: dict[str, int | None], grant: Grant | None
) -> None:
    assert grant_of(facts(**changes)) == grant


@pytest.mark.parametrize(
    ("before", "given", "elapsed_s", "per_minute", "after"),
    [
        (Inlet(0, 0.0), 100, 1.0, 120, Inlet(2, 0.0)),
        (Inlet(0, 0.0), 100, 0.5, 60, Inlet(0, 0.5)),
        (Inlet(0, 0.5), 100, 0.5, 60, Inlet(1, 0.0)),
        (Inlet(7, 0.0), 9, 4.0, 60, Inlet(9, 2.0)),
        (Inlet(9, 2.0), 9, 60.0, 60, Inlet(9, 5.0)),
        (Inlet(0, 0.0), 100, 3_600.0, 60, Inlet(5, 0.0)),
        (Inlet(0, 0.0), 100, 3_600.0, 1, Inlet(1, 0.0)),
        (Inlet(5, 1.0), 3, 1.0, 60, Inlet(5, 2.0)),
        (Inlet(5, 0.0), 9, -3.0, 60, Inlet(5, 0.0)),
    ],
    ids=[
        "its rate",
        "a part of a call is saved",
        "and used",
        "no further than was given out",
        "an idle line saves five seconds",
        "a late tick makes up for five seconds",
        "or for one call, if that is more",
        "the counter never goes back",
        "a clock that goes back calls nobody",
    ],
)
def test_line_is_served_at_its_rate_and_no_further_than_it_reaches(
    before: Inlet, given: int, elapsed_s: float, per_minute: int, after: Inlet
) -> None:
    assert advance(before, given=given, elapsed_s=elapsed_s, per_minute=per_minute) == after


@drawn(
    st.lists(st.tuples(st.floats(0, 10), st.integers(0, 50)), max_size=60), st.integers(1, 6_000)
)
def test_no_span_of_time_sees_more_calls_than_the_rate_allows(
    ticks: list[tuple[float, int]], per_minute: int
) -> None:
    inlet, given, span_s = Inlet(0, 0.0), 0, 0.0
    for elapsed_s, joined in ticks:
        given += joined
        span_s += elapsed_s
        before = inlet.serving
        inlet = advance(inlet, given=given, elapsed_s=elapsed_s, per_minute=per_minute)
        assert before <= inlet.serving <= given
        allowed = per_minute * (span_s + vwr.SAVED_S_MAX) / 60 + 1
        assert inlet.serving <= allowed + 1e-6


def test_line_of_a_minute_is_served_at_its_rate_whatever_the_tick() -> None:
    for ticks in (12, 60, 120, 1_200):
        inlet = Inlet(0, 0.0)
        for _ in range(ticks):
            inlet = advance(inlet, given=10_000, elapsed_s=60 / ticks, per_minute=600)
        assert 599 <= inlet.serving <= 600


def test_whoever_has_a_token_or_a_spent_position_does_not_wait() -> None:
    assert waiting(Counters(given=10, serving=7, tokens=3, spent=2)) == 5
    assert waiting(Counters(given=1, serving=1, tokens=1, spent=1)) == 0


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (REQUEST_ID, True),
        (REQUEST_ID.upper(), False),
        (f"{REQUEST_ID}\n", False),
        (f" {REQUEST_ID}", False),
        (REQUEST_ID[:-1], False),
        (REQUEST_ID.replace("-", ""), False),
        ("", False),
        (None, False),
        (7, False),
    ],
)
def test_request_id_is_a_uuid_as_it_was_given_out(text: object, is_one: bool) -> None:
    assert is_request_id(text) is is_one


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("Sample", True), ("a.b_c-1", True), ("", False), ("a:b", False), ("x" * 65, False)],
)
def test_event_id_fits_into_a_key(text: str, is_one: bool) -> None:
    assert (re.fullmatch(vwr.EVENT_ID, text) is not None) is is_one


def test_claims_are_those_of_the_original() -> None:
    made = claims(
        Grant(5, 2_100, 5_700),
        "refresh",
        event_id="Sample",
        request_id=REQUEST_ID,
        issuer="https://city.example/vwr",
    )
    assert made == {
        "aud": "Sample",
        "sub": REQUEST_ID,
        "queue_position": 5,
        "token_use": "refresh",
        "iat": 2_100,
        "nbf": 2_100,
        "exp": 5_700,
        "iss": "https://city.example/vwr",
    }


def test_line_outlives_every_position_of_it() -> None:
    longest_token_s = 86_400
    assert vwr.POSITION_KEPT_S + longest_token_s < vwr.LINE_KEPT_S
