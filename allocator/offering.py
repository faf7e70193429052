"""Offer to the standby list what others give back.

Rule 1: whatever a command frees is offered before anybody else can ask for it, to the
first on the list whom it fits: a pair by the rule of the pair (`allocator.pairing`), or
dose 2 alone to whoever has had the first.
Rule 2: the time to take an offer runs only in the daytime, so that nobody loses a pair
asleep; what starts too soon to be offered stays free for all.

Nothing here does I/O or reads a clock. Work for one freed seat: the list
(STANDBY_MAX) times the days of one interval, and that only while a pair can be made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec

from allocator.commands import Accept, AddSeats, Expire, Join, Request
from allocator.eligibility import is_replaceable, release_for
from allocator.ledger import Facts, Ledger, Move, Ruling
from allocator.model import (
    SITE_TIMEZONE,
    STANDBY_MAX,
    Booking,
    Dose,
    DoseNumber,
    FirstDose,
    Product,
    Refusal,
    StandbyPlace,
)
from allocator.numbering import booking_number
from allocator.pairing import interval_is_met_after, second_slot_for
from allocator.search import Search, wish_allows
from allocator.seats import SlotSeats
from allocator.standby import Waiting

OFFER_LASTS = timedelta(hours=3)
"""Of daytime, DAY_BEGINS to DAY_ENDS at the site."""

DAY_BEGINS, DAY_ENDS = time(9), time(21)

TAKEN_BEFORE_START = timedelta(hours=1)
"""An offer ends so long before the first of its seats, so that its person can be there."""

OFFER_LASTS_MIN = timedelta(minutes=30)
"""Nothing is offered that could be taken for less than this."""

OFFERS_MAX = 3
"""Whoever asked, and let so many offers run out, leaves the list."""

Freed = Sequence[tuple[int, DoseNumber]]


def join(ledger: Ledger, facts: Facts, request: Request, command: Join, now: datetime) -> Ruling:
    """Put somebody on the list, unless there is a pair for them right now."""
    release = release_for(ledger, facts, command.release_id, (request.person_key,), now)
    if isinstance(release, Refusal):
        return Ruling(release)
    held = facts.held.get((release.campaign_id, request.person_key))
    if held is not None:
        is_listed = is_replaceable(held)
        return Ruling(Refusal.ON_STANDBY if is_listed else Refusal.ALREADY_BOOKED)
    elsewhere = command.first_dose_elsewhere
    search = Search(ledger.catalogue, ledger.seats, release, now)
    found = search.found(command.wish, elsewhere)
    if found is Refusal.OUTSIDE_RELEASE:
        return Ruling(found)
    if not isinstance(found, Refusal):
        return Ruling(Refusal.PAIRS_FREE)
    if ledger.standby.length(release.release_id) >= STANDBY_MAX:
        return Ruling(Refusal.STANDBY_FULL)
    place = StandbyPlace(ledger.standby.next_rank(release.release_id), "asked", command.wish)
    booking = Booking(
        booking_number=booking_number(ledger.bookings_made + 1),
        booking_id=request.request_id,
        campaign_id=release.campaign_id,
        release_id=release.release_id,
        product_id=product_wished(place, elsewhere),
        state="standby",
        doses=(),
        first_dose_elsewhere=elsewhere,
        standby=place,
        reminders=command.reminders,
    )
    return Ruling(booking, (Move(request.person_key, None, booking, "joined"),))


def accept(facts: Facts, request: Request, command: Accept, now: datetime) -> Ruling:
    """Turn an offer into a booking while it stands."""
    held = facts.held.get((command.campaign_id, request.person_key))
    until = held.standby.offered_until if held is not None and held.standby is not None else None
    if held is None or until is None or now >= until:
        return Ruling(Refusal.NO_OFFER)
    booking = msgspec.structs.replace(held, state="booked", standby=None)
    return Ruling(booking, (Move(request.person_key, held, booking, "booked"),))


def expire(
    ledger: Ledger, facts: Facts, request: Request, command: Expire, now: datetime
) -> Ruling:
    """End an offer whose time is over: its person goes to the end of the list, or leaves it."""
    held = facts.held.get((command.campaign_id, request.person_key))
    if held is None or held.booking_id != command.booking_id or held.standby is None:
        return Ruling(Refusal.NO_OFFER)
    place = held.standby
    if place.offered_until is None or now < place.offered_until:
        return Ruling(Refusal.NO_OFFER)
    if place.reason == "asked" and place.offers + 1 >= OFFERS_MAX:
        after = msgspec.structs.replace(held, state="cancelled", doses=(), standby=None)
    else:
        rank = ledger.standby.next_rank(held.release_id)
        after = back_on_list(
            held, StandbyPlace(rank, place.reason, place.wish, offers=place.offers + 1)
        )
    return Ruling(after, (Move(request.person_key, held, after, "offer_over"),))


def back_on_list(held: Booking, place: StandbyPlace) -> Booking:
    """Return a booking as it waits: without a seat, but with a dose 1 that was given."""
    return msgspec.structs.replace(
        held,
        state="standby",
        product_id=product_wished(place, held.first_dose_elsewhere),
        doses=tuple(dose for dose in held.doses if dose.dose in held.given),
        standby=place,
    )


def product_wished(place: StandbyPlace, elsewhere: FirstDose | None) -> str:
    """Return the product of whoever waits, empty while it may be any."""
    return elsewhere.product_id if elsewhere is not None else place.wish.product_id or ""


def freed_by(request: Request, moves: Sequence[Move]) -> Freed:
    """Return the seats that a command may have set free, in order; of added ones, both doses."""
    freed: list[tuple[int, DoseNumber]] = [
        (dose.slot_id, dose.dose)
        for move in moves
        if move.before is not None
        for dose in move.before.doses
        if dose not in move.after.doses
    ]
    if isinstance(request.command, AddSeats):
        freed += [(request.command.slot_id, 1), (request.command.slot_id, 2)]
    return freed


def offer(
    ledger: Ledger, facts: Facts, freed: Freed, now: datetime, passed_over: UUID | None
) -> list[Move]:
    """Offer what was freed, and apply it; `passed_over` is who has just let an offer run out.

    One walk along the list for each seat: whom it does not suit it does not suit
    either when others of its pairs are taken.
    """
    moves: list[Move] = []
    for slot_id, dose in dict.fromkeys(freed):
        seats = ledger.seats.slots[slot_id]
        if seats.free[dose - 1] > 0 and _can_be_offered(seats, now):
            for move in _offers_of(ledger, seats, dose, now, passed_over):
                ledger.apply(facts, (move,), ())
                moves.append(move)
    return moves


def offer_ends(now: datetime) -> datetime:
    """Return when an offer of this moment runs out, at the site."""
    left, moment = OFFER_LASTS, now.astimezone(SITE_TIMEZONE)
    while True:
        begins = datetime.combine(moment.date(), DAY_BEGINS, SITE_TIMEZONE)
        ends = datetime.combine(moment.date(), DAY_ENDS, SITE_TIMEZONE)
        moment = max(moment, begins)
        if moment + left <= ends:
            return moment + left
        left -= max(ends - moment, timedelta(0))
        moment = datetime.combine(moment.date() + timedelta(days=1), DAY_BEGINS, SITE_TIMEZONE)


def _offers_of(
    ledger: Ledger, seats: SlotSeats, dose: DoseNumber, now: datetime, passed_over: UUID | None
) -> Iterator[Move]:
    """Yield offers of one seat; each is to be applied before the next is asked for."""
    release_id, venue_id, product_id = seats.calendar.key
    product = ledger.catalogue.products[product_id]
    pairs = _pairs_through(seats, dose, product, now)
    for one in list(ledger.standby.in_order(release_id)):
        assert one.booking.standby is not None, "who waits has a place"
        wish = one.booking.standby.wish
        if wish.venue_id not in (None, venue_id) or wish.product_id not in (None, product_id):
            continue
        if one.booking.booking_id == passed_over:
            continue
        new = _fitting(ledger, one, seats, dose, pairs, now)
        if new is not None:
            yield _offered(one, new, product_id, now)
            if seats.free[dose - 1] == 0:
                return
            pairs = _pairs_through(seats, dose, product, now)


def _pairs_through(
    seats: SlotSeats, dose: DoseNumber, product: Product, now: datetime
) -> list[tuple[SlotSeats, SlotSeats]]:
    """Return the pairs that the rule makes with this seat, by first dose.

    Of a day's first doses the earliest of each part of the day stands for all: a wish
    asks for no more, and the day of dose 2 depends on the day alone.
    """
    if dose == 1:
        second = second_slot_for(seats, product)
        return [] if second is None else [(seats, second)]
    pairs = []
    for first in _firsts_before(seats, product, now):
        second = second_slot_for(first, product)
        assert second is not None, "the freed seat is there at the latest"
        if second.day == seats.day:
            pairs.append((first, second))
    return pairs


def _firsts_before(second: SlotSeats, product: Product, now: datetime) -> Iterator[SlotSeats]:
    """Yield free first doses in reach of a second one, one for each part of each day."""
    for interval in range(product.interval_days_max, product.interval_days_standard - 1, -1):
        day = second.calendar.days.get(second.day - timedelta(days=interval))
        parts = set()
        for first in day.free_slots(1) if day is not None else ():
            if _can_be_offered(first, now) and first.part not in parts:
                parts.add(first.part)
                yield first


def _fitting(
    ledger: Ledger,
    one: Waiting,
    seats: SlotSeats,
    dose: DoseNumber,
    pairs: Sequence[tuple[SlotSeats, SlotSeats]],
    now: datetime,
) -> tuple[SlotSeats, ...] | None:
    """Return the slots that somebody could be offered, None if nothing fits."""
    assert one.booking.standby is not None, "who waits has a place"
    wish, first = one.booking.standby.wish, _first_dose_had(ledger, one.booking)
    if first is None:
        if not pairs or wish.day_max < pairs[0][0].day or pairs[-1][0].day < wish.day_min:
            return None
        return next((pair for pair in pairs if wish_allows(wish, pair[0])), None)
    product = ledger.catalogue.products[seats.calendar.key[2]]
    fits = (
        dose == 2
        and first.product_id == product.product_id
        and wish_allows(wish, seats)
        and (seats.day - first.day).days >= product.interval_days_standard
        and interval_is_met_after(first, seats, product, now.astimezone(SITE_TIMEZONE).date())
    )
    return (seats,) if fits else None


def _first_dose_had(ledger: Ledger, booking: Booking) -> FirstDose | None:
    """Return the first dose that somebody on the list has had, here or elsewhere."""
    if booking.doses:
        return FirstDose(booking.product_id, ledger.seats.slots[booking.doses[0].slot_id].day)
    return booking.first_dose_elsewhere


def _offered(one: Waiting, new: tuple[SlotSeats, ...], product_id: str, now: datetime) -> Move:
    booking, place = one.booking, one.booking.standby
    assert place is not None, "who waits has a place"
    until = min(offer_ends(now), new[0].starts_at - TAKEN_BEFORE_START)
    slot_ids = [seats.slot_id for seats in new]
    doses = (
        (*booking.doses, Dose(2, slot_ids[0]))
        if len(slot_ids) == 1
        else (Dose(1, slot_ids[0]), Dose(2, slot_ids[1]))
    )
    after = msgspec.structs.replace(
        booking,
        state="offered",
        product_id=product_id,
        doses=doses,
        standby=msgspec.structs.replace(place, offered_until=until),
    )
    return Move(one.person_key, booking, after, "offered")


def _can_be_offered(seats: SlotSeats, now: datetime) -> bool:
    return seats.starts_at - TAKEN_BEFORE_START >= now + OFFER_LASTS_MIN
