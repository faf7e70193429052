"""A published draw is computed again, and what does not fit is found."""

from __future__ import annotations

import msgspec
import pytest

from seiriken.draw_check import (
    PublishedDraw,
    PublishedStatus,
    check_draw,
    check_status,
    permutation_findings,
    sample_of,
    seed_from,
)
from waiting_room.draw import commitment, place_of, shuffle_seed

SEED = bytes.fromhex("df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119")
MIXED = shuffle_seed(SEED, "0815")
DRAW = PublishedDraw(
    commitment=commitment(SEED),
    revealed_seed=SEED.hex(),
    lobby_count=10,
    beacon="0815",
    beacon_source="lottery",
    shuffle_seed=MIXED.hex(),
)


def status(**changes: object) -> PublishedStatus:
    return PublishedStatus(msgspec.structs.replace(DRAW, **changes), "spring")


def test_a_draw_that_fits_is_verified_and_says_everybodys_place() -> None:
    places = []
    for index in range(12):
        checked = check_status(status(), index)
        assert (checked.verified, checked.findings) == (True, [])
        assert checked.commitment_matches
        places.append(checked.place)
    assert sorted(p or 0 for p in places[:10]) == list(range(1, 11))
    assert places[10:] == [11, 12]
    assert places[3] == place_of(3, 10, MIXED)


def test_without_an_index_the_draw_is_checked_all_the_same() -> None:
    checked = check_status(status())
    assert (checked.verified, checked.place) == (True, None)


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"commitment": "00" * 32}, "commitment does not match"),
        ({"commitment": ""}, "no commitment is published"),
        ({"revealed_seed": "11" * 32}, "commitment does not match"),
        ({"revealed_seed": "11"}, "malformed"),
        ({"revealed_seed": "no seed"}, "malformed"),
        ({"revealed_seed": ""}, "not drawn yet"),
        ({"lobby_count": -1}, "not drawn yet"),
        ({"lobby_count": 2**40 + 1}, "malformed"),
        ({"beacon": ""}, "beacon is missing"),
        ({"beacon": "4711"}, "shuffle seed does not follow"),
        ({"shuffle_seed": "00" * 32}, "shuffle seed does not follow"),
        ({"beacon_default": True}, "not the default"),
    ],
)
def test_what_does_not_fit_is_found(changes: dict[str, object], finding: str) -> None:
    checked = check_status(status(**changes), 3)
    assert not checked.verified
    assert checked.place is None
    assert any(finding in found for found in checked.findings)


def test_other_rules_than_those_of_the_commitment_are_found() -> None:
    assert check_status(status(), 3, "other rules").commitment_matches is False


def test_the_default_beacon_is_that_of_the_release() -> None:
    beacon = "spring|2026-12-01T09:00:00+09:00"
    mixed = shuffle_seed(SEED, beacon).hex()
    checked = check_status(status(beacon=beacon, beacon_default=True, shuffle_seed=mixed))
    assert (checked.verified, checked.beacon_default) == (True, True)


def test_by_hand_no_commitment_need_be_given() -> None:
    told = PublishedDraw(revealed_seed=SEED.hex(), lobby_count=10, beacon="0815")
    checked = check_draw(told, 3)
    assert (checked.verified, checked.commitment_matches) == (True, None)
    assert checked.place == place_of(3, 10, MIXED)


@pytest.mark.parametrize("mode", ["fifo", "none"])
def test_without_a_draw_the_order_is_that_of_arrival(mode: str) -> None:
    checked = check_status(status(mode=mode), 3)
    assert (checked.verified, checked.place) == (True, 4)
    assert check_status(status(mode=mode)).place is None


def test_a_seed_is_64_hexadecimal_digits() -> None:
    assert seed_from(SEED.hex()) == SEED
    assert seed_from("df") is None
    assert seed_from("x" * 64) is None


def test_a_sample_is_spread_from_the_first_to_the_last() -> None:
    assert list(sample_of(3, 10)) == [0, 1, 2]
    assert list(sample_of(1_001, 11)) == list(range(0, 1_001, 100))


def test_places_of_a_lobby_are_a_permutation() -> None:
    assert set(permutation_findings(range(500), 500, MIXED)) == {None}
    twice = list(permutation_findings([3, 3], 500, MIXED))
    assert twice[0] is None
    assert "more than one holder" in (twice[1] or "")
