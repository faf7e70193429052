"""Book somebody who stands at the venue without a booking.

Rule 1: the dose given now has a free seat in a slot of today, and dose 2 its seat by
the rule of the pair: whoever walks in gets both, too.
Rule 2: the window for booking does not bind the staff, the cohort does.
Rule 3: whoever has had dose 1 by a booking that holds no dose 2 any more (given back, not come
for, or taken away by the city) gets dose 2 within that booking, from the shortest interval on.
A place on the standby list, and what was offered there, ends with it.

Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from allocator.commands import Request, WalkIn
from allocator.eligibility import changes_are_open, in_cohort, is_replaceable, replaced
from allocator.ledger import Facts, Ledger, Move, Ruling
from allocator.model import (
    SITE_TIMEZONE,
    Booking,
    Dose,
    DoseNumber,
    FirstDose,
    Refusal,
    Release,
)
from allocator.numbering import booking_number
from allocator.pairing import interval_is_met_after, second_slot_for
from allocator.search import Search
from allocator.seats import SlotSeats


def walk_in(ledger: Ledger, facts: Facts, request: Request, order: WalkIn, now: datetime) -> Ruling:
    """Book a dose that is given now, and the second one where it is the first."""
    release = _release_for(ledger, facts, request, order, now)
    if isinstance(release, Refusal):
        return Ruling(release)
    held = facts.held.get((release.campaign_id, request.person_key))
    search = Search(ledger.catalogue, ledger.seats, release, now)
    if held is not None and _lacks_second(held, order):
        return _second_now(search, request, held, order)
    if held is not None and not is_replaceable(held):
        return Ruling(Refusal.ALREADY_BOOKED)
    with ledger.seats.given_back(held.doses if held is not None else ()):
        found = _found(search, order)
    if isinstance(found, Refusal):
        return Ruling(found)
    booking = Booking(
        booking_number=booking_number(ledger.bookings_made + 1),
        booking_id=request.request_id,
        campaign_id=release.campaign_id,
        release_id=release.release_id,
        product_id=ledger.seats.slots[order.slot_id].product_id,
        state="booked",
        doses=found,
        first_dose_elsewhere=order.first_dose_elsewhere,
        given=(found[0].dose,),
    )
    move = Move(request.person_key, None, booking, "booked")
    return Ruling(booking, (move,) if held is None else (replaced(request, held), move))


def _lacks_second(held: Booking, order: WalkIn) -> bool:
    is_without = held.state == "first_only" or held.standby is not None
    return is_without and 1 in held.given and held.release_id == order.release_id


def _second_now(search: Search, request: Request, held: Booking, order: WalkIn) -> Ruling:
    """Give dose 2 today to whoever had dose 1 by the booking that they hold."""
    kept, offered = held.doses[:1], held.doses[1:]
    first = search.seats.slots[kept[0].slot_id]
    with search.seats.given_back(offered):
        found = _second_after(search, order.slot_id, FirstDose(first.product_id, first.day))
    if isinstance(found, Refusal):
        return Ruling(found)
    after = msgspec.structs.replace(
        held, state="booked", doses=(*kept, *found), given=(1, 2), standby=None
    )
    return Ruling(after, (Move(request.person_key, held, after, "changed"),))


def _release_for(
    ledger: Ledger, facts: Facts, request: Request, order: WalkIn, now: datetime
) -> Release | Refusal:
    release = ledger.catalogue.releases.get(order.release_id)
    if release is None:
        return Refusal.OUTSIDE_RELEASE
    if not in_cohort(release, facts.born.get(request.person_key)):
        return Refusal.NOT_ELIGIBLE
    return release if changes_are_open(release, now) else Refusal.OUTSIDE_RELEASE


def _found(search: Search, order: WalkIn) -> tuple[Dose, ...] | Refusal:
    if order.first_dose_elsewhere is not None:
        return _second_after(search, order.slot_id, order.first_dose_elsewhere)
    seats = _slot_of_today(search, order.slot_id, 1)
    return seats if isinstance(seats, Refusal) else _pair_from(search, seats)


def _slot_of_today(search: Search, slot_id: int, dose: DoseNumber) -> SlotSeats | Refusal:
    seats = search.slot(slot_id, dose)
    if seats is None:
        return Refusal.OUTSIDE_RELEASE
    is_today = seats.day == search.now.astimezone(SITE_TIMEZONE).date()
    return seats if is_today else Refusal.NOT_THE_DAY


def _second_after(search: Search, slot_id: int, had: FirstDose) -> tuple[Dose, ...] | Refusal:
    """Return dose 2 in a slot of today, if it goes with the first dose that was had."""
    seats = _slot_of_today(search, slot_id, 2)
    if isinstance(seats, Refusal):
        return seats
    product = search.catalogue.products[seats.product_id]
    is_same = had.product_id == product.product_id
    if not is_same or not interval_is_met_after(had, seats, product, seats.day):
        return Refusal.INTERVAL_NOT_MET
    return (Dose(2, slot_id),) if seats.free[1] > 0 else Refusal.NO_SECOND_DOSE


def _pair_from(search: Search, first: SlotSeats) -> tuple[Dose, ...] | Refusal:
    if first.free[0] == 0:
        return Refusal.NO_FIRST_DOSE
    second = second_slot_for(first, search.catalogue.products[first.product_id])
    if second is None:
        return Refusal.NO_SECOND_DOSE
    return Dose(1, first.slot_id), Dose(2, second.slot_id)
