"""One run of chaos: a city under load, the faults of a plan, and the checker's verdict.

The order: start, load, faults, no more faults, queues empty, everybody asks after what
they were not told, compare. Times in seconds since the load began.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from loadtests.chaos.checker import check, compared
from loadtests.chaos.client import Device
from loadtests.chaos.crowd import ARRIVALS_PER_S, Crowd
from loadtests.chaos.history import LOST, Call, Leading, Told
from loadtests.chaos.links import Links
from loadtests.chaos.plan import Fault
from loadtests.chaos.strikes import NotStruck, Striker
from loadtests.chaos.tables import Servers
from loadtests.chaos.volumes import Volumes
from loadtests.city import City

OPENS_IN_S = 20
"""Some sign in before the opening, and are drawn."""

SETTINGS = {
    # Few inside, and short sessions: so there is a line, and people are signed out.
    "ROOM_INSIDE_LIMIT_MIN": "6",
    "ROOM_INSIDE_LIMIT_START": "10",
    "ROOM_INSIDE_LIMIT_MAX": "14",
    "ROOM_CALLED_GRACE_S": "10",
    "GATEWAY_SESSION_IDLE_S": "30",
}
_AGAIN_S = 1.0
_DRAINED_S_MAX = 180.0
_LOOK_EVERY_S = 0.5

Say = Callable[[str], None]


@dataclass
class Findings:
    """What came of a run. `struck` counts faults by kind, `missed` those that found nobody."""

    seed: int
    struck: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)
    people: int = 0
    calls: int = 0
    lost_calls: int = 0
    bookings: int = 0
    decisions: int = 0
    asked_after: int = 0
    epochs: int = 0
    wipes: int = 0
    drained_s: float | None = None
    compared: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def document(self) -> dict[str, object]:
        """Return all of it for `--json`."""
        own = {name: dict(v) if isinstance(v, Counter) else v for name, v in vars(self).items()}
        return own | {"faults": self.struck.total(), "kinds": len(self.struck)}

    @property
    def is_clean(self) -> bool:
        """Say whether every promise was kept."""
        return not self.findings


class Run:
    """One run on a city that is started here and stopped by the caller."""

    def __init__(
        self,
        city: City,
        folder: Path,
        volumes: Volumes | None,
        faults: tuple[Fault, ...],
        lasting_s: float,
        seed: int,
        say: Say,
    ) -> None:
        self.found = Findings(seed)
        self.calls: list[Call] = []
        self._city = city
        self._links = Links(folder, city.home)
        self._volumes = volumes
        self._faults = faults
        self._lasting_s = lasting_s
        self._say = say
        self._leaders: list[Leading] = []
        self._began_s = 0.0
        self._opened_at_s = 0.0

    async def play(self) -> Findings:
        """Play it all. What was begun by a fault is undone, also when this is cancelled."""
        await self._links.start()
        try:
            await self._start_city()
            servers = Servers.of(self._city.home)
            self._began_s = time.monotonic()
            address = "127.0.0.1", self._links.residents.port
            residents = self._city.residents(self._people)
            self._opened_at_s = await self._opening_s(address)
            crowd = Crowd(residents, address, self.found.seed, self._clock)
            striker = Striker(self._city, self._links, servers, self._volumes, self._clock)
            await self._under_load(crowd, striker, servers)
            await self._after_the_faults(crowd, servers)
            await self._compare(crowd, striker, servers)
        finally:
            await self._links.close()
        return self.found

    @property
    def _people(self) -> int:
        return int(self._lasting_s * ARRIVALS_PER_S * 1.3) + 200

    def _clock(self) -> float:
        return time.monotonic() - self._began_s

    async def _start_city(self) -> None:
        self._say("starting a city with a standby allocator")
        people = str(self._people)
        seed, opens_in = str(self.found.seed), str(OPENS_IN_S)
        await asyncio.to_thread(
            self._city.start,
            *("--standby", "--people", people, "--pairs", people, "--gateways", "2"),
            *("--seed", seed, "--opens-in", opens_in),
            settings=SETTINGS | self._links.settings(),
        )
        self._links.gateways.append(self._city.url.removeprefix("http://"))

    async def _opening_s(self, address: tuple[str, int]) -> float:
        """Return the moment of the opening on the load's clock; ask until a gateway knows it."""
        device = Device(address)
        status = await device.ask("GET", "/queue/status.json")
        while "opens_at" not in status.content and self._clock() < OPENS_IN_S:
            await asyncio.sleep(0.2)
            status = await device.ask("GET", "/queue/status.json")
        device.wire.close()
        opens_at = datetime.fromisoformat(status.content["opens_at"])
        return opens_at.timestamp() - time.time() + self._clock()

    async def _under_load(self, crowd: Crowd, striker: Striker, servers: Servers) -> None:
        """Let people come and faults strike until the time is over."""
        coming = asyncio.create_task(crowd.come())
        watching = asyncio.create_task(self._watch(servers))
        strikes: list[asyncio.Task[None]] = []
        try:
            for fault in self._faults:
                await asyncio.sleep(max(0.0, fault.at_s - self._clock()))
                strikes.append(asyncio.create_task(self._strike(striker, fault)))
            await asyncio.gather(*strikes)
            await asyncio.sleep(max(0.0, self._lasting_s - self._clock()))
        finally:
            for task in (*strikes, coming, watching):
                task.cancel()
            ended = await asyncio.gather(*strikes, coming, watching, return_exceptions=True)
        for one in ended:
            if isinstance(one, Exception):  # A crowd or a watch that died would prove nothing.
                raise one

    async def _strike(self, striker: Striker, fault: Fault) -> None:
        self._say(f"{self._clock():8.1f} s  {fault}")
        try:
            note = await striker.strike(fault)
        except NotStruck as missed:
            self.found.missed[fault.kind] += 1
            self._say(f"{self._clock():8.1f} s    {fault.kind} was not struck: {missed}")
            return
        self.found.struck[fault.kind] += 1
        if note:
            self._say(f"{self._clock():8.1f} s    {fault.kind}: {note}")

    async def _watch(self, servers: Servers) -> None:
        while True:
            at_s = self._clock()
            leading = await asyncio.to_thread(servers.leading, at_s)
            if leading is not None:
                self._leaders.append(leading)
            await asyncio.sleep(_AGAIN_S)

    async def _after_the_faults(self, crowd: Crowd, servers: Servers) -> None:
        """See the queues run empty, and let everybody ask after what they do not know."""
        ended_s = self._clock()
        self._say(f"{ended_s:8.1f} s  no more faults; {len(crowd.clients)} people came")
        going = asyncio.create_task(crowd.go_home())
        while self._clock() < ended_s + _DRAINED_S_MAX:
            queued = await asyncio.to_thread(servers.queued)
            if queued is not None and not any(queued):
                self.found.drained_s = round(self._clock() - ended_s, 1)
                break
            await asyncio.sleep(_LOOK_EVERY_S)
        await going
        self._say(f"{self._clock():8.1f} s  queues empty after {self.found.drained_s} s")
        self.found.asked_after = await crowd.ask_after_all()
        self._say(f"{self._clock():8.1f} s  asked after {self.found.asked_after} requests")

    async def _compare(self, crowd: Crowd, striker: Striker, servers: Servers) -> None:
        self.calls = calls = crowd.calls
        found = self.found
        tables = await asyncio.to_thread(servers.tables)
        told = Told(
            calls,
            opened_at_s=self._opened_at_s,
            wipes=striker.wipes.spans,
            leaders=self._leaders,
            drained_s=found.drained_s,
        )
        found.people, found.calls = len(crowd.clients), len(calls)
        found.lost_calls = sum(call.status == LOST for call in calls)
        found.bookings = sum(row.state == "booked" for row in tables.bookings)
        found.decisions = len(tables.decisions)
        found.epochs = max((decision.epoch for decision in tables.decisions), default=0)
        found.wipes = len(striker.wipes.spans)
        found.compared = compared(told)
        found.findings = check(told, tables)
        proved = await asyncio.to_thread(self._city.findings)
        found.findings += [f"seiriken verify: {finding}" for finding in proved]
