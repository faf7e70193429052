"""What becomes of each dose at the venue, as the rows that record it.

Rule 1: a dose of a booking has one record: given, not come, or a mark that was taken back. A later
mark replaces it; the journal keeps them all.
Rule 2: only a decision that moved its booking is recorded: a second mark of what is marked
already, and a refusal, leave the record as it is.

Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec

from allocator.commands import MarkDose, NotCome, WalkIn
from allocator.ledger import Decision
from allocator.model import SITE_TIMEZONE, Booking, DoseNumber

Row = dict[str, Any]

COLUMNS = (
    "booking_id",
    "dose",
    "mark",
    "slot_id",
    "product_id",
    "lot",
    "given_on",
    "marked_by",
    "reason",
    "journal_seq",
)


def dose_records(decided: Iterable[tuple[Decision, int]], now: datetime) -> dict[str, list[Any]]:
    """Return the records that decisions (each with its number in the journal) come to, as columns.

    Of several about one dose the last.
    """
    last: dict[tuple[Any, DoseNumber], Row] = {}
    for decision, number in decided:
        row = _row(decision, now)
        if row is not None:
            last[row["booking_id"], row["dose"]] = {**row, "journal_seq": number}
    return {name: [row[name] for row in last.values()] for name in COLUMNS}


def _row(decision: Decision, now: datetime) -> Row | None:
    after, command = decision.outcome, decision.request.command
    if not decision.moves or not isinstance(after, Booking):
        return None
    today = now.astimezone(SITE_TIMEZONE).date()
    match command:
        case MarkDose(dose=dose, given=True) as order:
            return _given(after, dose, order.lot, order.given_on or today, order.ordered_by)
        case MarkDose(dose=dose) as order:
            row = _given(after, dose, "", today, order.ordered_by)
            return row | {"mark": "undone", "given_on": None, "reason": order.reason}
        case NotCome(dose=dose) as order:
            before = decision.moves[0].before
            assert before is not None, "somebody held what they did not come for"
            row = _given(before, dose, "", today, order.ordered_by)
            return row | {"mark": "not_come", "given_on": None}
        case WalkIn() as order:
            lot = "" if order.lot is msgspec.UNSET else order.lot
            return _given(after, after.given[-1], lot, today, order.ordered_by)
        case _:
            return None


def _given(booking: Booking, dose: DoseNumber, lot: str, day: date, by: str) -> Row:
    return {
        "booking_id": booking.booking_id,
        "dose": dose,
        "mark": "given",
        "slot_id": booking.slot_of(dose),
        "product_id": booking.product_id,
        "lot": lot,
        "given_on": day,
        "marked_by": by,
        "reason": "",
    }
