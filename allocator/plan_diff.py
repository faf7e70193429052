"""What differs between two plans, day by day. Nothing here does I/O or reads a clock.

Units: seats are doses, by day, venue and product.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from allocator.model import Slot


class DayOfPlan(msgspec.Struct, frozen=True):
    """One day of one venue and product: its slots, and the seats of each dose."""

    day: date
    venue_id: str
    product_id: str
    slots: int
    dose_1: int
    dose_2: int


class Difference(msgspec.Struct, frozen=True):
    """A day before and after; None where one plan does not have it."""

    before: DayOfPlan | None
    after: DayOfPlan | None


def days_of(slots: Iterable[Slot]) -> list[DayOfPlan]:
    """Add slots up by day, venue and product, in this order."""
    counts: dict[tuple[date, str, str], list[int]] = {}
    for slot in slots:
        row = counts.setdefault((slot.day, slot.venue_id, slot.product_id), [0, 0, 0])
        for column, number in enumerate((1, *slot.capacities)):
            row[column] += number
    return [DayOfPlan(*key, *row) for key, row in sorted(counts.items())]


def differences(before: Iterable[Slot], after: Iterable[Slot]) -> list[Difference]:
    """Return the days whose slots or seats are not the same."""
    held, wanted = ({_key(day): day for day in days_of(slots)} for slots in (before, after))
    return [
        Difference(held.get(key), wanted.get(key))
        for key in sorted(held.keys() | wanted.keys())
        if held.get(key) != wanted.get(key)
    ]


def _key(day: DayOfPlan) -> tuple[date, str, str]:
    return day.day, day.venue_id, day.product_id
