"""What an opening will be like: the line, when the pairs are gone, whom they reach.

People are a flow here, not one by one: as many as the arrival curve says join the line, as
many seats as there are let people in, and each seat gives a booking so often. What it says of
a release is therefore a mean, and good to a quarter (tests compare it with an opening that was
played in whole: docs/performance.md).

Rule 1: every figure is a parameter with its source; those of `Opening` can all be set.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Units: people, seconds from the opening (before it: negative).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

STEP_S = 1.0
LASTS_S_MAX = 24 * 3600.0
"""A forecast ends here, whether all have been served or not."""

SHOWN_EVERY_S = 30.0
LOBBY_SHARE_MAX = 0.7
"""The rest is the rush's (`Opening.rush_share`)."""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A release at its opening. Shares of people; the usual values are those of `make load`."""

    people: int
    """Who come."""
    pairs: int
    inside_max: int = 2_000
    inside_s: float = 70.0
    """Seconds of a seat for each booking, as `seiriken size` reckons them."""
    within_s: float = 600.0
    """All have come so long after the opening."""
    lobby_share: float = 0.5
    """So many of them are in the lobby before it."""
    rush_share: float = 0.3
    """So many come in the rush after it, which fades with half of `within_s`; the others
    come evenly."""
    first_inside_s: float = 30.0
    """The first booking comes so long after its resident came in (typing, choosing)."""


class Moment(msgspec.Struct, frozen=True):
    """So it is by a moment: who has come, waits, has a booking."""

    at_s: float
    came: int
    waiting: int
    booked: int


class Forecast(msgspec.Struct, frozen=True):
    """What to expect. `sold_out_s` is None unless all pairs are booked before all are served.

    The longest wait is that of whoever still gets a pair.
    """

    people: int
    pairs: int
    booked: int
    share_served: float
    sold_out_s: float | None
    done_s: float
    longest_line: int
    longest_wait_s: float
    per_minute: float
    moments: list[Moment]


def come_by(opening: Opening, at_s: float) -> float:
    """Return how many have come by a moment."""
    if at_s < 0:
        return 0.0
    if at_s >= opening.within_s:
        return float(opening.people)
    constant_s = opening.within_s / 2
    rush = (1 - math.exp(-at_s / constant_s)) / (1 - math.exp(-opening.within_s / constant_s))
    late = 1 - opening.lobby_share - opening.rush_share
    share = opening.lobby_share + opening.rush_share * rush + late * at_s / opening.within_s
    return opening.people * share


def forecast(opening: Opening) -> Forecast:
    """Return what is to be expected of an opening."""
    per_s = opening.inside_max / opening.inside_s
    wanted = min(opening.people, opening.pairs)
    moments: list[Moment] = []
    longest_line, at_s, came, entered, booked = 0.0, 0.0, 0.0, 0.0, 0.0
    for at_s, came, entered, booked in _flow(opening, per_s):
        longest_line = max(longest_line, came - entered)
        if at_s % SHOWN_EVERY_S == 0:
            moments.append(Moment(at_s, int(came), int(came - entered), int(booked)))
        if booked >= wanted:
            break
    if moments[-1].at_s != at_s:
        moments.append(Moment(at_s, int(came), int(came - entered), int(booked)))
    return Forecast(
        people=opening.people,
        pairs=opening.pairs,
        booked=int(booked),
        share_served=round(booked / opening.people, 4),
        sold_out_s=at_s if booked >= opening.pairs < opening.people else None,
        done_s=at_s,
        longest_line=int(longest_line),
        longest_wait_s=_longest_wait_s(opening, per_s, wanted),
        per_minute=round(60 * per_s, 1),
        moments=moments,
    )


def _flow(opening: Opening, per_s: float) -> Iterator[tuple[float, float, float, float]]:
    """Yield each second: who has come, who has come in, who has a booking."""
    entered = booked = 0.0
    for step in range(int(LASTS_S_MAX / STEP_S)):
        at_s = step * STEP_S
        came = come_by(opening, at_s)
        if at_s > opening.first_inside_s:
            booked = min(booked + per_s * STEP_S, entered, float(opening.pairs))
        entered = min(came, booked + opening.inside_max)
        yield at_s, came, entered, booked


def _longest_wait_s(opening: Opening, per_s: float, wanted: int) -> float:
    """Return the longest wait of those who get a pair, from the opening or from when they came."""
    longest = 0.0
    for served in (wanted * part / 20 for part in range(21)):
        enters_s = max(0.0, served - opening.inside_max) / per_s
        came_s = _came_at_s(opening, served)
        longest = max(longest, enters_s - came_s)
    return round(longest, 1)


def _came_at_s(opening: Opening, count: float) -> float:
    """Return when so many had come, to a second."""
    low, high = 0.0, opening.within_s
    while high - low > STEP_S:
        middle = (low + high) / 2
        low, high = (low, middle) if come_by(opening, middle) >= count else (middle, high)
    return high if come_by(opening, low) < count else low
