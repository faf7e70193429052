"""Book both doses: lock both slots in order, look, take, write; all in one transaction."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from loadtests.peers.sites.booking.models import Booking, Slot


def book_pair(person_id: int, number: int, contact: dict[str, str]) -> dict[str, Any]:
    """Book; return the booking, or the code of a refusal."""
    try:
        with transaction.atomic():
            slots = list(Slot.objects.select_for_update().filter(number=number).order_by("id"))
            if len(slots) != 2:
                return {"code": "no_such_slot"}
            if any(slot.taken >= slot.capacity for slot in slots):
                return {"code": "no_seats"}
            for slot in slots:
                slot.taken += 1
                slot.save(update_fields=["taken"])
            first, second = sorted(slots, key=lambda slot: slot.dose)
            booking = Booking.objects.create(
                person_id=person_id, first_slot=first, second_slot=second, **contact
            )
    except IntegrityError:
        return {"code": "already_booked"}
    return shown(booking, number)


def shown(booking: Any, number: int) -> dict[str, Any]:
    """Return what a resident sees of a booking."""
    return {"booking": booking.pk, "slot": number}
