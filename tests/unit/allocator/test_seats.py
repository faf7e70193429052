"""Free seats are counted by slot, dose and day."""

from __future__ import annotations

import pytest

from allocator.model import Dose, Slot
from allocator.seats import Seats
from tests.unit.allocator.offers import MONDAY, day, ledger, slot


def test_taken_seats_are_not_free() -> None:
    """What the tables say is taken is subtracted, for slot and day alike."""
    seats = ledger(slot(1, MONDAY, seats=(3, 2)), taken={(1, 1): 2}).seats
    assert seats.slots[1].free == [1, 2]
    assert seats.slots[1].calendar.days[MONDAY].free == [1, 2]


def test_taking_and_giving_back_keeps_slot_and_day_equal() -> None:
    """Slot and day move together."""
    seats = ledger(slot(1, MONDAY, 9), slot(2, MONDAY, 10)).seats
    seats.take(1, 1)
    assert (seats.slots[1].free, seats.slots[1].calendar.days[MONDAY].free) == ([0, 1], [1, 2])
    seats.give_back(1, 1)
    assert seats.slots[1].calendar.days[MONDAY].free == [2, 2]


def test_no_seat_is_taken_twice() -> None:
    """Taking what is not free is a bug, and says so (I1)."""
    seats = ledger(slot(1, MONDAY)).seats
    seats.take(1, 2)
    with pytest.raises(AssertionError, match="given out twice"):
        seats.take(1, 2)


def test_no_seat_comes_back_twice() -> None:
    """Giving back what was not taken is a bug, and says so (I1)."""
    with pytest.raises(AssertionError, match="came back twice"):
        ledger(slot(1, MONDAY)).seats.give_back(1, 1)


def test_given_back_seats_are_free_within_the_block_only() -> None:
    """A search for a change sees the person's own seats, and nobody else does."""
    seats = ledger(slot(1, MONDAY), taken={(1, 1): 1, (1, 2): 1}).seats
    with seats.given_back([Dose(1, 1), Dose(2, 1)]):
        assert seats.slots[1].free == [1, 1]
    assert seats.slots[1].free == [0, 0]


def test_free_slots_come_in_order_and_without_the_full() -> None:
    """A day yields its free slots by start."""
    seats = ledger(slot(3, MONDAY, 11), slot(1, MONDAY, 9), slot(2, MONDAY, 10)).seats
    seats.take(2, 1)
    calendar = seats.slots[1].calendar.days[MONDAY]
    assert [s.slot.slot_id for s in calendar.free_slots(1)] == [1, 3]
    seats.take(1, 1)
    seats.take(3, 1)
    assert list(calendar.free_slots(1)) == []


def test_calendars_are_narrowed_by_venue_and_product() -> None:
    """A wish without venue or product means all of them."""
    seats = ledger(
        slot(1, MONDAY),
        slot(2, MONDAY, venue="hall"),
        slot(3, day(1), product="moderna"),
        slot(4, day(1), release="other"),
    ).seats
    assert len(seats.calendars_of("release", None, None)) == 3
    assert [c.key[1] for c in seats.calendars_of("release", "hall", None)] == ["hall"]
    assert [c.key[2] for c in seats.calendars_of("release", None, "moderna")] == ["moderna"]


def test_day_finds_the_free_slot_nearest_in_time() -> None:
    """The same time if it is free, of two as near the earlier, none on a full day."""
    seats = ledger(slot(1, MONDAY, 9), slot(2, MONDAY, 10), slot(3, MONDAY, 11)).seats
    on = seats.slots[1].of_day

    def nearest(minute: int) -> int | None:
        found = on.nearest_free(1, minute)
        return None if found is None else found.slot.slot_id

    assert (nearest(10 * 60), nearest(10 * 60 + 20), nearest(10 * 60 + 40)) == (2, 2, 3)
    seats.take(2, 1)
    assert nearest(10 * 60) == 1
    seats.take(1, 1)
    seats.take(3, 1)
    assert nearest(10 * 60) is None


def test_later_days_are_those_of_the_calendar() -> None:
    """Ends included; days without a slot, and days of other calendars, are not among them."""
    seats = ledger(
        slot(1, MONDAY), slot(2, day(2)), slot(3, day(3), venue="hall"), slot(4, day(4))
    ).seats
    on = seats.slots[1].of_day
    assert [later.date for later in on.later(2, 4)] == [day(2), day(4)]
    assert [later.date for later in on.later(0, 3)] == [MONDAY, day(2)]
    assert on.later(2, 4) is on.later(2, 4)
    assert on.later(5, 4) == ()


def test_seats_are_added_and_taken_away_for_slot_and_day_alike() -> None:
    seats = ledger(slot(1, MONDAY, seats=(2, 2)), taken={(1, 1): 1}).seats
    seats.resize(1, 1, 4)
    seats.resize(1, 2, 1)
    assert seats.slots[1].slot.capacities == (4, 1)
    assert (seats.slots[1].free, seats.slots[1].of_day.free) == ([3, 1], [3, 1])
    assert (seats.taken(1, 1), seats.taken(1, 2)) == (1, 0)
    seats.resize(1, 1, 1)
    with pytest.raises(AssertionError, match="would be lost"):
        seats.resize(1, 1, 0)


def everything(seats: Seats) -> list[tuple[int, list[int], list[int], Slot]]:
    """All that a trial could change."""
    return [
        (slot_id, list(one.free), list(one.of_day.free), one.slot)
        for slot_id, one in seats.slots.items()
    ]


def try_all(seats: Seats, *, too_much: bool = False) -> None:
    """Take, give back and resize, one upon the other."""
    seats.take(1, 1)
    seats.give_back(2, 2)
    seats.resize(1, 1, 5)
    seats.take(1, 1)
    seats.resize(1, 1, 2)
    seats.resize(1, 2, 0)
    seats.take(2, 2)
    if too_much:
        seats.take(2, 2)


def test_trial_is_undone_at_its_end() -> None:
    """Seats, days and capacities are as they were, and then all is in earnest again."""
    seats = ledger(slot(1, MONDAY), slot(2, MONDAY, 10), taken={(2, 2): 1}).seats
    before = everything(seats)
    with seats.trial():
        try_all(seats)
        assert everything(seats) != before
    assert everything(seats) == before
    seats.take(1, 1)
    assert seats.slots[1].free == [0, 1]


def test_trial_is_undone_when_it_fails() -> None:
    seats = ledger(slot(1, MONDAY), slot(2, MONDAY, 10), taken={(2, 2): 1}).seats
    before = everything(seats)
    with pytest.raises(AssertionError, match="given out twice"), seats.trial():
        try_all(seats, too_much=True)
    assert everything(seats) == before


def test_trial_within_a_trial_is_a_mistake_of_ours() -> None:
    """The outer one is undone all the same."""
    seats = ledger(slot(1, MONDAY)).seats
    before = everything(seats)
    with seats.trial():
        seats.take(1, 1)
        with pytest.raises(AssertionError, match="one trial"), seats.trial():
            pass
    assert everything(seats) == before
