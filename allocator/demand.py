"""How much vaccine each day needs: doses and vials by venue and product (R7).

Rule 1: a vial is opened at one venue, of one product, on one day, and what is left in it
is not kept: so vials are rounded up there, and only then added up.
Rule 2: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec


class SeatsOfDay(msgspec.Struct, frozen=True):
    """The seats of one dose on one day: how many there are, and how many are booked."""

    day: date
    venue_id: str
    product_id: str
    dose: int
    capacity: int
    taken: int


class Need(msgspec.Struct, frozen=True):
    """What one venue needs of one product on one day.

    `dose_1` and `dose_2` are doses that are booked; `spare_doses` are left in the last vial.
    `seats` counts booked and free ones: `vials_for_all_seats` is the most it may come to.
    """

    day: date
    venue_id: str
    product_id: str
    dose_1: int
    dose_2: int
    doses: int
    doses_per_vial: int
    vials: int
    spare_doses: int
    seats: int
    vials_for_all_seats: int


class Total(msgspec.Struct, frozen=True):
    """What all venues and days together need of one product."""

    product_id: str
    doses: int
    vials: int
    spare_doses: int
    seats: int
    vials_for_all_seats: int


def needs(seats: Iterable[SeatsOfDay], doses_per_vial: Mapping[str, int]) -> list[Need]:
    """Return what is needed, by day, venue and product, where there is a seat at all."""
    booked: dict[tuple[date, str, str], list[int]] = {}
    for one in seats:
        counts = booked.setdefault((one.day, one.venue_id, one.product_id), [0, 0, 0])
        counts[one.dose - 1] += one.taken
        counts[2] += one.capacity
    return [
        _need(where, (counts[0], counts[1]), counts[2], doses_per_vial[where[2]])
        for where, counts in sorted(booked.items())
        if counts[2]
    ]


def totals(needed: Sequence[Need]) -> list[Total]:
    """Add up by product."""
    return [
        Total(
            product_id,
            *(
                sum(getattr(need, name) for need in needed if need.product_id == product_id)
                for name in Total.__struct_fields__[1:]
            ),
        )
        for product_id in sorted({need.product_id for need in needed})
    ]


def _need(where: tuple[date, str, str], booked: tuple[int, int], seats: int, per_vial: int) -> Need:
    doses = sum(booked)
    vials = _vials(doses, per_vial)
    spare, most = vials * per_vial - doses, _vials(seats, per_vial)
    return Need(*where, *booked, doses, per_vial, vials, spare, seats, most)


def _vials(doses: int, per_vial: int) -> int:
    return -(-doses // per_vial)
