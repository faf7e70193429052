"""Whom the standby list takes, whom a freed seat is offered to, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from allocator.commands import AddSeats, Expire
from allocator.ledger import Ledger, Move, Ruling
from allocator.model import (
    STANDBY_MAX,
    Booking,
    DoseNumber,
    FirstDose,
    Flexible,
    Refusal,
    Slot,
)
from allocator.numbering import booking_number
from allocator.offering import expire, freed_by, offer, offer_ends
from tests.unit.allocator.fitting_examples import (
    AFTER_DOSE_1,
    AGO_14,
    FITTING,
    OFFER_ENDS,
    PAIR,
    SECOND,
    waits,
    wish,
)
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    accept,
    at,
    day,
    decided,
    held_by,
    holding,
    join,
    ledger,
    person,
    place,
    request,
    slot,
    slots_of,
)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("what", "one", "slots", "freed", "doses"),
    FITTING,
    ids=[f[0] for f in FITTING],
)
def test_freed_seat_is_offered_to_whom_it_fits(
    what: str,
    one: Booking,
    slots: list[Slot],
    freed: tuple[int, DoseNumber],
    doses: tuple[int, ...] | None,
) -> None:
    books = ledger(*slots)
    known = held_by(books, one)
    moves = offer(books, known, [freed], NOW, None)
    assert [slots_of(move.after) for move in moves] == ([] if doses is None else [doses]), what


def test_offer_takes_its_seats_and_says_until_when() -> None:
    books, one = ledger(*PAIR), waits()
    known = held_by(books, one)
    (move,) = offer(books, known, [(1, 1)], NOW, None)
    assert (move.person_key, move.before, move.notice) == (person(1), one, "offered")
    assert move.after == holding(1, 1, 21, listed=place(1, until=NOW + 3 * HOUR))
    assert (books.seats.slots[1].free, books.seats.slots[21].free) == ([0, 0], [0, 0])
    assert known.held[CAMPAIGN, person(1)] == move.after
    assert list(books.standby.in_order("release")) == []


@pytest.mark.parametrize(
    ("product", "elsewhere"), [("", None), ("moderna", None), ("pfizer", AGO_14)]
)
def test_product_of_the_offer_is_that_of_its_slots(
    product: str, elsewhere: FirstDose | None
) -> None:
    books = ledger(*PAIR, *SECOND[1:])
    known = held_by(books, holding(1, product=product, elsewhere=elsewhere, listed=place(1)))
    (move,) = offer(books, known, [(1, 1), (9, 2)], NOW, None)
    assert (move.after.product_id, move.after.first_dose_elsewhere) == ("pfizer", elsewhere)


QUEUE = (
    holding(2, listed=place(1)),
    holding(4, listed=place(2, wish=wish(venue="hall"))),
    holding(5, 2, 22, listed=place(3, until=NOW)),
    holding(1, listed=place(5)),
    holding(3, listed=place(9, "supply_cut")),
)
ROOMY = (slot(1, MONDAY, seats=(9, 9)), slot(2, MONDAY, 10), slot(21, day(21), seats=(0, 9)))


def offered(books: Ledger, *freed: tuple[int, DoseNumber], passed_over: int = 0) -> list[int]:
    """The bookings that get offers, in order."""
    known = held_by(books, *QUEUE)
    moves = offer(books, known, freed, NOW, UUID(int=passed_over))
    return [move.after.booking_id.int for move in moves]


def test_seats_are_offered_in_the_order_of_the_list_until_nobody_fits() -> None:
    """Who has an offer gets no other; whom it does not fit keeps their place."""
    assert offered(ledger(*ROOMY, slot(22, day(21), 10)), (1, 1)) == [3, 2, 1]


def test_seats_are_offered_until_none_is_left() -> None:
    first = slot(1, MONDAY, seats=(1, 0))
    assert offered(ledger(first, *ROOMY[1:], slot(22, day(21), 10)), (1, 1)) == [3]
    second = slot(21, day(21), seats=(0, 2))
    assert offered(ledger(*ROOMY[:2], second, slot(22, day(21), 10)), (1, 1)) == [3, 2]


def test_whoever_let_an_offer_run_out_is_passed_over() -> None:
    assert offered(ledger(*ROOMY, slot(22, day(21), 10)), (1, 1), passed_over=3) == [2, 1]


def test_seat_that_is_not_free_is_not_offered() -> None:
    assert offered(ledger(*ROOMY, slot(22, day(21), 10)), (2, 1), (21, 1)) == []


def test_seats_of_another_release_are_offered_to_its_own_list() -> None:
    other = slot(31, MONDAY, 9, release="other"), slot(32, day(21), 9, release="other")
    assert offered(ledger(*ROOMY, *other, slot(22, day(21), 10)), (31, 1)) == []


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (at(MONDAY, 9) - 90 * MINUTE - timedelta(seconds=1), at(MONDAY, 8)),
        (at(MONDAY, 9) - 90 * MINUTE, at(MONDAY, 8)),
        (at(MONDAY, 9) - 90 * MINUTE + timedelta(seconds=1), None),
        (at(MONDAY, 9), None),
        (at(day(3), 9), None),
    ],
)
@pytest.mark.parametrize("freed", [(1, 1), (21, 2)])
def test_what_starts_too_soon_is_not_offered(
    now: datetime, until: datetime | None, freed: tuple[int, DoseNumber]
) -> None:
    """Half an hour to take it, and an hour to come."""
    books = ledger(*PAIR)
    moves = offer(books, held_by(books, waits()), [freed], now, None)
    assert [move.after.standby.offered_until for move in moves if move.after.standby] == (
        [] if until is None else [until]
    )


def test_dose_1_that_was_given_does_not_hurry_the_offer() -> None:
    """Only the seats that are new count."""
    books, now = ledger(*PAIR), at(day(1), 9)
    known = held_by(books, AFTER_DOSE_1)
    (move,) = offer(books, known, [(21, 2)], now, None)
    assert move.after.standby == place(1, "slot_closed", until=now + 3 * HOUR)
    assert move.after.given == (1,)


def test_first_dose_that_starts_too_soon_leaves_the_next() -> None:
    """Of the first doses that go with a freed second, only those that can be offered count."""
    books, now = ledger(slot(1, MONDAY, 9), slot(2, MONDAY, 11), slot(21, day(21))), at(MONDAY, 8)
    (move,) = offer(books, held_by(books, waits()), [(21, 2)], now, None)
    assert slots_of(move.after) == (2, 21)


@pytest.mark.parametrize(("now", "end"), OFFER_ENDS)
def test_three_hours_of_an_offer_run_in_the_daytime(now: datetime, end: datetime) -> None:
    """From 9:00 to 21:00 at the site, wherever the clock that is read stands."""
    assert offer_ends(now) == end
    in_new_york = now.astimezone(ZoneInfo("America/New_York"))
    assert offer_ends(in_new_york) == end


# Joining --------------------------------------------------------------------------------

FULL = (*PAIR, slot(2, day(1), seats=(1, 0), venue="hall"))
HOLDER = holding(9, 1, 21)


def test_whoever_finds_no_pair_may_join() -> None:
    """At the end of the list, told so, with the wish as it was and no seat."""
    books = ledger(*FULL)
    known = held_by(books, HOLDER, holding(8, listed=place(6, "supply_cut")))
    made = decided(books, known, 3, join(wish(product="pfizer")))
    expected = Booking(
        booking_number=booking_number(3),
        booking_id=UUID(int=3),
        campaign_id=CAMPAIGN,
        release_id="release",
        product_id="pfizer",
        state="standby",
        doses=(),
        standby=place(7, wish=wish(product="pfizer")),
    )
    assert made.outcome == expected
    assert made.moves == (Move(person(1), None, expected, "joined"),)
    assert known.held[CAMPAIGN, person(1)] == expected
    assert [one.booking.booking_id.int for one in books.standby.in_order("release")] == [8, 3]


@pytest.mark.parametrize(
    ("what", "elsewhere", "product"),
    [
        (wish(), None, ""),
        (wish(product="pfizer"), None, "pfizer"),
        (wish(), FirstDose("pfizer", day(10)), "pfizer"),
        (wish(product="pfizer"), FirstDose("pfizer", day(10)), "pfizer"),
    ],
)
def test_who_waits_has_the_product_of_a_first_dose_or_of_the_wish(
    what: Flexible, elsewhere: FirstDose | None, product: str
) -> None:
    books = ledger(*FULL)
    made = decided(books, held_by(books, HOLDER), 2, join(what, elsewhere)).outcome
    assert isinstance(made, Booking)
    assert (made.product_id, made.first_dose_elsewhere) == (product, elsewhere)


GIVEN = holding(1, 1, given=(1,), listed=place(1, "slot_closed"))


@pytest.mark.parametrize(
    ("what", "held", "elsewhere", "refusal"),
    [
        (wish(), [holding(1, 1, 21)], None, Refusal.ALREADY_BOOKED),
        (wish(), [holding(1, 1)], None, Refusal.ALREADY_BOOKED),
        (wish(), [GIVEN], None, Refusal.ALREADY_BOOKED),
        (wish(), [waits()], None, Refusal.ON_STANDBY),
        (wish(), [holding(1, 1, 21, listed=place(1, until=NOW))], None, Refusal.ON_STANDBY),
        (wish(30, 40), [], None, Refusal.OUTSIDE_RELEASE),
        (wish(30, 40), [waits()], None, Refusal.ON_STANDBY),
        (wish(venue="unknown"), [], None, Refusal.OUTSIDE_RELEASE),
        (wish(), [], FirstDose("unknown", MONDAY), Refusal.OUTSIDE_RELEASE),
        (wish(0, 6), [], FirstDose("pfizer", day(-14)), Refusal.OUTSIDE_RELEASE),
        (wish(), [], None, Refusal.PAIRS_FREE),
        (wish(), [], FirstDose("pfizer", MONDAY), Refusal.PAIRS_FREE),
        (wish(), [], FirstDose("pfizer", day(10)), None),
        (wish(), [], FirstDose("moderna", MONDAY), Refusal.OUTSIDE_RELEASE),
        (wish(product="moderna"), [], FirstDose("pfizer", MONDAY), Refusal.OUTSIDE_RELEASE),
        (wish(1, 6), [], None, None),
        (wish(), [HOLDER], None, None),
        (wish(), [HOLDER], FirstDose("pfizer", MONDAY), None),
    ],
)
def test_joining_is_refused_in_this_order(
    what: Flexible, held: list[Booking], elsewhere: FirstDose | None, refusal: Refusal | None
) -> None:
    """What one holds, what is not there at all, and what is still to be had."""
    books = ledger(*FULL)
    known = held_by(books, *held)
    made = decided(books, known, 2, join(what, elsewhere))
    if refusal is None:
        assert isinstance(made.outcome, Booking)
    else:
        assert (made.outcome, made.moves) == (refusal, ())


@pytest.mark.parametrize(("free", "refusal"), [(1, None), (0, Refusal.STANDBY_FULL)])
def test_list_has_an_end(free: int, refusal: Refusal | None) -> None:
    """Those with an offer count."""
    books = ledger(*FULL)
    known = held_by(books, holding(2, 1, 21, listed=place(1, until=NOW)))
    for rank in range(2, STANDBY_MAX + 1 - free):
        books.standby.note(person(rank + 1), holding(rank + 1, listed=place(rank)))
    outcome = decided(books, known, 1, join()).outcome
    assert isinstance(outcome, Booking) if refusal is None else outcome == refusal


# Taking an offer, and letting it run out -------------------------------------------------

UNTIL = NOW + HOUR
OFFERED = holding(1, 1, 21, listed=place(1, until=UNTIL))
GIVEN_OFFERED = holding(1, 1, 21, given=(1,), listed=place(1, "slot_closed", until=UNTIL))


@pytest.mark.parametrize("held", [OFFERED, GIVEN_OFFERED])
def test_offer_is_taken_while_it_stands(held: Booking) -> None:
    """It becomes a booking with the same number, and the list knows it no more."""
    books = ledger(*PAIR)
    known = held_by(books, held)
    made = decided(books, known, 2, accept(), now=UNTIL - timedelta(seconds=1))
    booked = holding(1, 1, 21, given=held.given)
    assert made.outcome == booked
    assert made.moves == (Move(person(1), held, booked, "booked"),)
    assert books.standby.length("release") == 0
    assert books.seats.slots[1].free == [0, 0]


@pytest.mark.parametrize(
    ("held", "now"),
    [
        ([], NOW),
        ([holding(1, 1, 21)], NOW),
        ([holding(1, 1)], NOW),
        ([waits()], NOW),
        ([OFFERED], UNTIL),
    ],
)
def test_without_an_offer_there_is_none_to_take(held: list[Booking], now: datetime) -> None:
    """At its very end it is over."""
    books = ledger(*PAIR)
    made = decided(books, held_by(books, *held), 2, accept(), now=now)
    assert (made.outcome, made.moves) == (Refusal.NO_OFFER, ())


def run_out(held: list[Booking], number: int = 1, now: datetime = UNTIL) -> Ruling:
    """What comes of the end of the offer to booking `number`, in a list with a rank 7."""
    books = ledger(*PAIR)
    known = held_by(books, *held, holding(5, listed=place(7)))
    command = Expire(CAMPAIGN, UUID(int=number))
    return expire(books, known, request(99, command), command, now)


NOT_OVER: list[tuple[list[Booking], int, datetime]] = [
    ([], 1, UNTIL),
    ([OFFERED], 2, UNTIL),
    ([OFFERED], 1, UNTIL - timedelta(seconds=1)),
    ([waits()], 1, UNTIL),
    ([holding(1, 1, 21)], 1, UNTIL),
]


@pytest.mark.parametrize(("held", "number", "now"), NOT_OVER)
def test_offer_that_is_not_over_does_not_end(
    held: list[Booking], number: int, now: datetime
) -> None:
    """Nor does one that was taken, or was another's."""
    assert run_out(held, number, now) == Ruling(Refusal.NO_OFFER)


def asked_for(offers: int) -> Booking:
    what = place(1, wish=wish(product="pfizer"), offers=offers, until=UNTIL)
    return holding(1, 1, 21, listed=what)


@pytest.mark.parametrize("offers", [0, 1])
def test_offer_that_ran_out_puts_its_person_at_the_end_without_seats(offers: int) -> None:
    held, listed = asked_for(offers), place(8, wish=wish(product="pfizer"), offers=offers + 1)
    after = holding(1, listed=listed)
    assert run_out([held]) == Ruling(after, (Move(person(1), held, after, "offer_over"),))


def test_whoever_asked_and_let_three_offers_run_out_leaves_the_list() -> None:
    held = asked_for(2)
    after = msgspec.structs.replace(held, state="cancelled", doses=(), standby=None)
    assert run_out([held]) == Ruling(after, (Move(person(1), held, after, "offer_over"),))


@pytest.mark.parametrize("reason", ["slot_closed", "supply_cut"])
def test_whom_the_city_displaced_stays_whatever_they_let_run_out(
    reason: Literal["slot_closed", "supply_cut"],
) -> None:
    """With the dose 1 that was given, and the product that it had."""
    what = wish(product="pfizer")
    held = holding(1, 1, 21, given=(1,), listed=place(1, reason, wish=what, offers=5, until=UNTIL))
    after = holding(1, 1, given=(1,), listed=place(8, reason, wish=what, offers=6))
    assert run_out([held]).outcome == after


def test_last_of_the_list_comes_after_their_own_rank() -> None:
    """So that the end of each offer has an id of its own."""
    books = ledger(*PAIR)
    known = held_by(books, OFFERED)
    command = Expire(CAMPAIGN, UUID(int=1))
    after = expire(books, known, request(99, command), command, UNTIL).outcome
    assert isinstance(after, Booking)
    assert after.standby == place(2, offers=1)


# What is freed ---------------------------------------------------------------------------


def test_doses_that_are_given_up_are_freed_in_order() -> None:
    """Of each booking in turn; a dose that is kept is not, and a new booking frees nothing."""
    moves = [
        Move(person(1), holding(1, 1, 21), holding(1, 2, 22), "changed"),
        Move(person(2), holding(2, 3, 23), holding(2, 3, 24), "changed"),
        Move(person(3), holding(3, 4, 21, listed=place(1, until=NOW)), waits(), "offer_over"),
        Move(person(4), None, holding(4, 5, 25), "booked"),
    ]
    freed = [(1, 1), (21, 2), (23, 2), (4, 1), (21, 2)]
    assert freed_by(request(9, accept()), moves) == freed
    added = AddSeats("release", 9, (1, 0), "staff")
    assert freed_by(request(9, added), moves) == [*freed, (9, 1), (9, 2)]
