"""The standby list: its order, its ranks, and whose offer has run out."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from allocator.model import Booking, StandbyPlace
from allocator.standby import Standby, Waiting
from tests.unit.allocator.offers import NOW, holding, person, place

HOUR = timedelta(hours=1)


def waiting(*bookings: Booking) -> Standby:
    """The list as a restart finds it: in any order."""
    return Standby(Waiting(person(one.booking_id.int), one) for one in bookings)


def noted(*bookings: Booking) -> Standby:
    """The list as it grows."""
    standby = Standby()
    for one in bookings:
        standby.note(person(one.booking_id.int), one)
    return standby


def order(standby: Standby, release_id: str = "release") -> list[int]:
    """The numbers of the bookings that wait without an offer."""
    return [one.booking.booking_id.int for one in standby.in_order(release_id)]


def moved(booking: Booking, listed: StandbyPlace | None) -> Booking:
    state = "booked" if listed is None else "offered" if listed.offered_until else "standby"
    return msgspec.structs.replace(booking, state=state, standby=listed)


ORDERS: list[tuple[str, list[Booking], list[int]]] = [
    ("nobody", [], []),
    ("the lower rank first", [holding(1, listed=place(2)), holding(2, listed=place(1))], [2, 1]),
    (
        "whom the city displaced before who asked",
        [
            holding(1, listed=place(1)),
            holding(2, listed=place(3, "supply_cut")),
            holding(3, listed=place(2, "slot_closed")),
        ],
        [3, 2, 1],
    ),
    (
        "who has an offer is not asked",
        [holding(1, listed=place(1, until=NOW)), holding(2, listed=place(2))],
        [2],
    ),
]


@pytest.mark.parametrize(("what", "bookings", "expected"), ORDERS, ids=[o[0] for o in ORDERS])
def test_list_is_in_order_after_a_restart(
    what: str, bookings: list[Booking], expected: list[int]
) -> None:
    assert order(waiting(*bookings)) == expected, what


def test_releases_have_their_own_lists() -> None:
    other = msgspec.structs.replace(holding(2, listed=place(7)), release_id="other")
    standby = noted(holding(1, listed=place(1)), other)
    assert (order(standby), order(standby, "other"), order(standby, "third")) == ([1], [2], [])
    assert [standby.length(r) for r in ("release", "other", "third")] == [1, 1, 0]
    assert [standby.next_rank(r) for r in ("release", "other", "third")] == [2, 8, 1]


def test_list_keeps_whose_booking_it_is() -> None:
    (one,) = noted(holding(3, listed=place(1))).in_order("release")
    assert one == Waiting(person(3), holding(3, listed=place(1)))


def test_nobody_ever_waited_is_known_at_once() -> None:
    assert Standby().is_empty()
    assert not noted(holding(1, listed=place(1))).is_empty()


def test_next_rank_is_one_more_than_the_greatest_of_both_queues() -> None:
    """Also of whoever has an offer."""
    assert noted(holding(1, listed=place(4, until=NOW))).next_rank("release") == 5
    displaced = noted(holding(1, listed=place(4, "supply_cut")), holding(2, listed=place(2)))
    assert displaced.next_rank("release") == 5
    asked = noted(holding(1, listed=place(4, "supply_cut")), holding(2, listed=place(9)))
    assert asked.next_rank("release") == 10


def test_whoever_leaves_is_counted_no_more() -> None:
    standby = noted(
        holding(1, listed=place(1)),
        holding(2, listed=place(2)),
        holding(3, listed=place(3, "slot_closed")),
    )
    standby.note(person(2), moved(holding(2), None))
    assert (order(standby), standby.length("release")) == ([3, 1], 2)
    standby.note(person(3), moved(holding(3), None))
    assert (order(standby), standby.next_rank("release")) == ([1], 2)
    standby.note(person(1), moved(holding(1), None))
    assert (order(standby), standby.length("release"), standby.next_rank("release")) == ([], 0, 1)


def test_booking_that_never_waited_changes_nothing() -> None:
    standby = noted(holding(1, listed=place(1)))
    standby.note(person(2), holding(2, 1, 21))
    assert (order(standby), standby.length("release")) == ([1], 1)


@pytest.mark.parametrize("reason", ["asked", "slot_closed"])
def test_withdrawn_offer_leaves_its_person_in_place(reason: str) -> None:
    first = msgspec.structs.replace(place(1), reason=reason)
    second = msgspec.structs.replace(place(2), reason=reason)
    standby = noted(holding(1, listed=first), holding(2, listed=second))
    offered = msgspec.structs.replace(first, offered_until=NOW)
    standby.note(person(1), moved(holding(1), offered))
    assert (order(standby), standby.length("release")) == ([2], 2)
    standby.note(person(1), holding(1, listed=first))
    assert (order(standby), standby.run_out(NOW)) == ([1, 2], [])


@pytest.mark.parametrize("reason", ["asked", "slot_closed"])
def test_offer_that_ran_out_puts_its_person_at_the_end(reason: str) -> None:
    ranked = [msgspec.structs.replace(place(rank), reason=reason) for rank in (1, 2, 3)]
    standby = noted(holding(1, listed=ranked[0]), holding(2, listed=ranked[1]))
    standby.note(person(1), holding(1, listed=ranked[2]))
    assert order(standby) == [2, 1]
    assert (standby.length("release"), standby.next_rank("release")) == (2, 4)


def test_offers_run_out_in_the_order_of_their_ends_then_ranks() -> None:
    """An offer ends at its moment, not after it."""
    standby = noted(
        holding(1, listed=place(1, until=NOW + HOUR)),
        holding(2, listed=place(2)),
        holding(3, listed=place(4, until=NOW)),
        holding(4, listed=place(3, until=NOW)),
        holding(5, listed=place(5, until=NOW + 2 * HOUR)),
    )
    seconds = timedelta(seconds=1)
    assert standby.run_out(NOW - seconds) == []
    assert [one.booking.booking_id.int for one in standby.run_out(NOW)] == [4, 3]
    assert [one.booking.booking_id.int for one in standby.run_out(NOW + HOUR)] == [4, 3, 1]
    standby.note(person(4), holding(4, 1, 21))
    assert [one.booking.booking_id.int for one in standby.run_out(NOW)] == [3]


def test_offer_is_found_again_after_a_restart() -> None:
    standby = waiting(holding(1, 1, 21, listed=place(1, until=NOW)), holding(2, listed=place(2)))
    assert [one.person_key for one in standby.run_out(NOW)] == [person(1)]
    assert order(standby) == [2]


def test_people_and_offers_are_counted_over_all_releases() -> None:
    other = msgspec.structs.replace(holding(2, listed=place(7, until=NOW)), release_id="other")
    standby = noted(holding(1, listed=place(1)), other)
    assert (standby.people(), standby.offered()) == (2, 1)
