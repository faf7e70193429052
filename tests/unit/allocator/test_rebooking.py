"""Where people are placed anew who lost their place through no fault of theirs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from allocator.commands import AddSeats, CloseSlots
from allocator.model import Booking, DoseNumber, FirstDose, Flexible, Slot, StandbyPlace
from allocator.rebooking import Reason, Rebooking
from tests.unit.allocator.offers import (
    MONDAY,
    NOW,
    at,
    day,
    decided,
    free_seats,
    held_by,
    holding,
    ledger,
    place,
    slot,
    slots_of,
)

OLD_DAY, OLD_SECOND_DAY = 35, 56
"""What was held: dose 1 in slot 1, dose 2 in slot 21, both at 10:00."""

BOTH = holding(1, 1, 21)
GIVEN = holding(1, 1, 21, given=(1,))
FIRST_ONLY = holding(1, 1)
AROUND, AROUND_SECOND = day(OLD_DAY - 31), day(OLD_SECOND_DAY - 31)
"""When the list begins for whoever lost dose 1, or has had it."""

AGO = FirstDose("pfizer", day(30))
ELSEWHERE = holding(1, None, 21, elsewhere=AGO)


def first(slot_id: int, on: int, hour: int = 10, minute: int = 0, *, venue: str = "gym") -> Slot:
    return slot(slot_id, day(on), hour, minute, seats=(1, 0), venue=venue)


def second(slot_id: int, on: int, hour: int = 10, minute: int = 0, *, venue: str = "gym") -> Slot:
    return slot(slot_id, day(on), hour, minute, seats=(0, 1), venue=venue)


OLD = [first(1, OLD_DAY), second(21, OLD_SECOND_DAY)]


def again(
    held: Booking,
    lost: tuple[DoseNumber, ...],
    others: list[Slot],
    now: datetime = NOW,
    reason: Reason = "slot_closed",
) -> Booking:
    """What is held afterwards; checks that just its seats are taken then, and none after."""
    books = ledger(*OLD, *others)
    held_by(books, held)
    before = free_seats(books)
    with books.seats.trial():
        for number in lost:
            slot_id = held.slot_of(number)
            assert slot_id is not None
            books.seats.give_back(slot_id, number)
            books.seats.resize(slot_id, number, 0)
        after = Rebooking(books, reason, now).again(held, lost, 7)
        taken = {
            (number, slot_id)
            for slot_id in books.seats.slots
            for number in (1, 2)
            if books.seats.taken(slot_id, number)
        }
        assert taken == {(dose.dose, dose.slot_id) for dose in after.doses}
    assert free_seats(books) == before
    return after


def listed(begin: date, reason: Reason = "slot_closed", product: str = "pfizer") -> StandbyPlace:
    """The place on the list of whoever could not be placed, for 62 days."""
    return place(7, reason, wish=Flexible(begin, begin + timedelta(days=61), None, product))


Example = tuple[str, Booking, tuple[DoseNumber, ...], list[Slot], tuple[int, ...] | None]

FIRST_LOST: list[Example] = [
    ("the same day", BOTH, (1,), [first(2, 35, 14)], (2, 21)),
    ("on it the nearest time", BOTH, (1,), [first(2, 35, 12), first(3, 35, 8, 30)], (3, 21)),
    ("of two as near, the earlier", BOTH, (1,), [first(2, 35, 11), first(3, 35, 9)], (3, 21)),
    ("the nearest day, before", BOTH, (1,), [first(2, 37), first(3, 34), second(22, 58)], (3, 21)),
    ("the nearest day, after", BOTH, (1,), [first(2, 36), first(3, 33), second(22, 57)], (2, 22)),
    (
        "of two as near, the later",
        BOTH,
        (1,),
        [first(2, 36), first(3, 34), second(22, 57)],
        (2, 22),
    ),
    ("the day before the time", BOTH, (1,), [first(2, 34), first(3, 35, 18)], (3, 21)),
    ("a day without a second is passed over", BOTH, (1,), [first(2, 36), first(3, 32)], (3, 21)),
    ("the second nearest in time", BOTH, (1,), [first(2, 35, 15), second(22, 56, 16)], (2, 22)),
    ("31 days before", BOTH, (1,), [first(2, 4), second(22, 25)], (2, 22)),
    ("31 days after", BOTH, (1,), [first(2, 66), second(22, 87)], (2, 22)),
    ("not 32 days before", BOTH, (1,), [first(2, 3), second(22, 24)], None),
    ("not 32 days after", BOTH, (1,), [first(2, 67), second(22, 88)], None),
    (
        "not at another venue",
        BOTH,
        (1,),
        [first(2, 35, venue="hall"), second(22, 56, venue="hall")],
        None,
    ),
    ("no first dose at all", BOTH, (1,), [], None),
    ("both lost, both new", BOTH, (1, 2), [first(2, 36), second(22, 57)], (2, 22)),
    ("both lost, no second", BOTH, (1, 2), [first(2, 35, 11)], None),
    ("dose 1 alone, the nearest day", FIRST_ONLY, (1,), [first(2, 37), first(3, 34)], (3,)),
    ("dose 1 alone, the later of two", FIRST_ONLY, (1,), [first(2, 36), first(3, 34)], (2,)),
    ("dose 1 alone, none", FIRST_ONLY, (1,), [second(22, 35)], None),
]

SECOND_LOST: list[Example] = [
    ("dose 1 stays", BOTH, (2,), [second(22, 56, 15)], (1, 22)),
    ("the standard day first", BOTH, (2,), [second(22, 57), second(23, 56, 18)], (1, 23)),
    ("on it the nearest time", BOTH, (2,), [second(22, 56, 8), second(23, 56, 11)], (1, 23)),
    ("of two as near, the earlier", BOTH, (2,), [second(22, 56, 11), second(23, 56, 9)], (1, 23)),
    ("up to the longest interval", BOTH, (2,), [second(22, 77)], (1, 22)),
    ("before a new pair", BOTH, (2,), [first(2, 36), second(22, 57)], (1, 22)),
    ("otherwise a new pair", BOTH, (2,), [first(2, 37), first(3, 33), second(22, 54)], (3, 22)),
    ("a new pair on the same day is none", BOTH, (2,), [first(2, 35, 11), second(22, 55)], None),
    ("no second dose at all", BOTH, (2,), [first(2, 36)], None),
    ("dose 1 given, it stays", GIVEN, (2,), [second(22, 57)], (1, 22)),
    ("after one elsewhere, the same day", ELSEWHERE, (2,), [second(22, 56, 15)], (22,)),
    (
        "after one elsewhere, the nearest day",
        ELSEWHERE,
        (2,),
        [second(22, 59), second(23, 54)],
        (23,),
    ),
    (
        "after one elsewhere, of two as near the later",
        ELSEWHERE,
        (2,),
        [second(22, 57), second(23, 55)],
        (22,),
    ),
    (
        "after one elsewhere, the nearest time",
        ELSEWHERE,
        (2,),
        [second(22, 57, 8), second(23, 57, 11)],
        (23,),
    ),
    ("after one elsewhere, the standard day", ELSEWHERE, (2,), [second(22, 51)], (22,)),
    ("after one elsewhere, not before it", ELSEWHERE, (2,), [second(22, 50)], None),
    ("after one elsewhere, to its end", ELSEWHERE, (2,), [second(22, 72)], (22,)),
    ("after one elsewhere, not beyond", ELSEWHERE, (2,), [second(22, 73)], None),
    ("after one elsewhere, no other venue", ELSEWHERE, (2,), [second(22, 56, venue="hall")], None),
    ("after one elsewhere, no first doses", ELSEWHERE, (2,), [first(22, 56)], None),
]

EXAMPLES = [*FIRST_LOST, *SECOND_LOST]


@pytest.mark.parametrize(
    ("what", "held", "lost", "others", "slots"), EXAMPLES, ids=[e[0] for e in EXAMPLES]
)
def test_as_little_changes_as_can_be(
    what: str,
    held: Booking,
    lost: tuple[DoseNumber, ...],
    others: list[Slot],
    slots: tuple[int, ...] | None,
) -> None:
    """Number, product, state and what was given stay; who cannot be placed is listed."""
    after = again(held, lost, others)
    if slots is None:
        expected = msgspec.structs.replace(
            held,
            state="standby",
            doses=(),
            standby=listed(AROUND if held.first_dose_elsewhere is None else AROUND_SECOND),
        )
    else:
        assert slots_of(after) == slots, what
        expected = msgspec.structs.replace(held, doses=after.doses)
    assert after == expected, what


AFTER_DOSE_1 = at(day(40), 9)


@pytest.mark.parametrize(
    ("now", "others", "slots"),
    [
        (AFTER_DOSE_1, [second(22, 56, 15)], (1, 22)),
        (at(day(56), 14, 59), [second(22, 56, 15), second(23, 60)], (1, 22)),
        (at(day(56), 15), [second(22, 56, 15), second(23, 60)], (1, 23)),
        (at(day(56), 12), [second(22, 56, 11), second(23, 56, 18)], (1, 23)),
        (AFTER_DOSE_1, [second(22, 78), first(2, 57)], None),
        (AFTER_DOSE_1, [second(22, 55), first(2, 34)], None),
    ],
)
def test_dose_1_that_was_given_stays(
    now: datetime, others: list[Slot], slots: tuple[int, ...] | None
) -> None:
    """With a dose 2 that lies ahead, or on the list; it is never placed anew."""
    after = again(GIVEN, (2,), others, now, "supply_cut")
    if slots is None:
        assert after == holding(1, 1, given=(1,), listed=listed(now.date(), "supply_cut"))
    else:
        assert after == holding(1, *slots, given=(1,))


@pytest.mark.parametrize(
    ("now", "others", "slots", "state"),
    [
        (at(day(OLD_DAY), 10), [second(22, 57)], (1, 22), "booked"),
        (at(day(OLD_DAY), 10), [second(22, 78), first(2, 57)], (1,), "first_only"),
        (AFTER_DOSE_1, [second(22, 55), first(2, 57), second(23, 79)], (1,), "first_only"),
        (
            at(day(OLD_DAY), 9, 59),
            [second(22, 57), first(2, 36), second(23, 79)],
            (1, 22),
            "booked",
        ),
        (at(day(OLD_DAY), 9, 59), [first(2, 36), second(23, 57)], (1, 23), "booked"),
        (at(day(OLD_DAY), 9, 59), [first(2, 37), second(23, 79)], (2, 23), "booked"),
    ],
)
def test_dose_1_that_nobody_has_recorded_yet_is_not_to_be_had_again(
    now: datetime, others: list[Slot], slots: tuple[int, ...], state: str
) -> None:
    """Once its time has begun it may have been given: it stays, with another dose 2 or none."""
    after = again(BOTH, (2,), others, now)
    assert (slots_of(after), after.state, after.standby) == (slots, state, None)


@pytest.mark.parametrize(
    ("now", "slots"), [(at(day(34), 8, 59), (2, 21)), (at(day(34), 9), (3, 21))]
)
def test_slot_that_has_begun_is_no_new_place(now: datetime, slots: tuple[int, ...]) -> None:
    after = again(BOTH, (1,), [first(2, 34, 9), first(3, 34, 18)], now)
    assert slots_of(after) == slots


def test_overdue_second_dose_may_be_beyond_its_interval() -> None:
    """After a first dose elsewhere: 42 days after day 30 are over on day 73."""
    after = again(ELSEWHERE, (2,), [second(22, 80)], at(day(73), 9))
    assert after == msgspec.structs.replace(ELSEWHERE, doses=after.doses)
    assert slots_of(after) == (22,)


def test_whoever_is_listed_keeps_the_first_dose_elsewhere_and_the_product() -> None:
    after = again(ELSEWHERE, (2,), [], reason="supply_cut")
    assert after == msgspec.structs.replace(
        ELSEWHERE, state="standby", doses=(), standby=listed(AROUND_SECOND, "supply_cut")
    )


def test_wish_of_whoever_is_listed_begins_today_at_the_site() -> None:
    """At one in the morning it is still the day before in UTC."""
    late = at(day(5), 1).astimezone(UTC)
    after = again(BOTH, (1,), [], late)
    assert after.standby == listed(day(5))


@pytest.mark.parametrize(
    ("today", "held", "lost", "begin"),
    [
        (day(3), BOTH, (1,), AROUND),
        (AROUND, BOTH, (1,), AROUND),
        (day(OLD_DAY + 1), BOTH, (1,), day(OLD_DAY + 1)),
        (day(3), BOTH, (2,), AROUND),
        (day(3), FIRST_ONLY, (1,), AROUND),
        (day(24), GIVEN, (2,), AROUND_SECOND),
        (day(26), GIVEN, (2,), day(26)),
        (day(24), ELSEWHERE, (2,), AROUND_SECOND),
    ],
)
def test_wish_of_whoever_is_listed_is_around_the_day_that_the_list_looks_for(
    today: date, held: Booking, lost: tuple[DoseNumber, ...], begin: date
) -> None:
    """Dose 2 of whoever has had dose 1, else dose 1; as far as rule 1 looks, and from today."""
    assert again(held, lost, [], at(today)).standby == listed(begin)


def test_whoever_lost_a_far_day_is_offered_the_day_after_it() -> None:
    """Eighty days ahead: farther than a wish reaches that begins today."""
    full, seconds = (0, 0), (0, 1)
    books = ledger(
        *(first(1, 80), slot(2, day(81), seats=full), slot(3, day(48), seats=full)),
        *(slot(21 + n, day(on), seats=seconds) for n, on in enumerate((101, 102, 69))),
    )
    known = held_by(books, holding(1, 1, 21), holding(2, listed=place(1)))
    closed = decided(books, known, 97, CloseSlots("release", (1,), "staff"))
    assert [move.notice for move in closed.moves] == ["listed"]
    for slot_id, who in ((3, 2), (2, 1)):
        freed = decided(books, known, slot_id, AddSeats("release", slot_id, (1, 0), "staff"))
        assert [(m.after.booking_id.int, m.notice) for m in freed.moves] == [(who, "offered")]


LATER = NOW + timedelta(hours=3)


@pytest.mark.parametrize(
    ("held", "lost", "after"),
    [
        (
            holding(1, 1, 21, listed=place(3, offers=2, until=LATER)),
            (1,),
            holding(1, product="", listed=place(3, offers=2)),
        ),
        (
            holding(1, 1, 21, listed=place(3, until=LATER)),
            (2,),
            holding(1, product="", listed=place(3)),
        ),
        (
            holding(1, 1, 21, listed=place(3, until=LATER)),
            (1, 2),
            holding(1, product="", listed=place(3)),
        ),
        (
            holding(1, None, 21, elsewhere=AGO, listed=place(3, until=LATER)),
            (2,),
            holding(1, elsewhere=AGO, listed=place(3)),
        ),
        (
            holding(
                1,
                1,
                21,
                given=(1,),
                listed=msgspec.structs.replace(listed(MONDAY, "supply_cut"), offered_until=LATER),
            ),
            (2,),
            holding(1, 1, given=(1,), listed=listed(MONDAY, "supply_cut")),
        ),
    ],
)
def test_offer_is_withdrawn_and_its_person_keeps_their_place(
    held: Booking, lost: tuple[DoseNumber, ...], after: Booking
) -> None:
    """Though there would be another pair: it is offered next, in order."""
    assert again(held, lost, [first(2, 35, 11), second(22, 56, 11)]) == after
