"""Look for broken promises in the tables themselves, believing neither counters nor constraints.

All questions are asked of one snapshot, so that bookings made meanwhile cannot look
like a contradiction. A finding names slots and booking numbers, never a person.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import psycopg
from psycopg.rows import scalar_row

from allocator.errors import StoreAway
from allocator.statements import statement

_QUESTIONS = {
    "oversold_seats": statement("audit_oversold_seats"),
    "half_pairs": statement("audit_half_pairs"),
    "interval_breaches": statement("audit_interval_breaches"),
    "double_bookings": statement("audit_double_bookings"),
    "counter_mismatches": statement("audit_counter_mismatches"),
    "missing_bookings": statement("audit_missing_bookings"),
    "unknown_numbers": statement("audit_unknown_numbers"),
}


class Told(msgspec.Struct, frozen=True):
    """A booking as its resident was told of it: to be found in the tables just so."""

    booking_number: str
    dose1_slot_id: int | None
    dose2_slot_id: int | None


class Audit(msgspec.Struct, frozen=True):
    """What was found, by check; in order when all lists are empty."""

    findings: dict[str, list[str]]

    @property
    def in_order(self) -> bool:
        """Say whether nothing was found."""
        return not any(self.findings.values())


def audit(database_url: str, told: Sequence[Told] = (), *, numbers: Sequence[str] = ()) -> Audit:
    """Ask all questions; `told` is what residents were told is booked.

    Of `numbers`, too, residents were told, but not (here) which slots they are for.

    Raises:
        StoreAway: the database does not answer, or may not be read.
    """
    confirmed = {
        "booking_numbers": [booking.booking_number for booking in told],
        "dose1_slot_ids": [booking.dose1_slot_id for booking in told],
        "dose2_slot_ids": [booking.dose2_slot_id for booking in told],
        "numbers": list(numbers),
    }
    findings = {}
    try:
        with psycopg.connect(
            database_url, connect_timeout=10, row_factory=scalar_row
        ) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            for check, question in _QUESTIONS.items():
                rows = connection.execute(question.encode(), confirmed)
                findings[check] = list(rows)
    except psycopg.Error:
        raise StoreAway from None
    return Audit(findings)
