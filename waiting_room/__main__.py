"""The waiting room's process: a tick every half second, whatever else happens.

Starts without Redis and waits for it; says once that it is away, and once that it is
back. Ends at once, with 0, on SIGTERM or SIGINT: a tick is whole or did not happen.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from threading import Event

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from monitoring import logs, metrics
from monitoring.errors import MonitoringError
from monitoring.internal import serve_internal
from monitoring.secrets import read_secret
from monitoring.settings import load
from waiting_room.memory import MemoryFile
from waiting_room.settings import RoomSettings
from waiting_room.tick import Room
from waiting_room.vwr_line import VwrInlet

REDIS_TIMEOUT_S = 2.0
log = logs.get_logger()


class Ticking:
    """Run ticks until told to stop. `stop` may be set from a signal's handler.

    `inlet` serves the AWS-compatible line, where there is one; `clock` gives unix seconds.
    """

    def __init__(
        self,
        room: Room,
        tick_s: float,
        stop: Event,
        inlet: VwrInlet | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._room = room
        self._tick_s = tick_s
        self._stop = stop
        self._inlet = inlet
        self._clock = clock
        self.redis_there = False
        self._said_away = False

    def run(self) -> None:
        """Tick on a fixed schedule; a tick that is late is not made up for."""
        due_s = time.monotonic()
        while not self._stop.is_set():
            self._tick()
            due_s = max(due_s + self._tick_s, time.monotonic())
            self._stop.wait(due_s - time.monotonic())

    def _tick(self) -> None:
        try:
            with metrics.TICK_SECONDS.time():
                self._room.run(self._clock(), time.monotonic())
            if self._inlet is not None:
                self._inlet.run(self._clock(), time.monotonic())
        except RedisError as error:
            self.redis_there = False
            metrics.TICKS.labels("away").inc()
            if not self._said_away:
                log.warning("redis_lost", dependency="redis", error=type(error).__name__)
                self._said_away = True
            return
        if self._said_away:
            log.info("redis_found", dependency="redis")
        metrics.TICKS.labels("ok").inc()
        self.redis_there, self._said_away = True, False


def main() -> int:
    """Start the room; return the exit code."""
    logs.configure("waiting_room")
    try:
        settings = load(RoomSettings)
        draw_key = read_secret(settings.secrets_dir, "draw.key")
    except MonitoringError as error:
        log.critical("process_not_started", error_reason=str(error))
        return 2
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    redis = Redis.from_url(
        settings.redis_url,
        protocol=2,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        retry=Retry(NoBackoff(), 1),
    )
    room = Room(
        redis,
        draw_key=draw_key,
        rules=settings.admission_rules(),
        poll_budget_per_s=settings.poll_budget_per_s,
        memory=MemoryFile(settings.memory_file),
    )
    inlet = None
    if settings.vwr_event_id:
        inlet = VwrInlet(redis, settings.vwr_event_id, settings.inlet_rules())
    ticking = Ticking(room, settings.tick_s, stop, inlet)
    ready = partial(_needs, ticking)
    with serve_internal(settings.internal_port, ready, settings.internal_host):
        log.info("process_started")
        ticking.run()
    log.info("process_stopped")
    return 0


def _needs(ticking: Ticking) -> dict[str, bool]:
    return {"redis": ticking.redis_there}


if __name__ == "__main__":
    sys.exit(main())
