"""A gateway without its parts is alive, says what it lacks, and lets nobody in."""

from __future__ import annotations

import asyncio

import pytest

from gateway.board import Board
from gateway.parts import Parts
from gateway.readiness import CHECK_AGE_S_MAX, Readiness
from waiting_room.errors import NotReady


def test_nothing_is_known_before_the_first_check(parts: Parts) -> None:
    assert parts.readiness.snapshot() == {"event_loop": False}


def test_parts_that_are_away_are_missing(parts: Parts) -> None:
    async def check() -> None:
        await parts.readiness.check()

    asyncio.run(check())
    found = parts.readiness.snapshot()
    missing = {"room": False, "database": False, "catalogue": False, "status": False}
    assert found == {"event_loop": True, **missing}


def test_check_that_is_overdue_means_that_the_loop_is_stuck(parts: Parts) -> None:
    moments = [0.0]
    readiness = Readiness(parts.line, parts.reads, parts.board, lambda: moments[0])
    asyncio.run(readiness.check())
    moments[0] = CHECK_AGE_S_MAX + 1
    assert readiness.snapshot()["event_loop"] is False


def test_board_that_was_never_fetched_says_so(parts: Parts) -> None:
    board = Board(parts.line, parts.reads, lambda: 0.0)
    with pytest.raises(NotReady):
        board.raw()
