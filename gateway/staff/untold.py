"""People whom no message reaches when the city did something to their booking: the desk's to tell.

Rule 1: the list has booking numbers only. A person's name and telephone number are read for one
message at a time, and only while its person is still to be told.
Rule 2: whoever asked for what became of their booking knows it; they are not on the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allocator.model import PROBE_ID, SITE_TIMEZONE
from allocator.reads import Reads
from gateway.staff.statements import Statements
from gateway.staff.venue_desk import identity_of
from gateway.views import DoseView


@dataclass(frozen=True)
class ToBeTold:
    """What somebody is to be told. `offered_until` is there while an offer stands."""

    outbox_id: int
    kind: str
    created_at: datetime
    booking_number: str
    offered_until: datetime | None


@dataclass(frozen=True)
class UntoldPerson:
    """Somebody to be rung or written to. `doses` are those to come to, or on offer."""

    message: ToBeTold
    person_key: bytes
    name: str
    phone: str
    language: str
    ticket_number: str
    birth_date: date | None
    doses: tuple[DoseView, ...]
    kana: str = ""

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "UntoldPerson(…)"


class Untold:
    """Reads who is to be told, and notes who was."""

    def __init__(self, statements: Statements, reads: Reads, roster_key: bytes) -> None:
        self._statements = statements
        self._reads = reads
        self._roster_key = roster_key

    async def messages(self, most: int) -> list[ToBeTold]:
        """Return at most so many: offers that stand, then the oldest first. Raises `StoreAway`."""
        return [message_of(row) for row in await self._rows(None, most)]

    async def being_told(self) -> int:
        """Return how many messages to people who were moved are on their way. Raises `StoreAway`.

        Who of them is to be told by the desk is not known before these have ended.
        """
        row = await self._statements.row("moves_being_told")
        return 0 if row is None else int(row.messages)

    async def person_of(self, outbox_id: int) -> UntoldPerson | None:
        """Return whom a message is for; None if they are not to be told any more.

        Raises:
            StoreAway, SealBroken, CatalogueMissing: nothing can be said.
        """
        rows = await self._rows(outbox_id, 1)
        return await self._person(rows[0]) if rows else None

    async def told(self, outbox_id: int) -> bool:
        """Note that a message's person was told; say whether they still were to be."""
        return await self._statements.row("told_by_desk", outbox_id=outbox_id) is not None

    async def _rows(self, outbox_id: int | None, most: int) -> list[Any]:
        return await self._statements.rows(
            "people_untold", outbox_id=outbox_id, limit=most, probe=PROBE_ID
        )

    async def _person(self, row: Any) -> UntoldPerson:
        contact = await self._reads.contact_of(row.contact, row.booking_id)
        ticket_number, birth_date = identity_of(row, self._roster_key)
        return UntoldPerson(
            message=message_of(row),
            person_key=row.person_key,
            name=contact.name,
            kana=contact.kana,
            phone=contact.phone,
            language=row.language,
            ticket_number=ticket_number,
            birth_date=birth_date,
            doses=self._doses(row),
        )

    def _doses(self, row: Any) -> tuple[DoseView, ...]:
        catalogue = self._reads.catalogue
        first = None if row.dose1_given else row.dose1_slot_id
        held = ((1, first), (2, row.dose2_slot_id))
        slots = [(dose, catalogue.slots[slot]) for dose, slot in held if slot in catalogue.slots]
        return tuple(DoseView(n, slot, catalogue.venues[slot.venue_id]) for n, slot in slots)


def message_of(row: Any) -> ToBeTold:
    """Return what a row says of a message, and nothing of its person."""
    until = row.offered_until
    return ToBeTold(
        row.outbox_id,
        row.kind,
        row.created_at.astimezone(SITE_TIMEZONE),
        row.booking_number,
        until and until.astimezone(SITE_TIMEZONE),
    )
