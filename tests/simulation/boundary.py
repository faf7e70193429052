"""Where a writer's process touches the world: each of its calls passes here, and can go wrong.

At any call the process can be killed, stopped for a while (SIGSTOP: the others go on
inside the call), lose its connection before the work is done or after, or find Redis
wiped.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeVar

from redis.exceptions import ConnectionError as RedisLost
from redis.exceptions import RedisError

from allocator.errors import AllocatorError, StoreAway
from tests.simulation.clock import SimulatedClock
from tests.simulation.history import History
from tests.simulation.weather import Dependency, Fault, Weather

Result = TypeVar("Result")

CALL_LASTS_S_MAX = 0.004


class Crash(BaseException):
    """The process is dead. No code of ours may catch it."""


def said(result: object) -> object:
    """Describe a result whose text is short."""
    return result


class Boundary:
    """The calls of one process. `go_on` lets things under way go on; `pause` lets others run."""

    def __init__(
        self,
        name: str,
        clock: SimulatedClock,
        rng: Random,
        weather: Weather,
        history: History,
    ) -> None:
        self.name = name
        self.clock = clock
        self.rng = rng
        self.weather = weather
        self.history = history
        self.wakes_at_s = 0.0
        """The process waits for something until then."""
        self.go_on: Callable[[], None] = lambda: None
        self.pause: Callable[[], None] = lambda: None
        self.wipe: Callable[[], None] = lambda: None

    def call(
        self,
        dependency: Dependency | None,
        what: str,
        work: Callable[[], Result],
        describe: Callable[[Result], object] = said,
    ) -> Result:
        """Do the work, or suffer what the weather has in store."""
        self.clock.let_pass(self.rng.random() * CALL_LASTS_S_MAX)
        self.go_on()
        fault = self.weather.strike()
        if fault is not None:
            self.history.add(self.clock.now, self.name, what, fault.value)
        self._before(fault, dependency, what)
        try:
            result = work()
        except (AllocatorError, RedisError) as raised:
            self.history.add(self.clock.now, self.name, what, f"raised {type(raised).__name__}")
            raise
        self.history.add(self.clock.now, self.name, what, describe(result))
        self._after(fault, dependency)
        return result

    def wait(self, seconds: float) -> None:
        """Do nothing for a while; the others go on."""
        self.wakes_at_s = round(self.clock.seconds + seconds, 6)

    def _before(self, fault: Fault | None, dependency: Dependency | None, what: str) -> None:
        if fault is Fault.CRASH_BEFORE:
            raise Crash
        if fault is Fault.PAUSE_BEFORE:
            self.pause()
        if fault is Fault.WIPE:
            self.wipe()
        if dependency is not None and (
            fault is Fault.LOST_BEFORE or self.weather.is_away(dependency, self.clock.seconds)
        ):
            self.history.add(self.clock.now, self.name, what, "lost")
            raise _lost(dependency)

    def _after(self, fault: Fault | None, dependency: Dependency | None) -> None:
        if fault is Fault.CRASH_AFTER:
            raise Crash
        if fault is Fault.PAUSE_AFTER:
            self.pause()
        if fault is Fault.LOST_AFTER and dependency is not None:
            raise _lost(dependency)


def _lost(dependency: Dependency) -> Exception:
    return StoreAway() if dependency == "tables" else RedisLost("simulated")
