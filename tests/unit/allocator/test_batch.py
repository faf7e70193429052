"""The rows of a batch record what was decided, and nothing twice."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from allocator.batch import FIRST_CHAIN_HASH, Batch, JournalHead, batch_of, chained
from allocator.commands import (
    AddSeats,
    BookTogether,
    Cancel,
    CloseSlots,
    Command,
    Companion,
    MarkDose,
    Request,
    WalkIn,
)
from allocator.core import Decision, Facts, Ledger, decide_batch
from allocator.model import (
    PROBE_ID,
    Choice,
    DoseNumber,
    FirstDose,
    Refusal,
    StandbyPlace,
)
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    at,
    book,
    cancel,
    change,
    day,
    facts,
    held_by,
    holding,
    join,
    ledger,
    person,
    place,
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
    """Booked, changed and cancelled at once: one row, no seats, no day of dose 1."""
    rows = batch([book(1), change(2), cancel()])
    inserted = rows.bookings_inserted
    assert (inserted["state"], inserted["dose1_slot_id"]) == (["cancelled"], [None])
    assert (inserted["dose1_on"], inserted["dose2_on"]) == ([None], [None])
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


# Several people, edits, and the list -----------------------------------------------------

LATER = NOW + timedelta(hours=3)
WIDE = (slot(1, MONDAY, seats=(3, 0)), slot(21, day(21), seats=(0, 3)))


def rows_of(
    books: Ledger, known: Facts, *asked: Request, now: datetime = NOW
) -> tuple[Batch, list[Decision]]:
    """The batch of these requests, and what it records."""
    decisions = decide_batch(books, known, asked, now)
    return batch_of(decisions, books.catalogue, JournalHead(), now), decisions


def entries(rows: Batch) -> list[dict[str, Any]]:
    return [json.loads(entry) for entry in rows.journal["entry"]]


def test_two_who_come_together_are_two_rows_with_their_own_contacts() -> None:
    """Sealed for each, in the language of the request."""
    two = BookTogether("release", (Choice(1),), b"lead", "en", Companion(person(2), b"companion"))
    rows, (made,) = rows_of(ledger(*WIDE), facts(1, 2), request(1, two))
    inserted = rows.bookings_inserted
    assert inserted["person_key"] == [person(1), person(2)]
    assert inserted["contact"] == [b"lead", b"companion"]
    assert inserted["language"] == ["en", "en"]
    assert inserted["booked_at"] == [NOW, NOW]
    assert inserted["booking_id"] == [move.after.booking_id for move in made.moves]
    assert rows.outbox["kind"] == ["booked", "booked"]
    assert rows.outbox["booking_id"] == inserted["booking_id"]
    assert (rows.outbox["journal_seq"], len(rows.outcomes["answer"])) == ([1, 1], 1)
    assert moved(rows) == {(1, 1): 2, (21, 2): 2}


def test_place_on_the_list_is_a_row_without_seats() -> None:
    """Any product is none; the place is its JSON."""
    books = ledger(*WIDE, taken={(1, 1): 3})
    rows, _ = rows_of(books, facts(1), request(1, join()))
    inserted = rows.bookings_inserted
    assert inserted["state"] == ["standby"]
    assert (inserted["product_id"], inserted["dose1_slot_id"], inserted["dose1_on"]) == (
        [""],
        [None],
        [None],
    )
    assert (inserted["interval_days_min"], inserted["interval_days_max"]) == ([0], [0])
    assert msgspec.json.decode(inserted["standby"][0], type=StandbyPlace) == place(1)
    assert (inserted["contact"], inserted["language"]) == ([b"sealed"], ["ja"])
    assert rows.outbox["kind"] == ["joined"]


def test_offers_to_others_are_recorded_with_what_freed_their_seats() -> None:
    """They are changed rows, with messages of their own, in the same entry."""
    books = ledger(*SLOTS[:1], SLOTS[2])
    known = held_by(books, holding(1, 1, 21), holding(2, listed=place(1)))
    rows, _ = rows_of(books, known, request(3, cancel()))
    changed = rows.bookings_changed
    assert changed["booking_id"] == [UUID(int=1), UUID(int=2)]
    assert changed["state"] == ["cancelled", "offered"]
    assert (changed["dose1_slot_id"], changed["dose2_slot_id"]) == ([None, 1], [None, 21])
    assert msgspec.json.decode(changed["standby"][1], type=StandbyPlace) == place(1, until=LATER)
    assert changed["standby"][0] is None
    assert rows.outbox["kind"] == ["cancelled", "offered"]
    assert moved(rows) == {}
    (entry,) = entries(rows)
    assert [one["person"] for one in entry["moves"]] == [person(1).hex(), person(2).hex()]
    assert [one["booking"]["state"] for one in entry["moves"]] == ["cancelled", "offered"]
    assert "edits" not in entry


def test_doses_that_were_given_are_in_the_row_and_nobody_is_told() -> None:
    books = ledger(*SLOTS)
    known = held_by(books, holding(1, 1, 21))
    doses: tuple[DoseNumber, DoseNumber] = (1, 2)
    marks = [
        request(1 + dose, MarkDose(CAMPAIGN, dose, given=True, ordered_by="staff"))
        for dose in doses
    ]
    rows, _ = rows_of(books, known, *marks, now=at(day(21)))
    changed = rows.bookings_changed
    assert (changed["dose1_given"], changed["dose2_given"]) == ([True], [True])
    assert rows.outbox["kind"] == []
    rows, _ = rows_of(books, known, marks[1], now=at(day(21)))
    assert rows.bookings_changed["booking_id"] == []


ADD = AddSeats("release", 1, (2, 0), "staff")
ADD_TO_2 = AddSeats("release", 2, (2, 0), "staff")
CLOSE = CloseSlots("release", (1,), "staff")


def seats_of(rows: Batch) -> list[tuple[int, int, int, int | None]]:
    columns = rows.seats_moved
    return list(
        zip(*(columns[name] for name in ("slot_id", "dose", "count", "capacity")), strict=True)
    )


def test_capacities_are_written_as_the_batch_leaves_them() -> None:
    """Beside the seats moved; the catalogue's version grows by every decision that edits."""
    books = ledger(*SLOTS)
    known = held_by(books, holding(1, 1, 21))
    rows, decisions = rows_of(
        books, known, request(2, ADD), request(3, ADD), request(4, book(2), 2)
    )
    assert seats_of(rows) == [(1, 1, 0, 5), (2, 1, 1, None), (22, 2, 1, None)]
    assert (rows.catalogue_version, rows.catalogue_edits) == (1, 2)
    assert decisions[0].moves == ()
    rows, _ = rows_of(books, known, request(5, CLOSE))
    assert seats_of(rows) == [
        (1, 1, -1, 0),
        (1, 2, 0, 0),
        (21, 2, -1, None),
    ]
    assert (rows.catalogue_version, rows.catalogue_edits) == (3, 1)
    rows, _ = rows_of(books, known, request(6, CLOSE))
    assert (seats_of(rows), rows.catalogue_version, rows.catalogue_edits) == ([], 4, 0)


def test_citys_words_go_to_whom_its_order_moved_and_to_nobody_else() -> None:
    books = ledger(*SLOTS)
    known = held_by(books, holding(1, 1, 21), holding(2, listed=place(1)))
    words = "The lift is broken."
    closing = msgspec.structs.replace(CLOSE, words=words)
    rows, _ = rows_of(books, known, request(6, closing), request(7, ADD_TO_2))
    told = dict(zip(rows.outbox["booking_id"], rows.outbox["words"], strict=True))
    assert told[UUID(int=1)] == words
    assert rows.outbox["kind"][0] == "closed_moved"
    assert set(told.values()) == {words, None}


def test_journal_says_what_was_edited() -> None:
    rows, _ = rows_of(ledger(*SLOTS), facts(1), request(1, ADD))
    (entry,) = entries(rows)
    assert entry["edits"] == [{"capacity": 3, "dose": 1, "slot_id": 1}]
    assert (entry["outcome"], "moves" in entry) == ([], False)


def test_journal_names_moves_only_where_the_answer_does_not_say_them() -> None:
    """One booking of one person is the answer itself; a replaced place is not."""
    books = ledger(*SLOTS)
    known = held_by(books, holding(1, listed=place(1)))
    rows, _ = rows_of(
        books, known, request(2, book(1)), request(3, change(2)), request(4, cancel())
    )
    replaced, changed, cancelled = entries(rows)
    assert [one["booking"]["state"] for one in replaced["moves"]] == ["cancelled", "booked"]
    assert "moves" not in changed
    assert "moves" not in cancelled


CONTACTS: list[Command] = [
    book(1),
    BookTogether("release", (Choice(1),), b"sealed", "ja", Companion(person(2), b"sealed too")),
    join(),
    WalkIn("release", 1, b"sealed", "ja", "staff"),
]


@pytest.mark.parametrize("command", CONTACTS, ids=lambda command: type(command).__name__)
def test_journal_holds_no_contact_of_anybody(command: Command) -> None:
    """I10: of none of the commands that carry one, refused or not."""
    for known in (facts(1, 2), facts()):
        rows, (made,) = rows_of(ledger(*WIDE), known, request(1, command), now=at(MONDAY, 8))
        (entry,) = entries(rows)
        assert isinstance(made.outcome, Refusal) is (not known.born or command == join())
        assert entry["command"]["contact"] == ""
        assert b64encode(b"sealed").decode() not in rows.journal["entry"][0]
        if isinstance(command, BookTogether):
            assert entry["command"]["companion"] == {
                "contact": "",
                "person_key": b64encode(person(2)).decode(),
            }


def test_walking_in_is_recorded_with_the_dose_that_was_given() -> None:
    order = WalkIn("release", 1, b"at the desk", "en", "staff")
    rows, _ = rows_of(ledger(*SLOTS), facts(1), request(1, order), now=at(MONDAY, 10))
    inserted = rows.bookings_inserted
    assert (inserted["dose1_given"], inserted["dose2_given"]) == ([True], [False])
    assert (inserted["contact"], inserted["language"]) == ([b"at the desk"], ["en"])


def test_nobody_is_told_of_the_synthetic_residents_bookings() -> None:
    """All else is recorded as for anybody."""
    books = ledger(*SLOTS)
    decisions = decide_batch(books, facts(1), [request(1, book(1))], NOW)
    theirs = [
        msgspec.structs.replace(
            decision,
            moves=tuple(
                msgspec.structs.replace(
                    move, after=msgspec.structs.replace(move.after, campaign_id=PROBE_ID)
                )
                for move in decision.moves
            ),
        )
        for decision in decisions
    ]
    rows = batch_of(theirs, books.catalogue, JournalHead(), NOW)
    assert rows.outbox["kind"] == []
    assert moved(rows) == {(1, 1): 1, (21, 2): 1}
    assert (len(rows.journal["entry"]), len(rows.outcomes["answer"])) == (1, 1)
