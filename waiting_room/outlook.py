"""What those who wait are told: how long, whether stock will reach them, when to ask again.

Rule 1: what is not known is not said: without a measured pace there is no estimate.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

The tables are the same for everybody; a reader finds the first row whose `ahead` is at
least the number of places before theirs (place - serving). Beyond the last row of `poll`,
that row holds; beyond that of `eta` nothing is known yet. Where the rows of `eta` stand, and
that they are held to what was told before, is `waiting_room.promise`'s. The jitter that
spreads requests is the client's (up to half of `after_s` more).

Units: seconds, places, pairs of seats.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from waiting_room.admission import Admission, Mark

PACE_SPANS_S = (30.0, 120.0, 300.0)
PACE_S_MIN = 10.0
"""Less settled crowd than this says nothing about the pace."""

SHARE_SAMPLE_MIN = 30
"""People who must be through before the measured share of bookings is believed."""

SHARE_LOW_UNMEASURED = 0.7
"""Until then, at least so many of those let in are taken to book (for `borderline`)."""

BEGINNING_SPREAD_S_MIN = 1.0
POLL_NEAR_S = 2
POLL_FAR_S = 60
NEAR_PEOPLE_MIN = 50
NEAR_SPAN_S = 3.0
_POLL_STEPS = ((1, POLL_NEAR_S), (4, 3), (16, 10), (64, 30))


class Eta(msgspec.Struct, frozen=True):
    """One with so many places before theirs waits between these times."""

    ahead: int
    low_s: int
    high_s: int


class Outlook(msgspec.Struct, frozen=True):
    """Up to which place stock will likely reach, and up to which perhaps. None: not known."""

    likely_to_place: int | None
    borderline_to_place: int | None
    pairs_left: int | None


class Poll(msgspec.Struct, frozen=True):
    """One with so many places before theirs asks again after this time."""

    ahead: int
    after_s: int


class Pace(msgspec.Struct, frozen=True):
    """People called per second while others wait: the slowest and the fastest measured."""

    low_per_s: float
    high_per_s: float


def pace_of(admission: Admission, per_minute: int | None) -> Pace | None:
    """Return the pace of the line, None while it is not known.

    The measured one over several spans; before that, the operator's fixed rate.
    """
    measured = list(_paces(admission.paced, admission.paced_s))
    fixed_per_s = None if per_minute is None else per_minute / 60
    if not measured:
        return Pace(fixed_per_s, fixed_per_s) if fixed_per_s else None
    high_per_s = max(measured) if fixed_per_s is None else min(max(measured), fixed_per_s)
    if high_per_s <= 0:
        return None
    moving = [pace for pace in measured if pace > 0]
    low_per_s = min(moving) if len(moving) == len(measured) else min(moving) / 2
    return Pace(min(low_per_s, high_per_s), high_per_s)


def estimate(pace: Pace, nearest: int, farthest: int) -> Eta:
    """Return how long those wait who have `nearest` to `farthest` places to go (from 1)."""
    low_s, high_s = nearest / pace.high_per_s, farthest / pace.low_per_s
    return Eta(farthest, math.floor(low_s), math.ceil(high_s))


def outlook(
    *, serving: int, pairs_left: int | None, claimed: int, booked: int, through: int
) -> Outlook:
    """Return how far stock reaches: beyond `serving`, after those who claim a seat inside.

    `through` counts people who were let in and have left again, `booked` those of them
    who booked. "Likely" assumes the greatest share that the sample allows (all, while it is
    small), "borderline" the least.
    """
    if pairs_left is None:
        return Outlook(None, None, None)
    share_low, share_high = share_of_bookings(booked, through)
    return Outlook(
        likely_to_place=max(0, serving + _reach(pairs_left, claimed, share_high)),
        borderline_to_place=max(0, serving + _reach(pairs_left, claimed, share_low)),
        pairs_left=pairs_left,
    )


def share_of_bookings(booked: int, through: int) -> tuple[float, float]:
    """Return the least and the greatest share of people let in who book (0 < low <= high <= 1).

    Wilson's score interval (1927) at three standard deviations.
    """
    if through < SHARE_SAMPLE_MIN:
        return SHARE_LOW_UNMEASURED, 1.0
    z = 3.0
    share = min(1.0, booked / through)
    middle = share + z * z / (2 * through)
    half = z * math.sqrt(share * (1 - share) / through + z * z / (4 * through * through))
    scale = 1 + z * z / through
    return max(0.05, (middle - half) / scale), max(0.05, min(1.0, (middle + half) / scale))


def poll_table(per_s_max: float, waiting: int, budget_per_s: float) -> tuple[Poll, ...]:
    """Return when to ask again while places are called, at most `per_s_max` a second.

    Nobody can be called long before they ask again: whoever may be called within the
    next seconds asks every 2 s, and the others ask before the line, at its fastest, has
    come to them. Those further off ask less often still when the whole crowd would ask
    more than the budget.
    """
    near = max(NEAR_PEOPLE_MIN, math.ceil(per_s_max * NEAR_SPAN_S))
    rows = [Poll(near * factor, after_s) for factor, after_s in _POLL_STEPS]
    rows.append(Poll(max(waiting, near * 65), POLL_FAR_S))
    sizes = _sizes(rows, waiting)
    load_near = sizes[0] / rows[0].after_s
    load_far = sum(n / row.after_s for n, row in zip(sizes[1:], rows[1:], strict=True))
    stretch = max(1.0, load_far / max(budget_per_s - load_near, budget_per_s / 2))
    return (
        rows[0],
        *(Poll(row.ahead, math.ceil(row.after_s * stretch)) for row in rows[1:]),
    )


def beginning_spread_s(waiting: int, budget_per_s: float) -> float:
    """Return within how many seconds after lobby or opening begin the crowd asks again.

    Everybody then wants to know their place at once. As short as the budget allows;
    behind an edge cache, which answers any crowd, that is BEGINNING_SPREAD_S_MIN.
    """
    return max(BEGINNING_SPREAD_S_MIN, waiting / budget_per_s)


def poll_before(begins_in_s: float, waiting: int, budget_per_s: float) -> tuple[Poll, ...]:
    """Return when to ask again while nobody is called: oftener as the beginning comes near."""
    after_s = min(max(begins_in_s / 2, float(POLL_NEAR_S)), float(POLL_FAR_S))
    return (Poll(0, math.ceil(max(after_s, waiting / budget_per_s))),)


def _paces(paced: tuple[Mark, ...], paced_s: float) -> Iterator[float]:
    """Yield people per second over each span that is long enough (the longest may be shorter)."""
    for span_s in PACE_SPANS_S:
        begin_s = max(paced_s - span_s, paced[0].at_s)
        if paced_s - begin_s >= PACE_S_MIN:
            people = next(mark.people for mark in reversed(paced) if mark.at_s <= begin_s)
            yield (paced[-1].people - people) / (paced_s - begin_s)


def _reach(pairs_left: int, claimed: int, share: float) -> int:
    """Return how many people the pairs suffice for beyond those who claim a seat inside.

    Negative when the pairs do not even suffice for those.
    """
    return math.floor(pairs_left / share) - claimed


def _sizes(rows: list[Poll], waiting: int) -> list[int]:
    """Return how many of those who wait fall to each row."""
    bounds = [min(row.ahead, waiting) for row in rows]
    return [bounds[0], *(b - a for a, b in pairwise(bounds))]
