"""A closed day is foreseen as the allocator decides it, and its orders say no more than counts."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from allocator.closing import (
    Closing,
    Displaced,
    Forecast,
    Rounds,
    forecast,
    orders_of,
    preview_requests,
    summary,
    words_of,
)
from allocator.commands import STAFF_KEY, CloseSlots
from allocator.ledger import Facts, Ledger
from allocator.model import SLOTS_EDITED_MAX, Refusal
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
)

CLOSING = Closing("gym", MONDAY, "supply_cut", "staff", people_max=1)
CLOSE = CloseSlots("release", (1, 2), "staff", "supply_cut", 1)


def of_two_days() -> Ledger:
    """Two slots on Monday; on Tuesday one pair at each of two times, 9:00 and 10:00."""
    return ledger(
        slot(1, MONDAY, seats=(3, 1)),
        slot(2, MONDAY, 10, seats=(3, 1)),
        slot(3, day(1), seats=(1, 1)),
        slot(4, day(1), 10, seats=(1, 1)),
        slot(21, day(21), seats=(0, 4)),
        slot(23, day(22), seats=(0, 2)),
    )


def foreseen(books: Ledger, known: Facts, *orders: CloseSlots) -> Forecast:
    """The forecast; fails on a refusal."""
    found = forecast(books, known, orders or (CLOSE,), NOW)
    assert isinstance(found, Forecast), found
    return found


def test_each_release_gets_one_order_for_its_slots_of_the_day() -> None:
    books = ledger(
        slot(2, MONDAY, 10),
        slot(1, MONDAY),
        slot(3, MONDAY, venue="hall"),
        slot(4, day(1)),
        slot(5, MONDAY, release="another"),
    )
    assert orders_of(books.catalogue, CLOSING, NOW) == (
        CloseSlots("another", (5,), "staff", "supply_cut", 1),
        CLOSE,
    )
    assert orders_of(books.catalogue, msgspec.structs.replace(CLOSING, day=day(9)), NOW) == ()


def test_one_vaccine_is_closed_and_the_others_are_given() -> None:
    books = ledger(
        slot(1, MONDAY),
        slot(2, MONDAY, product="moderna"),
        slot(3, MONDAY, 10, product="moderna", release="another"),
        slot(4, MONDAY, product="moderna", venue="hall"),
    )
    closing = msgspec.structs.replace(CLOSING, product_id="moderna")
    orders = orders_of(books.catalogue, closing, NOW)
    assert [(one.release_id, one.slot_ids) for one in orders] == [
        ("another", (3,)),
        ("release", (2,)),
    ]
    none = msgspec.structs.replace(CLOSING, product_id="astra")
    assert orders_of(books.catalogue, none, NOW) == ()


def test_slots_that_are_over_are_left_as_they_are() -> None:
    books = ledger(slot(1, MONDAY), slot(2, MONDAY, 10))
    first_ends = at(MONDAY, 9, 30)
    before, after = first_ends - timedelta(seconds=1), first_ends
    assert [order.slot_ids for order in orders_of(books.catalogue, CLOSING, before)] == [(1, 2)]
    assert [order.slot_ids for order in orders_of(books.catalogue, CLOSING, after)] == [(2,)]


def test_more_slots_than_one_order_may_close_are_refused() -> None:
    books = ledger(*(slot(number, MONDAY) for number in range(SLOTS_EDITED_MAX + 1)))
    with pytest.raises(ValueError, match="SLOTS_EDITED_MAX"):
        orders_of(books.catalogue, CLOSING, NOW)


def test_forecast_places_in_order_of_booking_and_lists_whom_nothing_fits() -> None:
    books = of_two_days()
    known = held_by(books, *(holding(number, 1, 21) for number in (1, 2, 3)))
    assert foreseen(books, known) == Forecast(
        slots=2,
        moved=2,
        listed=1,
        withdrawn=0,
        displaced=(
            Displaced(at(MONDAY), 1, 1, None),
            Displaced(at(MONDAY), 1, 1, at(day(1))),
            Displaced(at(MONDAY), 1, 1, at(day(1), 10)),
        ),
    )


def test_forecast_is_the_same_whatever_number_of_people_an_order_moves() -> None:
    found = set()
    for people_max in (1, 2, 3, None):
        books = of_two_days()
        known = held_by(books, *(holding(number, 1, 21) for number in (1, 2, 3)))
        order = msgspec.structs.replace(CLOSE, people_max=people_max)
        found.add(foreseen(books, known, order))
        assert free_seats(books)[1] == ([0, 0], (0, 0))
        assert free_seats(books)[2] == ([0, 0], (0, 0))
    assert len(found) == 1


def test_people_of_one_slot_stay_together_where_the_nearest_slot_has_room_for_them() -> None:
    books = ledger(
        slot(1, MONDAY, seats=(2, 0)),
        slot(3, day(1), seats=(2, 0)),
        slot(4, day(1), 10, seats=(2, 0)),
        slot(21, day(21), seats=(0, 2)),
        slot(23, day(22), seats=(0, 2)),
    )
    known = held_by(books, holding(1, 1, 21), holding(2, 1, 21))
    found = foreseen(books, known, CloseSlots("release", (1,), "staff"))
    assert found.displaced == (Displaced(at(MONDAY), 1, 2, at(day(1))),)


def test_given_dose_and_dose_of_another_day_are_not_displaced() -> None:
    books = ledger(
        slot(1, MONDAY, seats=(1, 1)),
        slot(21, day(21), seats=(0, 1)),
        slot(22, day(22), seats=(0, 2)),
    )
    known = held_by(books, holding(1, 1, 21, given=(1,)))
    close = CloseSlots("release", (1, 21), "staff")
    found = foreseen(books, known, close)
    assert found.displaced == (Displaced(at(day(21)), 2, 1, at(day(22))),)
    assert (found.moved, found.listed) == (1, 0)


def test_offer_that_is_withdrawn_is_nobody_moved_and_nobody_newly_listed() -> None:
    books = ledger(slot(1, MONDAY), slot(21, day(21)))
    later = NOW + timedelta(hours=1)
    known = held_by(books, holding(1, 1, 21, listed=place(3, offers=1, until=later)))
    found = foreseen(books, known, CloseSlots("release", (1,), "staff"))
    assert (found.moved, found.listed, found.withdrawn) == (0, 0, 1)


def test_dose_2_after_a_first_that_nobody_recorded_is_counted_by_itself() -> None:
    """Its person comes to no list: who decides is told to record the doses before."""
    books = ledger(
        slot(1, MONDAY, seats=(2, 0)),
        slot(21, day(21), seats=(0, 2)),
        slot(31, day(35), seats=(0, 1)),
    )
    known = held_by(books, holding(1, 1, 21), holding(2, 1, 21))
    close = CloseSlots("release", (21,), "staff")
    found = forecast(books, known, (close,), at(day(1)))
    assert isinstance(found, Forecast)
    assert (found.moved, found.listed, found.cancelled) == (1, 0, 1)
    assert summary(found).losing == ((at(day(21)), 2, 2),)
    assert summary(found).going == ((14, 1),)


def test_forecast_of_an_order_that_would_be_refused_is_the_refusal() -> None:
    close = CloseSlots("release", (9,), "staff")
    assert forecast(of_two_days(), Facts(), (close,), NOW) is Refusal.OUTSIDE_RELEASE


def test_requests_of_a_preview_are_the_staffs_and_differ() -> None:
    requests = preview_requests((CLOSE, CLOSE))
    assert [request.command for request in requests] == [CLOSE, CLOSE]
    assert {request.person_key for request in requests} == {STAFF_KEY}
    assert len({request.request_id for request in requests}) == 2


def test_orders_are_given_in_rounds_until_each_moves_nobody() -> None:
    other = msgspec.structs.replace(CLOSE, release_id="another")
    moved, on_list = holding(1, 3, 21), holding(2, listed=place(1))
    rounds, given = Rounds((CLOSE, other)), []
    for displaced in ((moved, on_list), (), (moved,), ()):
        given.append(rounds.next)
        rounds.note(displaced)
    assert given == [CLOSE, other, CLOSE, CLOSE]
    assert (rounds.next, rounds.given, rounds.moved, rounds.listed) == (None, 4, 2, 1)


def test_forecast_is_added_up_by_time_and_by_days_away() -> None:
    rows = (
        Displaced(at(MONDAY), 1, 5, at(day(1))),
        Displaced(at(MONDAY), 1, 2, None),
        Displaced(at(MONDAY), 1, 3, at(day(-1))),
        Displaced(at(MONDAY), 2, 4, at(MONDAY, 10)),
    )
    sums = summary(Forecast(1, 12, 2, 0, rows))
    assert sums.losing == ((at(MONDAY), 1, 10), (at(MONDAY), 2, 4))
    assert sums.going == ((0, 4), (1, 5), (-1, 3), (None, 2))


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("  The lift　is\n broken. ", "The lift is broken."),
        ("", ""),
        ("x" * 300, "x" * 300),
        ("x" * 301, None),
        ("a\u202eb", None),
        ("a\x07b", None),
    ],
)
def test_citys_words_are_one_line_that_can_be_seen(typed: str, line: str | None) -> None:
    assert words_of(typed) == line


def test_orders_hold_the_citys_words() -> None:
    books = ledger(slot(1, MONDAY))
    closing = msgspec.structs.replace(CLOSING, words="The lift is broken.")
    assert [one.words for one in orders_of(books.catalogue, closing, NOW)] == [closing.words]


def test_citys_words_make_letters_that_hold_them() -> None:
    books = of_two_days()
    known = held_by(books, holding(1, 1, 21), holding(2, 1, 21), holding(3, 1, 21))
    order = msgspec.structs.replace(CLOSE, words="The lift is broken.", people_max=3)
    made = decided(books, known, 9, order)
    assert [move.notice for move in made.moves] == [*["closed_moved"] * 2, "closed_listed"]
