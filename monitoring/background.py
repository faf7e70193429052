"""Loops that run beside a process's answers until they are told to end.

Rule: an end is asked for until it comes. A library may turn the cancellation that
reaches it in the same moment as a time-out into that time-out (seen with redis-py's
async client), so that one cancellation alone can be lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

ASK_AGAIN_AFTER_S = 0.5


class Background:
    """Loops of one part of a process, each a coroutine function without arguments."""

    def __init__(self, **loops: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Take the loops by name."""
        self._loops = loops
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin all loops; an event loop must be running."""
        self._tasks = [asyncio.create_task(run(), name=name) for name, run in self._loops.items()]

    async def end(self) -> None:
        """End all loops, and return when they have ended."""
        waiting = set(self._tasks)
        while waiting:
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=ASK_AGAIN_AFTER_S)
        self._tasks = []
