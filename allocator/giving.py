"""What becomes of a dose at the venue: given, not after all, or nobody came for it.

Rule 1: a dose that was given is neither moved nor given back; one record of it is made.
Rule 2: whoever did not come holds no more than they have had.
Rule 3: a dose 1 that was given later than its day is not recorded while dose 2 is booked too
soon after it (I2): dose 2 is changed or given back before.

Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from allocator.commands import MarkDose, NotCome, Request
from allocator.ledger import Facts, Ledger, Move, Ruling
from allocator.model import SITE_TIMEZONE, Booking, Refusal


def mark_dose(
    ledger: Ledger, facts: Facts, request: Request, order: MarkDose, now: datetime
) -> Ruling:
    """Write down that a dose was given, or take that back."""
    held = facts.held.get((order.campaign_id, request.person_key))
    slot_id = held.slot_of(order.dose) if held is not None else None
    if held is None or slot_id is None:
        return Ruling(Refusal.NO_BOOKING)
    if refusal := _mark_refused(ledger, held, order, slot_id, now):
        return Ruling(refusal)
    others = {number for number in held.given if number != order.dose}
    given = tuple(sorted(others | {order.dose} if order.given else others))
    after = msgspec.structs.replace(held, given=given)
    moves = () if after == held else (Move(request.person_key, held, after, None),)
    return Ruling(after, moves)


def _mark_refused(
    ledger: Ledger, held: Booking, order: MarkDose, slot_id: int, now: datetime
) -> Refusal | None:
    if held.state == "offered" and order.dose not in held.given:
        return Refusal.NO_BOOKING  # An offer is no booking yet.
    if not order.given:
        later_stands = 2 in held.given or held.standby is not None
        return Refusal.DOSE_GIVEN if order.dose == 1 and later_stands else None
    if order.lot and order.dose in held.given:
        return Refusal.DOSE_GIVEN  # Two desks at once: there is one record, the first.
    today = now.astimezone(SITE_TIMEZONE).date()
    day = ledger.seats.slots[slot_id].day
    if not day <= (order.given_on or today) <= today:
        return Refusal.NOT_THE_DAY
    if order.dose == 2:
        return Refusal.FIRST_DOSE_NOT_GIVEN if _first_is_open(held) else None
    is_late = order.given_on is not None and order.given_on > day
    if is_late and _second_is_too_soon(ledger, held, order.given_on or today):
        return Refusal.INTERVAL_NOT_MET
    return None


def _second_is_too_soon(ledger: Ledger, held: Booking, dose1_on: date) -> bool:
    """Say whether dose 2, if there is one, comes too soon after a dose 1 of that day."""
    if (second := held.slot_of(2)) is None:
        return False
    interval = (ledger.seats.slots[second].day - dose1_on).days
    return interval < ledger.catalogue.products[held.product_id].interval_days_min


def not_come(
    ledger: Ledger, facts: Facts, request: Request, order: NotCome, now: datetime
) -> Ruling:
    """End what somebody holds who did not come; a dose that was given stays theirs.

    Dose 2 without a first one is of no use: whoever misses dose 1 gives both back, and may
    book anew. Whoever misses dose 2 keeps dose 1 and may choose another dose 2.
    """
    held = facts.held.get((order.campaign_id, request.person_key))
    slot_id = held.slot_of(order.dose) if held is not None else None
    if held is None or slot_id is None:
        return Ruling(Refusal.NO_BOOKING)
    if order.dose in held.given:
        return Ruling(Refusal.DOSE_GIVEN)
    if held.standby is not None:
        return Ruling(Refusal.NO_BOOKING)  # An offer is no booking yet.
    if ledger.seats.slots[slot_id].starts_at > now:
        return Ruling(Refusal.NOT_THE_DAY)
    if order.dose == 2 and _first_is_open(held):
        return Ruling(Refusal.FIRST_DOSE_NOT_GIVEN)
    kept = tuple(dose for dose in held.doses if dose.dose in held.given)
    state: Literal["first_only", "cancelled"] = "first_only" if kept else "cancelled"
    after = msgspec.structs.replace(held, state=state, doses=kept)
    return Ruling(after, (Move(request.person_key, held, after, "cancelled"),))


def _first_is_open(held: Booking) -> bool:
    return held.first_dose_elsewhere is None and 1 not in held.given
