"""Turn the decisions of one batch into the rows that record them.

Rule 1: every new decision has one journal entry and one outcome; every booking that it
moves has its seats moved and, where its person is to be told, one message in the outbox
(nobody is told of the synthetic resident's).
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

from allocator.commands import Book, BookTogether, CloseSlots, Command, Join, WalkIn
from allocator.dose_marks import dose_records
from allocator.ledger import IN_THE_CITYS_WORDS, Decision, Move
from allocator.model import PROBE_ID, Booking, Catalogue, DoseNumber

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
    dose_records: Columns
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
    numbers = range(head.journal_seq + 1, head.journal_seq + 1 + len(new))
    journal, head = _journal(new, numbers, head)
    inserted, changed = _bookings(new, catalogue, now)
    edits = sum(1 for decision in new if decision.edits)
    return Batch(
        bookings_inserted=inserted,
        bookings_changed=changed,
        seats_moved=_seats_moved(new),
        journal=journal,
        outcomes=_outcomes(new, numbers),
        outbox=_outbox(new, numbers),
        dose_records=dose_records(zip(new, numbers, strict=True), now),
        journal_head=head,
        catalogue_version=catalogue.version - edits,
        catalogue_edits=edits,
    )


def chained(before: bytes, entry: str) -> bytes:
    """Return the hash of an entry that follows the entry with hash `before`."""
    return hashlib.sha256(before + entry.encode()).digest()


def _journal(
    new: Sequence[Decision], numbers: Sequence[int], head: JournalHead
) -> tuple[Columns, JournalHead]:
    entries = [_entry(decision) for decision in new]
    hashes, chain_hash = [], head.chain_hash
    for entry in entries:
        chain_hash = chained(chain_hash, entry)
        hashes.append(chain_hash)
    columns: Columns = {"journal_seq": list(numbers), "entry": entries, "chain_hash": hashes}
    return columns, JournalHead(head.journal_seq + len(new), chain_hash)


def _outcomes(new: Sequence[Decision], numbers: Sequence[int]) -> Columns:
    requests = [decision.request for decision in new]
    return {
        "request_id": [request.request_id for request in requests],
        "content_digest": [request.content_digest for request in requests],
        "person_key": [request.person_key for request in requests],
        "journal_seq": list(numbers),
        "answer": [_encode_answer(decision.outcome) for decision in new],
    }


def _outbox(new: Sequence[Decision], numbers: Sequence[int]) -> Columns:
    told = [
        (move, number, _words(decision.request.command, move))
        for decision, number in zip(new, numbers, strict=True)
        for move in decision.moves
        if move.notice is not None and move.after.campaign_id != PROBE_ID
    ]
    return {
        "kind": [move.notice for move, _, _ in told],
        "booking_id": [move.after.booking_id for move, _, _ in told],
        "journal_seq": [number for _, number, _ in told],
        "words": [words for _, _, words in told],
        "parted": [move.is_parted for move, _, _ in told],
    }


def _words(command: Command, move: Move) -> str | None:
    """Return what the city itself says to whom an order moved; nobody else is told that."""
    if isinstance(command, CloseSlots) and move.notice in IN_THE_CITYS_WORDS:
        return command.words
    return None


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
    last: dict[UUID, Move] = {}
    for decision in new:
        for move in decision.moves:
            if move.before is None:
                made[move.after.booking_id] = (decision, move)
            last[move.after.booking_id] = move
    inserted = _rows([last[booking_id] for booking_id in made], catalogue)
    inserted["booking_number"] = [move.after.booking_number for _, move in made.values()]
    inserted["campaign_id"] = [move.after.campaign_id for _, move in made.values()]
    inserted["release_id"] = [move.after.release_id for _, move in made.values()]
    inserted["contact"] = [_contact(decision, move) for decision, move in made.values()]
    inserted["language"] = [_language(decision.request.command) for decision, _ in made.values()]
    inserted["booked_at"] = [now] * len(made)
    changed = [move for booking_id, move in last.items() if booking_id not in made]
    return inserted, _rows(changed, catalogue)


def _rows(moves: Sequence[Move], catalogue: Catalogue) -> Columns:
    """Return what both an inserted and a changed booking have."""
    bookings = [move.after for move in moves]
    products = [catalogue.products.get(booking.product_id) for booking in bookings]
    firsts = [booking.slot_of(1) for booking in bookings]
    seconds = [booking.slot_of(2) for booking in bookings]
    slots = {slot for slot in (*firsts, *seconds) if slot is not None}
    days: dict[int | None, date] = {slot: catalogue.slots[slot].day for slot in slots}
    return {
        "booking_id": [booking.booking_id for booking in bookings],
        "person_key": [move.person_key for move in moves],
        "product_id": [booking.product_id for booking in bookings],
        "dose1_slot_id": firsts,
        "dose1_on": [
            days.get(slot)
            if booking.first_dose_elsewhere is None
            else booking.first_dose_elsewhere.day
            for booking, slot in zip(bookings, firsts, strict=True)
        ],
        "dose2_slot_id": seconds,
        "dose2_on": [days.get(slot) for slot in seconds],
        "interval_days_min": [product.interval_days_min if product else 0 for product in products],
        "interval_days_max": [product.interval_days_max if product else 0 for product in products],
        "state": [booking.state for booking in bookings],
        "dose1_given": [1 in booking.given for booking in bookings],
        "dose2_given": [2 in booking.given for booking in bookings],
        "standby": [_standby(booking) for booking in bookings],
        "reminders": [booking.reminders for booking in bookings],
    }


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
    moved = [
        (key, counts[key])
        for key in sorted({*counts, *capacities})
        if counts[key] or key in capacities
    ]
    return {
        "slot_id": [slot_id for (slot_id, _), _ in moved],
        "dose": [dose for (_, dose), _ in moved],
        "count": [count for _, count in moved],
        "capacity": [capacities.get(key) for key, _ in moved],
    }
