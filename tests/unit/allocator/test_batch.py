"""The rows of a batch record what was decided, and nothing twice."""

from __future__ import annotations

import json
from collections.abc import Sequence

from allocator.batch import FIRST_CHAIN_HASH, Batch, JournalHead, batch_of, chained
from allocator.core import Facts, Ledger, decide_batch
from allocator.model import Cancel, Command, FirstDose, Refusal
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    book,
    cancel,
    change,
    day,
    facts,
    ledger,
    request,
    slot,
)

SLOTS = (slot(1, MONDAY, 9), slot(2, MONDAY, 10), slot(21, day(21), 9), slot(22, day(21), 10))


def batch(
    commands: Sequence[Command],
    books: Ledger | None = None,
    known: Facts | None = None,
    number: int = 1,
) -> Batch:
    """The batch in which person 1 asks for these, one after the other."""
    books, known = books or ledger(*SLOTS), known or facts(1)
    requests = [request(number + place, command) for place, command in enumerate(commands)]
    decisions = decide_batch(books, known, requests, NOW)
    return batch_of(decisions, books.catalogue, JournalHead(), NOW)


def moved(rows: Batch) -> dict[tuple[int, int], int]:
    """Seats moved, by slot and dose."""
    columns = rows.seats_moved
    return dict(
        zip(zip(columns["slot_id"], columns["dose"], strict=True), columns["count"], strict=True)
    )


def test_booking_is_recorded_everywhere() -> None:
    """Booking, seats, journal, outcome and outbox belong to one batch."""
    rows = batch([book(1)])
    inserted = rows.bookings_inserted
    assert (inserted["dose1_slot_id"], inserted["dose2_slot_id"]) == ([1], [21])
    assert (inserted["dose1_on"], inserted["dose2_on"]) == ([MONDAY], [day(21)])
    assert (inserted["interval_days_min"], inserted["interval_days_max"]) == ([19], [42])
    assert moved(rows) == {(1, 1): 1, (21, 2): 1}
    assert rows.outbox["kind"] == ["booked"]
    assert rows.outcomes["journal_seq"] == rows.journal["journal_seq"] == [1]


def test_refusal_is_recorded_without_seats() -> None:
    """A refusal has an outcome and a journal entry, and moves nothing."""
    rows = batch([cancel()])
    assert len(rows.outcomes["answer"]) == len(rows.journal["entry"]) == 1
    assert moved(rows) == {}
    assert rows.outbox["kind"] == []
    assert json.loads(rows.journal["entry"][0])["outcome"] == Refusal.NO_BOOKING


def test_answered_requests_are_not_recorded_again() -> None:
    """I5: a repeated request adds nothing to any table."""
    books, known = ledger(*SLOTS), facts(1)
    batch([book(1)], books, known)
    again = batch([book(1)], books, known)
    assert again.journal_head == JournalHead()
    assert not any(again.outcomes.values())
    assert moved(again) == {}


def test_change_moves_seats_both_ways() -> None:
    """Old seats come back in the batch that takes the new."""
    books, known = ledger(*SLOTS), facts(1)
    batch([book(1)], books, known)
    rows = batch([change(2)], books, known, number=2)
    assert moved(rows) == {(1, 1): -1, (2, 1): 1, (21, 2): -1, (22, 2): 1}
    assert rows.bookings_changed["dose1_slot_id"] == [2]
    assert rows.outbox["kind"] == ["changed"]


def test_booking_changed_in_its_own_batch_is_inserted_as_it_ends() -> None:
    """Booked, changed and cancelled at once: one row, no seats, the day of dose 1 kept."""
    rows = batch([book(1), change(2), cancel()])
    inserted = rows.bookings_inserted
    assert (inserted["state"], inserted["dose1_slot_id"]) == (["cancelled"], [None])
    assert inserted["dose1_on"] == [MONDAY]
    assert rows.bookings_changed["booking_id"] == []
    assert moved(rows) == {}
    assert rows.outbox["kind"] == ["booked", "changed", "cancelled"]


def test_booking_changed_twice_in_a_batch_is_changed_once() -> None:
    """The row is written as the batch leaves it."""
    books, known = ledger(*SLOTS), facts(1)
    batch([book(1)], books, known)
    rows = batch([change(2), Cancel(CAMPAIGN, "second")], books, known, number=2)
    assert rows.bookings_changed["state"] == ["first_only"]
    assert rows.bookings_changed["dose2_slot_id"] == [None]
    assert rows.bookings_changed["dose1_on"] == [MONDAY]


def test_first_dose_elsewhere_keeps_its_day() -> None:
    """The interval's beginning is in the row, so that a CHECK can see it."""
    rows = batch([book(21, elsewhere=FirstDose("pfizer", MONDAY))])
    inserted = rows.bookings_inserted
    assert (inserted["dose1_slot_id"], inserted["dose1_on"]) == ([None], [MONDAY])


def test_journal_is_a_chain() -> None:
    """Each hash covers the one before and the entry."""
    rows = batch([book(1), cancel()])
    first, second = rows.journal["entry"]
    after_first = chained(FIRST_CHAIN_HASH, first)
    assert rows.journal["chain_hash"] == [after_first, chained(after_first, second)]
    assert rows.journal_head == JournalHead(2, chained(after_first, second))


def test_journal_holds_no_contact() -> None:
    """I10: not even the sealed details stand in the journal."""
    entry = json.loads(batch([book(1)]).journal["entry"][0])
    assert entry["command"]["contact"] == ""
    assert "sealed" not in json.dumps(entry)
