"""How one resident goes through a release in the middle of faults.

They sign in, wait, come in, book, change, cancel, click twice, lose the connection, come
back on another device, and repeat what was not answered under the same request id. One
who is told nothing for long goes home; what they asked for is asked after in the end.

All whims are drawn from the person's own seed. Times in seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from uuid import UUID

from loadtests.chaos.client import Client
from loadtests.chaos.history import Answer, Call

PATIENCE_S = 45.0
"""So long is one thing tried: a fault lasts at most some seconds."""

_OUTSIDE = (401, 403)
_NO_PAIR = ("no_first_dose", "no_second_dose")
_WISHES_MAX = 3
_NO_SLOT = "2000000000"

Send = Callable[[str], Awaitable[Call]]


class WentHome(Exception):
    """The resident gave up, or the load is over."""


class Person:
    """Plays one resident to the end. `is_over` says when everybody goes home."""

    def __init__(self, client: Client, seed: int, is_over: Callable[[], bool]) -> None:
        self.client = client
        self._chance = Random(seed)  # noqa: S311 (made-up people's whims)
        self._is_over = is_over
        self._state = ""
        self._place: int | None = None

    async def live(self) -> None:
        """Come, wait, book, and perhaps think again; what was asked stands in the history."""
        try:
            await self._come_in()
            await self._book_somehow()
            while self._chance.random() < 0.5:
                await self._pause(0.2, 2.0)
                await self._think_again()
            if self._chance.random() < 0.5:
                await self.client.sign_out()
        except WentHome:
            return
        finally:
            self.client.device.wire.close()

    async def ask_after(self, request_ids: list[str]) -> None:
        """Come back when all is over, and ask until each request has one state."""
        try:
            await self._come_in()
            for request_id in request_ids:
                await self._outcome(request_id)
            await self.client.sign_out()
        except WentHome:
            return
        finally:
            self.client.device.wire.close()

    # Coming in

    async def _come_in(self) -> None:
        """Sign in and wait for one's turn; return with a session."""
        await self._sign_in()
        if self._chance.random() < 0.05:
            self.client.take_other_device()
            await self._sign_in()
        deadline_s = self._deadline_s(3 * PATIENCE_S)
        look_again_at_s = self._deadline_s(10.0)
        while self._state not in ("inside", "booked"):
            self._check(deadline_s)
            if self._now_s() > look_again_at_s:
                look_again_at_s = self._deadline_s(10.0)
                await self._sign_in()
                continue
            await self._pause(0.4, 1.0)
            if await self._is_called() or self._chance.random() < 0.05:
                await self._enter()

    async def _sign_in(self) -> None:
        deadline_s = self._deadline_s(PATIENCE_S)
        while True:
            call = await self.client.sign_in()
            if call.status == 200:
                self._state, self._place = call.code, call.place
                return
            self._check(deadline_s)
            await self._pause(0.3, 1.5)

    async def _is_called(self) -> bool:
        call = await self.client.status()
        if call.status != 200 or call.serving is None:
            return False
        return self._place is None or self._state == "lobby" or self._place <= call.serving

    async def _enter(self) -> None:
        call = await self.client.enter()
        if call.status == 200:
            self._state = "inside"
        elif call.code == "not_your_turn":
            self._state, self._place = "waiting", call.place
        elif call.status in _OUTSIDE:
            await self._sign_in()

    # What is asked for

    async def _book_somehow(self) -> None:
        if self._state == "booked":
            return
        for _ in range(_WISHES_MAX):
            body = await self._wish()
            request_id = self._request_id()
            whim = self._chance.random()
            if whim < 0.15:
                await self._click_twice(request_id, body)
            elif whim < 0.3:
                drop_after_s = self._chance.uniform(0.001, 0.08)
                await self.client.book(request_id, body, drop_after_s=drop_after_s)

            async def book(one: str, body: object = body) -> Call:
                return await self.client.book(one, body)

            answer = await self._decided(request_id, book)
            if self._chance.random() < 0.05:
                await self.client.reuse(request_id, _with_other_content(body))
            if answer.state not in _NO_PAIR:
                return

    async def _click_twice(self, request_id: str, body: object) -> None:
        window = self.client.device.window()
        try:
            await asyncio.gather(
                self.client.book(request_id, body),
                self.client.book(request_id, body, window=window),
            )
        finally:
            window.wire.close()

    async def _think_again(self) -> None:
        whim = self._chance.random()
        if whim < 0.4:
            wish = await self._wish()
            body = {"doses": "both"} | {name: wish[name] for name in wish if name != "contact"}

            async def change(request_id: str) -> Call:
                return await self.client.change(request_id, body)

            await self._decided(self._request_id(), change)
        elif whim < 0.7:
            await self._decided(self._request_id(), self.client.cancel)
            if self._chance.random() < 0.6:
                self._state = "inside"
                await self._book_somehow()
        else:
            if self._chance.random() < 0.5:
                self.client.take_other_device()
            await self._come_in()

    async def _wish(self) -> dict[str, object]:
        deadline_s = self._deadline_s(PATIENCE_S)
        while not (slots := await self.client.offer()):
            self._check(deadline_s)
            await self._pause(0.3, 1.0)
            if self._chance.random() < 0.3:
                await self._come_in()
        contact = {
            "name": f"演習 {self.client.person}番",
            "phone": f"090{self.client.person:08}",
            "email": f"chaos-{self.client.person}@resident.example",
        }
        count = self._chance.randint(1, 5)
        chosen = dict.fromkeys(
            slots[int(self._chance.betavariate(1, 3) * len(slots))] for _ in range(count)
        )
        return {"contact": contact, "choices": [{"slot_id": slot} for slot in chosen]}

    # Until it is decided

    async def _decided(self, request_id: str, send: Send) -> Answer:
        """Send a request, and repeat it or ask after it until it is decided."""
        deadline_s = self._deadline_s(PATIENCE_S)
        call = await send(request_id)
        while call.answer is None:
            self._check(deadline_s)
            await self._pause(0.2, 1.2)
            if call.status in _OUTSIDE:
                await self._come_in()
            repeats = call.code == "not_found" or (
                call.status != 202 and self._chance.random() < 0.6
            )
            call = await (send(request_id) if repeats else self.client.outcome(request_id))
        return call.answer

    async def _outcome(self, request_id: str) -> None:
        deadline_s = self._deadline_s(PATIENCE_S)
        while True:
            call = await self.client.outcome(request_id)
            if call.answer is not None or call.code == "not_found":
                return
            if call.status in _OUTSIDE:
                await self._come_in()
            self._check(deadline_s)
            await self._pause(0.3, 1.0)

    # Time and chance

    def _request_id(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def _deadline_s(self, wait_s: float) -> float:
        return self._now_s() + wait_s

    def _check(self, deadline_s: float) -> None:
        if self._is_over() or self._now_s() > deadline_s:
            raise WentHome

    async def _pause(self, shortest_s: float, longest_s: float) -> None:
        await asyncio.sleep(self._chance.uniform(shortest_s, longest_s))


def _with_other_content(wish: dict[str, object]) -> dict[str, object]:
    choices = wish["choices"]
    assert isinstance(choices, list), "a wish names its slots"
    return {**wish, "choices": [{"slot_id": _NO_SLOT}, *choices[:4]]}


def open_requests(calls: list[Call]) -> list[str]:
    """Return the requests of which a client does not know what they came to."""
    asked = dict.fromkeys(call.request_id for call in calls if call.request_id)
    known = {call.request_id for call in calls if call.answer is not None and call.act != "reuse"}
    return [request_id for request_id in asked if request_id not in known]
