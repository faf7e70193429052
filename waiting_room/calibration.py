"""Whether what was told about the stock came true: likely, borderline, will not reach you.

What was told to a place follows from two boundaries (`waiting_room.outlook`). Each time they
have moved by more than a step, a record is appended; the report looks up what was told first
to each person, and counts how many of each class got a booking.

Rule 1: what is not certain is not guessed: a person so near to a boundary that either class
may have been told is counted as `unclear`. Records that are merged say by how much they
blur, so that fewer records make more people unclear, and no class better than it was.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Bounds: at most RECORDS_MAX records a release (some 60 bytes each). Units: places; people.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import msgspec

from waiting_room.outlook import Outlook

Class = Literal["likely", "borderline", "unlikely", "unclear", "untold"]

RECORDS_MAX = 2_000
STEP_SHARE = 0.01
STEP_MIN = 2
_UNLIKE = 2**62
"""Records of which only one says anything differ by more than any two boundaries."""


class Record(msgspec.Struct, frozen=True, array_like=True):
    """From the unix second `at` on, when so many places had been given out, this was told.

    `within`: until the next record the boundaries moved by so much at most. Boundaries
    are places, None while nothing was told.
    """

    at: int
    joined: int
    likely_to: int | None
    borderline_to: int | None
    within: int


class Person(msgspec.Struct, frozen=True):
    """What became of one who joined as number `index` (from 0) and stands at `place`."""

    place: int
    index: int
    has_booking: bool
    came_in: bool


class Counted(msgspec.Struct, frozen=True):
    """What became of all who were told one class first.

    Those without a booking: they came in; they were called and did not come; they are not
    called yet. A share is None when there is nobody to count; `share_booked` is that of the
    people whose turn has come, `share_booked_of_came` that of those who used it.
    """

    told: Class
    people: int
    booked: int
    came_in: int
    absent: int
    not_called: int
    share_booked: float | None
    share_booked_of_came: float | None


def noted(records: Sequence[Record], at: int, joined: int, told: Outlook) -> tuple[Record, ...]:
    """Return the records with what is told now, if that is new."""
    likely_to, borderline_to = told.likely_to_place, told.borderline_to_place
    farthest = max(likely_to or 0, borderline_to or 0)
    within = max(STEP_MIN, math.ceil(farthest * STEP_SHARE))
    record = Record(at, joined, likely_to, borderline_to, within)
    if records and _difference(records[-1], record) <= records[-1].within:
        return tuple(records)
    return coarser((*records, record))


def coarser(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Return the records, at most RECORDS_MAX: beyond it, half as many, the most alike merged."""
    if len(records) <= RECORDS_MAX:
        return records
    within = STEP_MIN
    while len(records) > RECORDS_MAX // 2:
        merged, within_next = [records[0]], _UNLIKE
        for record in records[1:]:
            both = _both(merged[-1], record)
            if both.within <= within:
                merged[-1] = both
            else:
                merged.append(record)
                within_next = min(within_next, both.within)
        records, within = tuple(merged), max(2 * within, within_next)
    return records


def class_told(records: Sequence[Record], joined: Sequence[int], person: Person) -> Class:
    """Return what a person was told first. `joined` is that of each record."""
    first = max(0, bisect_right(joined, person.index) - 1)
    for record in records[first:]:
        if record.likely_to is not None and record.borderline_to is not None:
            nearer = _class_at(person.place + record.within, record.likely_to, record.borderline_to)
            farther = _class_at(
                person.place - record.within, record.likely_to, record.borderline_to
            )
            return nearer if nearer == farther else "unclear"
    return "untold"


def calibrate(
    records: Sequence[Record], people: Iterable[Person], serving: int
) -> tuple[Counted, ...]:
    """Count what became of people by what they were told first, in the order of `Class`.

    `people` is gone through once; nothing is kept of them but the counts.
    """
    joined = [record.joined for record in records]
    ends: Counter[tuple[Class, str]] = Counter()
    for person in people:
        ends[class_told(records, joined, person), _end_of(person, serving)] += 1
    return tuple(_counted(told, ends) for told in get_args(Class))


def _counted(told: Class, ends: Counter[tuple[Class, str]]) -> Counted:
    booked, came_in, absent, not_called = (
        ends[told, end] for end in ("booked", "came_in", "absent", "not_called")
    )
    had_turn, used_it = booked + came_in + absent, booked + came_in
    return Counted(
        told=told,
        people=had_turn + not_called,
        booked=booked,
        came_in=came_in,
        absent=absent,
        not_called=not_called,
        share_booked=booked / had_turn if had_turn else None,
        share_booked_of_came=booked / used_it if used_it else None,
    )


def _end_of(person: Person, serving: int) -> str:
    if person.has_booking:
        return "booked"
    if person.came_in:
        return "came_in"
    return "absent" if person.place <= serving else "not_called"


def _class_at(place: int, likely_to: int, borderline_to: int) -> Class:
    if place <= likely_to:
        return "likely"
    return "borderline" if place <= borderline_to else "unlikely"


def _difference(one: Record, other: Record) -> int:
    """Return by how many places two records differ at most."""
    pairs = ((one.likely_to, other.likely_to), (one.borderline_to, other.borderline_to))
    return max(
        (0 if a == b else _UNLIKE) if a is None or b is None else abs(a - b) for a, b in pairs
    )


def _both(one: Record, next_one: Record) -> Record:
    """Return one record for two that follow each other; it blurs what lies between them."""
    says = one if one.likely_to is not None else next_one
    within = max(one.within, min(_UNLIKE, _difference(one, next_one) + next_one.within))
    return Record(one.at, one.joined, says.likely_to, says.borderline_to, within)
