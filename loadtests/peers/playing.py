"""Residents come to a system: a closed loop of so many at once, each with the whole way to go.

Sign in, see what is free, ask for the dearest wish that is free, see the booking. Whose
pair has just gone looks again and asks for the next one. Times in seconds.

The generator watches itself: when it used most of a core, or woke up late, it was the
limit, and the run is void.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from loadtests.bench.generator import percentile
from loadtests.peers.doors.visiting import Door, Told, Visit
from loadtests.peers.scene import Person
from loadtests.peers.talking import TalkFailed

TRIES_MAX = 8
CPU_SHARE_MAX = 0.8
LAG_S_MAX = 0.1
_TICK_S = 0.01


@dataclass
class Played:
    """What happened to the people of one run."""

    told: list[Told] = field(default_factory=list)
    went_home: int = 0
    """People for whom nothing was left."""
    not_reached: int = 0
    """People who had not come yet when the time was over."""
    faults: list[str] = field(default_factory=list)
    answers_s: list[float] = field(default_factory=list)
    bookings_s: list[float] = field(default_factory=list)
    """Of each call for a booking, from sending it to the true answer."""
    elapsed_s: float = 0.0
    cpu_s: float = 0.0
    lags_s: list[float] = field(default_factory=list)

    @property
    def bookings_per_s(self) -> float:
        """Return the rate of bookings."""
        return len(self.told) / self.elapsed_s

    @property
    def cpu_share(self) -> float:
        """Return how much of one core the generator used."""
        return self.cpu_s / self.elapsed_s

    @property
    def lag_p99_s(self) -> float:
        """Return how late the generator woke up."""
        return percentile(self.lags_s, 99) if self.lags_s else 0.0

    @property
    def void(self) -> str:
        """Say why the run is not to be trusted; empty when it is."""
        if self.cpu_share > CPU_SHARE_MAX:
            return f"the generator used {self.cpu_share:.0%} of a core"
        if self.lag_p99_s > LAG_S_MAX:
            return f"the generator was {1e3 * self.lag_p99_s:.0f} ms late"
        return ""


def play(door: Door, people: Sequence[Person], at_once: int, s_max: float) -> Played:
    """Let people come, `at_once` at a time, until all have been or `s_max` is over.

    Who has begun by then goes the whole way.
    """
    return asyncio.run(_play(door, people, at_once, s_max))


async def _play(door: Door, people: Sequence[Person], at_once: int, s_max: float) -> Played:
    played = Played()
    queue = iter(people)
    ticker = asyncio.create_task(_watch(played.lags_s))
    cpu_before_s, began_s = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(_residents(door, queue, played, began_s + s_max))
    played.elapsed_s = time.perf_counter() - began_s
    played.cpu_s = time.process_time() - cpu_before_s
    ticker.cancel()
    return played


async def _residents(door: Door, queue: Iterator[Person], played: Played, end_s: float) -> None:
    for person in queue:
        if time.perf_counter() > end_s:
            played.not_reached += 1
            continue
        visit = door.visit(played.answers_s)
        try:
            await _go_through(visit, person, played)
        except TalkFailed as failed:
            played.faults.append(str(failed))
        finally:
            visit.end()


async def _go_through(visit: Visit, person: Person, played: Played) -> None:
    await visit.sign_in(person)
    gone: set[int] = set()
    for _ in range(TRIES_MAX):
        free = await visit.look() - gone
        wishes = [slot for slot in person.wishes if slot in free][: visit.wishes_max]
        if not wishes:
            break
        began_s = time.perf_counter()
        told = await visit.book(wishes)
        played.bookings_s.append(time.perf_counter() - began_s)
        if told is not None:
            played.told.append(told)
            if not await visit.see(told):
                played.faults.append("the booking that is shown is another one")
            return
        gone.update(wishes)
    played.went_home += 1


async def _watch(lags_s: list[float]) -> None:
    while True:
        due_s = time.perf_counter() + _TICK_S
        await asyncio.sleep(_TICK_S)
        lags_s.append(time.perf_counter() - due_s)
