"""What came of an order is said by booking numbers, and refusals in the staff's words."""

from __future__ import annotations

import pytest

from allocator.model import Refusal
from seiriken.desk_errands import (
    IS_TOLD,
    NUMBERS_SHOWN_MAX,
    REFUSED,
    outcome_document,
    outcome_lines,
    refusal_words,
)
from tests.unit.gateway.factories import make_booking, make_place, make_waiting

NEVER_FOR_THE_STAFF = {
    Refusal.ON_STANDBY,
    Refusal.NO_OFFER,
    Refusal.PAIRS_FREE,
    Refusal.STANDBY_FULL,
}
"""What only residents' own commands are refused for."""

MOVED = make_booking(booking_number="0000001-3")
LISTED = make_waiting(make_place(reason="slot_closed"), booking_number="0000002-1")


@pytest.mark.parametrize("refusal", list(Refusal))
def test_refusal_of_an_order_has_words(refusal: Refusal) -> None:
    assert (refusal.value in REFUSED) is (refusal not in NEVER_FOR_THE_STAFF)
    assert "_" not in refusal_words(refusal)


def test_displaced_people_are_counted_and_named_by_their_bookings() -> None:
    assert outcome_lines((MOVED, LISTED)) == [
        f"1 booking moved, 1 on the standby list; each person {IS_TOLD}",
        "moved: 0000001-3",
        "on the standby list: 0000002-1",
    ]
    assert outcome_lines((MOVED, MOVED))[0].startswith("2 bookings moved, 0 on the standby list")
    assert outcome_lines(()) == ["nobody was displaced"]


def test_long_list_of_bookings_is_cut_for_people_and_whole_for_programs() -> None:
    many = (MOVED,) * (NUMBERS_SHOWN_MAX + 1_000)
    assert outcome_lines(many)[1].endswith("and 1,000 more (--json lists all)")
    moved = outcome_document(many)["moved"]
    assert isinstance(moved, list)
    assert len(moved) == len(many)


def test_one_booking_is_said_with_the_doses_that_were_given() -> None:
    assert outcome_lines(make_booking(given=(1,))) == ["booking 0000001-3: booked, doses given: 1"]
    assert outcome_lines(make_booking())[0].endswith("doses given: none")
    assert outcome_lines(make_booking(given=(1, 2)))[0].endswith("doses given: 1 and 2")


def test_outcome_for_programs_says_whether_it_was_done() -> None:
    assert outcome_document((MOVED, LISTED)) == {
        "done": True,
        "moved": ["0000001-3"],
        "on_standby": ["0000002-1"],
    }
    assert outcome_document(make_booking(given=(1,)))["booking"] == {
        "booking_number": "0000001-3",
        "state": "booked",
        "given": (1,),
        "slots": {"1": 1, "2": 2},
    }
    refused = outcome_document(Refusal.NOT_THE_DAY)
    assert (refused["done"], refused["refused"]) == (False, "not_the_day")
