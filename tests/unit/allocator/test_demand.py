from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.demand import SeatsOfDay, needs, totals

FIRST, SECOND = date(2030, 9, 4), date(2030, 9, 25)
PER_VIAL = {"comirnaty": 6, "spikevax": 10}


def seats(
    dose: int, taken: int, *, day: date = FIRST, venue: str = "gym", product: str = "comirnaty"
) -> SeatsOfDay:
    return SeatsOfDay(day, venue, product, dose, capacity=40, taken=taken)


@pytest.mark.parametrize(
    ("product", "doses", "vials", "spare"),
    [
        ("comirnaty", 0, 0, 0),
        ("comirnaty", 1, 1, 5),
        ("comirnaty", 6, 1, 0),
        ("comirnaty", 7, 2, 5),
        ("spikevax", 10, 1, 0),
        ("spikevax", 11, 2, 9),
    ],
)
def test_vials_are_opened_whole(product: str, doses: int, vials: int, spare: int) -> None:
    (need,) = needs([seats(1, doses, product=product)], PER_VIAL)
    assert (need.doses, need.vials, need.spare_doses) == (doses, vials, spare)


def test_both_doses_of_a_day_share_vials_and_days_and_venues_do_not() -> None:
    found = needs(
        [seats(1, 3), seats(2, 3), seats(2, 3, day=SECOND), seats(1, 3, venue="hall")], PER_VIAL
    )
    assert [(need.day, need.venue_id, need.doses, need.vials) for need in found] == [
        (FIRST, "gym", 6, 1),
        (FIRST, "hall", 3, 1),
        (SECOND, "gym", 3, 1),
    ]
    (total,) = totals(found)
    assert (total.doses, total.vials, total.spare_doses) == (12, 3, 6)
    assert (total.seats, total.vials_for_all_seats) == (160, 14 + 7 + 7)


def test_days_without_any_seat_are_not_shown() -> None:
    closed = SeatsOfDay(FIRST, "gym", "comirnaty", 1, capacity=0, taken=0)
    assert needs([closed], PER_VIAL) == []
    assert totals([]) == []


COUNTS = st.builds(
    seats,
    st.sampled_from([1, 2]),
    st.integers(0, 40),
    day=st.sampled_from([FIRST, SECOND]),
    venue=st.sampled_from(["gym", "hall"]),
    product=st.sampled_from(sorted(PER_VIAL)),
)


@given(st.lists(COUNTS))
def test_there_is_vaccine_for_everybody_and_never_a_vial_too_many(given: list[SeatsOfDay]) -> None:
    found = needs(given, PER_VIAL)
    assert sum(need.doses for need in found) == sum(one.taken for one in given)
    for need in found:
        assert need.doses == need.dose_1 + need.dose_2
        assert 0 <= need.spare_doses < need.doses_per_vial
        assert need.vials * need.doses_per_vial == need.doses + need.spare_doses
        assert need.vials <= need.vials_for_all_seats
    assert sum(total.vials for total in totals(found)) == sum(need.vials for need in found)
