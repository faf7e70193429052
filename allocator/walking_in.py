"""Book somebody who stands at the venue without a booking.

Rule 1: the dose given now has a free seat in a slot of today, and dose 2 its seat by
the rule of the pair: whoever walks in gets both, too.
Rule 2: the window for booking does not bind the staff, the cohort does.

Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from datetime import datetime

from allocator.commands import Request, WalkIn
from allocator.eligibility import changes_are_open, in_cohort, is_replaceable, replaced
from allocator.ledger import Facts, Ledger, Move, Ruling
from allocator.model import SITE_TIMEZONE, Booking, Dose, Refusal, Release
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
    if held is not None and not is_replaceable(held):
        return Ruling(Refusal.ALREADY_BOOKED)
    search = Search(ledger.catalogue, ledger.seats, release, now)
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
    elsewhere, today = order.first_dose_elsewhere, search.now.astimezone(SITE_TIMEZONE).date()
    seats = search.slot(order.slot_id, 1 if elsewhere is None else 2)
    if seats is None:
        return Refusal.OUTSIDE_RELEASE
    if seats.day != today:
        return Refusal.NOT_THE_DAY
    if elsewhere is None:
        return _pair_from(search, seats)
    product = search.catalogue.products[seats.product_id]
    same_product = elsewhere.product_id == product.product_id
    if not same_product or not interval_is_met_after(elsewhere, seats, product, today):
        return Refusal.INTERVAL_NOT_MET
    return (Dose(2, order.slot_id),) if seats.free[1] > 0 else Refusal.NO_SECOND_DOSE


def _pair_from(search: Search, first: SlotSeats) -> tuple[Dose, ...] | Refusal:
    if first.free[0] == 0:
        return Refusal.NO_FIRST_DOSE
    second = second_slot_for(first, search.catalogue.products[first.product_id])
    if second is None:
        return Refusal.NO_SECOND_DOSE
    return Dose(1, first.slot_id), Dose(2, second.slot_id)
