"""The rule of the pair: which second dose goes with a first dose.

Rule 1: dose 2 is in the same release, of the same product, and at least
`interval_days_min` and at most `interval_days_max` days after dose 1.
Rule 2: unless the resident names a slot, dose 2 is at the same venue, on the
standard day if that has a seat and otherwise on the nearest later day; on that
day at the same time of day if possible and otherwise at the nearest (of two as
near, the earlier). Never before the standard day.

Source: 標準的な接種間隔 (requirement R5); intervals are the product's own, with
their source stored beside them.
"""

from __future__ import annotations

from datetime import date

from allocator.model import FirstDose, Product
from allocator.seats import SlotSeats


def second_slot_for(first: SlotSeats, product: Product) -> SlotSeats | None:
    """Return the slot of dose 2 that goes with a first dose, or None if there is no seat.

    Looks at no more than interval_days_max - interval_days_standard + 1 days.
    """
    for day in first.of_day.later(product.interval_days_standard, product.interval_days_max):
        if day.free[1] > 0:
            return day.nearest_free(2, first.minute)
    return None


def interval_is_met(dose1_day: date, second: SlotSeats, product: Product) -> bool:
    """Say whether a second slot that somebody named keeps the product's interval."""
    interval = (second.day - dose1_day).days
    return product.interval_days_min <= interval <= product.interval_days_max


def interval_is_met_after(
    first: FirstDose, second: SlotSeats, product: Product, today: date
) -> bool:
    """Say whether dose 2 may be given after a first dose elsewhere.

    Once the interval has run out dose 2 is overdue, and is still given, on any
    day (domain facts, *requirements*: "An overdue second dose is still given").
    """
    interval = (second.day - first.day).days
    if interval < product.interval_days_min:
        return False
    overdue = (today - first.day).days > product.interval_days_max
    return overdue or interval <= product.interval_days_max
