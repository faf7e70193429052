"""A naive model of what the allocator answers: the rules, read aloud over plain lists.

It is slow and short: no index, no counters, every slot looked at each time. The real core
is compared with it (`test_core_against_naive.py`), so it shares none of its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
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
)
from allocator.model import (
    Booking,
    Catalogue,
    Dose,
    DoseNumber,
    FirstDose,
    Outcome,
    Refusal,
    Release,
)
from tests.simulation.naive_books import Books, day_of, is_listed
from tests.simulation.naive_changes import cancel, change, leave, remind, take_over
from tests.simulation.naive_doses import lacks_second, mark_dose, not_come, second_at_the_door
from tests.simulation.naive_search import (
    FirstGot,
    find_together,
    fits_after,
    on_offer,
    second_by_rule,
)
from tests.simulation.naive_staff import add_seats, close_slots, cut_supply
from tests.simulation.naive_standby import (
    FreedSeat,
    accept,
    cancelled,
    due_offers,
    expire,
    find_doses,
    join,
    offer_freed,
)

MakesBookings = Book | BookTogether | Join | WalkIn


class NaiveCity:
    """One city: its catalogue and roster, and all that was decided so far."""

    def __init__(self, catalogue: Catalogue, born: Mapping[bytes, date], now: datetime) -> None:
        self.books = Books(catalogue, born, now)
        self.decided: dict[UUID, tuple[bytes, bytes, Outcome]] = {}

    @property
    def rows(self) -> dict[UUID, Booking]:
        """All rows ever made, as they are now."""
        return self.books.rows

    @property
    def holders(self) -> dict[UUID, bytes]:
        """Whose row it is."""
        return self.books.holders

    @property
    def capacities(self) -> dict[tuple[int, DoseNumber], int]:
        """How many seats there are."""
        return self.books.capacities

    def free(self) -> dict[tuple[int, DoseNumber], int]:
        """How many seats are free."""
        return {seat: self.books.free(*seat) for seat in self.capacities}

    def due_offers(self, now: datetime) -> list[tuple[bytes, UUID, str]]:
        """Whose offer has run out, in the order of the list: person, booking, campaign."""
        self.books.now = now
        return due_offers(self.books)

    def answer(self, request: Request, now: datetime) -> Outcome:
        """Decide, apply, and offer to others what became free."""
        self.books.now = now
        known = self.decided.get(request.request_id)
        if known is not None:
            is_same = known[:2] == (request.person_key, request.content_digest)
            return known[2] if is_same else Refusal.ID_REUSED
        if (request.request_id.version == 8) != isinstance(request.command, Expire):
            return Refusal.ID_REUSED
        before = dict(self.rows)
        outcome = self._decide(request)
        self.decided[request.request_id] = (request.person_key, request.content_digest, outcome)
        if not isinstance(outcome, Refusal):
            expired = request.command.booking_id if isinstance(request.command, Expire) else None
            offer_freed(self.books, self._freed(before, request), expired)
        return outcome

    def _freed(self, before: dict[UUID, Booking], request: Request) -> list[FreedSeat]:
        """What a command freed, in the order of booking numbers; of added seats, both doses."""
        freed: list[FreedSeat] = [
            (dose.slot_id, dose.dose)
            for row in sorted(before.values(), key=lambda row: row.booking_number)
            for dose in row.doses
            if dose not in self.rows[row.booking_id].doses
        ]
        if isinstance(request.command, AddSeats):
            freed += [(request.command.slot_id, 1), (request.command.slot_id, 2)]
        return list(dict.fromkeys(freed))

    def _decide(self, request: Request) -> Outcome:
        books, person = self.books, request.person_key
        match request.command:
            case Book() | BookTogether() | Join() | WalkIn():
                return new_booking(books, request, request.command)
            case Change() as command:
                return change(books, person, command)
            case Cancel() as command:
                return cancel(books, person, command)
            case Remind() as command:
                return remind(books, person, command)
            case Accept() as command:
                return accept(books, person, command)
            case Expire() as command:
                return expire(books, person, command)
            case order:
                return self._decide_order(person, order)

    def _decide_order(self, person: bytes, order: Command) -> Outcome:
        books = self.books
        match order:
            case MarkDose() as command:
                return mark_dose(books, person, command)
            case NotCome() as command:
                return not_come(books, person, command)
            case CloseSlots() as command:
                return close_slots(books, command)
            case AddSeats() as command:
                return add_seats(books, command)
            case Leave() as command:
                return leave(books, person, command)
            case TakeOver() as command:
                return take_over(books, person, command)
            case _:
                assert isinstance(order, CutSupply), "every command has its case"
                return cut_supply(books, order)


# New bookings ---------------------------------------------------------------------------


def new_booking(books: Books, request: Request, command: MakesBookings) -> Outcome:
    """Test who asks, when, and what they hold; then do as they ask."""
    people = [request.person_key]
    if isinstance(command, BookTogether):
        people.append(command.companion.person_key)
    refusal = refused(books, people, command)
    if refusal is not None:
        return refusal
    match command:
        case Book():
            return book(books, request, command)
        case BookTogether():
            return book_together(books, request, command)
        case Join():
            return join(books, request.person_key, request.request_id, command)
        case WalkIn():
            return walk_in(books, request, command)


def refused(books: Books, people: list[bytes], command: MakesBookings) -> Refusal | None:
    """Eligibility, window, and live rows, test by test, each for all people in order."""
    release = books.catalogue.releases.get(command.release_id)
    if release is None:
        return Refusal.OUTSIDE_RELEASE
    for person in people:
        born = books.born.get(person)
        if born is None or not release.born_from <= born <= release.born_to:
            return Refusal.NOT_ELIGIBLE
    if not is_open(release, books.now, is_walk_in=isinstance(command, WalkIn)):
        return Refusal.OUTSIDE_RELEASE
    if len(set(people)) < len(people):
        return Refusal.ALREADY_BOOKED
    rows = [books.live_row(release.campaign_id, person) for person in people]
    held = [row for row in rows if row is not None]
    if isinstance(command, WalkIn) and any(lacks_second(row, command) for row in held):
        return None
    if any(not is_listed(row) or row.given for row in held):
        return Refusal.ALREADY_BOOKED
    if held and isinstance(command, Join | BookTogether):
        return Refusal.ON_STANDBY
    return None


def is_open(release: Release, now: datetime, *, is_walk_in: bool) -> bool:
    """Whether bookings are made; at the door, long after the rest, too."""
    if is_walk_in:
        return release.opens_at <= now
    return release.opens_at <= now < release.closes_at and release.state_by_hand != "closed"


def book(books: Books, request: Request, command: Book) -> Booking | Refusal:
    """Both doses, or dose 2 after a first elsewhere."""
    elsewhere = command.first_dose_elsewhere
    with books.given_back(_to_replace(books, request.person_key, command)):
        doses = find_doses(books, command.release_id, command.wish, elsewhere)
    if isinstance(doses, Refusal):
        return doses
    return _make(books, request, command, doses, elsewhere, ())


def walk_in(books: Books, request: Request, command: WalkIn) -> Booking | Refusal:
    """A dose now, and dose 2 by the rule."""
    row = _to_replace(books, request.person_key, command)
    if row is not None and lacks_second(row, command):
        return second_at_the_door(books, request.person_key, row, command)
    elsewhere = command.first_dose_elsewhere
    number: DoseNumber = 1 if elsewhere is None else 2
    slot = on_offer(books, command.release_id, command.slot_id, number)
    if slot is None:
        return Refusal.OUTSIDE_RELEASE
    if day_of(slot) != books.today():
        return Refusal.NOT_THE_DAY
    if elsewhere is not None:
        got = FirstGot(elsewhere.product_id, elsewhere.day, in_range=False)
        if not fits_after(books, slot, got):
            return Refusal.INTERVAL_NOT_MET
    with books.given_back(row):
        if books.free(slot.slot_id, number) <= 0:
            return Refusal.NO_FIRST_DOSE if number == 1 else Refusal.NO_SECOND_DOSE
        second = second_by_rule(books, slot) if number == 1 else slot
    if second is None:
        return Refusal.NO_SECOND_DOSE
    doses = (*((Dose(1, slot.slot_id),) if number == 1 else ()), Dose(2, second.slot_id))
    return _make(books, request, command, doses, elsewhere, (number,))


def _to_replace(books: Books, person: bytes, command: Book | WalkIn) -> Booking | None:
    """The standby row that a new booking takes the place of."""
    return books.live_row(books.catalogue.releases[command.release_id].campaign_id, person)


def _make(
    books: Books,
    request: Request,
    command: Book | WalkIn,
    doses: tuple[Dose, ...],
    elsewhere: FirstDose | None,
    given: tuple[DoseNumber, ...],
) -> Booking:
    replaced = _to_replace(books, request.person_key, command)
    if replaced is not None:
        books.put(request.person_key, cancelled(replaced))
    row = msgspec.structs.replace(
        _booked(books, request.request_id, command.release_id, doses),
        first_dose_elsewhere=elsewhere,
        given=given,
        reminders=command.reminders if isinstance(command, Book) else True,
    )
    books.put(request.person_key, row)
    return row


def _booked(books: Books, booking_id: UUID, release_id: str, doses: tuple[Dose, ...]) -> Booking:
    return Booking(
        booking_number=books.next_number(),
        booking_id=booking_id,
        campaign_id=books.catalogue.releases[release_id].campaign_id,
        release_id=release_id,
        product_id=books.catalogue.slots[doses[0].slot_id].product_id,
        state="booked",
        doses=doses,
    )


def book_together(books: Books, request: Request, command: BookTogether) -> Outcome:
    """Two pairs for two people."""
    found = find_together(books, command.release_id, command.wish)
    if isinstance(found, Refusal):
        return found
    firsts, seconds = found
    lead_doses = (Dose(1, firsts.lead.slot_id), Dose(2, seconds.lead.slot_id))
    doses = (Dose(1, firsts.companion.slot_id), Dose(2, seconds.companion.slot_id))
    lead = _booked(books, request.request_id, command.release_id, lead_doses)
    books.put(request.person_key, lead)
    second_id = companion_id(request.request_id)
    companion = _booked(books, second_id, command.release_id, doses)
    books.put(command.companion.person_key, companion)
    return (lead, companion)
