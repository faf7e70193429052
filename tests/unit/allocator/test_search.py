"""Where a wish looks for seats, and what it is told when it finds none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import pytest

from allocator.model import Choice, FirstDose, Flexible, Refusal, Slot
from allocator.search import Pair, Search, wish_allows
from tests.unit.allocator.offers import MONDAY, NOW, RELEASE, at, day, ledger, slot


def search(*slots: Slot, full: Sequence[tuple[int, int]] = (), now: datetime = NOW) -> Search:
    """A search in a release of these slots, of which some have given out a dose."""
    taken = {
        (one.slot_id, dose): one.capacities[dose - 1]
        for one in slots
        for dose in (1, 2)
        if (one.slot_id, dose) in full
    }
    books = ledger(*slots, taken=taken)
    return Search(books.catalogue, books.seats, RELEASE, now)


def ids(found: Pair | Refusal) -> tuple[int | None, int] | Refusal:
    """The slots of a pair."""
    if isinstance(found, Refusal):
        return found
    first, second = found
    return (first.slot.slot_id if first else None, second.slot.slot_id)


Time = Literal["morning", "afternoon", "evening"]
SECOND = slot(9, day(21), seats=(0, 5))
WEEK = Flexible(MONDAY, day(6))


def test_first_choice_that_has_a_pair_wins() -> None:
    """Choices are ranked."""
    slots = slot(1, MONDAY), slot(2, MONDAY, 10), slot(3, MONDAY, 11), SECOND
    look = search(*slots, full=[(1, 1)])
    assert ids(look.pair((Choice(1), Choice(3), Choice(2)))) == (3, 9)


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ((Choice(1),), Refusal.NO_FIRST_DOSE),
        ((Choice(2),), Refusal.NO_SECOND_DOSE),
        ((Choice(1), Choice(2)), Refusal.NO_SECOND_DOSE),
        ((Choice(3),), Refusal.NO_FIRST_DOSE),
        ((Choice(99),), Refusal.OUTSIDE_RELEASE),
        ((Choice(4),), Refusal.OUTSIDE_RELEASE),
        ((Choice(1), Choice(99)), Refusal.OUTSIDE_RELEASE),
        ((Choice(5, 6),), Refusal.INTERVAL_NOT_MET),
        ((Choice(5, 7),), Refusal.INTERVAL_NOT_MET),
        ((Choice(5, 8),), Refusal.NO_SECOND_DOSE),
        ((Choice(5, 99),), Refusal.OUTSIDE_RELEASE),
        ((Choice(5, 2),), Refusal.OUTSIDE_RELEASE),
        ((Choice(11),), Refusal.OUTSIDE_RELEASE),
    ],
)
def test_refusal_says_what_was_missing(wish: tuple[Choice, ...], refusal: Refusal) -> None:
    """The earliest refusal in order is the one that is told."""
    look = search(
        slot(1, MONDAY),
        slot(2, day(40), seats=(1, 0)),
        slot(3, NOW.date(), 9),
        slot(4, MONDAY, release="other"),
        slot(5, MONDAY, 12),
        slot(6, day(18)),
        slot(7, day(21), product="moderna"),
        slot(8, day(21)),
        slot(10, day(22)),
        slot(11, day(21), 10, seats=(0, 1)),
        full=[(1, 1), (8, 2)],
    )
    assert ids(look.pair(wish)) == refusal


def test_named_second_slot_is_taken_as_named() -> None:
    """A resident may ask for a day before the standard, down to the minimum."""
    look = search(slot(1, MONDAY), slot(2, day(19)), slot(3, day(21), venue="hall"), SECOND)
    assert ids(look.pair((Choice(1, 2),))) == (1, 2)
    assert ids(look.pair((Choice(1, 3),))) == (1, 3)


def test_flexible_wish_takes_the_earliest_pair_of_all_venues() -> None:
    """Day first, then time, whatever the venue."""
    look = search(
        slot(1, day(1), 9),
        slot(2, MONDAY, 15),
        slot(3, MONDAY, 11, venue="hall"),
        slot(4, day(21), venue="hall"),
        SECOND,
    )
    assert ids(look.pair(WEEK)) == (3, 4)
    assert ids(look.pair(Flexible(MONDAY, day(6), venue_id="gym"))) == (2, 9)


def test_flexible_wish_passes_over_days_without_a_second_dose() -> None:
    """A first dose counts only with its second (L2)."""
    look = search(slot(1, MONDAY), slot(2, day(2)), slot(3, day(44)))
    assert ids(look.pair(WEEK)) == (2, 3)


@pytest.mark.parametrize(("gym", "hall", "expected"), [(10, 11, 2), (11, 10, 3), (10, 10, 2)])
def test_flexible_wish_finds_another_venue_if_the_earliest_lacks_a_second(
    gym: int, hall: int, expected: int
) -> None:
    """Every venue and product of the day is asked; of two at one time the earlier listed wins."""
    look = search(
        slot(4, NOW.date(), 9),
        slot(1, MONDAY, 9, product="moderna"),
        slot(2, MONDAY, gym),
        slot(3, MONDAY, hall, venue="hall"),
        slot(5, day(21)),
        slot(6, day(21), venue="hall"),
    )
    found = look.pair(WEEK)
    assert ids(found) == (expected, 5 if expected == 2 else 6)


def test_flexible_wish_asks_only_for_what_lies_ahead_at_the_wished_time() -> None:
    """Also where the earliest first dose of the day lacks its second."""
    look = search(
        slot(1, MONDAY, 13, product="moderna"),
        slot(2, MONDAY, 9),
        slot(3, MONDAY, 12),
        slot(4, MONDAY, 14),
        slot(6, MONDAY, 9, venue="hall"),
        SECOND,
        now=at(MONDAY, 12),
    )
    assert ids(look.pair(Flexible(MONDAY, day(6), times=("afternoon",)))) == (4, 9)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((), 1),
        (("morning",), 1),
        (("afternoon",), 2),
        (("evening",), 3),
        (("evening", "afternoon"), 2),
    ],
)
def test_flexible_wish_keeps_to_times_of_day(
    times: tuple[Literal["morning", "afternoon", "evening"], ...], expected: int
) -> None:
    """Morning before 12:00, afternoon before 17:00, evening from 17:00."""
    look = search(slot(1, MONDAY, 11, 59), slot(2, MONDAY, 12), slot(3, MONDAY, 17), SECOND)
    wish = Flexible(MONDAY, MONDAY, times=times)
    assert ids(look.pair(wish)) == (expected, 9)


def test_flexible_wish_without_a_slot_is_told_so() -> None:
    """Nothing on those days, nothing left, or nothing that lies ahead."""
    assert ids(search(SECOND).pair(WEEK)) == Refusal.OUTSIDE_RELEASE
    assert ids(search(slot(1, day(9)), SECOND).pair(WEEK)) == Refusal.OUTSIDE_RELEASE
    elsewhere = Flexible(MONDAY, day(6), venue_id="unknown")
    assert ids(search(slot(1, MONDAY), SECOND).pair(elsewhere)) == Refusal.OUTSIDE_RELEASE
    evening = Flexible(MONDAY, day(6), times=("evening",))
    assert ids(search(slot(1, MONDAY), SECOND).pair(evening)) == Refusal.OUTSIDE_RELEASE
    full = search(slot(1, MONDAY), SECOND, full=[(1, 1)])
    assert ids(full.pair(WEEK)) == Refusal.NO_FIRST_DOSE
    late = search(slot(1, MONDAY), SECOND, now=at(MONDAY, 9))
    assert ids(late.pair(WEEK)) == Refusal.NO_FIRST_DOSE
    assert ids(search(slot(1, MONDAY)).pair(WEEK)) == Refusal.NO_SECOND_DOSE


def test_second_of_keeps_the_first_and_the_interval() -> None:
    """Dose 2 alone is moved within the interval of the dose 1 that stays."""
    slots = slot(1, MONDAY), slot(2, day(18)), slot(3, day(25)), slot(4, day(25))
    look = search(*slots, full=[(4, 2)])
    first = look.seats.slots[1]
    assert ids(look.second_of((Choice(3),), first, given=False)) == (1, 3)
    assert ids(look.second_of((Choice(2),), first, given=False)) == Refusal.INTERVAL_NOT_MET
    assert ids(look.second_of((Choice(4),), first, given=False)) == Refusal.NO_SECOND_DOSE
    assert ids(look.second_of((Choice(99),), first, given=False)) == Refusal.OUTSIDE_RELEASE
    nothing = Flexible(day(30), day(40))
    assert ids(look.second_of(nothing, first, given=False)) == Refusal.OUTSIDE_RELEASE


def test_flexible_second_prefers_the_standard_day_on() -> None:
    """Earlier days of the interval are used only when nothing later is left."""
    wide = Flexible(day(1), day(50))
    look = search(slot(1, MONDAY), slot(2, day(19)), slot(3, day(30)))
    assert ids(look.second_of(wide, look.seats.slots[1], given=False)) == (1, 3)
    look = search(slot(1, MONDAY), slot(2, day(19)))
    assert ids(look.second_of(wide, look.seats.slots[1], given=False)) == (1, 2)
    look = search(slot(1, MONDAY), slot(2, day(2)))
    assert ids(look.second_of(wide, look.seats.slots[1], given=False)) == Refusal.INTERVAL_NOT_MET


def test_second_after_a_first_dose_elsewhere() -> None:
    """Dose 2 alone, of the same product, at the interval (R6)."""
    first = FirstDose("pfizer", MONDAY - timedelta(days=14))
    look = search(slot(1, day(3)), slot(2, day(7)), slot(3, day(7), product="moderna"))
    assert ids(look.second_after((Choice(2),), first)) == (None, 2)
    assert ids(look.second_after((Choice(1),), first)) == Refusal.INTERVAL_NOT_MET
    assert ids(look.second_after((Choice(3),), first)) == Refusal.INTERVAL_NOT_MET
    assert ids(look.second_after(Flexible(MONDAY, day(20)), first)) == (None, 2)
    other = Flexible(MONDAY, day(20), product_id="moderna")
    assert ids(look.second_after(other, first)) == Refusal.OUTSIDE_RELEASE
    unknown = FirstDose("unknown", MONDAY)
    assert ids(look.second_after((Choice(2),), unknown)) == Refusal.OUTSIDE_RELEASE


def test_flexible_second_lies_ahead_and_keeps_to_times_of_day() -> None:
    """Of one day, what is free, has not begun, and is wished for."""
    first, on = FirstDose("pfizer", day(-14)), day(7)
    slots = slot(1, on, 9), slot(2, on, 11), slot(3, on, 13)
    look = search(*slots, now=at(on, 9))
    assert ids(look.second_after(Flexible(on, on), first)) == (None, 2)
    afternoon = Flexible(on, on, times=("afternoon",))
    assert ids(look.second_after(afternoon, first)) == (None, 3)
    full = search(*slots, full=[(3, 2)])
    assert ids(full.second_after(afternoon, first)) == Refusal.NO_SECOND_DOSE


def test_second_of_a_dose_that_was_given_may_be_overdue() -> None:
    """The upper end of the interval holds only while it can be kept, as after one elsewhere."""
    late = at(day(43), 8)
    look = search(slot(1, MONDAY), slot(2, day(18)), slot(3, day(44)), now=late)
    first = look.seats.slots[1]
    assert ids(look.second_of((Choice(3),), first, given=True)) == (1, 3)
    assert ids(look.second_of((Choice(3),), first, given=False)) == Refusal.INTERVAL_NOT_MET
    assert ids(look.second_of((Choice(2),), first, given=True)) == Refusal.INTERVAL_NOT_MET


ALLOWED = Flexible(MONDAY, day(2), "gym", "pfizer", ("morning",))


@pytest.mark.parametrize(
    ("one", "is_allowed"),
    [
        (slot(1, MONDAY, 11, 59), True),
        (slot(1, day(2)), True),
        (slot(1, day(-1)), False),
        (slot(1, day(3)), False),
        (slot(1, MONDAY, 12), False),
        (slot(1, MONDAY, venue="hall"), False),
        (slot(1, MONDAY, product="moderna"), False),
    ],
)
def test_wish_allows_its_venue_product_days_and_times(one: Slot, *, is_allowed: bool) -> None:
    """Ends of the days included."""
    assert wish_allows(ALLOWED, search(one).seats.slots[1]) is is_allowed


def test_wish_for_anything_allows_anything() -> None:
    """Without a venue, a product or times there is no bound on them."""
    one = slot(1, MONDAY, 18, venue="hall", product="moderna")
    assert wish_allows(WEEK, search(one).seats.slots[1])
