"""Decide both doses of a vaccination booking, or neither.

Rule 1: everything that decides who gets which seat starts here: residents' commands
in this module, the standby list's in `offering`, the staff's in `orders`; where they look
is in `search` and `together`, which second dose goes with a first in `pairing`, what is
left in `seats`.
Rule 2: nothing here does I/O, reads a clock or draws a random number, so the
same ledger and the same requests, in the same order and at the same moment,
give the same outcomes.

Order of refusals: that of `allocator.model.Refusal`; but that a slot is unknown is
found out only after what the person holds. Bounds on the work of one request:
CHOICES_MAX choices or DAYS_SEARCHED_MAX days, each with at most the days of one
interval; on that of an order: BOOKINGS_MOVED_MAX times as much; and then the offers
of what was freed (`offering`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from allocator.commands import (
    Accept,
    AddSeats,
    Book,
    BookTogether,
    Cancel,
    Change,
    CloseSlots,
    Command,
    CutSupply,
    Expire,
    Join,
    Leave,
    MarkDose,
    NotCome,
    Remind,
    Request,
    TakeOver,
    WalkIn,
    companion_id,
    derived_id,
    is_derived,
)
from allocator.eligibility import changes_are_open, is_replaceable, release_for, replaced
from allocator.giving import mark_dose, not_come
from allocator.leaving import leave, take_over
from allocator.ledger import Decided as Decided
from allocator.ledger import Decision as Decision
from allocator.ledger import Facts as Facts
from allocator.ledger import Ledger as Ledger
from allocator.ledger import Move, Ruling
from allocator.model import Booking, Dose, Outcome, Refusal, Release
from allocator.numbering import booking_number
from allocator.offering import accept, expire, freed_by, join, offer
from allocator.orders import add_seats, close_slots, cut_supply
from allocator.reminding import turn_reminders
from allocator.search import Pair, Search
from allocator.together import FourSeats, place_together
from allocator.walking_in import walk_in


def decide(ledger: Ledger, facts: Facts, request: Request, now: datetime) -> Ruling:
    """Decide one request, changing nothing."""
    known = _known(facts, request)
    return _decide_new(ledger, facts, request, now) if known is None else Ruling(known)


def _known(facts: Facts, request: Request) -> Outcome | None:
    """Return the answer of a request that was decided before, or whose id is another's."""
    earlier = facts.decided.get(request.request_id)
    if earlier is not None:
        asked_then = (earlier.person_key, earlier.content_digest)
        is_same = asked_then == (request.person_key, request.content_digest)
        return earlier.outcome if is_same else Refusal.ID_REUSED
    is_ours = isinstance(request.command, Expire)
    return Refusal.ID_REUSED if is_derived(request.request_id) != is_ours else None


def _decide_new(ledger: Ledger, facts: Facts, request: Request, now: datetime) -> Ruling:
    match request.command:
        case Book() as book:
            return _book(ledger, facts, request, book, now)
        case Change() as change:
            return _change(ledger, facts, request, change, now)
        case Cancel() as cancel:
            return _cancel(ledger, facts, request, cancel, now)
        case Remind() as remind:
            return turn_reminders(facts, request, remind)
        case BookTogether() as together:
            return _book_together(ledger, facts, request, together, now)
        case Join() as asked:
            return join(ledger, facts, request, asked, now)
        case Accept() as accepted:
            return accept(facts, request, accepted, now)
        case Expire() as over:
            return expire(ledger, facts, request, over, now)
        case order:
            return _decide_order(ledger, facts, request, order, now)


def decide_batch(
    ledger: Ledger, facts: Facts, requests: Iterable[Request], now: datetime
) -> list[Decision]:
    """Decide requests in queue order, each seeing the seats the last one left.

    The only function that changes a ledger. Returns one decision per request, in
    the same order. The caller writes the new ones in one transaction, and throws
    the ledger away if that transaction fails.
    """
    return [_decide_and_apply(ledger, facts, request, now) for request in requests]


def expirations(ledger: Ledger, now: datetime) -> list[Request]:
    """Return the commands that end the offers whose time is over."""
    return [_expiration(one.person_key, one.booking) for one in ledger.standby.run_out(now)]


def _decide_and_apply(ledger: Ledger, facts: Facts, request: Request, now: datetime) -> Decision:
    known = _known(facts, request)
    if known is not None:
        return Decision(request, known, (), (), is_new=False)
    ruling = _decide_new(ledger, facts, request, now)
    moves = ruling.moves
    if moves or ruling.edits:
        ledger.apply(facts, moves, ruling.edits)
        if not ledger.standby.is_empty():
            moves += _offers_after(ledger, facts, request, ruling, now)
    facts.decided[request.request_id] = Decided(
        request.content_digest, request.person_key, ruling.outcome
    )
    return Decision(request, ruling.outcome, moves, ruling.edits, is_new=True)


def _offers_after(
    ledger: Ledger, facts: Facts, request: Request, ruling: Ruling, now: datetime
) -> tuple[Move, ...]:
    """Offer to the standby list what a ruling set free, and return the moves."""
    command = request.command
    freed = freed_by(request, ruling.moves)
    passed_over = command.booking_id if isinstance(command, Expire) else None
    return tuple(offer(ledger, facts, freed, now, passed_over))


def _decide_order(
    ledger: Ledger, facts: Facts, request: Request, order: Command, now: datetime
) -> Ruling:
    match order:
        case CloseSlots():
            return close_slots(ledger, facts, order, now)
        case CutSupply():
            return cut_supply(ledger, facts, order, now)
        case AddSeats():
            return add_seats(ledger, order, now)
        case MarkDose():
            return mark_dose(ledger, facts, request, order, now)
        case NotCome():
            return not_come(ledger, facts, request, order, now)
        case Leave():
            return leave(ledger, facts, request, order, now)
        case TakeOver():
            return take_over(facts, request, order)
        case _:
            assert isinstance(order, WalkIn), "every command has its case"
            return walk_in(ledger, facts, request, order, now)


def _book(ledger: Ledger, facts: Facts, request: Request, book: Book, now: datetime) -> Ruling:
    release = release_for(ledger, facts, book.release_id, (request.person_key,), now)
    if isinstance(release, Refusal):
        return Ruling(release)
    held = facts.held.get((release.campaign_id, request.person_key))
    if held is not None and not is_replaceable(held):
        return Ruling(Refusal.ALREADY_BOOKED)
    search = Search(ledger.catalogue, ledger.seats, release, now)
    if held is not None:
        with ledger.seats.given_back(held.doses):
            found = search.found(book.wish, book.first_dose_elsewhere)
    else:
        found = search.found(book.wish, book.first_dose_elsewhere)
    if isinstance(found, Refusal):
        return Ruling(found)
    booking = Booking(
        booking_number(ledger.bookings_made + 1),
        request.request_id,
        release.campaign_id,
        release.release_id,
        found[1].product_id,
        "booked",
        _doses(found),
        book.first_dose_elsewhere,
        reminders=book.reminders,
    )
    move = Move(request.person_key, None, booking, "booked")
    return Ruling(booking, (move,) if held is None else (replaced(request, held), move))


def _book_together(
    ledger: Ledger, facts: Facts, request: Request, book: BookTogether, now: datetime
) -> Ruling:
    people = (request.person_key, book.companion.person_key)
    release = release_for(ledger, facts, book.release_id, people, now)
    if isinstance(release, Refusal):
        return Ruling(release)
    if people[0] == people[1]:
        return Ruling(Refusal.ALREADY_BOOKED)
    held = [facts.held.get((release.campaign_id, person)) for person in people]
    if any(one is not None and not is_replaceable(one) for one in held):
        return Ruling(Refusal.ALREADY_BOOKED)
    if any(held):
        return Ruling(Refusal.ON_STANDBY)
    found = place_together(Search(ledger.catalogue, ledger.seats, release, now), book.wish)
    if isinstance(found, Refusal):
        return Ruling(found)
    booking_ids = (request.request_id, companion_id(request.request_id))
    bookings = tuple(
        _one_of_two(ledger, release, booking_ids[place], found, place) for place in (0, 1)
    )
    bookings = (msgspec.structs.replace(bookings[0], reminders=book.reminders), bookings[1])
    moves = tuple(
        Move(person, None, booking, "booked")
        for person, booking in zip(people, bookings, strict=True)
    )
    return Ruling(bookings, moves)


def _one_of_two(
    ledger: Ledger, release: Release, booking_id: UUID, found: FourSeats, place: int
) -> Booking:
    firsts, seconds = found
    return Booking(
        booking_number=booking_number(ledger.bookings_made + 1 + place),
        booking_id=booking_id,
        campaign_id=release.campaign_id,
        release_id=release.release_id,
        product_id=seconds[place].product_id,
        state="booked",
        doses=_doses((firsts[place], seconds[place])),
    )


def _change(
    ledger: Ledger, facts: Facts, request: Request, change: Change, now: datetime
) -> Ruling:
    held = facts.held.get((change.campaign_id, request.person_key))
    if held is None or is_replaceable(held):
        return Ruling(Refusal.NO_BOOKING)
    release = ledger.catalogue.releases[held.release_id]
    if not changes_are_open(release, now):
        return Ruling(Refusal.OUTSIDE_RELEASE)
    second_only = change.doses == "second" or held.first_dose_elsewhere is not None
    moved = [dose for dose in held.doses if dose.dose == 2 or not second_only]
    if 2 in held.given or any(dose.dose in held.given for dose in moved):
        return Ruling(Refusal.DOSE_GIVEN)
    if held.standby is None and _is_past_cut_off(ledger, release, moved, now):
        return Ruling(Refusal.PAST_CUT_OFF)
    search = Search(ledger.catalogue, ledger.seats, release, now)
    with ledger.seats.given_back(moved):
        if held.first_dose_elsewhere is not None:
            found = search.second_after(change.wish, held.first_dose_elsewhere)
        elif second_only:
            first = ledger.seats.slots[held.doses[0].slot_id]
            found = search.second_of(change.wish, first, given=1 in held.given)
        else:
            found = search.pair(change.wish)
    if isinstance(found, Refusal):
        return Ruling(found)
    after = msgspec.structs.replace(
        held,
        product_id=found[1].product_id,
        state="booked",
        doses=_doses(found),
        standby=None,
    )
    return Ruling(after, (Move(request.person_key, held, after, "changed"),))


def _cancel(
    ledger: Ledger, facts: Facts, request: Request, cancel: Cancel, now: datetime
) -> Ruling:
    held = facts.held.get((cancel.campaign_id, request.person_key))
    if held is None:
        return Ruling(Refusal.NO_BOOKING)
    keeps_first = cancel.doses == "second" and held.doses[:1] and held.doses[0].dose == 1
    if held.standby is not None:
        keeps_first = bool(held.given)
    elif refusal := _cancel_refused(ledger, held, now, second_only=bool(keeps_first)):
        return Ruling(refusal)
    after = msgspec.structs.replace(
        held,
        state="first_only" if keeps_first else "cancelled",
        doses=held.doses[:1] if keeps_first else (),
        standby=None,
    )
    return Ruling(after, (Move(request.person_key, held, after, "cancelled"),))


def _cancel_refused(
    ledger: Ledger, held: Booking, now: datetime, *, second_only: bool
) -> Refusal | None:
    if second_only and held.state == "first_only":
        return Refusal.NO_BOOKING
    given_up = [dose for dose in held.doses if dose.dose == 2 or not second_only]
    if 2 in held.given or any(dose.dose in held.given for dose in given_up):
        return Refusal.DOSE_GIVEN
    release = ledger.catalogue.releases[held.release_id]
    is_past = _is_past_cut_off(ledger, release, given_up, now)
    return Refusal.PAST_CUT_OFF if is_past else None


def _is_past_cut_off(
    ledger: Ledger, release: Release, given_up: Sequence[Dose], now: datetime
) -> bool:
    """Say whether the first seat that would be given up is too near, or in the past."""
    if not given_up:
        return False
    starts_at = ledger.seats.slots[given_up[0].slot_id].starts_at
    return starts_at - timedelta(hours=release.cut_off_hours) <= now


def _expiration(person_key: bytes, booking: Booking) -> Request:
    assert booking.standby is not None, "an offer is made to somebody on the list"
    word = f"expire {booking.standby.rank} {booking.standby.offered_until}"
    command = Expire(booking.campaign_id, booking.booking_id)
    request_id = derived_id(booking.booking_id, word)
    return Request(request_id, request_id.bytes, person_key, command)


def _doses(pair: Pair) -> tuple[Dose, ...]:
    first, second = pair
    dose2 = Dose(2, second.slot_id)
    return (dose2,) if first is None else (Dose(1, first.slot_id), dose2)
