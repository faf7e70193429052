from __future__ import annotations

import pytest

from loadtests.endings import Ending
from loadtests.simulate.validation import PARTS, choices_of
from loadtests.surge.playing import Played
from loadtests.tally import OWN, Book

OPENED_S = 1_000.0


def played(asked_for_each: dict[int, int]) -> Played:
    """Return a run in which ten booked every ten seconds; each had asked so often by then."""
    book = Book()
    for part, asked in asked_for_each.items():
        moment = OPENED_S + 10 * part + 1
        for _ in range(10):
            book.count_at("ended", moment, Ending.BOOKED.value)
        for _ in range(10 * asked):
            book.note_duration("durations", moment, f"{OWN} booking", 5.0)
    return Played({"began_at_s": OPENED_S, "opened_at_s": OPENED_S}, book)


def test_choices_are_counted_in_each_tenth_of_the_sale() -> None:
    found = choices_of(played({part: 1 + part // 5 for part in range(PARTS)}))
    assert len(found) == PARTS
    assert found[0] == pytest.approx(1.0)
    assert found[-1] == pytest.approx(2.0)


def test_where_nothing_was_asked_for_everybody_gets_the_first() -> None:
    assert choices_of(Played({"began_at_s": 0, "opened_at_s": 0}, Book())) == (1.0,) * PARTS
