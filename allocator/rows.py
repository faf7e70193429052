"""Rows of the booking table as the model's words. No I/O."""

from __future__ import annotations

from typing import Any

from allocator.model import Booking, Dose, FirstDose


def booking_from_row(row: Any) -> Booking:
    """Build a booking from a row with the columns of `booking_of_person.sql`."""
    doses: list[Dose] = []
    if row.dose1_slot_id is not None:
        doses.append(Dose(1, row.dose1_slot_id))
    if row.dose2_slot_id is not None:
        doses.append(Dose(2, row.dose2_slot_id))
    elsewhere = row.state == "booked" and row.dose1_slot_id is None
    return Booking(
        booking_number=row.booking_number,
        booking_id=row.booking_id,
        campaign_id=row.campaign_id,
        release_id=row.release_id,
        product_id=row.product_id,
        state=row.state,
        doses=tuple(doses),
        first_dose_elsewhere=FirstDose(row.product_id, row.dose1_on) if elsewhere else None,
    )
