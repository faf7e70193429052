"""Loops end when they are told to, even if a library swallows the first word."""

from __future__ import annotations

import asyncio

from monitoring.background import Background


def test_loops_run_until_they_are_told_to_end() -> None:
    """Every loop begins and ends."""

    async def run() -> int:
        began = [asyncio.Event(), asyncio.Event()]

        async def one() -> None:
            began[0].set()
            await asyncio.Event().wait()

        async def other() -> None:
            began[1].set()
            await asyncio.Event().wait()

        background = Background(one=one, other=other)
        background.start()
        for event in began:
            await event.wait()
        await background.end()
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1


def test_cancellation_that_is_swallowed_is_asked_for_again() -> None:
    """As when a time-out comes in the same moment."""
    swallowed: list[int] = []

    async def run() -> None:
        began = asyncio.Event()

        async def stubborn() -> None:
            began.set()
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    if swallowed:
                        raise
                    swallowed.append(1)

        background = Background(stubborn=stubborn)
        background.start()
        await began.wait()
        await background.end()

    asyncio.run(run())
    assert swallowed == [1]


def test_nothing_that_runs_ends_at_once() -> None:
    """Ending what was never begun is fine."""
    asyncio.run(Background().end())
