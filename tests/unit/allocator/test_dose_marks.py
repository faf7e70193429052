"""One record of each dose: the last mark that moved something."""

from __future__ import annotations

from datetime import datetime

from allocator.commands import Command, MarkDose, NotCome, WalkIn
from allocator.core import decide_batch
from allocator.dose_marks import COLUMNS, dose_records
from allocator.ledger import Facts, Ledger
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    at,
    book,
    day,
    facts,
    held_by,
    holding,
    ledger,
    request,
    slot,
)

GIVEN = MarkDose(CAMPAIGN, 1, True, "venue1", "EW4811")
UNDONE = MarkDose(CAMPAIGN, 1, False, "venue2", reason="wrong_lot")
ABSENT = NotCome(CAMPAIGN, 1, "venue1")


def offers() -> Ledger:
    return ledger(slot(1, MONDAY, 9), slot(21, day(21), 9))


def records(
    known: Facts, *commands: Command, books: Ledger | None = None, now: datetime | None = None
) -> list[dict[str, object]]:
    books = books or offers()
    requests = [request(number + 5, command) for number, command in enumerate(commands)]
    decisions = decide_batch(books, known, requests, now or at(MONDAY, 10))
    columns = dose_records(zip(decisions, range(1, 9), strict=False), now or at(MONDAY, 10))
    assert tuple(columns) == COLUMNS
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def one_of(books: Ledger) -> Facts:
    return held_by(books, holding(1, 1, 21))


def test_dose_given_is_recorded_with_lot_day_and_account() -> None:
    books = offers()
    (record,) = records(one_of(books), GIVEN, books=books)
    assert record == {
        "booking_id": holding(1, 1, 21).booking_id,
        "dose": 1,
        "mark": "given",
        "slot_id": 1,
        "product_id": "pfizer",
        "lot": "EW4811",
        "given_on": MONDAY,
        "marked_by": "venue1",
        "reason": "",
        "journal_seq": 1,
    }


def test_day_is_the_one_that_was_named() -> None:
    books = offers()
    order = MarkDose(CAMPAIGN, 1, True, "venue1", "EW4811", MONDAY)
    (record,) = records(one_of(books), order, books=books, now=at(day(1), 10))
    assert record["given_on"] == MONDAY


def test_mark_that_is_taken_back_has_neither_day_nor_lot() -> None:
    """Of several marks in one batch the last stands."""
    books = offers()
    (record,) = records(one_of(books), GIVEN, UNDONE, books=books)
    shown = [record[name] for name in ("mark", "lot", "given_on", "marked_by", "reason")]
    assert shown == ["undone", "", None, "venue2", "wrong_lot"]
    assert record["journal_seq"] == 2


def test_absence_is_recorded_where_the_dose_was_to_be_given() -> None:
    books = offers()
    (record,) = records(one_of(books), ABSENT, books=books)
    assert [record[name] for name in ("mark", "slot_id", "given_on")] == ["not_come", 1, None]


def test_walking_in_is_recorded_with_or_without_a_lot() -> None:
    for lot, order in (
        ("EW4811", WalkIn("release", 1, b"", "ja", "venue1", None, "EW4811")),
        ("", WalkIn("release", 1, b"", "ja", "staff")),
    ):
        (record,) = records(facts(1), order)
        assert [record[name] for name in ("mark", "dose", "lot")] == ["given", 1, lot]


def test_what_moves_nothing_is_not_recorded() -> None:
    """A second mark, a refusal, and what is no mark."""
    books = offers()
    known = one_of(books)
    (record,) = records(known, GIVEN, GIVEN, books=books)
    assert record["journal_seq"] == 1
    assert records(facts(1), GIVEN) == []
    assert records(facts(1), book(1), now=at(day(-3), 10)) == []
