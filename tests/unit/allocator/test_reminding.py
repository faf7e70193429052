"""When a reminder is due, until when it helps, and who wants none."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
import pytest

from allocator.commands import Remind
from allocator.core import decide_batch
from allocator.ledger import Move
from allocator.model import SITE_TIMEZONE, Booking, Refusal
from allocator.reminding import Due, due, due_at, is_timely
from tests.unit.allocator import offers
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    answer,
    book,
    change,
    facts,
    join,
    ledger,
    person,
    request,
    slot,
)

DOSE = datetime(2021, 9, 24, 9, 15, tzinfo=SITE_TIMEZONE)
DAY = DOSE.date()
MINUTE = timedelta(minutes=1)
LATER = offers.day(21)
FOUR = (slot(1, MONDAY, 9), slot(2, MONDAY, 10), slot(21, LATER, 9), slot(22, LATER, 10))
ON, OFF = Remind(CAMPAIGN, reminders=True), Remind(CAMPAIGN, reminders=False)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2021, 9, day, hour, minute, tzinfo=SITE_TIMEZONE)


def kinds_due(now: datetime, day: date = DAY) -> list[str]:
    return [one.kind for one in due(now) if one.day == day]


@pytest.mark.parametrize(
    ("now", "kinds"),
    [
        (at(17, 8, 59), []),
        (at(17, 9), ["reminder_week"]),
        (at(20, 12), ["reminder_week"]),
        (at(23, 8, 59), ["reminder_week"]),
        (at(23, 9), ["reminder_day"]),
        (at(24, 9), ["reminder_day"]),
        (at(25, 0), []),
    ],
)
def test_reminder_is_due_a_week_and_a_day_before(now: datetime, kinds: list[str]) -> None:
    assert kinds_due(now) == kinds


def test_each_day_is_reminded_of_in_one_way_at_a_time() -> None:
    found = list(due(at(17, 9)))
    days = [one.day for one in found]
    assert days == [DAY - timedelta(days=7 - ahead) for ahead in range(8)]
    assert [one.kind for one in found] == ["reminder_day"] * 2 + ["reminder_week"] * 6
    assert found[-1] == Due("reminder_week", DAY, at(17, 9))
    assert all(one.due_at <= at(17, 9) for one in found)


def test_day_is_the_site_s_wherever_the_clock_is() -> None:
    moment = at(23, 9)
    assert list(due(moment.astimezone(None))) == list(due(moment))
    assert due_at("reminder_day", DAY) == moment


def test_reminder_helps_until_the_next_one_or_the_dose() -> None:
    assert is_timely("reminder_week", DOSE, at(23, 9) - MINUTE)
    assert not is_timely("reminder_week", DOSE, at(23, 9))
    assert is_timely("reminder_day", DOSE, DOSE - MINUTE)
    assert not is_timely("reminder_day", DOSE, DOSE)


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
    books = ledger(slot(1, MONDAY), slot(21, LATER), taken={(1, 1): 1, (21, 2): 1})
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
