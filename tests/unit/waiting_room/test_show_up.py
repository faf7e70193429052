"""How many of the called are expected: never too few, and fewer than all once it is known."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.waiting_room.crowds import RULES, TICK_S, measured
from waiting_room.admission import awaited_from, door, start, step
from waiting_room.show_up import HISTORY_S, SAMPLE_MIN, Settled, expected, noted, share


def history(called: int, came: int) -> tuple[Settled, ...]:
    return (Settled(0.0, 0, 0), Settled(60.0, called, came))


@pytest.mark.parametrize(
    ("known", "expected_share"),
    [
        ((), 1.0),
        (history(SAMPLE_MIN - 1, 0), 1.0),
        (history(100, 100), 1.0),
        (history(100, 120), 1.0),
        (history(100, -5), 1.0),
    ],
)
def test_everybody_is_expected_until_the_contrary_is_known(
    known: tuple[Settled, ...], expected_share: float
) -> None:
    """And whoever rang the desk counts as having come without having been called."""
    assert share(known) == expected_share


def test_share_is_what_was_seen_and_a_small_sample_errs_on_the_side_of_too_many() -> None:
    assert 0.53 < share(history(100, 50)) < 0.56
    assert 0.5 < share(history(10_000, 5_000)) < 0.501
    assert 0.2 < share(history(SAMPLE_MIN, 0)) < 0.3


@pytest.mark.parametrize(
    ("called", "came", "comes", "still"),
    [
        (0, 0, 1.0, 0),
        (200, 0, 1.0, 200),
        (200, 150, 1.0, 50),
        (5, 0, 0.5, 3),
        (400, 0, 0.5, 200),
        (400, 190, 0.5, 10),
        (400, 240, 0.5, 0),
        (100, 0, 0.0, 0),
        (3, 5, 1.0, 0),
    ],
)
def test_whoever_is_still_expected_is_what_the_share_leaves(
    called: int, came: int, comes: float, still: int
) -> None:
    assert expected(called, came, comes) == still


def test_history_forgets_what_is_long_past() -> None:
    known: tuple[Settled, ...] = ()
    for second in range(1_000):
        known = noted(known, Settled(float(second), second, second // 2))
    assert noted(known, known[-1]) == known
    assert len(known) <= HISTORY_S + 2
    assert known[0].at_s <= 999 - HISTORY_S < known[1].at_s
    assert share(known) < 0.6


def throughput(comes: float, dwell_s: float, seconds: int = 900) -> tuple[float, int]:
    """People let in per second while a share of the called comes, and the most that were inside.

    Every third, say, stays away; the others come two seconds after their call and stay.
    """
    rules = msgspec.structs.replace(RULES, inside_start=200, inside_max=200, called_per_s_max=500.0)
    admission, inside, most, entered = start(rules), list[float](), 0, 0
    come_at: list[tuple[float, int]] = []
    came: list[int] = []
    seen = 0
    for tick in range(2 * seconds):
        now = tick * TICK_S
        inside = [until for until in inside if until > now]
        for _, place in [one for one in come_at if one[0] <= now]:
            if len(inside) < door(admission):
                inside.append(now + dwell_s)
                came.append(place)
        come_at = [one for one in come_at if one[1] not in set(came[-400:])]
        settled = awaited_from(admission, rules)
        above = sum(place > settled for place in came[-2_000:])
        seen, before = admission.serving, seen
        come_at += [
            (now + 2, place)
            for place in range(before + 1, seen + 1)
            if int(place * comes) != int((place - 1) * comes)
        ]
        most, entered = max(most, len(inside)), len(came)
        admission = step(
            admission,
            msgspec.structs.replace(measured(10**6, len(inside), above), came=len(came)),
            rules,
        )
    return entered / seconds, most


@pytest.mark.parametrize("comes", [1.0, 0.7, 0.4, 0.15])
def test_no_shows_do_not_stall_the_line(comes: float) -> None:
    """By Little's law 200 seats and 40 s each give 5 a second, whoever stays away."""
    per_s, most = throughput(comes, dwell_s=40.0)
    assert per_s >= 0.85 * 200 / 40
    assert most <= 200


def test_door_is_as_wide_as_the_greatest_limit_of_the_last_grace_time() -> None:
    """Whoever was called under it may still come."""
    admission = step(start(RULES), measured(joined=2_000, elapsed_s=0), RULES)
    assert door(admission) == door(start(RULES)) == 200
    late = measured(2_000, inside=200, entered=200, age_s=10.0, elapsed_s=5.0)
    for _ in range(3):
        admission = step(admission, late, RULES)
    assert admission.limit < 100
    assert door(admission) == 200
    for _ in range(12):
        admission = step(admission, msgspec.structs.replace(late, age_s=1.0), RULES)
    assert door(admission) == int(admission.limit)
