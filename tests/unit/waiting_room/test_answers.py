"""The one word for where a person stands."""

from __future__ import annotations

import pytest

from waiting_room.answers import Standing, Word
from waiting_room.states import State


@pytest.mark.parametrize(
    ("state", "place", "inside", "booked", "word"),
    [
        ("scheduled", None, False, False, "not_open_yet"),
        ("lobby", None, False, False, "lobby"),
        ("open", 10, False, False, "your_turn"),
        ("open", 11, False, False, "waiting"),
        ("open", None, False, False, "waiting"),
        ("open", 10, True, False, "inside"),
        ("paused", 10, False, False, "waiting"),
        ("paused", 10, True, False, "inside"),
        ("closed", 10, False, False, "closed"),
        ("closed", 10, True, False, "closed"),
        ("closed", None, False, True, "booked"),
        ("scheduled", None, False, True, "booked"),
    ],
)
def test_a_standing_has_the_word_of_the_contract(
    state: State, place: int | None, inside: bool, booked: bool, word: Word
) -> None:
    standing = Standing("r", "c", state, 0, place, 10, inside=inside, booked=booked)
    assert standing.word == word
