"""Each check of the audit finds what it is for, once the schema's own wall is torn down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from allocator.audit import Told, audit
from allocator.errors import StoreAway
from tests.integration.stored import Stored

KEY = bytes(range(32))


@pytest.fixture
def stored(database_url: str) -> Iterator[Stored]:
    made = Stored(database_url, KEY)
    yield made
    made.close()


def tear_down_walls(stored: Stored) -> None:
    """Drop every constraint and unique index of bookings and seats that could object."""
    rows = stored.connection.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint "
        "WHERE conrelid IN ('booking'::regclass, 'seats'::regclass) AND contype IN ('c', 'f')"
    ).fetchall()
    for table, name in rows:
        stored.connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    stored.connection.execute("DROP INDEX booking_one_per_person_and_campaign")


def found(database_url: str, told: list[Told] | None = None) -> dict[str, list[str]]:
    return {check: what for check, what in audit(database_url, told or []).findings.items() if what}


def test_tables_in_order_have_no_findings(stored: Stored, database_url: str) -> None:
    booked = [stored.book() for _ in range(3)]
    stored.cancel(booked[2])
    told = [Told(item.booking_number, *item.slot_ids) for item in booked[:2]]
    result = audit(database_url, told)
    assert result.in_order
    assert sorted(result.findings) == [
        "counter_mismatches",
        "double_bookings",
        "half_pairs",
        "interval_breaches",
        "missing_bookings",
        "oversold_seats",
        "unknown_numbers",
    ]


def test_number_that_was_told_and_is_not_stored_is_found(stored: Stored, database_url: str) -> None:
    booked = stored.book().booking_number
    numbers = [booked, "9999999-9"]
    findings = audit(database_url, numbers=numbers).findings
    assert findings["unknown_numbers"] == ["booking 9999999-9: not stored"]
    assert audit(database_url, numbers=[booked]).in_order


@pytest.mark.parametrize(
    ("check", "breach"),
    [
        ("oversold_seats", "UPDATE seats SET capacity = 1 WHERE taken > 0"),
        (
            "half_pairs",
            "UPDATE booking SET dose2_slot_id = NULL, dose2_on = NULL",
        ),
        (
            "half_pairs",
            "UPDATE booking SET state = 'first_only', dose2_slot_id = NULL, dose2_on = NULL",
        ),
        ("half_pairs", "UPDATE booking SET dose1_slot_id = NULL WHERE booking_number = %(one)s"),
        ("half_pairs", "UPDATE booking SET product_id = 'another' WHERE booking_number = %(one)s"),
        (
            "interval_breaches",
            "UPDATE booking SET interval_days_min = 22 WHERE booking_number = %(one)s",
        ),
        (
            "interval_breaches",
            "UPDATE booking SET interval_days_min = 1, interval_days_max = 20",
        ),
        (
            "double_bookings",
            "UPDATE booking SET person_key = (SELECT min(person_key) FROM booking)",
        ),
        ("counter_mismatches", "UPDATE seats SET taken = taken + 1 WHERE taken > 0"),
        ("counter_mismatches", "DELETE FROM booking WHERE booking_number = %(one)s"),
        ("missing_bookings", "DELETE FROM booking WHERE booking_number = %(one)s"),
        (
            "missing_bookings",
            "UPDATE booking SET state = 'cancelled' WHERE booking_number = %(one)s",
        ),
    ],
)
def test_each_check_finds_its_breach(
    stored: Stored, database_url: str, check: str, breach: str
) -> None:
    booked = [stored.book(), stored.book()]
    told = [Told(item.booking_number, *item.slot_ids) for item in booked]
    assert found(database_url, told) == {}
    tear_down_walls(stored)
    stored.connection.execute(breach.encode(), {"one": booked[0].booking_number})
    findings = found(database_url, told)
    assert findings[check]
    assert not any("yuri" in line for lines in findings.values() for line in lines)


def test_second_dose_given_back_is_no_half_pair(stored: Stored, database_url: str) -> None:
    booking = stored.book()
    stored.connection.execute(
        "UPDATE booking SET state = 'first_only', dose2_slot_id = NULL, dose2_on = NULL"
    )
    stored.connection.execute(
        "UPDATE seats SET taken = 0 WHERE (slot_id, dose) = (%s, 2)", [booking.slot_ids[1]]
    )
    stored.journal(booking.booking_id, "cancel")
    assert found(database_url) == {}


def test_second_dose_after_a_first_one_elsewhere_is_no_half_pair(
    stored: Stored, database_url: str
) -> None:
    booking = stored.book()
    stored.connection.execute("UPDATE booking SET dose1_slot_id = NULL, dose1_on = dose2_on - 60")
    stored.connection.execute(
        "UPDATE seats SET taken = 0 WHERE (slot_id, dose) = (%s, 1)", [booking.slot_ids[0]]
    )
    elsewhere = {"product_id": "comirnaty", "day": "2021-07-01"}
    stored.journal(booking.booking_id, "book", elsewhere)
    assert found(database_url) == {}


def test_booking_told_in_other_slots_is_missing(stored: Stored, database_url: str) -> None:
    booking = stored.book()
    first, second = booking.slot_ids
    wrong = Told(booking.booking_number, second, first)
    assert list(found(database_url, [wrong])) == ["missing_bookings"]
    assert list(found(database_url, [Told("nowhere", first, second)])) == ["missing_bookings"]


def test_database_that_is_away_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(StoreAway):
        audit(f"postgresql:///city?host={tmp_path}")
