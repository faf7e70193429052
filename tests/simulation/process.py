"""One allocator process of the simulated world: the real writer, intake and publisher."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import cast

from redis import Redis

from allocator.intake import Intake
from allocator.publish import Publisher
from allocator.store import Store
from allocator.writer import Writer
from tests.simulation.boundary import Boundary, Crash
from tests.simulation.history import Violation
from tests.simulation.redis_client import RedisClient
from tests.simulation.redis_server import RedisServer
from tests.simulation.simulated_store import SimulatedCommits, SimulatedStore
from tests.simulation.tables import Tables
from tests.simulation.transactions import Transactions

LEASE_S = 3.0
PUBLISH_EVERY_S = 0.5


class Process:
    """One instance. It is made anew after each crash; `is_paused` while it is stopped."""

    def __init__(
        self,
        boundary: Boundary,
        tables: Tables,
        transactions: Transactions,
        redis: RedisServer,
        *,
        batch_size_max: int,
    ) -> None:
        self.boundary = boundary
        self.is_paused = False
        self._tables = tables
        self._transactions = transactions
        self._redis = redis
        self._batch_size_max = batch_size_max
        self._skew = timedelta(0)
        self._writer: Writer | None = None

    @property
    def name(self) -> str:
        """The instance's name."""
        return self.boundary.name

    @property
    def is_up(self) -> bool:
        """Say whether it can do something."""
        return self._writer is not None and not self.is_paused

    @property
    def wakes_at_s(self) -> float:
        """When it has something to do again."""
        return self.boundary.wakes_at_s

    @property
    def is_down(self) -> bool:
        """Say whether it must be started."""
        return self._writer is None

    def start(self, rng: Random) -> None:
        """Start the process, with a clock that may be a little wrong."""
        skew_s = self.boundary.weather.skew_s
        self._skew = timedelta(seconds=round(rng.uniform(-skew_s, skew_s), 3))
        self._note("started")
        self.boundary.wakes_at_s = 0.0
        redis = cast("Redis", RedisClient(self._redis, self.boundary))
        store = SimulatedStore(self._tables, self._transactions, self.boundary)
        clock = self.boundary.clock
        self._writer = Writer(
            store,
            Intake(redis, self.name, self._batch_size_max),
            Publisher(redis, cast("Store", store), PUBLISH_EVERY_S, lambda: clock.seconds),
            SimulatedCommits(self._transactions, self.boundary),
            instance=self.name,
            lease_s=LEASE_S,
            clock=self._now,
            stopped=self._wait,
            monotonic=lambda: clock.seconds,
        )

    def turn(self) -> None:
        """Let the writer do one step, whatever comes of it."""
        assert self._writer is not None, "it is up"
        try:
            self._writer.turn()
        except Crash:
            self._die("killed")
        except Violation:
            raise
        except Exception as fault:
            raise Violation(f"{self.name} ended with {type(fault).__name__}: {fault}") from fault

    def stop(self) -> None:
        """Let the writer end in an orderly way."""
        assert self._writer is not None, "it is up"
        try:
            self._writer.hand_over()
        except Crash:
            self._die("killed at its end")
        else:
            self._die("stopped")

    def _die(self, how: str) -> None:
        self._note(how)
        self._writer = None
        self._transactions.abandon_all(self.name)

    def _now(self) -> datetime:
        return self.boundary.clock.now + self._skew

    def _wait(self, seconds: float) -> bool:
        if seconds > 0.0:
            self.boundary.wait(seconds)
        return False

    def _note(self, what: str) -> None:
        self.boundary.history.add(self.boundary.clock.now, self.name, what)
