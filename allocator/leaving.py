"""What becomes of a booking when its person leaves the roster, or has a ticket with another number.

Rule 1: a dose that was given stays, and so does one whose time has begun: it may have been
given, and nobody could use its seat. All else is given back, offers and places on the
standby list included. The cut-off does not count: nobody comes.
Rule 2: nobody writes to the dead (`allocator.mail.is_overtaken` holds back what was on its way).
All others are told once what ended; who moved out, in a letter of its own.
Rule 3: a booking goes over to another ticket as it is: number, seats, place on the list, offer.

Two who came together have a booking each; that of the other stays.

Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from allocator.commands import Leave, Request, TakeOver
from allocator.ledger import Facts, Ledger, Move, Notice, Ruling
from allocator.model import Booking, Dose, Refusal

_TOLD: Mapping[str, Notice | None] = {
    "moved_out": "left_city",
    "reissued": "cancelled",
    "died": None,
}
"""What is written to who left, by the reason."""


def leave(ledger: Ledger, facts: Facts, request: Request, order: Leave, now: datetime) -> Ruling:
    """End what somebody holds who left; where nothing is left to end, nothing moves."""
    held = facts.held.get((order.campaign_id, request.person_key))
    if held is None:
        return Ruling(Refusal.NO_BOOKING)
    after = as_left(ledger, held, now)
    if after == held:
        return Ruling(held)
    return Ruling(after, (Move(request.person_key, held, after, _TOLD[order.reason]),))


def as_left(ledger: Ledger, held: Booking, now: datetime) -> Booking:
    """Return a booking as it is once its person has left."""

    def stays(dose: Dose) -> bool:
        has_begun = held.standby is None and ledger.seats.slots[dose.slot_id].starts_at <= now
        return dose.dose in held.given or has_begun

    kept = tuple(dose for dose in held.doses if stays(dose))
    if kept == held.doses and held.standby is None:
        return held
    state: Literal["first_only", "cancelled"] = "first_only" if kept else "cancelled"
    return msgspec.structs.replace(held, state=state, doses=kept, standby=None)


def take_over(facts: Facts, request: Request, order: TakeOver) -> Ruling:
    """Give the new ticket what the old one holds, unless the new one holds something already."""
    person = request.person_key
    if person not in facts.born:
        return Ruling(Refusal.NOT_ELIGIBLE)
    if (order.campaign_id, person) in facts.held:
        return Ruling(Refusal.ALREADY_BOOKED)
    held = facts.held.get((order.campaign_id, order.former_key))
    if held is None:
        return Ruling(Refusal.NO_BOOKING)
    return Ruling(held, (Move(person, held, held, None, order.former_key),))
