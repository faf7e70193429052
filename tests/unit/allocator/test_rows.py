"""Rows of the booking table become the model's words."""

from __future__ import annotations

from collections import namedtuple
from uuid import UUID

import pytest

from allocator.model import Dose, FirstDose
from allocator.rows import booking_from_row
from tests.unit.allocator.offers import MONDAY, day

Row = namedtuple(
    "Row",
    "booking_id booking_number campaign_id release_id product_id state"
    " dose1_slot_id dose1_on dose2_slot_id dose2_on",
)


@pytest.mark.parametrize(
    ("state", "slots", "doses", "elsewhere"),
    [
        ("booked", (1, 2), (Dose(1, 1), Dose(2, 2)), None),
        ("booked", (None, 2), (Dose(2, 2),), FirstDose("pfizer", MONDAY)),
        ("first_only", (1, None), (Dose(1, 1),), None),
        ("cancelled", (None, None), (), None),
    ],
)
def test_row_says_which_doses_are_held_and_where_the_first_was_given(
    state: str,
    slots: tuple[int | None, int | None],
    doses: tuple[Dose, ...],
    elsewhere: FirstDose | None,
) -> None:
    """A booking without a slot of dose 1 is of a first dose elsewhere, unless it is cancelled."""
    row = Row(
        UUID(int=1), "0000001-3", "c", "r", "pfizer", state, slots[0], MONDAY, slots[1], day(21)
    )
    booking = booking_from_row(row)
    assert (booking.state, booking.doses, booking.first_dose_elsewhere) == (state, doses, elsewhere)
