"""What residents are shown is what they could have."""

from __future__ import annotations

from allocator.offer import (
    FEW_MAX,
    first_dose_slots,
    pairs_left,
    plenty,
    second_dose_slots,
    slots_of,
)
from tests.unit.allocator.offers import MONDAY, NOW, at, day, ledger, slot


def test_first_dose_counts_only_with_a_second() -> None:
    """A slot without a second dose shows "none", and one that gives none is not shown."""
    books = ledger(
        slot(1, MONDAY, seats=(50, 0)),
        slot(2, day(2), seats=(50, 0)),
        slot(3, day(23), 10, seats=(0, 3)),
        slot(4, MONDAY, release="other"),
    )
    shown = {one.slot_id: one for one in first_dose_slots(books, slots_of(books, "release"), NOW)}
    assert set(shown) == {1, 2}
    assert (shown[1].pairs, shown[1].second_slot_id) == ("few", 3)
    assert shown[2].second_dose_at == at(day(23), 10)
    books.seats.slots[3].calendar.days[day(23)].free[1] = 0
    books.seats.slots[3].free[1] = 0
    assert {s.pairs for s in first_dose_slots(books, slots_of(books, "release"), NOW)} == {"none"}


def test_full_first_dose_shows_none() -> None:
    """No first dose, no pair."""
    books = ledger(slot(1, MONDAY), slot(2, day(21)), taken={(1, 1): 1})
    assert first_dose_slots(books, slots_of(books, "release"), NOW)[0].pairs == "none"


def test_past_slots_are_not_shown() -> None:
    """What has begun cannot be booked."""
    books = ledger(slot(1, MONDAY), slot(2, day(21)))
    later = at(MONDAY, 9)
    assert [s.slot_id for s in first_dose_slots(books, slots_of(books, "release"), later)] == [2]
    assert [s.slot_id for s in second_dose_slots(slots_of(books, "release"), at(day(21)))] == []


def test_second_dose_slots_are_shown_for_second_only() -> None:
    """Whoever had dose 1 elsewhere sees the seats of dose 2 (L3)."""
    books = ledger(slot(1, MONDAY, seats=(5, 0)), slot(2, day(21), seats=(0, 1)))
    shown = second_dose_slots(slots_of(books, "release"), NOW)
    assert [(one.slot_id, one.pairs, one.second_slot_id) for one in shown] == [(2, "few", None)]


def test_plenty_in_words() -> None:
    """The bounds of few."""
    words = [plenty(count) for count in (-1, 0, 1, FEW_MAX, FEW_MAX + 1)]
    assert words == ["none", "none", "few", "few", "many"]


def test_pairs_left_is_the_most_that_can_be_made() -> None:
    """Firsts and seconds are matched by day: totals alone would promise too much (L2)."""
    books = ledger(
        slot(1, MONDAY, seats=(10, 0)),
        slot(2, day(1), seats=(10, 0)),
        slot(3, day(21), seats=(0, 4)),
        slot(4, day(43), seats=(0, 3)),
        slot(5, day(60), seats=(0, 100)),
    )
    assert pairs_left(books, "release", NOW) == 4 + 3
    assert pairs_left(books, "release", at(day(1), 10)) == 0
