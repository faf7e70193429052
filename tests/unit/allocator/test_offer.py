"""What residents are shown is what they could have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.model import Choice, Refusal
from allocator.offer import (
    FEW_MAX,
    first_dose_slots,
    pairs_left,
    plenty,
    second_dose_slots,
    slots_of,
)
from allocator.search import Search
from allocator.together import SecondsForTwo, place_together
from tests.unit.allocator.offers import MONDAY, NOW, RELEASE, at, day, ledger, slot

TIMES = ((9, 0), (9, 30), (10, 0), (11, 0))
FREE = st.lists(st.integers(0, 2), min_size=len(TIMES), max_size=len(TIMES))


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


@given(firsts=FREE, seconds=FREE, later=FREE)
def test_what_is_shown_for_two_is_what_two_would_get(
    firsts: list[int], seconds: list[int], later: list[int]
) -> None:
    """A slot is shown for two when who asks gets it; their dose 2 is the one that is shown."""
    slots = [
        slot(10 * on + place, day(on), *time, seats=(free, 0) if on == 0 else (0, free))
        for on, free_seats in ((0, firsts), (21, seconds), (22, later))
        for place, (time, free) in enumerate(zip(TIMES, free_seats, strict=True), 1)
    ]
    books = ledger(*slots)
    look = Search(books.catalogue, books.seats, RELEASE, NOW)
    for shown in first_dose_slots(books, slots_of(books, "release"), NOW):
        found = place_together(look, (Choice(shown.slot_id),))
        gets = None
        if not isinstance(found, Refusal) and found[0][0].slot_id == shown.slot_id:
            gets = found[1][0].slot_id
        assert shown.together_slot_id == gets
        if gets is not None:
            named = place_together(look, (Choice(shown.slot_id, gets),))
            assert not isinstance(named, Refusal)
            assert (named[0][0].slot_id, named[1][0].slot_id) == (shown.slot_id, gets)


@pytest.mark.parametrize(("seats", "found"), [(2, 2), (1, None), (0, None)])
def test_two_find_second_doses_only_where_both_have_room(seats: int, found: int | None) -> None:
    books = ledger(slot(1, MONDAY, seats=(2, 0)), slot(2, day(21), seats=(0, seats)))
    asked = books.seats.slots[1]
    after = SecondsForTwo().after(asked, books.catalogue.products[asked.slot.product_id])
    assert (None if after is None else after.slot.slot_id) == found
