"""The naive model's word on one person's dose: given, not come for, or had at the door."""

from __future__ import annotations

import msgspec

from allocator.commands import MarkDose, NotCome, WalkIn
from allocator.model import Booking, Dose, Refusal
from tests.simulation.naive_books import Books, day_of, given_doses, is_listed
from tests.simulation.naive_search import FirstGot, fits_after, on_offer
from tests.simulation.naive_standby import cancelled


def mark_dose(books: Books, person_key: bytes, order: MarkDose) -> Booking | Refusal:
    """A dose was given, or it was not after all."""
    row = books.live_row(order.campaign_id, person_key)
    slot_id = None if row is None else row.slot_of(order.dose)
    if row is None or slot_id is None:
        return Refusal.NO_BOOKING
    if row.state == "offered" and not (order.dose == 1 and 1 in row.given):
        return Refusal.NO_BOOKING
    given = set(row.given)
    if order.given:
        if day_of(books.catalogue.slots[slot_id]) > books.today():
            return Refusal.NOT_THE_DAY
        if order.dose == 2 and row.slot_of(1) is not None and 1 not in given:
            return Refusal.FIRST_DOSE_NOT_GIVEN
        given.add(order.dose)
    else:
        if order.dose == 1 and (2 in given or is_listed(row)):
            return Refusal.DOSE_GIVEN
        given.discard(order.dose)
    row = msgspec.structs.replace(row, given=tuple(sorted(given)))
    books.put(person_key, row)
    return row


def not_come(books: Books, person_key: bytes, order: NotCome) -> Booking | Refusal:
    """Somebody stayed away: what they have not had is free again."""
    row = books.live_row(order.campaign_id, person_key)
    slot_id = None if row is None else row.slot_of(order.dose)
    if row is None or slot_id is None:
        return Refusal.NO_BOOKING
    if order.dose in row.given:
        return Refusal.DOSE_GIVEN
    if is_listed(row):
        return Refusal.NO_BOOKING
    if books.catalogue.slots[slot_id].starts_at > books.now:
        return Refusal.NOT_THE_DAY
    if order.dose == 2 and row.slot_of(1) is not None and not row.given:
        return Refusal.FIRST_DOSE_NOT_GIVEN
    doses = given_doses(row)
    if not doses:
        row = cancelled(row)
    else:
        row = msgspec.structs.replace(row, state="first_only", doses=doses)
    books.put(person_key, row)
    return row


def lacks_second(row: Booking, command: WalkIn) -> bool:
    """Whether somebody had dose 1 by this booking, and has no dose 2 in it."""
    is_without = row.state == "first_only" or is_listed(row)
    return is_without and (row.given, row.release_id) == ((1,), command.release_id)


def second_at_the_door(
    books: Books, person_key: bytes, row: Booking, command: WalkIn
) -> Booking | Refusal:
    """Dose 2 now, for somebody who had dose 1 by the booking."""
    slot = on_offer(books, command.release_id, command.slot_id, 2)
    if slot is None:
        return Refusal.OUTSIDE_RELEASE
    if day_of(slot) != books.today():
        return Refusal.NOT_THE_DAY
    first_day = day_of(books.catalogue.slots[row.doses[0].slot_id])
    if not fits_after(books, slot, FirstGot(row.product_id, first_day, in_range=False)):
        return Refusal.INTERVAL_NOT_MET
    with books.given_back(row):
        if books.free(slot.slot_id, 2) <= 0:
            return Refusal.NO_SECOND_DOSE
    doses = (*given_doses(row), Dose(2, slot.slot_id))
    row = msgspec.structs.replace(row, state="booked", doses=doses, given=(1, 2), standby=None)
    books.put(person_key, row)
    return row
