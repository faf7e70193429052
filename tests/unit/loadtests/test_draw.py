"""The load test's own draw against the city's: two programs from one published rule."""

from __future__ import annotations

import pytest

from loadtests.draw import drawn_place
from waiting_room.draw import place_of

SEED = bytes(range(32))


@pytest.mark.parametrize("lobby_count", [1, 2, 3, 255, 256, 257, 1_000])
def test_every_place_is_the_one_that_the_city_gives(lobby_count: int) -> None:
    ours = [drawn_place(n, lobby_count, SEED) for n in range(lobby_count + 3)]
    assert ours == [place_of(n, lobby_count, SEED) for n in range(lobby_count + 3)]
    assert sorted(ours[:lobby_count]) == list(range(1, lobby_count + 1))
