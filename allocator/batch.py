"""Turn the decisions of one batch into the rows that record them.

Rule 1: every new decision has one journal entry and one outcome; every change of
a booking has its seats moved and one message in the outbox.
Rule 2: the journal is a chain: each hash covers the one before and the entry, so
that no entry can be altered, dropped or slipped in unnoticed.

A journal entry is canonical JSON (keys sorted) of the request without its sealed
contact, and its outcome. Nothing here does I/O.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from allocator.core import Decision
from allocator.model import Book, Booking, Catalogue, Change

FIRST_CHAIN_HASH = bytes(32)

Columns = dict[str, list[Any]]


class JournalHead(msgspec.Struct, frozen=True):
    """The last entry: its sequence number (0 before the first) and its hash."""

    journal_seq: int = 0
    chain_hash: bytes = FIRST_CHAIN_HASH


class Batch(msgspec.Struct, frozen=True):
    """The rows of one transaction, as columns (see the statements of the same names)."""

    bookings_inserted: Columns
    bookings_changed: Columns
    seats_moved: Columns
    journal: Columns
    outcomes: Columns
    outbox: Columns
    journal_head: JournalHead


def batch_of(
    decisions: Sequence[Decision], catalogue: Catalogue, head: JournalHead, now: datetime
) -> Batch:
    """Record the new ones of these decisions, in order, after the journal's head."""
    new = [decision for decision in decisions if decision.is_new]
    journal, outcomes, outbox = _columns("journal"), _columns("outcomes"), _columns("outbox")
    for decision in new:
        head = _record(decision, head, journal, outcomes)
        if isinstance(decision.outcome, Booking):
            _append(outbox, kind=_kind(decision), booking_id=decision.outcome.booking_id)
            outbox["journal_seq"].append(head.journal_seq)
    inserted, changed = _bookings(new, catalogue, now)
    return Batch(
        bookings_inserted=inserted,
        bookings_changed=changed,
        seats_moved=_seats_moved(new),
        journal=journal,
        outcomes=outcomes,
        outbox=outbox,
        journal_head=head,
    )


def chained(before: bytes, entry: str) -> bytes:
    """Return the hash of an entry that follows the entry with hash `before`."""
    return hashlib.sha256(before + entry.encode()).digest()


def _record(
    decision: Decision, head: JournalHead, journal: Columns, outcomes: Columns
) -> JournalHead:
    entry = _entry(decision)
    head = JournalHead(head.journal_seq + 1, chained(head.chain_hash, entry))
    _append(journal, journal_seq=head.journal_seq, entry=entry, chain_hash=head.chain_hash)
    _append(
        outcomes,
        request_id=decision.request.request_id,
        content_digest=decision.request.content_digest,
        person_key=decision.request.person_key,
        journal_seq=head.journal_seq,
        answer=msgspec.msgpack.encode(decision.outcome),
    )
    return head


def _entry(decision: Decision) -> str:
    request = decision.request
    command = request.command
    if isinstance(command, Book):
        command = msgspec.structs.replace(command, contact=b"")
    content = {
        "command": command,
        "content_digest": request.content_digest.hex(),
        "outcome": decision.outcome,
        "person": request.person_key.hex(),
        "request_id": request.request_id,
    }
    return msgspec.json.encode(content, order="sorted").decode()


def _kind(decision: Decision) -> str:
    command = decision.request.command
    if isinstance(command, Book):
        return "booked"
    return "changed" if isinstance(command, Change) else "cancelled"


def _bookings(
    new: Sequence[Decision], catalogue: Catalogue, now: datetime
) -> tuple[Columns, Columns]:
    """Return the bookings to insert and to change, each as the batch leaves it."""
    made: dict[UUID, dict[str, Any]] = {}
    changed: dict[UUID, dict[str, Any]] = {}
    for decision in new:
        booking = decision.outcome
        if not isinstance(booking, Booking):
            continue
        row = _booking_row(booking, catalogue)
        if isinstance(decision.request.command, Book):
            command = decision.request.command
            made[booking.booking_id] = row | {
                "booking_number": booking.booking_number,
                "person_key": decision.request.person_key,
                "campaign_id": booking.campaign_id,
                "release_id": booking.release_id,
                "contact": command.contact,
                "language": command.language,
                "booked_at": now,
            }
        elif booking.booking_id in made:
            made[booking.booking_id] |= _without_lost_day(row)
        else:
            earlier = changed.get(booking.booking_id, row)
            changed[booking.booking_id] = earlier | _without_lost_day(row)
    return _filled("bookings_inserted", made), _filled("bookings_changed", changed)


def _booking_row(booking: Booking, catalogue: Catalogue) -> dict[str, Any]:
    product = catalogue.products[booking.product_id]
    slot_ids: dict[int, int] = {dose.dose: dose.slot_id for dose in booking.doses}
    days = {dose: catalogue.slots[slot_id].day for dose, slot_id in slot_ids.items()}
    elsewhere = booking.first_dose_elsewhere
    dose1_on: date | None = days.get(1) if elsewhere is None else elsewhere.day
    return {
        "booking_id": booking.booking_id,
        "product_id": booking.product_id,
        "dose1_slot_id": slot_ids.get(1),
        "dose1_on": dose1_on,
        "dose2_slot_id": slot_ids.get(2),
        "dose2_on": days.get(2),
        "interval_days_min": product.interval_days_min,
        "interval_days_max": product.interval_days_max,
        "state": booking.state,
    }


def _without_lost_day(row: dict[str, Any]) -> dict[str, Any]:
    """A cancelled booking keeps the day of dose 1 that it had."""
    return {name: value for name, value in row.items() if (name, value) != ("dose1_on", None)}


def _seats_moved(new: Sequence[Decision]) -> Columns:
    counts: Counter[tuple[int, int]] = Counter()
    for decision in new:
        if isinstance(decision.outcome, Booking):
            counts.update((d.slot_id, d.dose) for d in decision.outcome.doses)
            given_back = decision.before.doses if decision.before else ()
            counts.subtract((d.slot_id, d.dose) for d in given_back)
    columns = _columns("seats_moved")
    for (slot_id, dose), count in sorted(counts.items()):
        if count != 0:
            _append(columns, slot_id=slot_id, dose=dose, count=count)
    return columns


_CHANGED = (
    "booking_id",
    "product_id",
    "dose1_slot_id",
    "dose1_on",
    "dose2_slot_id",
    "dose2_on",
    "interval_days_min",
    "interval_days_max",
    "state",
)
_NAMES = {
    "bookings_inserted": (
        *_CHANGED,
        "booking_number",
        "person_key",
        "campaign_id",
        "release_id",
        "contact",
        "language",
        "booked_at",
    ),
    "bookings_changed": _CHANGED,
    "seats_moved": ("slot_id", "dose", "count"),
    "journal": ("journal_seq", "entry", "chain_hash"),
    "outcomes": ("request_id", "content_digest", "person_key", "journal_seq", "answer"),
    "outbox": ("kind", "booking_id", "journal_seq"),
}


def _columns(table: str) -> Columns:
    return {name: [] for name in _NAMES[table]}


def _append(columns: Columns, **values: Any) -> None:
    for name, value in values.items():
        columns[name].append(value)


def _filled(table: str, rows: dict[UUID, dict[str, Any]]) -> Columns:
    columns = _columns(table)
    for row in rows.values():
        _append(columns, **row)
    return columns
