"""Whether a slot may have more seats: a plan that was checked is held against its limits again.

Rule 1: an order that makes an error, or makes one worse, is not given.
Rule 2: errors that were there before, and that more seats do not touch, do not stand against it.

Nothing here does I/O or reads a clock. Units: seats, of dose 1 and dose 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from allocator.finding import Finding
from allocator.model import Slot
from allocator.release import ReleasePlan, findings_of


def with_seats(planned: ReleasePlan, slot_id: int, seats: tuple[int, int]) -> ReleasePlan:
    """Return a plan in which one slot has so many seats more."""
    slots = tuple(
        msgspec.structs.replace(
            slot, capacities=(slot.capacities[0] + seats[0], slot.capacities[1] + seats[1])
        )
        if slot.slot_id == slot_id
        else slot
        for slot in planned.slots
    )
    return msgspec.structs.replace(planned, slots=slots)


def errors_made(
    before: Sequence[Finding], after: Sequence[Finding], seats: tuple[int, int]
) -> list[Finding]:
    """Return the errors of a plan with more seats that it did not have, or not so, before.

    Second doses alone never make a lack of second doses worse, so what is left of it is none.
    """
    return [
        one
        for one in after
        if one.severity == "error"
        and one not in before
        and not (one.code == "second_doses_short" and not seats[0])
    ]


def errors_of_hour(planned: ReleasePlan, slot_id: int) -> list[Finding]:
    """Return whether a slot's hour is beyond its venue's limit, whatever other hours are.

    The finding of a whole plan names one hour, and is the same while that one is over already.
    """
    (hour,) = {_hour(slot) for slot in planned.slots if slot.slot_id == slot_id}
    slots = tuple(slot for slot in planned.slots if _hour(slot) == hour)
    found = findings_of(msgspec.structs.replace(planned, slots=slots))
    return [one for one in found if one.code == "too_many_an_hour"]


def _hour(slot: Slot) -> tuple[str, datetime]:
    return slot.venue_id, slot.starts_at.replace(minute=0)
