from __future__ import annotations

from typing import Any

import pytest

from loadtests.endings import Ending
from loadtests.surge.opening import ideal_s, told_in_vain
from loadtests.surge.overload import Answers, back_to_normal_s
from loadtests.surge.playing import Played
from loadtests.tally import Book


def played(book: Book, **changes: Any) -> Played:
    document = {"void": "", "began_at_s": 1_000.0, "opened_at_s": 1_100.0, "findings": []}
    return Played(document | changes, book)


def book_of_bookings(first_s: int, per_s: int, lasts_s: int) -> Book:
    book = Book()
    for second in range(first_s, first_s + lasts_s):
        book.count_at("came", second, "ScriptResident", per_s)
        book.count_at("ended", second, Ending.BOOKED.value, per_s)
    return book


def test_bookings_are_counted_from_the_opening() -> None:
    run = played(book_of_bookings(1_110, per_s=2, lasts_s=100))
    assert run.booked == run.came == 200
    assert run.booked_by_share_s(0.5) == 60
    assert run.booked_by_share_s(1.0) == 110
    assert run.booked_between(1_110, 1_120) == 20
    assert run.without_answer == 0


def test_release_that_was_open_before_counts_from_the_beginning_of_the_run() -> None:
    assert played(Book(), opened_at_s=5.0).opened_at_s == 1_000
    assert played(Book(), opened_at_s=None).opened_at_s == 1_000
    assert played(Book()).booked_by_share_s(0.99) == 0


def test_who_is_still_waiting_has_no_answer() -> None:
    book = book_of_bookings(1_110, per_s=1, lasts_s=10)
    book.count_at("came", 1_110, "ScriptResident", 3)
    book.count_at("ended", 1_120, Ending.STILL_WAITING.value, 2)
    assert played(book).without_answer == 3


def test_findings_are_those_of_the_audit() -> None:
    assert played(Book(), findings=["a", "b"]).findings == 2
    assert played(Book(), findings=None).findings == 0


def test_sell_out_is_bound_by_the_cap_or_by_the_allocator() -> None:
    assert ideal_s(pairs=24_000, inside_s=50) == pytest.approx(1_000)
    assert ideal_s(pairs=20_000, inside_s=0.01) == pytest.approx(2)


def test_only_who_wanted_a_pair_was_told_in_vain() -> None:
    book = Book()
    for ending, count in ((Ending.BOOKED, 90), (Ending.LEFT, 5), (Ending.SOLD_OUT, 4)):
        book.count("told likely", ending.value, count)
    assert told_in_vain(played(book)) == 4


def test_normal_again_is_when_it_stays_so() -> None:
    book = Book()
    for second, duration_ms in ((0, 900), (5, 50), (10, 900), (15, 50), (20, 50), (25, 50)):
        book.note_duration("durations", 2_000 + second, "GET /choose", duration_ms)
    assert back_to_normal_s(Answers.as_residents_saw(played(book)), 2_000, normal_ms=100) == 15
