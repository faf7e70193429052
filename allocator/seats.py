"""Keep count of the free seats of every slot and dose, in memory.

Rule 1: a seat is taken only while one is free and given back only while one is
taken; anything else is a bug of ours, and asserts.
Rule 2: finding a slot costs the same whether there are a thousand or a hundred
thousand: days that are full are skipped by their own count.

Units: a seat is one dose for one person; `minute` is minutes after midnight at
the site. A calendar is the slots of one (release, venue, product).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Literal

from allocator.model import SITE_TIMEZONE, Catalogue, Dose, Slot

DoseNumber = Literal[1, 2]
CalendarKey = tuple[str, str, str]
"""(release_id, venue_id, product_id)"""


class SlotSeats:
    """A slot with what is free in it: `free[0]` for dose 1, `free[1]` for dose 2."""

    __slots__ = ("calendar", "day", "free", "minute", "slot")

    def __init__(self, slot: Slot, free: list[int], calendar: Calendar) -> None:
        start = slot.starts_at.astimezone(SITE_TIMEZONE)
        self.slot = slot
        self.day = start.date()
        self.minute = start.hour * 60 + start.minute
        self.free = free
        self.calendar = calendar


class Day:
    """The slots of one calendar day, ordered by start, and their free seats together."""

    __slots__ = ("free", "slots")

    def __init__(self) -> None:
        self.slots: list[SlotSeats] = []
        self.free = [0, 0]

    def free_slots(self, dose: DoseNumber) -> Iterator[SlotSeats]:
        """Yield the slots with a free seat for that dose, earliest first."""
        if self.free[dose - 1] > 0:
            yield from (s for s in self.slots if s.free[dose - 1] > 0)


class Calendar:
    """The days of one venue and product in one release."""

    __slots__ = ("days", "key")

    def __init__(self, key: CalendarKey) -> None:
        self.key = key
        self.days: dict[date, Day] = {}


class Seats:
    """All seats of a catalogue. `taken` counts what is given out, by (slot_id, dose)."""

    def __init__(self, catalogue: Catalogue, taken: Mapping[tuple[int, int], int]) -> None:
        self.slots: dict[int, SlotSeats] = {}
        self.calendars: dict[CalendarKey, Calendar] = {}
        for slot in sorted(catalogue.slots.values(), key=lambda s: (s.starts_at, s.slot_id)):
            key = (slot.release_id, slot.venue_id, slot.product_id)
            calendar = self.calendars.setdefault(key, Calendar(key))
            free = [
                slot.capacities[0] - taken.get((slot.slot_id, 1), 0),
                slot.capacities[1] - taken.get((slot.slot_id, 2), 0),
            ]
            seats = SlotSeats(slot, free, calendar)
            day = calendar.days.setdefault(seats.day, Day())
            day.slots.append(seats)
            day.free[0] += free[0]
            day.free[1] += free[1]
            self.slots[slot.slot_id] = seats

    def take(self, slot_id: int, dose: DoseNumber) -> None:
        """Give one seat out."""
        seats = self.slots[slot_id]
        assert seats.free[dose - 1] > 0, "a seat would be given out twice"
        self._add(seats, dose, -1)

    def give_back(self, slot_id: int, dose: DoseNumber) -> None:
        """Take one seat back."""
        seats = self.slots[slot_id]
        assert seats.free[dose - 1] < seats.slot.capacities[dose - 1], "a seat came back twice"
        self._add(seats, dose, +1)

    @contextmanager
    def given_back(self, doses: Sequence[Dose]) -> Iterator[None]:
        """See the seats as if those doses were free again, for the length of a block."""
        for dose in doses:
            self.give_back(dose.slot_id, dose.dose)
        try:
            yield
        finally:
            for dose in doses:
                self.take(dose.slot_id, dose.dose)

    def _add(self, seats: SlotSeats, dose: DoseNumber, count: int) -> None:
        seats.free[dose - 1] += count
        seats.calendar.days[seats.day].free[dose - 1] += count

    def calendars_of(
        self, release_id: str, venue_id: str | None, product_id: str | None
    ) -> list[Calendar]:
        """Return the calendars of a release, narrowed to a venue or a product."""
        return [
            calendar
            for (release, venue, product), calendar in self.calendars.items()
            if release == release_id and venue_id in (None, venue) and product_id in (None, product)
        ]
