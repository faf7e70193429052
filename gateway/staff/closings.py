"""Closings of days that this process carries out: each is a task, its orders one after the other.

Rule 1: only the allocator moves anybody. The orders are those of `seiriken desk close-day`
(`allocator.closing`), and go through the inbox.
Rule 2: nothing is kept but here. A process that stops forgets its closings; whoever begins one
again goes on with who still has a dose there, and nobody is moved or told twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import uuid4

from allocator.closing import Closing, Rounds
from allocator.commands import STAFF_KEY, CloseSlots
from allocator.errors import InboxAway, InboxFull
from allocator.inbox import Inbox
from allocator.model import Outcome, Refusal

PEOPLE_AT_ONCE = 200
"""People whom one order moves: small enough that the page tells of it every second or so."""

ASKED_MAX = 15
"""How often an order's answer is waited for (`STAFF_REPLY_WAIT_S` each time)."""

KEPT_MAX = 50

State = Literal["running", "done", "refused", "unanswered"]
STATES: tuple[State, ...] = ("running", "done", "refused", "unanswered")


@dataclass
class Run:
    """A closing on its way, or how it ended. `people` is how many it was to move at the start."""

    closing: Closing
    people: int
    rounds: Rounds
    state: State = "running"


class Closings:
    """The closings of one process, the newest last."""

    def __init__(self, inbox: Inbox, people_at_once: int = PEOPLE_AT_ONCE) -> None:
        self._inbox = inbox
        self.people_at_once = people_at_once
        self._runs: dict[tuple[str, date, str | None], Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin with none."""

    async def close(self) -> None:
        """Leave off between two orders; what was handed in is decided all the same."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def find(self, venue_id: str, day: date, product_id: str | None) -> Run | None:
        """Return the closing of a day (or of one vaccine on it), on its way or over."""
        return self._runs.get((venue_id, day, product_id))

    @property
    def runs(self) -> list[Run]:
        """Return all that are remembered, the newest first."""
        return list(reversed(self._runs.values()))

    def begin(self, closing: Closing, orders: Sequence[CloseSlots], people: int) -> Run:
        """Carry a closing out, unless it is being carried out; return that one then."""
        key = closing.venue_id, closing.day, closing.product_id
        held = self._runs.get(key)
        if held is not None and held.state == "running":
            return held
        self._runs.pop(key, None)
        run = self._runs[key] = Run(closing, people, Rounds(orders))
        self._forget()
        task = asyncio.create_task(self._carry_out(run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    def _forget(self) -> None:
        over = [key for key, run in self._runs.items() if run.state != "running"]
        for key in over[: max(0, len(self._runs) - KEPT_MAX)]:
            del self._runs[key]

    async def _carry_out(self, run: Run) -> None:
        try:
            run.state = await self._ordered(run)
        except (InboxAway, InboxFull):
            run.state = "unanswered"

    async def _ordered(self, run: Run) -> State:
        while (order := run.rounds.next) is not None:
            outcome = await self._answer(order)
            if outcome is None:
                return "unanswered"
            if isinstance(outcome, Refusal):
                return "refused"
            assert isinstance(outcome, tuple), "an order is about several people"
            run.rounds.note(outcome)
        return "done"

    async def _answer(self, order: CloseSlots) -> Outcome | None:
        """Give one order under one id, and wait for its answer."""
        request_id = uuid4()
        for _ in range(ASKED_MAX):
            outcome = await self._inbox.order(request_id, STAFF_KEY, order)
            if outcome is not None:
                return outcome
        return None
