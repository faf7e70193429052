from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.tally import BIN_GROWTH, Book, bin_end_ms, bin_of, percentile_ms


@given(st.floats(0, 1e7))
def test_bin_is_right_to_five_per_cent(duration_ms: float) -> None:
    end_ms = bin_end_ms(bin_of(duration_ms))
    assert max(duration_ms, 1.0) <= end_ms * (1 + 1e-9)
    assert end_ms <= max(duration_ms, 1.0) * BIN_GROWTH * (1 + 1e-9)


def test_percentile_is_the_duration_below_which_that_share_lies() -> None:
    book = Book()
    for duration_ms in range(1, 1_001):
        book.note_duration("durations", 0, "GET /", duration_ms)
    bins = book.bins("durations", ["GET /"])
    assert percentile_ms(bins, 0.99) == pytest.approx(990, rel=0.06)
    assert percentile_ms(bins, 0.5) == pytest.approx(500, rel=0.06)
    assert percentile_ms({}, 0.99) == 0


def test_two_books_joined_are_as_one_that_counted_everything() -> None:
    apart, whole = [Book(), Book()], Book()
    for number in range(100):
        for book in (apart[number % 2], whole):
            book.count("habits", str(number % 3))
            book.count_at("came", number, "ScriptResident")
            book.note_duration("durations", number, "GET /", number)
    joined = Book()
    for book in apart:
        joined.join(book.take())
        assert book.numbers == {}
    assert joined.numbers == whole.numbers


def test_what_was_taken_is_not_counted_again() -> None:
    book, joined = Book(), Book()
    book.count("habits", "leaves")
    joined.join(book.take())
    joined.join(book.take())
    assert joined.total("habits") == {"leaves": 1}


def test_seconds_are_summed_over_the_keys_that_are_asked_for() -> None:
    book = Book()
    book.count_at("ended", 5.9, "booked", 2)
    book.count_at("ended", 5.1, "left")
    assert book.seconds("ended") == {5: 3}
    assert book.seconds("ended", ["booked"]) == {5: 2}
    assert book.seconds("nothing") == {}


def test_second_look_in_the_same_second_replaces_the_first() -> None:
    book = Book()
    book.set_at("city", 5.1, "waiting", 10)
    book.set_at("city", 5.8, "waiting", 12)
    assert book.seconds("city") == {5: 12}


def test_durations_of_a_span_are_found_by_themselves() -> None:
    book = Book()
    for at_s in (3, 7, 12):
        book.note_duration("durations", at_s, "GET /", 10)
    assert sum(book.bins("durations", ["GET /"], 5, 10).values()) == 1
    assert sum(book.bins("durations", ["GET /"], 5, math.inf).values()) == 2
