"""Whoever walks in gets a dose of today and, after a first one, the second by the rule."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
import pytest

from allocator.commands import WalkIn
from allocator.core import Facts
from allocator.ledger import Ledger, Move, Ruling
from allocator.model import Booking, Dose, FirstDose, Refusal
from allocator.numbering import booking_number
from allocator.walking_in import walk_in
from tests.unit.allocator.offers import (
    ADULT,
    MONDAY,
    NOW,
    OPENING,
    RELEASE,
    at,
    day,
    facts,
    free_seats,
    held_by,
    holding,
    ledger,
    person,
    place,
    request,
    slot,
    slots_of,
)

TODAY = at(MONDAY, 12)
AGO_21 = FirstDose("pfizer", day(-21))


def walks_in(slot_id: int, elsewhere: FirstDose | None = None) -> WalkIn:
    return WalkIn("release", slot_id, b"sealed", "ja", "staff", elsewhere)


def ruled(books: Ledger, known: Facts, order: WalkIn, now: datetime = TODAY) -> Ruling:
    """What person 1 is told, as request 5; nothing is changed."""
    before = free_seats(books)
    ruling = walk_in(books, known, request(5, order), order, now)
    assert free_seats(books) == before
    return ruling


def offers() -> Ledger:
    """Slots of Monday, one of them over, and of the days after."""
    return ledger(
        slot(1, MONDAY, 9, seats=(1, 1)),
        slot(2, MONDAY, 15, seats=(1, 1)),
        slot(3, day(1)),
        slot(4, MONDAY, 15, seats=(0, 1), venue="hall"),
        slot(5, MONDAY, 15, seats=(1, 0), venue="hall"),
        slot(6, MONDAY, release="other"),
        slot(7, MONDAY, seats=(1, 0), product="moderna"),
        slot(21, day(21), 9),
        slot(22, day(21), 15),
    )


def test_whoever_walks_in_gets_both_doses_and_has_had_the_first() -> None:
    booking = holding(5, 2, 22, given=(1,))
    made = msgspec.structs.replace(booking, booking_number=booking_number(1))
    move = Move(person(1), None, made, "booked")
    assert ruled(offers(), facts(1), walks_in(2)) == Ruling(made, (move,))


def test_whoever_has_had_a_first_dose_elsewhere_gets_the_second_alone() -> None:
    booking = holding(5, None, 2, given=(2,), elsewhere=AGO_21)
    made = msgspec.structs.replace(booking, booking_number=booking_number(1))
    move = Move(person(1), None, made, "booked")
    assert ruled(offers(), facts(1), walks_in(2, AGO_21)) == Ruling(made, (move,))


@pytest.mark.parametrize(("order", "slots"), [(walks_in(1), (1, 21)), (walks_in(1, AGO_21), (1,))])
def test_slot_of_today_that_has_begun_is_still_given(order: WalkIn, slots: tuple[int, ...]) -> None:
    assert slots_of(ruled(offers(), facts(1), order, at(MONDAY, 23, 59)).outcome) == slots


def test_staff_are_bound_by_the_opening_and_not_by_the_closing() -> None:
    late = RELEASE.closes_at.date()
    books = ledger(slot(1, late), slot(2, late + timedelta(days=21)), slot(3, OPENING.date(), 8))
    outcome = ruled(books, facts(1), walks_in(1), RELEASE.closes_at + timedelta(hours=1)).outcome
    assert slots_of(outcome) == (1, 2)
    closed = msgspec.structs.replace(RELEASE, state_by_hand="closed")
    by_hand = ledger(slot(1, MONDAY), slot(2, day(21)), release=closed)
    assert slots_of(ruled(by_hand, facts(1), walks_in(1)).outcome) == (1, 2)
    opens = OPENING - timedelta(seconds=1)
    assert ruled(books, facts(1), walks_in(3), opens).outcome == Refusal.OUTSIDE_RELEASE
    assert ruled(books, facts(1), walks_in(3), OPENING).outcome == Refusal.NO_SECOND_DOSE


CHILD = date(2015, 1, 1)


@pytest.mark.parametrize(
    ("order", "born", "held", "refusal"),
    [
        (WalkIn("unknown", 2, b"", "ja", "staff"), CHILD, [], Refusal.OUTSIDE_RELEASE),
        (walks_in(2), CHILD, [holding(1, 1, 21)], Refusal.NOT_ELIGIBLE),
        (walks_in(99), ADULT, [holding(1, 1, 21)], Refusal.ALREADY_BOOKED),
        (walks_in(2), ADULT, [holding(1, 1)], Refusal.ALREADY_BOOKED),
        (
            walks_in(2),
            ADULT,
            [holding(1, 1, given=(1,), listed=place(1, "supply_cut"))],
            Refusal.INTERVAL_NOT_MET,
        ),
        (walks_in(99), ADULT, [], Refusal.OUTSIDE_RELEASE),
        (walks_in(6), ADULT, [], Refusal.OUTSIDE_RELEASE),
        (walks_in(4), ADULT, [], Refusal.OUTSIDE_RELEASE),
        (walks_in(5, AGO_21), ADULT, [], Refusal.OUTSIDE_RELEASE),
        (walks_in(3), ADULT, [], Refusal.NOT_THE_DAY),
        (walks_in(3, FirstDose("moderna", MONDAY)), ADULT, [], Refusal.NOT_THE_DAY),
        (walks_in(2, FirstDose("moderna", day(-28))), ADULT, [], Refusal.INTERVAL_NOT_MET),
        (walks_in(2, FirstDose("pfizer", day(-18))), ADULT, [], Refusal.INTERVAL_NOT_MET),
        (walks_in(7), ADULT, [], Refusal.NO_SECOND_DOSE),
    ],
)
def test_walking_in_is_refused_in_this_order(
    order: WalkIn, born: date, held: list[Booking], refusal: Refusal
) -> None:
    """Release, cohort, what one holds, the slot, its day, the interval, the seats."""
    books = offers()
    known = held_by(books, *held)
    known.born[person(1)] = born
    assert ruled(books, known, order) == Ruling(refusal)


@pytest.mark.parametrize("days_ago", [19, 42, 43, 400])
def test_second_dose_is_given_from_the_shortest_interval_on(days_ago: int) -> None:
    """And however late, since it is overdue today."""
    order = walks_in(2, FirstDose("pfizer", day(-days_ago)))
    assert slots_of(ruled(offers(), facts(1), order).outcome) == (2,)


@pytest.mark.parametrize(
    ("taken", "elsewhere", "refusal"),
    [
        ([holding(2, 2, 22)], None, Refusal.NO_FIRST_DOSE),
        ([holding(2, 1, 2)], AGO_21, Refusal.NO_SECOND_DOSE),
        ([holding(2, 1, 21), holding(3, None, 22)], None, Refusal.NO_SECOND_DOSE),
    ],
)
def test_seat_that_is_taken_is_not_given(
    taken: list[Booking], elsewhere: FirstDose | None, refusal: Refusal
) -> None:
    books = offers()
    known = held_by(books, *taken)
    assert ruled(books, known, walks_in(2, elsewhere)).outcome == refusal


@pytest.mark.parametrize(
    "held",
    [
        holding(1, listed=place(1)),
        holding(1, 2, 22, listed=place(1, until=NOW)),
        holding(1, listed=place(1, "slot_closed")),
    ],
)
def test_place_on_the_list_makes_way(held: Booking) -> None:
    """Seats that were offered to the person count as free."""
    books = ledger(slot(2, MONDAY, 15, seats=(1, 0)), slot(22, day(21), 15, seats=(0, 1)))
    ruling = ruled(books, held_by(books, held), walks_in(2))
    left = msgspec.structs.replace(held, state="cancelled", doses=(), standby=None)
    made = msgspec.structs.replace(holding(5, 2, 22, given=(1,)), booking_number=booking_number(2))
    assert ruling == Ruling(
        made, (Move(person(1), held, left, None), Move(person(1), None, made, "booked"))
    )


FIRST_HAD = msgspec.structs.replace(holding(1, 3, given=(1,)), state="first_only")
"""Dose 1 was given on Tuesday; dose 2 was given back, or not come for."""


def second_offers(seats: int = 1) -> Ledger:
    return ledger(
        slot(3, day(1)),
        slot(20, day(19), seats=(0, seats)),
        slot(21, day(20), seats=(0, seats)),
        slot(22, day(20), seats=(0, 1), product="moderna"),
        slot(23, day(20), seats=(1, 0)),
    )


def second_ruled(slot_id: int, offset: int, seats: int = 1) -> Ruling:
    books = second_offers(seats)
    known = held_by(books, FIRST_HAD)
    return ruled(books, known, walks_in(slot_id), at(day(offset), 12))


def test_whoever_had_the_first_here_and_holds_no_second_gets_it_within_the_booking() -> None:
    """From the shortest interval (19 days) on."""
    ruling = second_ruled(21, 20)
    after = msgspec.structs.replace(
        FIRST_HAD, state="booked", doses=(*FIRST_HAD.doses, Dose(2, 21)), given=(1, 2)
    )
    assert ruling == Ruling(after, (Move(person(1), FIRST_HAD, after, "changed"),))


@pytest.mark.parametrize(
    ("slot_id", "offset", "seats", "refusal"),
    [
        (20, 19, 1, Refusal.INTERVAL_NOT_MET),
        (22, 20, 1, Refusal.INTERVAL_NOT_MET),
        (21, 19, 1, Refusal.NOT_THE_DAY),
        (23, 20, 1, Refusal.OUTSIDE_RELEASE),
    ],
)
def test_second_within_the_booking_is_refused(
    slot_id: int, offset: int, seats: int, refusal: Refusal
) -> None:
    assert second_ruled(slot_id, offset, seats) == Ruling(refusal)


def test_second_within_the_booking_needs_a_free_seat() -> None:
    books = second_offers()
    known = held_by(books, FIRST_HAD, holding(2, None, 21))
    assert ruled(books, known, walks_in(21), at(day(20), 12)) == Ruling(Refusal.NO_SECOND_DOSE)


def test_second_within_the_booking_is_of_the_same_release() -> None:
    books = second_offers()
    held = msgspec.structs.replace(FIRST_HAD, release_id="other")
    known = held_by(books, held)
    assert ruled(books, known, walks_in(21), at(day(20), 12)) == Ruling(Refusal.ALREADY_BOOKED)


@pytest.mark.parametrize("offered", [None, 21, 24])
def test_whoever_waits_for_a_second_dose_gets_it_at_the_door(offered: int | None) -> None:
    """The city took it away; what is offered on the list, here or later, is given back."""
    listed = place(1, "slot_closed", until=NOW if offered else None)
    held = holding(1, 3, offered, given=(1,), listed=listed)
    books = ledger(
        slot(3, day(1)), slot(21, day(20), seats=(0, 1)), slot(24, day(24), seats=(0, 1))
    )
    known = held_by(books, held)
    ruling = ruled(books, known, walks_in(21), at(day(20), 12))
    after = holding(1, 3, 21, given=(1, 2))
    assert ruling == Ruling(after, (Move(person(1), held, after, "changed"),))
