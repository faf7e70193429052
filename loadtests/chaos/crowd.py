"""The load: residents who keep coming while faults strike, and who come back at the end.

A person of the roster comes once; some of them again and again. Rates in people per second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from random import Random

from loadtests.chaos.client import Client
from loadtests.chaos.history import Call
from loadtests.chaos.resident import Person, open_requests
from loadtests.city import Resident

ARRIVALS_PER_S = 4.0
PRESENT_MAX = 120
"""Above this nobody more comes: they would only wait for the faults to pass."""

_ASKED_AGAIN = 200
_ASKING_AT_ONCE = 40
_HOME_S_MAX = 60.0


class Crowd:
    """All clients of one run. `clock` tells the seconds since the load began."""

    def __init__(
        self,
        residents: Sequence[Resident],
        address: tuple[str, int],
        seed: int,
        clock: Callable[[], float],
    ) -> None:
        self.clients: list[Client] = []
        self._residents = residents
        self._address = address
        self._chance = Random(seed)  # noqa: S311 (made-up people's whims)
        self._clock = clock
        self._is_over = False
        self._present: set[asyncio.Task[None]] = set()
        self._errors: list[Exception] = []

    @property
    def calls(self) -> list[Call]:
        """Return every call of every client."""
        return [call for client in self.clients for call in client.calls]

    async def come(self) -> None:
        """Let people come until this is cancelled."""
        for number, resident in zip(count(1), self._residents, strict=False):
            while len(self._present) >= PRESENT_MAX:
                await asyncio.wait(self._present, return_when=asyncio.FIRST_COMPLETED)
            client = Client(number, resident, self._address, self._clock)
            self.clients.append(client)
            person = Person(client, self._chance.getrandbits(64), lambda: self._is_over)
            task = asyncio.create_task(person.live())
            self._present.add(task)
            task.add_done_callback(self._gone)
            await asyncio.sleep(self._chance.expovariate(ARRIVALS_PER_S))

    def _gone(self, task: asyncio.Task[None]) -> None:
        self._present.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._errors.append(error)

    async def go_home(self) -> None:
        """End the load: everybody finishes the call that is under way."""
        self._is_over = True
        if self._present:
            _, late = await asyncio.wait(self._present, timeout=_HOME_S_MAX)
            for task in late:
                task.cancel()
        self._is_over = False
        if self._errors:
            raise ExceptionGroup("residents met what they do not understand", self._errors)

    async def ask_after_all(self) -> int:
        """Ask after what nobody was told of, and of some again what they know; say how many."""
        asking = {client: open_requests(client.calls) for client in self.clients}
        knowing = [client for client in self.clients if client.calls and not asking[client]]
        for client in self._chance.sample(knowing, min(len(knowing), _ASKED_AGAIN)):
            known = dict.fromkeys(call.request_id for call in client.calls if call.request_id)
            asking[client] = list(known)
        turns = asyncio.Semaphore(_ASKING_AT_ONCE)

        async def ask(client: Client, request_ids: list[str]) -> None:
            async with turns:
                person = Person(client, self._chance.getrandbits(64), lambda: False)
                await person.ask_after(request_ids)

        wanted = {client: asked for client, asked in asking.items() if asked}
        await asyncio.gather(*(ask(client, asked) for client, asked in wanted.items()))
        return sum(map(len, wanted.values()))
