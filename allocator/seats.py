"""Keep count of the free seats of every slot and dose, in memory.

Rule 1: a seat is taken only while one is free and given back only while one is
taken; anything else is a bug of ours, and asserts.
Rule 2: what is tried (`trial`) is undone, whatever happens.
Rule 3: finding a slot costs the same whether there are a thousand or a hundred
thousand: days that are full are skipped by their own count, slots that are full by the
agenda of their part of the day, which knows where the first free one may be.

Units: a seat is one dose for one person; `minute` is minutes after midnight at
the site. A calendar is the slots of one (release, venue, product).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import product as product_of

import msgspec

from allocator.model import SITE_TIMEZONE, Catalogue, Dose, DoseNumber, Slot

CalendarKey = tuple[str, str, str]
"""(release_id, venue_id, product_id)"""

NarrowedKey = tuple[str, str | None, str | None]
"""As a calendar's key; None stands for any venue, or any product."""

PARTS_OF_DAY = ("morning", "afternoon", "evening")
_NOON, _EVENING = 12 * 60, 17 * 60


def _part_of_day(minute: int) -> int:
    return 0 if minute < _NOON else 1 if minute < _EVENING else 2


class SlotSeats:
    """A slot with what is free in it: `free[0]` for dose 1, `free[1]` for dose 2.

    `part` is its part of the day, as a place in PARTS_OF_DAY. What every decision asks of
    the slot stands here too, so that it need not be fetched from elsewhere in memory.
    """

    __slots__ = (
        "agendas",
        "calendar",
        "day",
        "free",
        "minute",
        "of_day",
        "part",
        "product_id",
        "slot",
        "slot_id",
        "starts_at",
    )

    def __init__(self, slot: Slot, free: list[int], calendar: Calendar) -> None:
        start = slot.starts_at.astimezone(SITE_TIMEZONE)
        self.slot = slot
        self.slot_id = slot.slot_id
        self.starts_at = slot.starts_at
        self.product_id = slot.product_id
        self.day = start.date()
        self.minute = start.hour * 60 + start.minute
        self.part = _part_of_day(self.minute)
        self.free = free
        self.calendar = calendar
        self.of_day = calendar.day(self.day)
        self.agendas: list[tuple[Agenda, int]] = []


class Day:
    """The slots of one calendar day, ordered by start, and their free seats together."""

    __slots__ = ("_later", "by_minute", "calendar", "date", "free", "slots")

    def __init__(self, calendar: Calendar, on: date) -> None:
        self.calendar = calendar
        self.date = on
        self._later: dict[tuple[int, int], tuple[Day, ...]] = {}
        self.slots: list[SlotSeats] = []
        self.by_minute: dict[int, SlotSeats] = {}
        self.free = [0, 0]

    def add(self, seats: SlotSeats) -> None:
        """Take in the next slot of the day."""
        self.slots.append(seats)
        self.by_minute[seats.minute] = seats
        self.free[0] += seats.free[0]
        self.free[1] += seats.free[1]

    def free_slots(self, dose: DoseNumber) -> Iterator[SlotSeats]:
        """Yield the slots with a free seat for that dose, earliest first."""
        if self.free[dose - 1] > 0:
            yield from (s for s in self.slots if s.free[dose - 1] > 0)

    def later(self, days_min: int, days_max: int) -> tuple[Day, ...]:
        """Return the calendar's days so many days later, ends included; found once, then kept."""
        days = self._later.get((days_min, days_max))
        if days is None:
            offsets = range(days_min, days_max + 1)
            found = (self.calendar.days.get(self.date + timedelta(days)) for days in offsets)
            days = self._later[days_min, days_max] = tuple(day for day in found if day is not None)
        return days

    def nearest_free(self, dose: DoseNumber, minute: int) -> SlotSeats | None:
        """Return the slot with a free seat nearest to a time; of two as near, the earlier."""
        if self.free[dose - 1] <= 0:
            return None
        same = self.by_minute.get(minute)
        if same is not None and same.free[dose - 1] > 0:
            return same
        return min(self.free_slots(dose), key=lambda s: (abs(s.minute - minute), s.minute))


class Agenda:
    """The slots of one part of one day, of one venue and product or of any, by start.

    Of slots that start together that of the earlier calendar comes first.
    """

    __slots__ = ("_free_from", "slots")

    def __init__(self, slots: list[SlotSeats]) -> None:
        self.slots = slots
        self._free_from = 0
        for place, seats in enumerate(slots):
            seats.agendas.append((self, place))

    def earliest_free(self, now: datetime) -> SlotSeats | None:
        """Return the first slot ahead with a free first dose."""
        slots, place = self.slots, self._free_from
        while place < len(slots) and slots[place].free[0] == 0:
            place += 1
        self._free_from = place
        if place < len(slots) and slots[place].starts_at > now:
            return slots[place]
        ahead = (s for s in slots[place:] if s.free[0] > 0 and s.starts_at > now)
        return next(ahead, None)

    def note_free(self, place: int) -> None:
        """Know that a slot may have a free first dose again."""
        self._free_from = min(self._free_from, place)


class Calendar:
    """The days of one venue and product in one release."""

    __slots__ = ("days", "key")

    def __init__(self, key: CalendarKey) -> None:
        self.key = key
        self.days: dict[date, Day] = {}

    def day(self, on: date) -> Day:
        """Return a day, made if need be; while the slots are being taken in."""
        return self.days.setdefault(on, Day(self, on))


class Seats:
    """All seats of a catalogue. `taken` counts what is given out, by (slot_id, dose)."""

    def __init__(self, catalogue: Catalogue, taken: Mapping[tuple[int, int], int]) -> None:
        self.slots: dict[int, SlotSeats] = {}
        self.calendars: dict[CalendarKey, Calendar] = {}
        self._narrowed: dict[NarrowedKey, list[Calendar]] = {}
        self._agendas: dict[tuple[NarrowedKey, date], tuple[Agenda, ...]] = {}
        self._tried: list[tuple[SlotSeats, DoseNumber, int, Slot]] | None = None
        for slot in sorted(catalogue.slots.values(), key=lambda s: (s.starts_at, s.slot_id)):
            key = (slot.release_id, slot.venue_id, slot.product_id)
            if (calendar := self.calendars.get(key)) is None:
                calendar = self.calendars[key] = Calendar(key)
                self._index(calendar)
            free = [
                slot.capacities[0] - taken.get((slot.slot_id, 1), 0),
                slot.capacities[1] - taken.get((slot.slot_id, 2), 0),
            ]
            seats = SlotSeats(slot, free, calendar)
            seats.of_day.add(seats)
            self.slots[slot.slot_id] = seats
        self._write_agendas()

    def take(self, slot_id: int, dose: DoseNumber) -> None:
        """Give one seat out."""
        seats = self.slots[slot_id]
        assert seats.free[dose - 1] > 0, "a seat would be given out twice"
        if self._tried is not None:
            self._tried.append((seats, dose, -1, seats.slot))
        seats.free[dose - 1] -= 1
        seats.of_day.free[dose - 1] -= 1

    def give_back(self, slot_id: int, dose: DoseNumber) -> None:
        """Take one seat back."""
        seats = self.slots[slot_id]
        assert seats.free[dose - 1] < seats.slot.capacities[dose - 1], "a seat came back twice"
        self._add(seats, dose, +1)

    def resize(self, slot_id: int, dose: DoseNumber, capacity: int) -> None:
        """Let a slot have so many seats for a dose, of which none that is taken is lost."""
        seats = self.slots[slot_id]
        count = capacity - seats.slot.capacities[dose - 1]
        assert seats.free[dose - 1] + count >= 0, "a seat that is taken would be lost"
        self._add(seats, dose, count)
        first, second = seats.slot.capacities
        capacities = (capacity, second) if dose == 1 else (first, capacity)
        seats.slot = msgspec.structs.replace(seats.slot, capacities=capacities)

    def taken(self, slot_id: int, dose: DoseNumber) -> int:
        """Return how many seats are given out."""
        seats = self.slots[slot_id]
        return seats.slot.capacities[dose - 1] - seats.free[dose - 1]

    @contextmanager
    def given_back(self, doses: Iterable[Dose]) -> Iterator[None]:
        """See the seats as if those doses were free again, for the length of a block."""
        with self.trial():
            for dose in doses:
                self.give_back(dose.slot_id, dose.dose)
            yield

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Let a block take, give back and resize; all of it is undone at its end."""
        assert self._tried is None, "one trial at a time"
        self._tried = []
        try:
            yield
        finally:
            tried, self._tried = self._tried, None
            for seats, dose, count, slot in reversed(tried):
                self._add(seats, dose, -count)
                seats.slot = slot

    def _add(self, seats: SlotSeats, dose: DoseNumber, count: int) -> None:
        if self._tried is not None:
            self._tried.append((seats, dose, count, seats.slot))
        seats.free[dose - 1] += count
        seats.of_day.free[dose - 1] += count
        if dose == 1 and count > 0:
            for agenda, place in seats.agendas:
                agenda.note_free(place)

    def calendars_of(
        self, release_id: str, venue_id: str | None, product_id: str | None
    ) -> list[Calendar]:
        """Return the calendars of a release, narrowed to a venue or a product."""
        return self._narrowed.get((release_id, venue_id, product_id), [])

    def earliest_first_dose(
        self, key: NarrowedKey, day: date, parts: Iterable[int], now: datetime
    ) -> SlotSeats | None:
        """Return the earliest free first dose of a day, in the parts of it that are wished for."""
        agendas = self._agendas.get((key, day))
        if agendas is not None:
            for part in parts:
                seats = agendas[part].earliest_free(now)
                if seats is not None:
                    return seats
        return None

    def gives_dose(
        self, key: NarrowedKey, day: date, parts: Iterable[int], dose: DoseNumber
    ) -> bool:
        """Say whether any slot of those parts of a day gives that dose, with seats or full."""
        agendas = self._agendas.get((key, day))
        return agendas is not None and any(
            seats.slot.capacities[dose - 1] > 0 for part in parts for seats in agendas[part].slots
        )

    def _index(self, calendar: Calendar) -> None:
        for key in _narrowings(calendar.key):
            self._narrowed.setdefault(key, []).append(calendar)

    def _write_agendas(self) -> None:
        order = {key: place for place, key in enumerate(self.calendars)}
        slots: dict[tuple[NarrowedKey, date], tuple[list[SlotSeats], ...]] = {}
        for seats in sorted(self.slots.values(), key=lambda s: (s.minute, order[s.calendar.key])):
            for key in _narrowings(seats.calendar.key):
                parts = slots.setdefault((key, seats.day), ([], [], []))
                parts[seats.part].append(seats)
        self._agendas = {
            key_and_day: tuple(Agenda(part) for part in parts)
            for key_and_day, parts in slots.items()
        }


def _narrowings(key: CalendarKey) -> Iterator[NarrowedKey]:
    """Yield the keys under which a calendar is found."""
    release_id, venue_id, product_id = key
    yield from product_of((release_id,), (None, venue_id), (None, product_id))
