"""What was told to those who wait is kept: their latest moment rises only for a reason (L8).

Rule 1: the latest moment told for a place (now + `high_s` of its row, in whole seconds)
never rises, unless a rise that covers the place is told with it, and why.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

The rows of the table stand at fixed places, out to a little beyond the last one that is
held: a row comes nearer with the people in it, and its moment stands still. (Rows at
fixed distances would tell somebody "five minutes" for as long as they are in one row.)
Where two rows have come to lie too far from each other, one is put between them.

A promise has some air: the estimate may get worse by the margin before it is exceeded, and
the promise is held while it is exceeded by the tolerance at most. Then every row that cannot
be held is raised at once, with new air. A promise nobody has heard is none: what lies
beyond the last place is told anew each time.

Bounds: about 80 rows for two million people, `SAMPLES_MAX` samples, one rise a reason.
Units: places; seconds on a clock that never jumps (`at_s`), and `now` for what is shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

import msgspec

from waiting_room.outlook import Eta, Pace, estimate

Reason = Literal["paused", "rate_lowered", "capacity_cut", "slower_than_measured"]
Result = Literal["within", "earlier", "later"]

ROWS_RATIO_MAX = 1.6
"""A row is at most so many times as far off as the one before it, or the next place."""

SPARE_SHARE = 0.25
"""The table reaches so much further than the last place: newcomers find a row."""

MARGIN_SHARE, MARGIN_S = 0.2, 20.0
TOLERANCE_SHARE, TOLERANCE_S = 0.1, 10.0

PROMPT_CAUSE_S = 60.0
"""A pause or a lower rate shows in the estimate at once."""

SLOW_CAUSE_S = 300.0
"""Fewer people inside show in it as the pace is measured (`outlook.PACE_SPANS_S`)."""

RISE_SHOWN = timedelta(minutes=5)
SAMPLE_EVERY_S = 20.0
SAMPLES_AT_ONCE = 4
SAMPLES_MAX = 200
_NEVER_S = float("-inf")


class Promised(msgspec.Struct, frozen=True):
    """Places up to this one (beyond the row before) are called by `latest_s` at the latest."""

    place: int
    latest_s: float


class Rise(msgspec.Struct, frozen=True):
    """The latest moments of these places rose, by so much at most, for this reason."""

    reason: Reason
    at: datetime
    by_s: int
    from_place: int
    to_place: int


class Sample(msgspec.Struct, frozen=True):
    """One place, and between which moments it was told to be called."""

    place: int
    earliest_s: float
    latest_s: float


class Outcome(msgspec.Struct, frozen=True):
    """How a sample came out; `error_s` is the distance to the middle of the range."""

    result: Result
    error_s: float


class Circumstances(msgspec.Struct, frozen=True):
    """What the operator and the controller have set; `limit` and `claimed` as in admission."""

    running: bool
    per_minute: int | None
    limit: float
    claimed: int


class Seen(msgspec.Struct, frozen=True):
    """What one tick knows: the last place called, the last one held, and the pace, if known."""

    serving: int
    last_place: int
    pace: Pace | None
    circumstances: Circumstances
    at_s: float
    now: datetime


class Memory(msgspec.Struct, frozen=True):
    """What is remembered of a release between two ticks; empty at the opening and after a wipe.

    `rises` are the latest of each reason, the newest first; `pace_per_s` is the fastest pace
    last measured; the three moments are when something last happened that slows the line.
    """

    promised: tuple[Promised, ...] = ()
    rises: tuple[Rise, ...] = ()
    samples: tuple[Sample, ...] = ()
    sampled_at_s: float = _NEVER_S
    circumstances: Circumstances | None = None
    pace_per_s: float | None = None
    paused_at_s: float = _NEVER_S
    lowered_at_s: float = _NEVER_S
    cut_at_s: float = _NEVER_S


class Kept(msgspec.Struct, frozen=True):
    """What comes of one tick: the table to tell, and what rose just now, if anything did."""

    eta: tuple[Eta, ...]
    memory: Memory
    rise: Rise | None
    outcomes: tuple[Outcome, ...]


class _Row(msgspec.Struct, frozen=True):
    """A row being made: the fresh estimate, its moment, and the moment that was promised."""

    place: int
    first_place: int
    fresh: Eta
    estimated_s: float
    offered_s: float
    latest_s: float

    def is_broken(self, at_s: float) -> bool:
        """Say whether what was promised can be held no longer."""
        tolerance_s = TOLERANCE_S + TOLERANCE_SHARE * self.fresh.high_s
        return self.latest_s < at_s or self.estimated_s > self.latest_s + tolerance_s


def keep(before: Memory, seen: Seen) -> Kept:
    """Return the table to tell, held to what was told before, and what is remembered now.

    Without a pace nothing is told, and the promises stand for when there is one again.
    """
    memory = _with_causes(before, seen)
    outcomes = tuple(_outcome(s, seen.at_s) for s in memory.samples if s.place <= seen.serving)
    memory = msgspec.structs.replace(
        memory,
        samples=tuple(s for s in memory.samples if s.place > seen.serving),
        rises=tuple(rise for rise in memory.rises if seen.now - rise.at < RISE_SHOWN),
    )
    if seen.pace is None:
        return Kept((), memory, None, outcomes)
    rows = _rows(memory.promised, seen, seen.pace)
    raised, rise = _raised(rows, memory, seen)
    eta = _table([_told(row, seen) for row in raised])
    memory = msgspec.structs.replace(
        memory,
        promised=tuple(Promised(row.place, row.latest_s) for row in raised),
        pace_per_s=seen.pace.high_per_s,
    )
    if rise is not None:
        memory = msgspec.structs.replace(
            memory,
            rises=_with_rise(memory.rises, rise),
            paused_at_s=_NEVER_S,
            lowered_at_s=_NEVER_S,
        )
    return Kept(eta, _with_samples(memory, eta, seen), rise, outcomes)


def _with_causes(before: Memory, seen: Seen) -> Memory:
    """Note what has happened since the last tick that slows the line."""
    is_now, was = seen.circumstances, before.circumstances or seen.circumstances
    noted: dict[str, object] = {"circumstances": is_now}
    if not is_now.running:
        noted["paused_at_s"] = seen.at_s
    if is_now.per_minute is not None:
        per_s = is_now.per_minute / 60
        less = was.per_minute is None or is_now.per_minute < was.per_minute
        if less and (before.pace_per_s is None or per_s < before.pace_per_s):
            noted["lowered_at_s"] = seen.at_s
    if is_now.limit < min(was.limit, float(is_now.claimed)):
        noted["cut_at_s"] = seen.at_s
    return msgspec.structs.replace(before, **noted)


def _reason(memory: Memory, at_s: float) -> Reason:
    """Return why the line has become slower than it was thought to be."""
    if at_s - memory.lowered_at_s <= PROMPT_CAUSE_S:
        return "rate_lowered"
    if at_s - memory.paused_at_s <= PROMPT_CAUSE_S:
        return "paused"
    if at_s - memory.cut_at_s <= SLOW_CAUSE_S:
        return "capacity_cut"
    return "slower_than_measured"


def _with_rise(rises: Sequence[Rise], rise: Rise) -> tuple[Rise, ...]:
    """Put a rise first. One for the same reason that is still shown is part of it then."""
    others = []
    for other in rises:
        if other.reason == rise.reason:
            rise = msgspec.structs.replace(
                rise,
                by_s=max(rise.by_s, other.by_s),
                from_place=min(rise.from_place, other.from_place),
                to_place=max(rise.to_place, other.to_place),
            )
        else:
            others.append(other)
    return (rise, *others)


def _rows(promised: Sequence[Promised], seen: Seen, pace: Pace) -> list[_Row]:
    """Return the rows, each with the earlier promise that holds for it, if there is one."""
    serving, rows = seen.serving, []
    last_place = max(seen.last_place, serving + 1)
    grid = list(_grid(promised, serving, last_place))
    for before, point in pairwise([Promised(serving, seen.at_s), *grid]):
        first_place = before.place + 1
        fresh = estimate(pace, first_place - serving, point.place - serving)
        offered_s = seen.at_s + fresh.high_s * (1 + MARGIN_SHARE) + MARGIN_S
        is_held = first_place <= seen.last_place
        rows.append(
            _Row(
                place=point.place,
                first_place=first_place,
                fresh=fresh,
                estimated_s=seen.at_s + fresh.high_s,
                offered_s=offered_s,
                latest_s=min(point.latest_s, offered_s) if is_held else offered_s,
            )
        )
    return rows


def _grid(promised: Sequence[Promised], serving: int, last_place: int) -> Iterator[Promised]:
    """Yield where the rows stand, in order, with what was promised there (infinity: nothing)."""
    points = [point for point in promised if point.place > serving]
    if not points or points[-1].place < last_place:
        spare = math.ceil((last_place - serving) * SPARE_SHARE)
        points.append(Promised(last_place + spare, math.inf))
    near = 0
    for point in points:
        far = point.place - serving
        for distance in _between(near, far):
            yield Promised(serving + distance, point.latest_s)
        yield point
        near = far


def _between(near: int, far: int) -> Iterator[int]:
    """Yield distances between two rows, so that none is too far from the one before it."""
    if near == 0 and far > 1:
        near = 1
        yield near
    if near == 0 or far <= near * ROWS_RATIO_MAX:
        return
    pieces = math.ceil(math.log(far / near) / math.log(ROWS_RATIO_MAX))
    last = near
    for piece in range(1, pieces):
        distance = round(near * (far / near) ** (piece / pieces))
        if last < distance < far:
            yield distance
            last = distance


def _raised(rows: list[_Row], memory: Memory, seen: Seen) -> tuple[list[_Row], Rise | None]:
    """Raise what cannot be held, all of it at once when one row is broken.

    Who stands further back is never promised an earlier moment: a row is not raised
    beyond the one behind it.
    """
    if not any(row.is_broken(seen.at_s) for row in rows):
        return rows, None
    raised: list[_Row] = []
    rose: list[tuple[_Row, float]] = []
    behind_s = math.inf
    for row in reversed(rows):
        latest_s = row.latest_s
        if row.estimated_s > row.latest_s:
            latest_s = min(row.offered_s, behind_s)
            rose.append((row, latest_s - row.latest_s))
        behind_s = latest_s
        raised.append(msgspec.structs.replace(row, latest_s=latest_s))
    rise = Rise(
        reason=_reason(memory, seen.at_s),
        at=seen.now,
        by_s=math.ceil(max(by_s for _, by_s in rose)),
        from_place=rose[-1][0].first_place,
        to_place=rose[0][0].place,
    )
    return raised[::-1], rise


def _told(row: _Row, seen: Seen) -> Eta:
    """Return a row as it is told: in whole seconds, never later than promised."""
    high_s = math.floor(row.latest_s - seen.at_s)
    return Eta(row.place - seen.serving, min(row.fresh.low_s, high_s), high_s)


def _table(rows: list[Eta]) -> tuple[Eta, ...]:
    """Leave out the rows that say the same as the next one."""
    says = [(row.low_s, row.high_s) for row in rows]
    return tuple(
        row for row, one, other in zip(rows, says, [*says[1:], None], strict=True) if one != other
    )


def _with_samples(memory: Memory, eta: Sequence[Eta], seen: Seen) -> Memory:
    """Remember what a few places, near and far, were told just now; none when it is enough."""
    room = SAMPLES_MAX - len(memory.samples)
    if seen.at_s - memory.sampled_at_s < SAMPLE_EVERY_S or room < SAMPLES_AT_ONCE:
        return memory
    held = [row for row in eta if seen.serving + row.ahead <= seen.last_place]
    every = max(1, math.ceil(len(held) / SAMPLES_AT_ONCE))
    samples = tuple(
        Sample(seen.serving + row.ahead, seen.at_s + row.low_s, seen.at_s + row.high_s)
        for row in held[::-every]
    )
    return msgspec.structs.replace(
        memory, samples=(*memory.samples, *samples), sampled_at_s=seen.at_s
    )


def _outcome(sample: Sample, at_s: float) -> Outcome:
    """Compare the moment when a place was called with what it had been told."""
    error_s = abs(at_s - (sample.earliest_s + sample.latest_s) / 2)
    if at_s < sample.earliest_s:
        return Outcome("earlier", error_s)
    return Outcome("later" if at_s > sample.latest_s else "within", error_s)
