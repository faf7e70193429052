"""Who leaves gives back what was not given; a booking goes over to another ticket as it is."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import pytest

from allocator.commands import Leave, TakeOver
from allocator.core import decide_batch
from allocator.leaving import as_left, leave, take_over
from allocator.ledger import Facts, Ledger
from allocator.model import Booking, Refusal
from allocator.overlay import lay_over
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    at,
    book,
    cancel,
    day,
    held_by,
    holding,
    ledger,
    person,
    place,
    request,
    slot,
)

LEAVE = Leave(CAMPAIGN, "moved_out", "staff")
TAKE_OVER = TakeOver(CAMPAIGN, person(1), "staff")
HOUR_BEFORE = at(MONDAY, 8)


def books() -> Ledger:
    """One pair, and another second dose."""
    return ledger(slot(1, MONDAY), slot(21, day(21)), slot(22, day(22)))


@pytest.mark.parametrize(
    ("held", "now", "state", "slots"),
    [
        (holding(1, 1, 21), NOW, "cancelled", ()),
        (holding(1, 1, 21), HOUR_BEFORE, "cancelled", ()),  # The cut-off does not count.
        (holding(1, 1, 21), at(MONDAY, 9), "first_only", (1,)),  # It may have been given.
        (holding(1, 1, 21, given=(1,)), at(day(1)), "first_only", (1,)),
        (holding(1, 1, 21, given=(1,)), at(day(21), 9), "booked", (1, 21)),
        (holding(1, 1, 21, given=(1, 2)), at(day(22)), "booked", (1, 21)),
        (holding(1, 1, given=(1,)), at(day(1)), "first_only", (1,)),
        (holding(1, 1), NOW, "cancelled", ()),
        (holding(1, listed=place(1)), NOW, "cancelled", ()),
        (holding(1, 1, given=(1,), listed=place(1)), at(day(1)), "first_only", (1,)),
        (holding(1, 1, 21, listed=place(1, until=at(MONDAY, 8))), at(MONDAY, 9), "cancelled", ()),
        (
            holding(1, 1, 22, given=(1,), listed=place(1, until=at(day(2)))),
            at(day(1)),
            "first_only",
            (1,),
        ),
    ],
)
def test_only_what_was_given_or_has_begun_stays(
    held: Booking, now: datetime, state: str, slots: tuple[int, ...]
) -> None:
    left = as_left(books(), held, now)
    assert (left.state, left.standby) == (state, None)
    assert tuple(dose.slot_id for dose in left.doses) == slots
    assert as_left(books(), left, now) == left


def test_seats_of_who_left_come_back_and_are_offered_to_the_list() -> None:
    offer = books()
    known = held_by(offer, holding(1, 1, 21), holding(2, listed=place(1)))
    (decision,) = decide_batch(offer, known, [request(9, LEAVE)], NOW)
    left, offered = decision.moves
    assert (left.notice, left.after.state) == ("cancelled", "cancelled")
    assert (offered.person_key, offered.after.state) == (person(2), "offered")
    assert (CAMPAIGN, person(1)) not in known.held


@pytest.mark.parametrize(
    ("reason", "notice"), [("moved_out", "cancelled"), ("reissued", "cancelled"), ("died", None)]
)
def test_nobody_writes_to_the_dead(
    reason: Literal["moved_out", "died", "reissued"], notice: str | None
) -> None:
    offer = books()
    known = held_by(offer, holding(1, 1, 21))
    order = Leave(CAMPAIGN, reason, "staff")
    (move,) = leave(offer, known, request(9, order), order, NOW).moves
    assert move.notice == notice


def test_who_left_leaves_once() -> None:
    offer = books()
    known = held_by(offer, holding(1, 1, 21, given=(1, 2)))
    ruling = leave(offer, known, request(9, LEAVE), LEAVE, at(day(22)))
    assert (ruling.outcome, ruling.moves) == (known.held[CAMPAIGN, person(1)], ())
    assert leave(offer, Facts(), request(9, LEAVE), LEAVE, NOW).outcome == Refusal.NO_BOOKING


def test_companion_keeps_their_own_booking() -> None:
    offer = ledger(slot(1, MONDAY, seats=(2, 2)), slot(21, day(21), seats=(2, 2)))
    known = held_by(offer, holding(1, 1, 21), holding(2, 1, 21))
    decide_batch(offer, known, [request(9, LEAVE)], NOW)
    assert known.held[CAMPAIGN, person(2)] == holding(2, 1, 21)


def test_booking_goes_over_to_the_new_ticket_and_takes_no_seat_twice() -> None:
    offer = books()
    known = held_by(offer, holding(1, 1, 21))
    asked = [request(8, TAKE_OVER, 3), request(9, book(1)), request(10, cancel(), 3)]
    (decision,) = decide_batch(offer, known, asked[:1], NOW)
    (move,) = decision.moves
    assert (move.person_key, move.former_key, move.notice) == (person(3), person(1), None)
    assert known.held == {(CAMPAIGN, person(3)): holding(1, 1, 21)}
    assert offer.bookings_made == 1
    by_old, by_new = decide_batch(offer, known, asked[1:], NOW)
    assert isinstance(by_old.outcome, Refusal)
    assert isinstance(by_new.outcome, Booking)
    assert offer.seats.slots[1].free == [1, 1]


def test_place_on_the_list_goes_over_with_its_rank() -> None:
    offer = books()
    known = held_by(offer, holding(1, listed=place(1)), holding(2, listed=place(2)))
    decide_batch(offer, known, [request(9, TAKE_OVER, 3)], NOW)
    waiting = [one.person_key for one in offer.standby.in_order("release")]
    assert waiting == [person(3), person(2)]


@pytest.mark.parametrize(
    ("held", "born", "refusal"),
    [
        ((), True, Refusal.NO_BOOKING),
        ((holding(1, 1, 21), holding(3, 1, 22)), True, Refusal.ALREADY_BOOKED),
        ((holding(1, 1, 21),), False, Refusal.NOT_ELIGIBLE),
    ],
)
def test_ticket_takes_over_only_where_it_is_right(
    held: tuple[Booking, ...], born: bool, refusal: Refusal
) -> None:
    known = held_by(ledger(slot(1, MONDAY, seats=(2, 2)), slot(21, day(21)), slot(22, day(22))))
    known.held |= {(CAMPAIGN, person(one.booking_id.int)): one for one in held}
    if not born:
        del known.born[person(3)]
    assert take_over(known, request(9, TAKE_OVER, 3), TAKE_OVER).outcome == refusal


def test_batch_before_that_moved_a_booking_to_another_ticket_is_seen() -> None:
    offer = books()
    first = held_by(offer, holding(1, 1, 21))
    read_too_early = Facts(dict(first.born), dict(first.held), {})
    before = decide_batch(offer, first, [request(9, TAKE_OVER, 3)], NOW)
    lay_over(read_too_early, before, first)
    assert read_too_early.held == {(CAMPAIGN, person(3)): holding(1, 1, 21)}
