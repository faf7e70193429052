"""What residents are shown of the seats: which first doses still have a second one.

Rule 1: a first-dose slot counts only while the rule of the pair finds it a second dose.
Rule 2: `pairs_left` is the most pairs that could still be made, so that nobody is
told of stock that is not there (L2, L8).

Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from allocator.core import Ledger
from allocator.model import Product
from allocator.pairing import second_slot_for
from allocator.seats import Calendar, SlotSeats
from allocator.together import SecondsForTwo, begin_together

FEW_MAX = 5
"""Up to this many pairs a slot shows "few"."""


class OpenSlot(msgspec.Struct, frozen=True):
    """A slot as residents see it: how many pairs start here, and when dose 2 would be.

    In `Availability.second_only` the slot is that of dose 2 and `second_*` are None.
    `together_slot_id` is the slot of dose 2 of whoever comes with a companion and begins here;
    None where two find no room.
    """

    slot_id: int
    pairs: Literal["many", "few", "none"]
    second_slot_id: int | None = None
    second_dose_at: datetime | None = None
    together_slot_id: int | None = None


class Availability(msgspec.Struct, frozen=True):
    """What one release still has, as the allocator published it. `etag` changes with content."""

    release_id: str
    as_of: datetime
    etag: str
    slots: tuple[OpenSlot, ...]
    second_only: tuple[OpenSlot, ...]


def slots_of(ledger: Ledger, release_id: str) -> list[SlotSeats]:
    """Return the release's slots, by start."""
    return [s for s in ledger.seats.slots.values() if s.slot.release_id == release_id]


def first_dose_slots(ledger: Ledger, among: Iterable[SlotSeats], now: datetime) -> list[OpenSlot]:
    """Return those of the slots that give dose 1 and lie ahead."""
    slots = []
    for_two = SecondsForTwo()
    for seats in among:
        slot = seats.slot
        if slot.capacities[0] == 0 or slot.starts_at <= now:
            continue
        product = ledger.catalogue.products[slot.product_id]
        second = second_slot_for(seats, product) if seats.free[0] > 0 else None
        if second is None:
            slots.append(OpenSlot(slot.slot_id, "none"))
            continue
        pairs = min(seats.free[0], second.of_day.free[1])
        two = for_two.after(seats, product) if begin_together(seats, 1) else None
        slots.append(
            OpenSlot(
                slot.slot_id,
                plenty(pairs),
                second.slot_id,
                second.starts_at,
                None if two is None else two.slot_id,
            )
        )
    return slots


def second_dose_slots(among: Iterable[SlotSeats], now: datetime) -> list[OpenSlot]:
    """Return those of the slots that give dose 2 and lie ahead, for whoever had dose 1."""
    return [
        OpenSlot(seats.slot_id, plenty(seats.free[1]))
        for seats in among
        if seats.slot.capacities[1] > 0 and seats.starts_at > now
    ]


def plenty(count: int) -> Literal["many", "few", "none"]:
    """Say in a word how much is left."""
    if count <= 0:
        return "none"
    return "few" if count <= FEW_MAX else "many"


def pairs_left(ledger: Ledger, release_id: str, now: datetime) -> int:
    """Return the most pairs that can still be made under the rule of the pair."""
    return sum(
        pairs_of_calendar(calendar, ledger.catalogue.products[calendar.key[2]], now)
        for calendar in ledger.seats.calendars_of(release_id, None, None)
    )


def pairs_of_calendar(calendar: Calendar, product: Product, now: datetime) -> int:
    """Match first to second doses by day.

    Every first dose may wait as many days as any other, so serving the days in
    order, each from its earliest possible second day, is a maximum matching
    (convex bipartite graph; F. Glover, 1967).
    """
    seconds = {day: slots.free[1] for day, slots in calendar.days.items()}
    pairs = 0
    for day in sorted(calendar.days):
        firsts = sum(s.free[0] for s in calendar.days[day].slots if s.starts_at > now)
        for second_day in _second_days(day, product):
            taken = min(firsts, seconds.get(second_day, 0))
            if taken > 0:
                seconds[second_day] -= taken
                firsts -= taken
                pairs += taken
    return pairs


def _second_days(day: date, product: Product) -> list[date]:
    days = range(product.interval_days_standard, product.interval_days_max + 1)
    return [day + timedelta(days=interval) for interval in days]
