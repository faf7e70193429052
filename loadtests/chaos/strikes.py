"""Do to a running city what a plan says, and undo it when its time is over.

Rule 1: a process is found by the city's own status at the moment of the strike, and
ended by its number alone. Supervisord starts again what ended.
Rule 2: what was begun is undone, also when the run is interrupted.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from subprocess import TimeoutExpired
from typing import Any

from loadtests.chaos.links import Links
from loadtests.chaos.plan import Fault
from loadtests.chaos.proxy import Mode
from loadtests.chaos.skewed import SkewedGateway
from loadtests.chaos.tables import Servers
from loadtests.chaos.volumes import Volumes
from loadtests.city import City, CityFailed

_ALLOCATORS = ("allocator", "allocator_standby")
_INSTANCES = {"allocator-0": "allocator", "allocator-1": "allocator_standby"}
_BACK_S_MAX = 60.0
_LOOK_EVERY_S = 0.1


class NotStruck(Exception):
    """What was to be struck was not there; the text says what."""


@dataclass
class Wipes:
    """The spans in which Redis lost everything, in seconds of the load's clock."""

    spans: list[tuple[float, float]] = field(default_factory=list)


class Striker:
    """Strikes one city. `clock` tells the seconds since the load began."""

    def __init__(
        self,
        city: City,
        links: Links,
        servers: Servers,
        volumes: Volumes | None,
        clock: Callable[[], float],
    ) -> None:
        self.wipes = Wipes()
        self._city = city
        self._links = links
        self._servers = servers
        self._volumes = volumes
        self._clock = clock
        self._acts: Mapping[str, Callable[[Fault], Awaitable[str]]] = {
            "kill": self._kill,
            "pause": self._pause,
            "restart": self._restart,
            "wipe": self._wipe,
            "fill": self._fill,
            "skew": self._skew,
            "drop": self._break_link,
            "delay": self._break_link,
            "swallow": self._break_link,
            "lose_answers": self._break_link,
        }

    async def strike(self, fault: Fault) -> str:
        """Do it, wait until its time is over, undo it; return what there is to say of it.

        Raises:
            NotStruck: what was to be struck was not there.
        """
        return await self._acts[fault.action](fault)

    async def _kill(self, fault: Fault) -> str:
        return await self._signalled(fault.target, signal.SIGKILL)

    async def _restart(self, fault: Fault) -> str:
        # A fast restart of PostgreSQL: SIGTERM would wait for every connection to end.
        is_postgres = fault.target == "postgres"
        return await self._signalled(fault.target, signal.SIGINT if is_postgres else signal.SIGTERM)

    async def _signalled(self, target: str, number: signal.Signals) -> str:
        name, pid = await self._found(target)
        _send(pid, number)
        return name if name != target else ""

    async def _pause(self, fault: Fault) -> str:
        name, pid = await self._found(fault.target)
        _send(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(fault.lasting_s)
        finally:
            with suppress(NotStruck):
                _send(pid, signal.SIGCONT)
        return name if name != fault.target else ""

    async def _wipe(self, _fault: Fault) -> str:
        _, pid = await self._found("redis")
        _send(pid, signal.SIGSTOP)
        began_s = self._clock()
        for path in (self._city.home / "redis").iterdir():
            if path.name.startswith("appendonly"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        _send(pid, signal.SIGKILL)
        # Until it is there again nobody can tell before from after.
        try:
            await self._until(self._servers.redis_answers)
        finally:
            self.wipes.spans.append((began_s, self._clock()))
        return ""

    async def _fill(self, fault: Fault) -> str:
        assert self._volumes is not None, "left out of the plan without volumes"
        taken = await asyncio.to_thread(self._volumes.fill, fault.target)
        try:
            await asyncio.sleep(fault.lasting_s)
        finally:
            self._volumes.empty(fault.target)
        return f"{taken // 2**20} MiB"

    async def _skew(self, fault: Fault) -> str:
        _, pid = await self._found("gateway_0")
        gateway = SkewedGateway(pid, self._city.home, fault.amount_s)
        try:
            await self._until(gateway.is_ready)
            self._links.gateways.append(gateway.address)
            await asyncio.sleep(fault.lasting_s)
        finally:
            if gateway.address in self._links.gateways:
                self._links.gateways.remove(gateway.address)
            await asyncio.to_thread(gateway.end)
        return ""

    async def _break_link(self, fault: Fault) -> str:
        link, pid = fault.target, None
        if fault.target.startswith("leader-"):
            link = fault.target.replace("leader", "allocator")
            _, pid = await self._found("leader")
        self._links.set(link, Mode(fault.action), fault.amount_s, pid)
        try:
            await asyncio.sleep(fault.lasting_s)
        finally:
            self._links.set(link, Mode.OPEN)
        return ""

    async def _found(self, target: str) -> tuple[str, int]:
        """Return name and number of the process that a target means just now."""
        try:
            status = await asyncio.to_thread(self._city.status)
        except (CityFailed, ValueError, TimeoutExpired):
            raise NotStruck("the city did not say what runs") from None
        name = _name_of(target, status)
        pids = {state["name"]: state["pid"] for state in status["processes"] if state["pid"]}
        if name not in pids:
            raise NotStruck(f"{name} was not running")
        return name, pids[name]

    async def _until(self, is_there: Callable[[], bool]) -> None:
        deadline_s = self._clock() + _BACK_S_MAX
        while not await asyncio.to_thread(is_there):
            if self._clock() > deadline_s:
                raise NotStruck(f"not there again within {_BACK_S_MAX:.0f} s")
            await asyncio.sleep(_LOOK_EVERY_S)


def _name_of(target: str, status: Mapping[str, Any]) -> str:
    if target not in ("leader", "standby"):
        return target
    leader = _INSTANCES.get(status.get("writer") or "", "allocator")
    return next(name for name in _ALLOCATORS if (name == leader) == (target == "leader"))


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        raise NotStruck("it had just ended") from None
