"""The promise: who waits is never told a later moment without being told why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waiting_room.outlook import Eta, Pace
from waiting_room.promise import (
    RISE_SHOWN,
    ROWS_RATIO_MAX,
    SAMPLE_EVERY_S,
    SAMPLES_MAX,
    Circumstances,
    Kept,
    Memory,
    Outcome,
    Reason,
    Rise,
    Sample,
    Seen,
    keep,
)

NOON = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
USUAL = Circumstances(running=True, per_minute=None, limit=200.0, claimed=200)
TEN_PER_S = Pace(10.0, 10.0)


def seen(
    at_s: float,
    *,
    serving: int = 0,
    last_place: int = 1_000,
    pace: Pace | None = TEN_PER_S,
    circumstances: Circumstances = USUAL,
) -> Seen:
    return Seen(serving, last_place, pace, circumstances, at_s, NOON + timedelta(seconds=at_s))


def high_for(eta: Sequence[Eta], ahead: int) -> int | None:
    """Return the longest wait that a reader finds at this distance."""
    return next((row.high_s for row in eta if ahead <= row.ahead), None)


def latest(kept: Kept, moment: Seen, place: int) -> float:
    high_s = high_for(kept.eta, place - moment.serving)
    assert high_s is not None
    return moment.at_s + high_s


def story(*moments: Seen) -> list[Kept]:
    kept = [keep(Memory(), moments[0])]
    for moment in moments[1:]:
        kept.append(keep(kept[-1].memory, moment))
    return kept


def test_without_a_pace_nothing_is_told_or_promised() -> None:
    kept = keep(Memory(), seen(0, pace=None))
    assert (kept.eta, kept.memory.promised, kept.rise) == ((), (), None)


def test_the_table_reaches_a_little_beyond_the_last_place_and_its_rows_lie_close() -> None:
    kept = keep(Memory(), seen(0, last_place=1_000))
    assert kept.eta[0] == Eta(9, 0, 21), "what would say the same is said once"
    assert kept.eta[-1] == Eta(1_250, 80, 150 + 20)
    for near, far in pairwise(kept.memory.promised):
        assert near.place < far.place <= max(near.place + 1, near.place * ROWS_RATIO_MAX + 1)


def test_two_million_people_have_a_short_table() -> None:
    line = [seen(at_s, serving=10 * at_s, last_place=2_000_000) for at_s in range(0, 3_000, 10)]
    assert max(len(kept.eta) for kept in story(*line)) <= 80


def test_an_empty_line_has_a_table_for_whoever_comes() -> None:
    for moment in (seen(0, serving=9, last_place=4), seen(0, last_place=1)):
        assert keep(Memory(), moment).eta == (Eta(2, 0, 21),)


def test_a_row_comes_nearer_with_its_people_and_its_moment_stands_still() -> None:
    first, later = seen(0), seen(50, serving=500)
    before, after = story(first, later)
    for place in (600, 800, 1_000):
        assert latest(after, later, place) <= latest(before, first, place)
    assert after.rise is None


def test_the_promise_gets_better_when_the_line_does() -> None:
    first, faster = seen(0), seen(1, pace=Pace(20.0, 20.0))
    before, after = story(first, faster)
    assert latest(after, faster, 1_000) < latest(before, first, 1_000) - 50


def test_a_line_that_is_a_little_slower_keeps_its_promise() -> None:
    first, slower = seen(0), seen(1, pace=Pace(7.8, 8.0))
    before, after = story(first, slower)
    assert after.rise is None
    assert latest(after, slower, 1_000) == pytest.approx(latest(before, first, 1_000), abs=1)


def test_a_line_that_is_much_slower_raises_what_cannot_be_held_once_and_with_the_reason() -> None:
    first, slower = seen(0), seen(1, pace=Pace(2.0, 2.0))
    before, after = story(first, slower)
    assert after.rise is not None
    assert after.rise.reason == "slower_than_measured"
    assert after.rise.at == slower.now
    assert (after.rise.from_place, after.rise.to_place) == (36, 1_250)
    assert after.rise.by_s >= latest(after, slower, 1_000) - latest(before, first, 1_000) > 0
    assert after.memory.rises == (after.rise,)
    again = keep(after.memory, seen(2, pace=Pace(2.0, 2.0)))
    assert again.rise is None
    assert again.memory.rises == (after.rise,)


def test_a_near_place_whose_moment_has_passed_is_raised_too() -> None:
    first, stuck = seen(0, last_place=1), seen(30, last_place=1)
    _, after = story(first, stuck)
    assert after.rise is not None
    assert (after.rise.from_place, after.rise.to_place) == (1, 1)
    assert latest(after, stuck, 1) == 30 + 21


def test_a_place_that_nobody_holds_is_promised_nothing() -> None:
    assert story(seen(0, last_place=0), seen(600, last_place=0))[-1].rise is None


def test_a_row_is_not_raised_beyond_the_one_behind_it() -> None:
    slow_start = seen(0, pace=Pace(5.0, 5.0))
    before = keep(Memory(), slow_start)
    near = tuple(
        msgspec.structs.replace(p, latest_s=p.latest_s / 3) if p.place < 500 else p
        for p in before.memory.promised
    )
    after = keep(msgspec.structs.replace(before.memory, promised=near), seen(1, pace=Pace(4.4, 5)))
    assert after.rise is not None
    assert after.rise.to_place < 1_000
    for row, behind in pairwise(after.memory.promised):
        assert row.latest_s <= behind.latest_s


PAUSED = msgspec.structs.replace(USUAL, running=False)
SLOW_RATE = msgspec.structs.replace(USUAL, per_minute=120, limit=float("inf"))
CUT = msgspec.structs.replace(USUAL, limit=50.0, claimed=150)


@pytest.mark.parametrize(
    ("between", "later", "reason"),
    [
        (USUAL, USUAL, "slower_than_measured"),
        (PAUSED, USUAL, "paused"),
        (USUAL, SLOW_RATE, "rate_lowered"),
        (PAUSED, SLOW_RATE, "rate_lowered"),
        (CUT, CUT, "capacity_cut"),
        (msgspec.structs.replace(CUT, claimed=10), USUAL, "slower_than_measured"),
    ],
)
def test_the_reason_is_what_happened(
    between: Circumstances, later: Circumstances, reason: Reason
) -> None:
    kept = story(
        seen(0),
        seen(1, circumstances=between, pace=TEN_PER_S if between.running else None),
        seen(40, circumstances=later, pace=Pace(2.0, 2.0)),
    )
    assert kept[-1].rise is not None
    assert kept[-1].rise.reason == reason


def test_while_paused_nothing_is_told_and_afterwards_the_pause_is_the_reason() -> None:
    pauses = [seen(at_s, circumstances=PAUSED, pace=None) for at_s in range(1, 300)]
    kept = story(seen(0), *pauses, seen(300))
    assert all(not one.eta and one.rise is None for one in kept[1:-1])
    assert kept[-1].rise is not None
    assert kept[-1].rise.reason == "paused"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SLOW_RATE, msgspec.structs.replace(SLOW_RATE, per_minute=600)),
        (SLOW_RATE, USUAL),
        (USUAL, msgspec.structs.replace(SLOW_RATE, per_minute=6_000)),
    ],
)
def test_a_rate_that_does_not_slow_the_line_is_no_reason(
    before: Circumstances, after: Circumstances
) -> None:
    kept = story(
        seen(0, circumstances=before),
        seen(1, circumstances=after),
        seen(2, circumstances=after, pace=Pace(2.0, 2.0)),
    )
    assert kept[-1].rise is not None
    assert kept[-1].rise.reason == "slower_than_measured"


def test_a_lower_rate_is_noted_while_no_pace_is_known() -> None:
    lower = msgspec.structs.replace(SLOW_RATE, per_minute=60)
    kept = story(
        seen(0, circumstances=SLOW_RATE, pace=None), seen(1, circumstances=lower, pace=None)
    )
    assert kept[-1].memory.lowered_at_s == 1


def test_what_happened_long_ago_is_no_reason() -> None:
    kept = story(
        seen(0),
        seen(1, circumstances=CUT),
        seen(400, serving=990, circumstances=CUT, pace=Pace(0.01, 0.01)),
    )
    assert kept[-1].rise is not None
    assert kept[-1].rise.reason == "slower_than_measured"


def test_a_rise_is_shown_for_some_minutes_and_one_for_each_reason() -> None:
    kept = story(
        seen(0, pace=Pace(20.0, 20.0)),
        seen(1),
        seen(2, circumstances=CUT, pace=Pace(5.0, 5.0)),
        seen(3, circumstances=CUT, pace=Pace(1.0, 1.0)),
    )
    rises = kept[-1].memory.rises
    assert [rise.reason for rise in rises] == ["capacity_cut", "slower_than_measured"]
    earlier = kept[-2].rise
    assert earlier is not None
    assert rises[0].from_place <= earlier.from_place
    assert rises[0].by_s >= earlier.by_s
    shown_s = RISE_SHOWN.total_seconds()
    over = keep(kept[-1].memory, seen(shown_s + 2, circumstances=CUT, pace=None))
    assert [rise.reason for rise in over.memory.rises] == ["capacity_cut"]


def test_some_places_are_remembered_and_compared_with_their_turn() -> None:
    first = keep(Memory(), seen(0))
    assert [sample.place for sample in first.memory.samples] == [800, 210, 55, 14]
    assert first.memory.samples[0] == Sample(800, 51, 116)
    soon = keep(first.memory, seen(3, serving=60))
    assert soon.outcomes == (Outcome("within", 12.0), Outcome("within", 8.5))
    assert [sample.place for sample in soon.memory.samples] == [800, 210]


@pytest.mark.parametrize(
    ("called_at_s", "outcome"),
    [
        (50, Outcome("earlier", 33.5)),
        (51, Outcome("within", 32.5)),
        (116, Outcome("within", 32.5)),
        (117, Outcome("later", 33.5)),
    ],
)
def test_a_place_is_called_within_what_it_was_told_or_earlier_or_later(
    called_at_s: float, outcome: Outcome
) -> None:
    first = keep(Memory(), seen(0))
    memory = msgspec.structs.replace(first.memory, samples=first.memory.samples[:1])
    assert keep(memory, seen(called_at_s, serving=800, pace=None)).outcomes == (outcome,)


def test_samples_are_taken_now_and_then_and_are_few() -> None:
    often = [seen(at_s, pace=Pace(0.5, 0.5)) for at_s in range(0, 2_000, 5)]
    numbers = [len(kept.memory.samples) for kept in story(*often)]
    assert numbers[: int(SAMPLE_EVERY_S) // 5 + 1] == [4, 4, 4, 4, 8]
    assert numbers[-1] == SAMPLES_MAX


A_SECOND = 1.001
"""Told in whole seconds, a moment may seem later by as much, and by what floats lose."""

Tick = tuple[float, int, int, float | None, float]
ticks: st.SearchStrategy[list[Tick]] = st.lists(
    st.tuples(
        st.floats(0.5, 120),
        st.integers(0, 300),
        st.integers(0, 300),
        st.none() | st.floats(0.02, 50),
        st.floats(1, 4),
    ),
    min_size=2,
    max_size=20,
)


@given(st.integers(0, 3_000), ticks)
def test_the_latest_moment_told_for_a_place_never_rises_without_a_reason(
    joined: int, line: list[Tick]
) -> None:
    """Whatever the line does; and farther is never sooner, and low is never above high."""
    memory, at_s, serving, last_place = Memory(), 0.0, 0, joined
    told: dict[int, float] = {}
    for elapsed_s, called, came, slowest, ratio in line:
        at_s, serving, last_place = at_s + elapsed_s, serving + called, last_place + came
        pace = None if slowest is None else Pace(slowest, slowest * ratio)
        moment = seen(at_s, serving=serving, last_place=last_place, pace=pace)
        kept = keep(memory, moment)
        memory = kept.memory
        assert all(row.low_s <= row.high_s for row in kept.eta)
        for near, far in pairwise(kept.eta):
            assert near.ahead < far.ahead
            assert (near.low_s, near.high_s) <= (far.low_s, far.high_s)
        for place in range(1, last_place + 1, 11):
            if place <= serving or not kept.eta:
                continue
            moment_s = latest(kept, moment, place)
            rose = kept.rise is not None and covers(kept.rise, place)
            assert rose or moment_s < told.get(place, moment_s) + A_SECOND
            told[place] = moment_s if rose else min(moment_s, told.get(place, moment_s))


def covers(rise: Rise, place: int) -> bool:
    return rise.from_place <= place <= rise.to_place
