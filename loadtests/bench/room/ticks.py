"""The room's tick and the opening, seen from processes of their own."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from loadtests.bench.processes import fetch
from loadtests.bench.room.talking import ask_each, own_state
from loadtests.bench.waiting import until
from monitoring import logs
from waiting_room import keys
from waiting_room.admission import AdmissionRules
from waiting_room.memory import MemoryFile
from waiting_room.tick import Room

_TICK_S = 0.5
_POLL_BUDGET_PER_S = 1_000.0
_DRAW_KEY = b"d" * 32
_OPENING_S_MAX = 30.0
_LOOK_EVERY_S = 0.005
_SAME_ANSWERS = 20
"""So many answers in a row, each over a new connection, stand for all gateways."""


@dataclass(frozen=True)
class Opening:
    """Moments of one opening, in unix seconds.

    `ticked_at_s`: the tick has opened it; `told_at_s`: every gateway says so; `placed_at_s`:
    those who then asked have heard their place, one moment each.
    """

    ticked_at_s: float
    told_at_s: float
    placed_at_s: list[float]


def tick_times_s(redis_url: str, ticks: int, memory_file: Path) -> list[float]:
    """Run ticks of a room that takes over the line as it is; return how long each took.

    The first one reads the catalogue and is left out; every second one of the others does.
    """
    logs.configure("bench", logging.ERROR)
    with Redis.from_url(redis_url, protocol=2) as redis:
        room = Room(
            redis,
            draw_key=_DRAW_KEY,
            rules=AdmissionRules(),
            poll_budget_per_s=_POLL_BUDGET_PER_S,
            memory=MemoryFile(memory_file),
        )
        began_s, took_s = time.time(), []
        for number in range(ticks + 1):
            before_s = time.perf_counter()
            room.run(began_s + _TICK_S * number, _TICK_S * number)
            took_s.append(time.perf_counter() - before_s)
    return took_s[1:]


def watch_opening(
    redis_url: str, release_id: str, port: int, cookies: Sequence[bytes], connections: int
) -> Opening:
    """Wait for a release to open; then let people ask for their place, all at once.

    Raises:
        BenchStopped: it did not open in time, or somebody was not answered.
    """
    meta = keys.meta(release_id)
    with Redis.from_url(redis_url, protocol=2) as redis:
        until(
            "a tick opens the release",
            lambda: redis.hget(meta, "state") == b"open",
            _OPENING_S_MAX,
            _LOOK_EVERY_S,
        )
    ticked_at_s = time.time()
    until("every gateway says open", lambda: _says_open(port), _OPENING_S_MAX, _LOOK_EVERY_S)
    told_at_s = time.time()
    heard = ask_each(port, map(own_state, cookies), connections)
    return Opening(ticked_at_s, told_at_s, heard.ended_s)


def _says_open(port: int) -> bool:
    return all('"state":"open"' in fetch(port, "/queue/status.json") for _ in range(_SAME_ANSWERS))
