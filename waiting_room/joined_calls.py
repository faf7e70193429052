"""Join the calls of concurrent requests into one: the cost of a round trip is shared.

While one call is under way, those that come gather, and go together when it returns.
A single call waits for nobody. With awaited calls of 200-300 µs of CPU each, this more
than doubles the sign-ins of a core (measured; see ARCHITECTURE.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Call = TypeVar("Call")
Answer = TypeVar("Answer")


class JoinedCalls(Generic[Call, Answer]):
    """Calls that go to `send` together, at most `together_max` at once.

    `send` returns one answer for each call, in the same order; what it raises is raised
    to each of its callers.
    """

    def __init__(
        self, send: Callable[[Sequence[Call]], Awaitable[Sequence[Answer]]], together_max: int
    ) -> None:
        self._send = send
        self._together_max = together_max
        self._waiting: list[tuple[Call, asyncio.Future[Answer]]] = []
        self._sender: asyncio.Task[None] | None = None

    async def call(self, call: Call) -> Answer:
        """Send one call with whatever others are there, and return its answer."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, future))
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all(), name="joined-calls")
        return await future

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                together = self._waiting[: self._together_max]
                del self._waiting[: self._together_max]
                await self._send_together(together)
        finally:
            self._sender = None

    async def _send_together(self, together: Sequence[tuple[Call, asyncio.Future[Answer]]]) -> None:
        (sent,) = await asyncio.gather(
            self._send([call for call, _ in together]), return_exceptions=True
        )
        for number, (_, future) in enumerate(together):
            if future.done():
                continue
            if isinstance(sent, BaseException):
                future.set_exception(sent)
            else:
                future.set_result(sent[number])
