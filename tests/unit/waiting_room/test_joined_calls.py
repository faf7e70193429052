"""Calls that are joined: each gets its own answer, and a failure reaches all of its callers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from waiting_room.errors import RoomAway
from waiting_room.joined_calls import JoinedCalls


class Shop:
    """Answers a number with its double, all that come together in one go."""

    def __init__(self) -> None:
        self.sent: list[Sequence[int]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, calls: Sequence[int]) -> Sequence[int]:
        self.sent.append(calls)
        await self.open.wait()
        if 13 in calls:
            raise RoomAway
        return [2 * call for call in calls]


def test_calls_of_the_same_moment_go_together_and_each_gets_its_answer() -> None:
    async def story() -> None:
        shop = Shop()
        joined = JoinedCalls[int, int](shop.send, together_max=4)
        answers = await asyncio.gather(*(joined.call(n) for n in range(10)))
        assert answers == [2 * n for n in range(10)]
        assert shop.sent == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        assert await joined.call(21) == 42

    asyncio.run(story())


def test_calls_gather_while_others_are_under_way() -> None:
    async def story() -> None:
        shop = Shop()
        shop.open.clear()
        joined = JoinedCalls[int, int](shop.send, together_max=100)
        first = asyncio.create_task(joined.call(1))
        while not shop.sent:
            await asyncio.wait([first], timeout=0)
        others = [asyncio.create_task(joined.call(n)) for n in (2, 3)]
        await asyncio.wait(others, timeout=0)
        shop.open.set()
        assert await asyncio.gather(first, *others) == [2, 4, 6]
        assert shop.sent == [[1], [2, 3]]

    asyncio.run(story())


def test_a_failure_reaches_all_who_went_together_and_no_other() -> None:
    async def story() -> None:
        shop = Shop()
        joined = JoinedCalls[int, int](shop.send, together_max=2)
        answers = await asyncio.gather(
            *(joined.call(n) for n in (12, 13, 14)), return_exceptions=True
        )
        assert [type(a) for a in answers] == [RoomAway, RoomAway, int]

    asyncio.run(story())


def test_a_caller_who_gave_up_does_not_disturb_the_others() -> None:
    async def story() -> None:
        shop = Shop()
        shop.open.clear()
        joined = JoinedCalls[int, int](shop.send, together_max=2)
        impatient, patient = (asyncio.create_task(joined.call(n)) for n in (1, 2))
        while not shop.sent:
            await asyncio.wait([patient], timeout=0)
        impatient.cancel()
        shop.open.set()
        assert await patient == 4
        with pytest.raises(asyncio.CancelledError):
            await impatient

    asyncio.run(story())
