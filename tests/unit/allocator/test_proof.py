"""A proof names what does not follow from the journal."""

from __future__ import annotations

import pytest

from allocator.batch import FIRST_CHAIN_HASH, JournalHead, batch_of, chained
from allocator.commands import AddSeats, BookTogether, CloseSlots, Companion
from allocator.core import decide_batch
from allocator.model import Booking, Choice, FirstDose, Flexible
from allocator.proof import FINDINGS_MAX, JournalEntry, Proof, StoredBooking
from tests.unit.allocator.offers import (
    MONDAY,
    NOW,
    book,
    cancel,
    day,
    facts,
    join,
    ledger,
    person,
    request,
    slot,
)

SLOTS = (slot(1, MONDAY, seats=(3, 3)), slot(21, day(21), seats=(3, 3)))


def journal() -> tuple[list[JournalEntry], list[StoredBooking]]:
    """Two people book, a third had dose 1 elsewhere and cancels; a fourth asks in vain."""
    books, known = ledger(*SLOTS), facts(1, 2, 3, 4)
    elsewhere = FirstDose("pfizer", MONDAY)
    requests = [
        request(1, book(1), 1),
        request(2, book(1), 2),
        request(3, book(21, elsewhere=elsewhere), 3),
        request(4, cancel(), 3),
        request(5, cancel(), 4),
    ]
    decisions = decide_batch(books, known, requests, NOW)
    rows = batch_of(decisions, books.catalogue, JournalHead(), NOW).journal
    entries = [
        JournalEntry(*row)
        for row in zip(rows["journal_seq"], rows["entry"], rows["chain_hash"], strict=True)
    ]
    stored = {
        made.outcome.booking_id: StoredBooking(made.request.person_key, made.outcome)
        for made in decisions
        if isinstance(made.outcome, Booking)
    }
    return entries, list(stored.values())


TAKEN = {(1, 1): 2, (21, 2): 2}


def proved(entries: list[JournalEntry], stored: list[StoredBooking]) -> list[str]:
    """Findings of a proof of these rows, with seats and answers as they should be."""
    proof = Proof()
    for entry in entries:
        proof.read(entry)
    proof.compare(stored, TAKEN, 5)
    assert proof.in_order is not bool(proof.findings)
    return proof.findings


def test_tables_that_follow_from_the_journal_are_in_order() -> None:
    """Booked, cancelled and refused."""
    assert proved(*journal()) == []


def test_cancelled_booking_need_not_say_where_dose_1_was_given() -> None:
    """The row of a cancelled booking has lost it."""
    entries, stored = journal()
    assert any(row.booking.state == "cancelled" for row in stored)
    assert proved(entries, stored) == []


def test_altered_and_unreadable_entries_break_the_chain() -> None:
    """The entry after an altered one still fits the hash that is stored."""
    entries, stored = journal()
    entries[4] = JournalEntry(5, "{}", entries[4].chain_hash)
    assert proved(entries, stored) == [
        "journal: the chain breaks at entry 5",
        "journal: entry 5 cannot be read",
    ]


def test_missing_entry_is_named_once() -> None:
    """The numbers go on from the entry that follows."""
    entries, stored = journal()
    del entries[4]
    entries.append(JournalEntry(6, "{}", b""))
    assert proved(entries, stored)[0] == "journal: entry 5 is missing, 6 follows"


def test_bookings_are_compared_one_by_one() -> None:
    """Lost, unknown, and somebody else's."""
    entries, stored = journal()
    unknown = StoredBooking(person(9), stored[0].booking)
    assert proved(entries, [unknown, stored[1], stored[2]]) == [
        "booking 0000001-3 is not as the journal left it"
    ]
    assert proved(entries, stored[1:]) == ["booking 0000001-3 is in the journal and not stored"]
    proof = Proof()
    proof.compare(stored[:1], {}, 0)
    assert proof.findings == ["booking 0000001-3 is in no entry of the journal"]


def test_seats_and_answers_are_counted() -> None:
    """Also where nothing should be taken."""
    proof = Proof()
    proof.compare([], {(1, 2): 1}, 2)
    assert proof.findings == [
        "answers: 2 are stored for 0 decisions",
        "seats: slot 1 dose 2 has 1 taken, not 0",
    ]


def test_findings_are_bounded() -> None:
    """More say the same."""
    proof = Proof()
    for number in range(1, FINDINGS_MAX + 5):
        proof.read(JournalEntry(number, "{}", b""))
    assert len(proof.findings) == FINDINGS_MAX


def decided_by_many() -> tuple[Proof, list[StoredBooking]]:
    """Two people together, a list, an offer to somebody else, and a slot that is closed."""
    books = ledger(
        slot(1, MONDAY, seats=(2, 0)),
        slot(2, day(1), seats=(1, 0)),
        slot(21, day(22), seats=(0, 2)),
    )
    known = facts(1, 2, 3)
    two = BookTogether("release", (Choice(1),), b"", "ja", Companion(person(2), b""))
    requests = [
        request(1, two),
        request(2, join(Flexible(MONDAY, MONDAY)), 3),
        request(3, cancel()),
        request(4, AddSeats("release", 2, (1, 0), "staff"), 9),
        request(5, CloseSlots("release", (1,), "staff"), 9),
    ]
    decisions = decide_batch(books, known, requests, NOW)
    notices = [[move.notice for move in made.moves] for made in decisions]
    assert notices == [
        ["booked", "booked"],
        ["joined"],
        ["cancelled", "offered"],
        [],
        ["moved", "listed"],
    ]
    rows = batch_of(decisions, books.catalogue, JournalHead(), NOW).journal
    proof = Proof()
    for row in zip(rows["journal_seq"], rows["entry"], rows["chain_hash"], strict=True):
        proof.read(JournalEntry(*row))
    stored = {
        move.after.booking_id: StoredBooking(move.person_key, move.after)
        for made in decisions
        for move in made.moves
    }
    return proof, list(stored.values())


SEATS = {(2, 1): 1, (21, 2): 1}


def test_everybody_whom_a_decision_moved_is_proved() -> None:
    """The companion, whoever was offered something, and whoever an order displaced."""
    proof, stored = decided_by_many()
    proof.compare(stored, SEATS, 5)
    assert proof.findings == []


def test_booking_that_a_decision_moved_besides_is_compared() -> None:
    """Stored as somebody else's, or not at all, it is found; so are its seats."""
    proof, stored = decided_by_many()
    lead, companion, waits = stored
    proof.compare([lead, StoredBooking(person(7), companion.booking)], {}, 5)
    assert proof.findings == [
        f"booking {companion.booking.booking_number} is not as the journal left it",
        f"booking {waits.booking.booking_number} is in the journal and not stored",
        "seats: slot 2 dose 1 has 0 taken, not 1",
        "seats: slot 21 dose 2 has 0 taken, not 1",
    ]


@pytest.mark.parametrize(
    "moves", ['[{"booking": 1, "person": "00"}]', '[{"person": "00"}]', "1", "[{}]"]
)
def test_entry_with_moves_that_cannot_be_read_is_named(moves: str) -> None:
    entry = f'{{"moves": {moves}, "outcome": [], "person": "00"}}'
    proof = Proof()
    proof.read(JournalEntry(1, entry, chained(FIRST_CHAIN_HASH, entry)))
    assert proof.findings == ["journal: entry 1 cannot be read"]
