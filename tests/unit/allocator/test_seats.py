"""Free seats are counted by slot, dose and day."""

from __future__ import annotations

import pytest

from allocator.model import Dose
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
