"""Where two people who come together are placed, as tables."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from allocator.commands import BookTogether, Companion, companion_id
from allocator.ledger import Move
from allocator.model import Booking, Choice, Flexible, Refusal, Slot, Wish
from allocator.numbering import booking_number
from allocator.search import Search
from allocator.together import FourSeats, place_together
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    RELEASE,
    at,
    day,
    decided,
    facts,
    free_seats,
    held_by,
    holding,
    ledger,
    person,
    place,
    slot,
)

Four = tuple[int, int, int, int]


def first(slot_id: int, hour: int, minute: int = 0, *, seats: int = 1, on: int = 0) -> Slot:
    """Room for first doses."""
    return slot(slot_id, day(on), hour, minute, seats=(seats, 0))


def second(slot_id: int, hour: int, minute: int = 0, *, seats: int = 1, on: int = 21) -> Slot:
    """Room for second doses."""
    return slot(slot_id, day(on), hour, minute, seats=(0, seats))


def ids(found: FourSeats | Refusal) -> Four | Refusal:
    """The slots of dose 1, the earlier first, then those of dose 2."""
    if isinstance(found, Refusal):
        return found
    (lead1, companion1), (lead2, companion2) = found
    return (
        lead1.slot.slot_id,
        companion1.slot.slot_id,
        lead2.slot.slot_id,
        companion2.slot.slot_id,
    )


def placed(slots: list[Slot], wish: Wish, now: datetime = NOW) -> Four | Refusal:
    books = ledger(*slots)
    free = {slot_id: list(one.free) for slot_id, one in books.seats.slots.items()}
    found = ids(place_together(Search(books.catalogue, books.seats, RELEASE, now), wish))
    assert free == {slot_id: one.free for slot_id, one in books.seats.slots.items()}
    return found


# The first doses, around a slot that was chosen -------------------------------------------

ROOM = second(21, 9, seats=9)

CHOSEN: list[tuple[str, list[Slot], Four | Refusal]] = [
    ("both in one slot", [first(1, 9, seats=2)], (1, 1, 21, 21)),
    ("one slot before two", [first(1, 9, seats=2), first(2, 9, 30, seats=2)], (1, 1, 21, 21)),
    ("with the next slot", [first(1, 9), first(2, 9, 30)], (1, 2, 21, 21)),
    ("with the slot before", [first(1, 9), first(2, 8, 30)], (2, 1, 21, 21)),
    (
        "with the next rather than the one before",
        [first(1, 9), first(2, 8, 30), first(3, 9, 30)],
        (1, 3, 21, 21),
    ),
    ("one seat alone", [first(1, 9)], Refusal.NO_FIRST_DOSE),
    ("a gap between", [first(1, 9), first(2, 10)], Refusal.NO_FIRST_DOSE),
    ("the next full", [first(1, 9), slot(2, MONDAY, 9, 30, seats=(0, 2))], Refusal.NO_FIRST_DOSE),
    (
        "the next of another venue",
        [first(1, 9), slot(2, MONDAY, 9, 30, seats=(2, 0), venue="hall")],
        Refusal.NO_FIRST_DOSE,
    ),
    (
        "the next of another product",
        [first(1, 9), slot(2, MONDAY, 9, 30, seats=(2, 0), product="moderna")],
        Refusal.NO_FIRST_DOSE,
    ),
    ("two other slots", [first(1, 9), first(2, 10), first(3, 10, 30)], Refusal.NO_FIRST_DOSE),
    ("no such slot", [first(2, 9, seats=2)], Refusal.OUTSIDE_RELEASE),
    ("a slot without first doses", [second(1, 9, on=0)], Refusal.OUTSIDE_RELEASE),
    (
        "a slot of another release",
        [slot(1, MONDAY, seats=(2, 0), release="other")],
        Refusal.OUTSIDE_RELEASE,
    ),
]


@pytest.mark.parametrize(("what", "slots", "expected"), CHOSEN, ids=[c[0] for c in CHOSEN])
def test_two_first_doses_are_around_the_chosen_slot(
    what: str, slots: list[Slot], expected: Four | Refusal
) -> None:
    """The earlier is for the one who asks."""
    assert placed([*slots, ROOM], (Choice(1),)) == expected, what


def test_chosen_slot_that_is_full_has_no_place() -> None:
    books = ledger(first(1, 9), first(2, 9, 30, seats=2), ROOM, taken={(1, 1): 1})
    look = Search(books.catalogue, books.seats, RELEASE, NOW)
    assert place_together(look, (Choice(1),)) == Refusal.NO_FIRST_DOSE


@pytest.mark.parametrize(
    ("now", "expected"),
    [(at(MONDAY, 8, 59), (1, 2, 21, 21)), (at(MONDAY, 9), Refusal.NO_FIRST_DOSE)],
)
def test_slot_that_has_begun_is_no_place(now: datetime, expected: Four | Refusal) -> None:
    """Neither is one next to it."""
    assert placed([first(1, 9), first(2, 9, 30), ROOM], (Choice(2),), now) == expected


# The second doses, by the rule of the pair -----------------------------------------------

SECONDS: list[tuple[str, list[Slot], tuple[int, int] | None]] = [
    ("at the same time", [second(21, 10, seats=2), second(22, 9, seats=2)], (21, 21)),
    (
        "two at the same time",
        [second(21, 9, seats=2), second(22, 10), second(23, 10, 30)],
        (22, 23),
    ),
    ("one slot before two", [second(21, 10, seats=2), second(22, 10, 30)], (21, 21)),
    (
        "one slot before two as near and earlier",
        [second(21, 9), second(22, 9, 30), second(23, 11, seats=2)],
        (23, 23),
    ),
    ("of two as near, the earlier", [second(21, 11, seats=2), second(22, 9, seats=2)], (22, 22)),
    (
        "of two twos as near, the earlier",
        [second(21, 11), second(22, 11, 30), second(23, 9), second(24, 9, 30)],
        (23, 24),
    ),
    (
        "standard day before a better time",
        [second(21, 15, seats=2), second(22, 10, seats=2, on=22)],
        (21, 21),
    ),
    ("the next day with room for two", [second(21, 10), second(22, 10, seats=2, on=23)], (22, 22)),
    (
        "no two with a gap between",
        [second(21, 10), second(22, 11), second(23, 10, seats=2, on=24)],
        (23, 23),
    ),
    ("on the last day of the interval", [second(21, 10, seats=2, on=42)], (21, 21)),
    ("not after the last day", [second(21, 10, seats=2, on=43)], None),
    ("not before the standard day", [second(21, 10, seats=2, on=20)], None),
    ("not at another venue", [slot(21, day(21), seats=(0, 2), venue="hall")], None),
    ("not of another product", [slot(21, day(21), seats=(0, 2), product="moderna")], None),
    ("no room for two at all", [second(21, 10)], None),
]


@pytest.mark.parametrize(("what", "slots", "expected"), SECONDS, ids=[s[0] for s in SECONDS])
def test_two_second_doses_follow_the_rule_of_the_pair(
    what: str, slots: list[Slot], expected: tuple[int, int] | None
) -> None:
    found = placed([first(1, 10, seats=2), *slots], (Choice(1),))
    assert found == (Refusal.NO_SECOND_DOSE if expected is None else (1, 1, *expected)), what


def test_second_doses_are_near_the_time_of_the_earlier_first() -> None:
    """9:30 and 10:00 count as 9:30, whichever of them was chosen."""
    slots = [first(1, 9, 30), first(2, 10), second(21, 9, seats=2), second(22, 10, seats=2)]
    assert placed(slots, (Choice(1),)) == placed(slots, (Choice(2),)) == (1, 2, 21, 21)


NAMED: list[tuple[str, list[Slot], tuple[int, int] | Refusal]] = [
    ("both in it", [second(21, 15, seats=2)], (21, 21)),
    ("with the one before", [second(21, 15), second(22, 14, 30)], (22, 21)),
    ("with the next", [second(21, 15), second(22, 15, 30)], (21, 22)),
    ("at another venue", [slot(21, day(21), seats=(0, 2), venue="hall")], (21, 21)),
    ("from the shortest interval on", [second(21, 15, seats=2, on=19)], (21, 21)),
    ("up to the longest", [second(21, 15, seats=2, on=42)], (21, 21)),
    ("too early", [second(21, 15, seats=2, on=18)], Refusal.INTERVAL_NOT_MET),
    ("too late", [second(21, 15, seats=2, on=43)], Refusal.INTERVAL_NOT_MET),
    (
        "of another product",
        [slot(21, day(30), seats=(0, 2), product="moderna")],
        Refusal.INTERVAL_NOT_MET,
    ),
    ("one seat alone", [second(21, 15), second(22, 9, seats=9)], Refusal.NO_SECOND_DOSE),
    ("no such slot", [second(22, 9, seats=9)], Refusal.OUTSIDE_RELEASE),
    ("a slot without second doses", [first(21, 9, seats=2, on=21)], Refusal.OUTSIDE_RELEASE),
]


@pytest.mark.parametrize(("what", "slots", "expected"), NAMED, ids=[n[0] for n in NAMED])
def test_named_second_slot_is_among_those_of_the_two(
    what: str, slots: list[Slot], expected: tuple[int, int] | Refusal
) -> None:
    found = placed([first(1, 10, seats=2), *slots], (Choice(1, 21),))
    assert found == (expected if isinstance(expected, Refusal) else (1, 1, *expected)), what


def test_first_choice_that_has_room_wins() -> None:
    slots = [first(1, 9), first(2, 11, seats=2), first(3, 10, seats=2), ROOM]
    assert placed(slots, (Choice(1), Choice(2), Choice(3))) == (2, 2, 21, 21)


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ((Choice(1), Choice(2)), Refusal.NO_SECOND_DOSE),
        ((Choice(2), Choice(1)), Refusal.NO_SECOND_DOSE),
        ((Choice(1), Choice(9), Choice(2)), Refusal.OUTSIDE_RELEASE),
        ((Choice(1, 9),), Refusal.NO_FIRST_DOSE),
    ],
)
def test_refusal_is_the_earliest_in_order(wish: Wish, refusal: Refusal) -> None:
    assert placed([first(1, 9), first(2, 15, seats=2)], wish) == refusal


def test_two_choices_may_end_on_the_same_day_without_room() -> None:
    """What is known of a day is known for every first dose."""
    slots = [first(1, 9, seats=2), first(2, 15, seats=2), second(21, 9, seats=1)]
    assert placed(slots, (Choice(1), Choice(2))) == Refusal.NO_SECOND_DOSE
    slots.append(second(22, 9, seats=2, on=22))
    assert placed(slots, (Choice(1), Choice(2))) == (1, 1, 22, 22)


# Without a fixed slot --------------------------------------------------------------------

WEEK = Flexible(MONDAY, day(6))
MORNING = Flexible(MONDAY, day(6), times=("morning",))
HALL = slot(31, day(21), 9, seats=(0, 9), venue="hall")

FLEXIBLE: list[tuple[str, Flexible, list[Slot], Four | Refusal]] = [
    (
        "the earliest day",
        WEEK,
        [first(1, 9, seats=2, on=1), first(2, 15, seats=2)],
        (2, 2, 21, 21),
    ),
    ("the earliest time", WEEK, [first(1, 10, seats=2), first(2, 9, seats=2)], (2, 2, 21, 21)),
    ("two slots, if earlier", WEEK, [first(1, 9), first(2, 9, 30, seats=2)], (1, 2, 21, 21)),
    ("one slot, at the same time", WEEK, [first(1, 9, seats=2), first(2, 9, 30)], (1, 1, 21, 21)),
    ("at a wished time", MORNING, [first(1, 11, 30), first(2, 11)], (2, 1, 21, 21)),
    ("both at a wished time", MORNING, [first(1, 11, 30), first(2, 12)], Refusal.NO_FIRST_DOSE),
    (
        "the earliest of all venues",
        WEEK,
        [first(1, 10, seats=2), slot(2, MONDAY, 9, seats=(2, 0), venue="hall"), HALL],
        (2, 2, 31, 31),
    ),
    (
        "at the same time, whose calendar comes first",
        WEEK,
        [
            slot(1, MONDAY, 9, seats=(2, 0), venue="hall"),
            first(2, 9, seats=2),
            first(3, 8, on=-1),
            HALL,
        ],
        (2, 2, 21, 21),
    ),
    (
        "of the wished venue",
        Flexible(MONDAY, day(6), venue_id="gym"),
        [first(1, 10, seats=2), slot(2, MONDAY, 9, seats=(2, 0), venue="hall"), HALL],
        (1, 1, 21, 21),
    ),
    (
        "of the wished product",
        Flexible(MONDAY, day(6), product_id="pfizer"),
        [first(1, 10, seats=2), slot(2, MONDAY, 9, seats=(2, 9), product="moderna")],
        (1, 1, 21, 21),
    ),
    (
        "a venue with second doses, though later",
        WEEK,
        [first(1, 10, seats=2), slot(2, MONDAY, 9, seats=(2, 0), venue="hall")],
        (1, 1, 21, 21),
    ),
    ("no day in reach of a second", WEEK, [first(1, 9, seats=2, on=1)], Refusal.NO_SECOND_DOSE),
    (
        "a first on one day, none on another",
        WEEK,
        [first(1, 9, seats=2, on=1), first(2, 9)],
        Refusal.NO_SECOND_DOSE,
    ),
    ("no room for two", WEEK, [first(1, 9), first(2, 10)], Refusal.NO_FIRST_DOSE),
    ("none on those days", WEEK, [first(1, 9, seats=2, on=7)], Refusal.OUTSIDE_RELEASE),
    ("none at those times", MORNING, [first(1, 12, seats=2)], Refusal.OUTSIDE_RELEASE),
    ("second doses alone", WEEK, [second(1, 9, on=0)], Refusal.OUTSIDE_RELEASE),
]


@pytest.mark.parametrize(
    ("what", "wish", "slots", "expected"), FLEXIBLE, ids=[f[0] for f in FLEXIBLE]
)
def test_flexible_wish_of_two_takes_the_earliest_place(
    what: str, wish: Flexible, slots: list[Slot], expected: Four | Refusal
) -> None:
    assert placed([*slots, ROOM], wish) == expected, what


def test_flexible_wish_of_two_passes_over_a_day_without_second_doses() -> None:
    slots = [first(1, 9, seats=2), first(2, 9, seats=2, on=1), second(21, 9, seats=2, on=43)]
    assert placed(slots, WEEK) == (2, 2, 21, 21)


# Both, or neither ------------------------------------------------------------------------

ROOMY = (
    slot(1, MONDAY, seats=(2, 0)),
    slot(21, day(21), 9, seats=(0, 1)),
    slot(22, day(21), 9, 30),
)


def together(companion: int = 2, slot_id: int = 1, release: str = "release") -> BookTogether:
    two = Companion(person(companion), b"sealed too")
    return BookTogether(release, (Choice(slot_id),), b"sealed", "ja", two)


def test_two_who_come_together_get_two_bookings() -> None:
    """The companion's has the next number, and an id that follows from the request's."""
    books, known = ledger(*ROOMY), facts(1, 2)
    made = decided(books, known, 7, together())
    lead, companion = holding(7, 1, 21), holding(7, 1, 22)
    lead = msgspec.structs.replace(lead, booking_number=booking_number(1))
    companion = msgspec.structs.replace(
        companion, booking_number=booking_number(2), booking_id=companion_id(UUID(int=7))
    )
    assert made.outcome == (lead, companion)
    assert made.moves == (
        Move(person(1), None, lead, "booked"),
        Move(person(2), None, companion, "booked"),
    )
    assert books.bookings_made == 2
    assert known.held == {(CAMPAIGN, person(1)): lead, (CAMPAIGN, person(2)): companion}


def test_reminders_are_refused_for_who_asks_alone() -> None:
    """The companion was not asked."""
    books, known = ledger(*ROOMY), facts(1, 2)
    command = msgspec.structs.replace(together(), reminders=False)
    made = decided(books, known, 7, command).outcome
    assert isinstance(made, tuple)
    assert [booking.reminders for booking in made] == [False, True]


LISTED = holding(1, listed=place(1))
LISTED_1 = holding(1, 1, given=(1,), listed=place(1, "slot_closed"))
LATER = NOW + timedelta(hours=3)
CHILD = {person(2): date(2015, 1, 1)}


@pytest.mark.parametrize(
    ("command", "born", "held", "refusal"),
    [
        (together(release="unknown"), CHILD, [holding(1, 1, 21)], Refusal.OUTSIDE_RELEASE),
        (together(), CHILD, [holding(1, 1, 21)], Refusal.NOT_ELIGIBLE),
        (together(1), {}, [], Refusal.ALREADY_BOOKED),
        (together(1), {}, [LISTED], Refusal.ALREADY_BOOKED),
        (together(slot_id=99), {}, [holding(1, 1, 22)], Refusal.ALREADY_BOOKED),
        (together(), {}, [LISTED, holding(2, 1, 22)], Refusal.ALREADY_BOOKED),
        (
            together(),
            {},
            [LISTED_1],
            Refusal.ALREADY_BOOKED,
        ),
        (together(slot_id=99), {}, [LISTED], Refusal.ON_STANDBY),
        (together(), {}, [holding(2, 1, 22, listed=place(1, until=LATER))], Refusal.ON_STANDBY),
        (together(slot_id=99), {}, [], Refusal.OUTSIDE_RELEASE),
        (together(), {}, [holding(3, 1)], Refusal.NO_FIRST_DOSE),
        (together(), {}, [holding(3, None, 22)], Refusal.NO_SECOND_DOSE),
    ],
)
def test_two_are_refused_in_this_order(
    command: BookTogether, born: dict[bytes, date], held: list[Booking], refusal: Refusal
) -> None:
    """Either gets nothing without the other."""
    books = ledger(*ROOMY)
    known = held_by(books, *held)
    known.born.update(born)
    before = free_seats(books)
    made = decided(books, known, 9, command)
    assert (made.outcome, made.moves, free_seats(books)) == (refusal, (), before)
