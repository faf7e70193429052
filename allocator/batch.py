"""Turn the decisions of one batch into the rows that record them.

Rule 1: every new decision has one journal entry and one outcome; every booking that it
moves has its seats moved and, where its person is to be told, one message in the outbox.
Rule 2: the journal is a chain: each hash covers the one before and the entry, so
that no entry can be altered, dropped or slipped in unnoticed.

A journal entry is canonical JSON (keys sorted) of the request without its sealed
contacts, and its outcome; where a decision moved other bookings than the answer names,
or edited capacities, of those too. Nothing here does I/O.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from allocator.commands import Book, BookTogether, Command, Join, WalkIn
from allocator.ledger import Decision, Move
from allocator.model import Booking, Catalogue, DoseNumber

FIRST_CHAIN_HASH = bytes(32)

Columns = dict[str, list[Any]]


class JournalHead(msgspec.Struct, frozen=True):
    """The last entry: its sequence number (0 before the first) and its hash."""

    journal_seq: int = 0
    chain_hash: bytes = FIRST_CHAIN_HASH


class Batch(msgspec.Struct, frozen=True):
    """The rows of one transaction, as columns (see the statements of the same names).

    It was decided on `catalogue_version`, which it raises by `catalogue_edits`.
    """

    bookings_inserted: Columns
    bookings_changed: Columns
    seats_moved: Columns
    journal: Columns
    outcomes: Columns
    outbox: Columns
    journal_head: JournalHead
    catalogue_version: int
    catalogue_edits: int


def batch_of(
    decisions: Sequence[Decision], catalogue: Catalogue, head: JournalHead, now: datetime
) -> Batch:
    """Record the new ones of these decisions, in order, after the journal's head.

    `catalogue` is what is on offer after them.
    """
    new = [decision for decision in decisions if decision.is_new]
    journal, outcomes, outbox = _columns("journal"), _columns("outcomes"), _columns("outbox")
    for decision in new:
        head = _record(decision, head, journal, outcomes)
        for move in decision.moves:
            if move.notice is not None:
                outbox["kind"].append(move.notice)
                outbox["booking_id"].append(move.after.booking_id)
                outbox["journal_seq"].append(head.journal_seq)
    inserted, changed = _bookings(new, catalogue, now)
    edits = sum(1 for decision in new if decision.edits)
    return Batch(
        bookings_inserted=inserted,
        bookings_changed=changed,
        seats_moved=_seats_moved(new),
        journal=journal,
        outcomes=outcomes,
        outbox=outbox,
        journal_head=head,
        catalogue_version=catalogue.version - edits,
        catalogue_edits=edits,
    )


def chained(before: bytes, entry: str) -> bytes:
    """Return the hash of an entry that follows the entry with hash `before`."""
    return hashlib.sha256(before + entry.encode()).digest()


def _record(
    decision: Decision, head: JournalHead, journal: Columns, outcomes: Columns
) -> JournalHead:
    entry, request = _entry(decision), decision.request
    head = JournalHead(head.journal_seq + 1, chained(head.chain_hash, entry))
    journal["journal_seq"].append(head.journal_seq)
    journal["entry"].append(entry)
    journal["chain_hash"].append(head.chain_hash)
    outcomes["request_id"].append(request.request_id)
    outcomes["content_digest"].append(request.content_digest)
    outcomes["person_key"].append(request.person_key)
    outcomes["journal_seq"].append(head.journal_seq)
    outcomes["answer"].append(_encode_answer(decision.outcome))
    return head


_encode_answer = msgspec.msgpack.Encoder().encode
_encode_entry = msgspec.json.Encoder(order="sorted").encode


def _entry(decision: Decision) -> str:
    request = decision.request
    content: dict[str, object] = {
        "command": _without_contacts(request.command),
        "content_digest": request.content_digest.hex(),
        "outcome": decision.outcome,
        "person": request.person_key.hex(),
        "request_id": request.request_id,
    }
    if any(move.after != decision.outcome for move in decision.moves):
        content["moves"] = [
            {"booking": move.after, "person": move.person_key.hex()} for move in decision.moves
        ]
    if decision.edits:
        content["edits"] = decision.edits
    return _encode_entry(content).decode()


def _without_contacts(command: Command) -> Command:
    if isinstance(command, BookTogether):
        companion = msgspec.structs.replace(command.companion, contact=b"")
        return msgspec.structs.replace(command, contact=b"", companion=companion)
    if isinstance(command, (Book, Join, WalkIn)):
        return msgspec.structs.replace(command, contact=b"")
    return command


def _bookings(
    new: Sequence[Decision], catalogue: Catalogue, now: datetime
) -> tuple[Columns, Columns]:
    """Return the bookings to insert and to change, each as the batch leaves it."""
    made: dict[UUID, tuple[Decision, Move]] = {}
    last: dict[UUID, Booking] = {}
    for decision in new:
        for move in decision.moves:
            if move.before is None:
                made[move.after.booking_id] = (decision, move)
            last[move.after.booking_id] = move.after
    inserted = _rows([last[booking_id] for booking_id in made], catalogue)
    inserted["booking_number"] = [move.after.booking_number for _, move in made.values()]
    inserted["person_key"] = [move.person_key for _, move in made.values()]
    inserted["campaign_id"] = [move.after.campaign_id for _, move in made.values()]
    inserted["release_id"] = [move.after.release_id for _, move in made.values()]
    inserted["contact"] = [_contact(decision, move) for decision, move in made.values()]
    inserted["language"] = [_language(decision.request.command) for decision, _ in made.values()]
    inserted["booked_at"] = [now] * len(made)
    changed = [booking for booking_id, booking in last.items() if booking_id not in made]
    return inserted, _rows(changed, catalogue)


def _rows(bookings: Sequence[Booking], catalogue: Catalogue) -> Columns:
    """Return what both an inserted and a changed booking have."""
    products = [catalogue.products.get(booking.product_id) for booking in bookings]
    firsts = [booking.slot_of(1) for booking in bookings]
    seconds = [booking.slot_of(2) for booking in bookings]
    return {
        "booking_id": [booking.booking_id for booking in bookings],
        "product_id": [booking.product_id for booking in bookings],
        "dose1_slot_id": firsts,
        "dose1_on": [_dose1_on(booking, catalogue) for booking in bookings],
        "dose2_slot_id": seconds,
        "dose2_on": [None if slot is None else catalogue.slots[slot].day for slot in seconds],
        "interval_days_min": [product.interval_days_min if product else 0 for product in products],
        "interval_days_max": [product.interval_days_max if product else 0 for product in products],
        "state": [booking.state for booking in bookings],
        "dose1_given": [1 in booking.given for booking in bookings],
        "dose2_given": [2 in booking.given for booking in bookings],
        "standby": [_standby(booking) for booking in bookings],
    }


def _dose1_on(booking: Booking, catalogue: Catalogue) -> date | None:
    if booking.first_dose_elsewhere is not None:
        return booking.first_dose_elsewhere.day
    slot_id = booking.slot_of(1)
    return None if slot_id is None else catalogue.slots[slot_id].day


def _standby(booking: Booking) -> str | None:
    if booking.standby is None:
        return None
    return msgspec.json.encode(booking.standby).decode()


def _contact(decision: Decision, move: Move) -> bytes:
    command = decision.request.command
    if isinstance(command, BookTogether) and move.person_key == command.companion.person_key:
        return command.companion.contact
    assert isinstance(command, (Book, BookTogether, Join, WalkIn)), "no other makes a booking"
    return command.contact


def _language(command: Command) -> str:
    assert isinstance(command, (Book, BookTogether, Join, WalkIn)), "no other makes a booking"
    return command.language


def _seats_moved(new: Sequence[Decision]) -> Columns:
    counts: Counter[tuple[int, DoseNumber]] = Counter()
    capacities: dict[tuple[int, DoseNumber], int] = {}
    for decision in new:
        for move in decision.moves:
            for dose in move.after.doses:
                counts[dose.slot_id, dose.dose] += 1
            for dose in move.before.doses if move.before is not None else ():
                counts[dose.slot_id, dose.dose] -= 1
        for edit in decision.edits:
            capacities[edit.slot_id, edit.dose] = edit.capacity
    columns = _columns("seats_moved")
    for key in sorted({*counts, *capacities}):
        if counts[key] != 0 or key in capacities:
            columns["slot_id"].append(key[0])
            columns["dose"].append(key[1])
            columns["count"].append(counts[key])
            columns["capacity"].append(capacities.get(key))
    return columns


_NAMES = {
    "seats_moved": ("slot_id", "dose", "count", "capacity"),
    "journal": ("journal_seq", "entry", "chain_hash"),
    "outcomes": ("request_id", "content_digest", "person_key", "journal_seq", "answer"),
    "outbox": ("kind", "booking_id", "journal_seq"),
}


def _columns(table: str) -> Columns:
    return {name: [] for name in _NAMES[table]}
