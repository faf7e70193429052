"""The command that says whether somebody wants to be reminded (`allocator.core`)."""

from __future__ import annotations

import msgspec

from allocator.commands import Remind
from allocator.core import decide_batch
from allocator.ledger import Move
from allocator.model import Booking, Refusal
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    answer,
    book,
    change,
    day,
    facts,
    join,
    ledger,
    person,
    request,
    slot,
)

FOUR = (slot(1, MONDAY, 9), slot(2, MONDAY, 10), slot(21, day(21), 9), slot(22, day(21), 10))
ON, OFF = Remind(CAMPAIGN, reminders=True), Remind(CAMPAIGN, reminders=False)


def test_reminders_are_turned_off_and_on_and_nobody_is_told_of_it() -> None:
    books, known = ledger(*FOUR), facts(1)
    (made,) = decide_batch(books, known, [request(1, book(2))], NOW)
    assert isinstance(made.outcome, Booking)
    assert made.outcome.reminders
    asked = [request(2, OFF), request(3, OFF), request(4, ON)]
    off, again, on = decide_batch(books, known, asked, NOW)
    silent = msgspec.structs.replace(made.outcome, reminders=False)
    assert off.moves == (Move(person(1), made.outcome, silent, None),)
    assert off.outcome == again.outcome == silent
    assert again.moves == ()
    assert on.outcome == made.outcome == known.held[(CAMPAIGN, person(1))]
    assert books.seats.slots[2].free == [0, 1]


def test_reminders_that_were_not_wanted_stay_off_through_a_change() -> None:
    books, known = ledger(*FOUR), facts(1)
    asked = msgspec.structs.replace(book(1), reminders=False)
    made, moved = decide_batch(books, known, [request(1, asked), request(2, change(2))], NOW)
    for decision in (made, moved):
        assert isinstance(decision.outcome, Booking)
        assert not decision.outcome.reminders


def test_place_on_the_list_keeps_whether_reminders_are_wanted() -> None:
    books = ledger(slot(1, MONDAY), slot(21, day(21)), taken={(1, 1): 1, (21, 2): 1})
    asked = msgspec.structs.replace(join(), reminders=False)
    joined, on = decide_batch(books, facts(1), [request(1, asked), request(2, ON)], NOW)
    assert isinstance(joined.outcome, Booking)
    assert not joined.outcome.reminders
    assert isinstance(on.outcome, Booking)
    assert on.outcome.reminders
    (waiting,) = books.standby.in_order("release")
    assert waiting.booking.reminders


def test_without_a_booking_there_is_nothing_to_be_reminded_of() -> None:
    assert answer(ledger(*FOUR), facts(1), request(1, ON), NOW) is Refusal.NO_BOOKING
