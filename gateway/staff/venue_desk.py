"""What a venue's desk asks and orders: the day's list, what is free, doses given or not come for.

Rule 1: nothing here decides. Marks and walk-ins go through the inbox to the allocator, which
records each dose once, however often and by however many it is sent.
Rule 2: what is sealed is opened for one answer and kept nowhere; the caller has noted the look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from allocator.errors import SealBroken
from allocator.inbox import Inbox
from allocator.model import (
    PROBE_ID,
    SITE_TIMEZONE,
    Booking,
    DoseNumber,
    FirstDose,
    Outcome,
    Refusal,
    Slot,
)
from allocator.product_source import KnownProduct, maker_of
from allocator.reads import Contact, MarkDose, NotCome, Reads, WalkIn, unseal_identity
from allocator.release_file import known_products
from gateway.staff.day_list import DoseDue, Mark, in_order, without_superseded
from gateway.staff.national_record import Days, DoseGiven
from gateway.staff.statements import Statements


@dataclass(frozen=True)
class FreeSlot:
    """A slot of the day and what is free in it, by dose."""

    slot: Slot
    first: int
    second: int


class VenueDesk:
    """Looks up and hands in. Raises `StoreAway`, `InboxAway`, `InboxFull`, `CatalogueMissing`."""

    def __init__(
        self, statements: Statements, reads: Reads, inbox: Inbox, roster_key: bytes
    ) -> None:
        self._statements = statements
        self._reads = reads
        self._inbox = inbox
        self._roster_key = roster_key
        self._known = known_products()

    def venues(self, bound_to: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return the names of the venues that somebody may work at, by id; unbound: all."""
        return {
            venue.venue_id: venue.names
            for venue in self._reads.catalogue.venues.values()
            if venue.venue_id != PROBE_ID and (not bound_to or venue.venue_id in bound_to)
        }

    def slots(self, venue_id: str, day: date) -> list[Slot]:
        """Return the slots of a venue's day, by time."""
        slots = self._reads.catalogue.slots.values()
        of_day = [slot for slot in slots if slot.venue_id == venue_id and slot.day == day]
        return sorted(of_day, key=lambda slot: (slot.starts_at, slot.slot_id))

    async def day(self, venue_id: str, day: date) -> list[DoseDue]:
        """Return who has a dose at a venue on a day, by time."""
        slots = {slot.slot_id: slot for slot in self.slots(venue_id, day)}
        if not slots:
            return []
        rows = await self._statements.rows("doses_in_slots", slot_ids=list(slots))
        due = [await self._due(row, slots[row.slot_id]) for row in rows]
        return in_order(without_superseded(due))

    async def free(self, venue_id: str, day: date) -> list[FreeSlot]:
        """Return the slots of a day and what is free in each."""
        slots = self.slots(venue_id, day)
        ids = [slot.slot_id for slot in slots]
        rows = await self._statements.rows("seats_free", slot_ids=ids)
        left = {(row.slot_id, row.dose): row.free for row in rows}
        return [
            FreeSlot(slot, left.get((slot.slot_id, 1), 0), left.get((slot.slot_id, 2), 0))
            for slot in slots
        ]

    async def lot_used_last(self, venue_id: str, day: date, product_id: str, login: str) -> str:
        """Return the lot that an account recorded last of a product there; empty if none."""
        slots = self.slots(venue_id, day)
        ids = [slot.slot_id for slot in slots if slot.product_id == product_id]
        row = await self._statements.row("lot_recorded_last", login=login, slot_ids=ids)
        return "" if row is None else str(row.lot)

    async def give(
        self, request_id: UUID, row: DoseDue, lot: str, given_on: date, by: str
    ) -> Outcome | None:
        """Record that a dose was given; None while it is not known yet."""
        order = MarkDose(row.campaign_id, row.dose, True, by, lot, given_on)  # noqa: FBT003
        return await self._inbox.order(request_id, row.person_key, order)

    async def undo(self, request_id: UUID, row: DoseDue, reason: str, by: str) -> Outcome | None:
        """Take back that a dose was given."""
        order = MarkDose(row.campaign_id, row.dose, False, by, reason=reason)  # noqa: FBT003
        return await self._inbox.order(request_id, row.person_key, order)

    async def not_come(self, request_id: UUID, row: DoseDue, by: str) -> Outcome | None:
        """Note that somebody did not come: their seats are free from then on."""
        return await self._inbox.order(
            request_id, row.person_key, NotCome(row.campaign_id, row.dose, by)
        )

    async def came(self, request_id: UUID, row: DoseDue, lot: str, by: str) -> Outcome | None:
        """Give the dose to somebody who came after they were noted as not come."""
        order = WalkIn(
            row.release_id, row.slot_id, b"", row.language, by, row.first_dose_elsewhere, lot
        )
        contact = Contact(row.name, row.phone, row.email, row.kana)
        return await self._inbox.walk_in(request_id, row.person_key, order, contact)

    async def walk_in(
        self, request_id: UUID, person: bytes, order: WalkIn, contact: Contact
    ) -> Outcome | None:
        """Book somebody without a booking, and record the dose of now."""
        return await self._inbox.walk_in(request_id, person, order, contact)

    async def doses_given(self, days: Days) -> list[DoseGiven]:
        """Return every dose that was given in a range of days, for the national record."""
        rows = await self._statements.rows("doses_given", **days.as_parameters())
        catalogue = self._reads.catalogue
        venues = {slot.slot_id: slot.venue_id for slot in catalogue.slots.values()}
        makers = makers_of(
            ((one.product_id, one.names) for one in catalogue.products.values()), self._known
        )
        return [
            dose_given(
                row, self._roster_key, catalogue.venues[venues[row.slot_id]].names["ja"], makers
            )
            for row in rows
            if row.slot_id in venues and row.product_id != PROBE_ID
        ]

    async def _due(self, row: Any, slot: Slot) -> DoseDue:
        contact = await self._reads.contact_of(row.contact, row.booking_id)
        ticket_number, birth_date = identity_of(row, self._roster_key)
        mark = _mark(row)
        is_marked = mark != "open" and row.mark == mark
        dose: DoseNumber = 1 if row.dose == 1 else 2
        is_elsewhere = dose == 2 and row.dose1_slot_id is None and row.dose1_on is not None
        return DoseDue(
            booking_id=row.booking_id,
            booking_number=row.booking_number,
            person_key=row.person_key,
            campaign_id=row.campaign_id,
            release_id=row.release_id,
            product_id=slot.product_id,
            language=row.language,
            dose=dose,
            slot_id=slot.slot_id,
            starts_at=slot.starts_at,
            name=contact.name,
            kana=contact.kana,
            phone=contact.phone,
            email=contact.email,
            ticket_number=ticket_number,
            birth_date=birth_date,
            mark=mark,
            lot=row.lot if is_marked else "",
            marked_by=row.marked_by if is_marked else "",
            marked_at=row.marked_at.astimezone(SITE_TIMEZONE) if is_marked else None,
            given_on=row.given_on if is_marked else None,
            first_is_given=row.dose1_given or is_elsewhere,
            first_given_on=_first_given_on(row) if row.dose1_given or is_elsewhere else None,
            first_dose_elsewhere=FirstDose(row.product_id, row.dose1_on) if is_elsewhere else None,
        )


def makers_of(
    products: Iterable[tuple[str, Mapping[str, str]]], known: Sequence[KnownProduct]
) -> dict[str, str]:
    """Return the makers of products (id and names), by id."""
    return {
        product_id: maker_of((product_id, *names.values()), known) for product_id, names in products
    }


def dose_given(row: Any, roster_key: bytes, venue: str, makers: Mapping[str, str]) -> DoseGiven:
    """Return a row of `doses_given.sql` as the national record has it."""
    ticket_number, municipality = "", ""
    if row.sealed is not None:
        identity = unseal_identity(roster_key, row.sealed, row.person_key)
        ticket_number, municipality = identity.ticket_number, identity.municipality_code
    return DoseGiven(
        municipality,
        ticket_number,
        row.dose,
        row.given_on,
        venue,
        row.product_id,
        row.lot,
        makers.get(row.product_id, ""),
    )


def refusal_of(outcome: Outcome | None) -> Refusal | None:
    """Return why it was refused, None where it was not, or is not known."""
    return outcome if isinstance(outcome, Refusal) else None


def booking_of(outcome: Outcome | None) -> Booking | None:
    """Return the booking that an answer is."""
    return outcome if isinstance(outcome, Booking) else None


def identity_of(row: Any, roster_key: bytes) -> tuple[str, date | None]:
    """Return ticket number and birth date; empty for somebody who is on the roster no more."""
    if row.sealed is None:
        return "", None
    try:
        identity = unseal_identity(roster_key, row.sealed, row.person_key)
    except SealBroken:
        return "", None
    return identity.ticket_number, identity.birth_date


def _first_given_on(row: Any) -> date | None:
    """Return the day dose 1 was given on: as recorded, else that of its slot, or elsewhere."""
    day: date | None = row.first_given_on or row.dose1_on
    return day


def _mark(row: Any) -> Mark:
    if row.is_given:
        return "given"
    stays_away = row.mark == "not_come" and row.record_slot_id == row.slot_id
    return "not_come" if stays_away else "open"
