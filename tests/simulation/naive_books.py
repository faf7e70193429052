"""What the naive model knows: rows, capacities, and the counting of seats.

Everything is counted anew each time it is asked; nothing here is shared with `allocator`
but the words of `allocator.model`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from allocator.model import (
    SITE_TIMEZONE,
    Booking,
    Catalogue,
    Dose,
    DoseNumber,
    Product,
    Slot,
)

NUMBERS: tuple[DoseNumber, DoseNumber] = (1, 2)

DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
"""Damm's quasigroup of order 10, as published (572 has the check digit 4)."""


def booking_number(made_before: int) -> str:
    """Return the number of the booking that is made after so many: seven digits and Damm's."""
    digits = f"{made_before + 1:07}"
    check = 0
    for digit in digits:
        check = DAMM[check][int(digit)]
    return f"{digits}-{check}"


def day_of(slot: Slot) -> date:
    """The day of a slot at the site."""
    return slot.starts_at.astimezone(SITE_TIMEZONE).date()


def minute_of(slot: Slot) -> int:
    """The time of day of a slot at the site, in minutes."""
    start = slot.starts_at.astimezone(SITE_TIMEZONE)
    return start.hour * 60 + start.minute


def calendar_of(slot: Slot) -> tuple[str, str, str]:
    """Release, venue and product."""
    return (slot.release_id, slot.venue_id, slot.product_id)


def in_order(doses: tuple[Dose, ...]) -> tuple[Dose, ...]:
    """Dose 1 before dose 2."""
    return tuple(sorted(doses, key=lambda dose: dose.dose))


def given_doses(row: Booking) -> tuple[Dose, ...]:
    """The doses of a row that were given."""
    return tuple(dose for dose in row.doses if dose.dose in row.given)


def is_listed(row: Booking) -> bool:
    """On the standby list, with an offer or without."""
    return row.state in {"standby", "offered"}


def product_at_joining(row: Booking) -> str:
    """The product_id of a row on the list while nothing is offered."""
    assert row.standby is not None
    if row.first_dose_elsewhere is not None:
        return row.first_dose_elsewhere.product_id
    return row.standby.wish.product_id or ""


class Books:
    """All rows ever made, whose they are, and how many seats there are. `now` is the batch's."""

    def __init__(self, catalogue: Catalogue, born: Mapping[bytes, date], now: datetime) -> None:
        self.catalogue = msgspec.structs.replace(catalogue, slots=dict(catalogue.slots))
        self.born = dict(born)
        self.now = now
        self.rows: dict[UUID, Booking] = {}
        self.holders: dict[UUID, bytes] = {}
        self.capacities: dict[tuple[int, DoseNumber], int] = {
            (slot.slot_id, number): slot.capacities[number - 1]
            for slot in catalogue.slots.values()
            for number in NUMBERS
        }

    def today(self) -> date:
        """The day at the site."""
        return self.now.astimezone(SITE_TIMEZONE).date()

    def product_of(self, slot: Slot) -> Product:
        """What is given in a slot."""
        return self.catalogue.products[slot.product_id]

    def put(self, person_key: bytes, row: Booking) -> None:
        """Write a row, new or changed."""
        self.rows[row.booking_id] = row
        self.holders[row.booking_id] = person_key

    def next_number(self) -> str:
        """The number of the booking that is made next."""
        return booking_number(len(self.rows))

    def live_row(self, campaign_id: str, person_key: bytes) -> Booking | None:
        """What a person holds in a campaign."""
        rows = [
            row
            for row in self.rows.values()
            if row.campaign_id == campaign_id
            and self.holders[row.booking_id] == person_key
            and row.state != "cancelled"
        ]
        assert len(rows) <= 1, "one live row per person and campaign"
        return rows[0] if rows else None

    def taken(self, slot_id: int, number: DoseNumber) -> int:
        """Seats of a slot that somebody holds."""
        return sum(Dose(number, slot_id) in row.doses for row in self.rows.values())

    def free(self, slot_id: int, number: DoseNumber) -> int:
        """Seats of a slot that nobody holds."""
        return self.capacities[slot_id, number] - self.taken(slot_id, number)

    def is_ahead(self, slot: Slot) -> bool:
        """Whether a slot has not begun."""
        return slot.starts_at > self.now

    def can_get(self, slot: Slot, number: DoseNumber) -> bool:
        """Whether a seat is free in a slot that has not begun."""
        return self.is_ahead(slot) and self.free(slot.slot_id, number) > 0

    def slots(self) -> list[Slot]:
        """All slots, by start and number."""
        return sorted(
            self.catalogue.slots.values(), key=lambda slot: (slot.starts_at, slot.slot_id)
        )

    def calendars(self, release_id: str) -> list[tuple[str, str, str]]:
        """The calendars of a release, in the order in which they first appear."""
        all_of_them = [calendar_of(slot) for slot in self.slots() if slot.release_id == release_id]
        return sorted(set(all_of_them), key=all_of_them.index)

    def slots_of(self, calendar: tuple[str, str, str], on: date) -> list[Slot]:
        """The slots of a calendar on a day."""
        return [s for s in self.slots() if calendar_of(s) == calendar and day_of(s) == on]

    def list_of(self, release_id: str) -> list[Booking]:
        """The standby list of a release: who was displaced, then who asked, each by rank."""

        def place(row: Booking) -> tuple[bool, int]:
            assert row.standby is not None
            return (row.standby.reason == "asked", row.standby.rank)

        rows = [r for r in self.rows.values() if r.release_id == release_id and is_listed(r)]
        return sorted(rows, key=place)

    def next_rank(self, release_id: str) -> int:
        """The rank of a new place at the end of the list."""
        ranks = [row.standby.rank for row in self.list_of(release_id) if row.standby is not None]
        return 1 + max(ranks, default=0)

    @contextmanager
    def given_back(self, row: Booking | None) -> Iterator[None]:
        """Count the seats of a row as free, for a while."""
        if row is None:
            yield
            return
        now_held = self.rows[row.booking_id]
        self.rows[row.booking_id] = msgspec.structs.replace(now_held, doses=())
        yield
        self.rows[row.booking_id] = now_held


def offer_ends(now: datetime) -> datetime:
    """Three hours of a clock that runs from 9:00 to 21:00 at the site alone."""
    at = now.astimezone(SITE_TIMEZONE)
    left = timedelta(hours=3)
    while True:
        opening = at.replace(hour=9, minute=0, second=0, microsecond=0)
        closing = at.replace(hour=21, minute=0, second=0, microsecond=0)
        at = max(at, opening)
        if at < closing and closing - at >= left:
            return at + left
        left -= max(closing - at, timedelta(0))
        at = opening + timedelta(days=1)
