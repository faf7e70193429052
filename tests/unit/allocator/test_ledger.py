"""Seats, standby list and facts follow what was decided."""

from __future__ import annotations

import msgspec
import pytest

from allocator.ledger import Edit, Facts, Ledger, Move
from allocator.model import Booking
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    day,
    facts,
    held_by,
    holding,
    ledger,
    person,
    place,
    slot,
)

KEY = (CAMPAIGN, person(1))


def books() -> Ledger:
    return ledger(slot(1, MONDAY), slot(2, MONDAY, 10), slot(21, day(21)), slot(22, day(21), 10))


def cancelled(booking: Booking) -> Booking:
    return msgspec.structs.replace(booking, state="cancelled", doses=(), standby=None)


def test_new_booking_takes_its_seats_and_is_counted() -> None:
    offer, booking = books(), holding(1, 1, 21)
    known = held_by(offer, booking)
    assert (offer.seats.slots[1].free, offer.seats.slots[21].free) == ([0, 1], [1, 0])
    assert (offer.bookings_made, known.held) == (1, {KEY: booking})
    assert offer.standby.is_empty()


def test_moved_booking_gives_its_seats_back_and_is_not_counted_again() -> None:
    offer, before, after = books(), holding(1, 1, 21), holding(1, 2, 21)
    known = held_by(offer, before)
    offer.apply(known, (Move(person(1), before, after, "changed"),), ())
    assert (offer.seats.slots[1].free, offer.seats.slots[2].free) == ([1, 1], [0, 1])
    assert (offer.bookings_made, known.held) == (1, {KEY: after})


def test_cancelled_booking_is_held_no_more() -> None:
    offer, before = books(), holding(1, 1, 21)
    known = held_by(offer, before)
    offer.apply(known, (Move(person(1), before, cancelled(before), "cancelled"),), ())
    assert offer.seats.slots[1].free == [1, 1]
    assert known.held == {}


def test_seats_may_pass_from_one_to_another_in_one_decision() -> None:
    """Everything is given back before anything is taken."""
    offer, one, two = books(), holding(1, 1, 21), holding(2, 2, 22)
    known = held_by(offer, one, two)
    moves = (
        Move(person(1), one, holding(1, 2, 22), "moved"),
        Move(person(2), two, holding(2, 1, 21), "moved"),
    )
    offer.apply(known, moves, ())
    assert all(offer.seats.slots[slot_id].free == [0, 1] for slot_id in (1, 2))


def test_place_on_the_list_is_followed_from_joining_to_leaving() -> None:
    offer, waits = books(), holding(1, listed=place(1))
    known = held_by(offer, waits)
    assert [one.booking for one in offer.standby.in_order("release")] == [waits]
    booked = holding(1, 1, 21)
    offer.apply(known, (Move(person(1), waits, booked, "changed"),), ())
    assert offer.standby.length("release") == 0
    listed = holding(1, listed=place(1, "slot_closed"))
    offer.apply(known, (Move(person(1), booked, listed, "listed"),), ())
    assert [one.booking for one in offer.standby.in_order("release")] == [listed]
    offer.apply(known, (Move(person(1), listed, cancelled(listed), "cancelled"),), ())
    assert offer.standby.length("release") == 0
    assert offer.bookings_made == 1


def test_person_may_leave_the_list_and_be_booked_in_one_decision() -> None:
    """What they hold in the end is the booking."""
    offer, waits, booked = books(), holding(1, listed=place(1)), holding(2, 1, 21)
    known = held_by(offer, waits)
    moves = (
        Move(person(1), waits, cancelled(waits), None),
        Move(person(1), None, booked, "booked"),
    )
    offer.apply(known, moves, ())
    assert known.held == {KEY: booked}
    assert offer.bookings_made == 2


def test_edits_make_one_new_version_of_the_catalogue() -> None:
    """With the capacities in it; how many they are does not count."""
    offer = books()
    offer.apply(Facts(), (), (Edit(1, 1, 3), Edit(1, 2, 0), Edit(2, 1, 1)))
    assert offer.catalogue.version == 2
    assert offer.catalogue.slots[1].capacities == (3, 0)
    assert offer.seats.slots[1].free == [3, 0]
    assert offer.seats.slots[1].of_day.free == [4, 1]
    offer.apply(facts(1), (Move(person(1), None, holding(1, 1, 21), "booked"),), ())
    assert offer.catalogue.version == 2


def test_edit_may_take_away_the_seat_that_the_same_decision_gives_back() -> None:
    offer, before = books(), holding(1, 1, 21)
    known = held_by(offer, before)
    move = Move(person(1), before, holding(1, 2, 21), "moved")
    offer.apply(known, (move,), (Edit(1, 1, 0),))
    assert (offer.seats.slots[1].free, offer.seats.slots[2].free) == ([0, 1], [0, 1])


def test_edit_never_takes_a_seat_that_stays_taken() -> None:
    offer = books()
    known = held_by(offer, holding(1, 1, 21))
    with pytest.raises(AssertionError, match="would be lost"):
        offer.apply(known, (), (Edit(1, 1, 0),))
