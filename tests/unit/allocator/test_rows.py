"""Rows of the booking table become the model's words."""

from __future__ import annotations

import json
from collections import namedtuple
from uuid import UUID

import msgspec
import pytest

from allocator.model import Dose, DoseNumber, FirstDose
from allocator.rows import booking_from_row
from tests.unit.allocator.offers import MONDAY, NOW, day, place

Row = namedtuple(
    "Row",
    "booking_id booking_number campaign_id release_id product_id state"
    " dose1_slot_id dose1_on dose2_slot_id dose2_on dose1_given dose2_given standby reminders",
)
ROW = Row(
    booking_id=UUID(int=1),
    booking_number="0000001-3",
    campaign_id="c",
    release_id="r",
    product_id="pfizer",
    state="booked",
    dose1_slot_id=1,
    dose1_on=MONDAY,
    dose2_slot_id=2,
    dose2_on=day(21),
    dose1_given=False,
    dose2_given=False,
    standby=None,
    reminders=False,
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
    row = ROW._replace(state=state, dose1_slot_id=slots[0], dose2_slot_id=slots[1])
    booking = booking_from_row(row)
    assert (booking.state, booking.doses, booking.first_dose_elsewhere) == (state, doses, elsewhere)


@pytest.mark.parametrize(
    ("first", "second", "given"),
    [(False, False, ()), (True, False, (1,)), (False, True, (2,)), (True, True, (1, 2))],
)
def test_row_says_which_doses_were_given(
    given: tuple[DoseNumber, ...], *, first: bool, second: bool
) -> None:
    row = ROW._replace(dose1_given=first, dose2_given=second)
    assert booking_from_row(row).given == given


def test_place_on_the_list_is_read_as_it_was_written() -> None:
    """From the JSON of the batch, moment and all."""
    listed = place(3, "supply_cut", offers=2, until=NOW)
    row = ROW._replace(state="offered", standby=json.loads(msgspec.json.encode(listed)))
    assert booking_from_row(row).standby == listed


def test_who_waits_without_a_first_dose_elsewhere_has_none() -> None:
    """Without a day of dose 1 there is no first dose, here or there."""
    row = ROW._replace(state="standby", dose1_slot_id=None, dose1_on=None, dose2_slot_id=None)
    booking = booking_from_row(row)
    assert (booking.doses, booking.first_dose_elsewhere) == ((), None)


def test_row_says_whether_its_person_wants_reminders() -> None:
    assert not booking_from_row(ROW).reminders
    assert booking_from_row(ROW._replace(reminders=True)).reminders
