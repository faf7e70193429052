"""The rule of the pair, as a table."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from allocator.model import FirstDose, Product, Slot
from allocator.pairing import interval_is_met, interval_is_met_after, second_slot_for
from tests.unit.allocator.offers import MONDAY, PRODUCT, day, ledger, slot

FIRST = slot(1, MONDAY, 10, seats=(1, 0))

EXAMPLES: list[tuple[str, list[Slot], int | None]] = [
    ("same time on the standard day", [slot(2, day(21), 10), slot(3, day(21), 9)], 2),
    ("nearest time on the standard day", [slot(2, day(21), 9), slot(3, day(21), 10, 30)], 3),
    ("of two as near, the earlier", [slot(2, day(21), 10, 30), slot(3, day(21), 9, 30)], 3),
    ("a full slot is passed over", [slot(2, day(21), 10, seats=(9, 0)), slot(3, day(21), 15)], 3),
    ("standard day before a better time", [slot(2, day(21), 16), slot(3, day(22), 10)], 2),
    (
        "next day when the standard is full",
        [slot(2, day(21), 10, seats=(1, 0)), slot(3, day(22))],
        3,
    ),
    ("last day of the interval", [slot(2, day(42))], 2),
    ("not after the last day", [slot(2, day(43))], None),
    ("never before the standard day", [slot(2, day(20)), slot(3, day(19))], None),
    ("not at another venue", [slot(2, day(21), venue="hall")], None),
    ("not of another product", [slot(2, day(21), product="moderna")], None),
    ("not in another release", [slot(2, day(21), release="other")], None),
    ("no slot at all", [], None),
]


@pytest.mark.parametrize(("what", "others", "expected"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_second_dose_follows_the_rule(what: str, others: list[Slot], expected: int | None) -> None:
    """Each example of the rule gives its second slot."""
    seats = ledger(FIRST, *others).seats
    second = second_slot_for(seats.slots[1], PRODUCT)
    assert (second.slot.slot_id if second else None) == expected, what


@pytest.mark.parametrize(
    ("interval", "is_met"), [(18, False), (19, True), (21, True), (42, True), (43, False)]
)
def test_named_second_slot_must_keep_the_interval(interval: int, *, is_met: bool) -> None:
    """Both ends of the product's interval belong to it (L1: 17 in place of 18 days)."""
    seats = ledger(slot(2, day(interval))).seats
    assert interval_is_met(MONDAY, seats.slots[2], PRODUCT) is is_met


AFTER: list[tuple[str, int, date, bool]] = [
    ("too early", 18, day(1), False),
    ("in the interval", 19, day(1), True),
    ("after it while it can be kept", 43, day(42), False),
    ("after it once overdue", 43, day(43), True),
    ("overdue but too early is impossible", 18, day(43), False),
]


@pytest.mark.parametrize(("what", "interval", "today", "is_met"), AFTER, ids=[a[0] for a in AFTER])
def test_overdue_second_dose_is_still_given(
    what: str, interval: int, today: date, *, is_met: bool
) -> None:
    """After a first dose elsewhere the upper end holds only while it can be kept."""
    second = ledger(slot(2, day(interval))).seats.slots[2]
    first = FirstDose("pfizer", MONDAY)
    assert interval_is_met_after(first, second, PRODUCT, today) is is_met, what


def test_interval_is_the_products_own() -> None:
    """Another product's dose 2 comes on its own standard day."""
    product = Product("x", {}, 5, 3, 6, 1, "s")
    seats = ledger(slot(1, MONDAY), slot(2, MONDAY + timedelta(days=5))).seats
    second = second_slot_for(seats.slots[1], product)
    assert second is not None
    assert second.slot.slot_id == 2
