"""Rows of the booking table as the model's words. No I/O."""

from __future__ import annotations

from typing import Any

import msgspec

from allocator.model import Booking, Dose, DoseNumber, FirstDose, StandbyPlace


def booking_from_row(row: Any) -> Booking:
    """Build a booking from a row with the columns of `booking_of_person.sql`."""
    doses: list[Dose] = []
    if row.dose1_slot_id is not None:
        doses.append(Dose(1, row.dose1_slot_id))
    if row.dose2_slot_id is not None:
        doses.append(Dose(2, row.dose2_slot_id))
    elsewhere = row.state != "cancelled" and row.dose1_slot_id is None and row.dose1_on is not None
    return Booking(
        booking_number=row.booking_number,
        booking_id=row.booking_id,
        campaign_id=row.campaign_id,
        release_id=row.release_id,
        product_id=row.product_id,
        state=row.state,
        doses=tuple(doses),
        first_dose_elsewhere=FirstDose(row.product_id, row.dose1_on) if elsewhere else None,
        given=_given(row),
        standby=None if row.standby is None else msgspec.convert(row.standby, StandbyPlace),
        reminders=row.reminders,
    )


def _given(row: Any) -> tuple[DoseNumber, ...]:
    if row.dose2_given:
        return (1, 2) if row.dose1_given else (2,)
    return (1,) if row.dose1_given else ()
