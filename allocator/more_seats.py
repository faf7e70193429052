"""Whether a slot may have more seats: a plan that was checked is held against its limits again.

Rule 1: an order that makes an error, or makes one worse, is not given.
Rule 2: errors that were there before, and that more seats do not touch, do not stand against it.

Nothing here does I/O or reads a clock. Units: seats, of dose 1 and dose 2.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from allocator.finding import Finding
from allocator.release import ReleasePlan


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
