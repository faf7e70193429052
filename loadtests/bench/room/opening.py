"""Section 10: a line as long as a big city: its tick, its memory, and its opening."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from loadtests.bench.figures import Row, Target, row_of
from loadtests.bench.generator import percentile
from loadtests.bench.options import Options
from loadtests.bench.own_process import in_own_process
from loadtests.bench.room.hall import Hall
from loadtests.bench.room.joining import GATEWAYS
from loadtests.bench.room.processes import running_gateways, running_room
from loadtests.bench.room.talking import cookies_of
from loadtests.bench.room.ticks import Opening, tick_times_s, watch_opening
from loadtests.bench.servers import Servers
from loadtests.bench.show import Progress

_INSIDE = 2_000
"""As many as the room lets be inside at most."""

_OPENS_IN_S = 3.0
_TICK_MS = Target("at most", 5.0)
_PERSON_BYTES = Target("at most", 200.0)
_PLACE_S = Target("at most", 2.0)


@dataclass(frozen=True)
class _Run:
    person_bytes: float
    opens_at_s: float
    opening: Opening
    ticks_s: list[float]


def measure_room(servers: Servers, options: Options, progress: Progress) -> list[Row]:
    """Fill a lobby, open it, and go on ticking, run after run."""
    runs = []
    for run in range(options.runs):
        progress.say(f"room, {options.lobby:,} in the lobby, run {run + 1} of {options.runs}")
        runs.append(_run(servers, options))
    crowd = f"{options.lobby:,} wait"

    def each(
        what: str, unit: str, figure: Callable[[_Run], float], target: Target | None = None
    ) -> Row:
        return row_of("10 room", what, unit, [figure(one) for one in runs], target=target)

    return [
        each(f"tick, {crowd}, median", "ms", lambda one: 1e3 * median(one.ticks_s), _TICK_MS),
        each(f"tick, {crowd}, p99", "ms", lambda one: 1e3 * percentile(one.ticks_s, 99)),
        each("places in Redis", "B/person", lambda one: one.person_bytes, _PERSON_BYTES),
        each("opening to its tick", "s", lambda one: one.opening.ticked_at_s - one.opens_at_s),
        each(
            "tick to open at every gateway",
            "s",
            lambda one: one.opening.told_at_s - one.opening.ticked_at_s,
        ),
        each(f"tick to own place, p99 of {options.openers:,}", "s", _place_s, _PLACE_S),
    ]


def _place_s(run: _Run) -> float:
    return percentile(run.opening.placed_at_s, 99) - run.opening.ticked_at_s


def _run(servers: Servers, options: Options) -> _Run:
    release_id = "opening"
    hall = Hall(servers)
    hall.clear()
    people = hall.people(options.openers)
    hall.enrol(people, len(people))
    hall.publish(len(people))
    hall.offer(release_id, opens_in_s=3_600.0)
    with running_room(servers), running_gateways(servers, GATEWAYS) as gateways:
        gateways.wait_for_notice(release_id)
        sign_ins = [person.sign_in for person in people]
        cookies = in_own_process(cookies_of, gateways.port, sign_ins, options.connections)
        before_bytes, others = hall.memory_bytes(), options.lobby - len(people)
        hall.fill_line(release_id, others, after=len(people))
        person_bytes = (hall.memory_bytes() - before_bytes) / others
        opens_at_s = hall.offer(release_id, opens_in_s=_OPENS_IN_S).timestamp()
        url, connections = servers.redis_url, options.connections
        opening = in_own_process(
            watch_opening, url, release_id, gateways.port, cookies, connections
        )
    hall.let_in(release_id, min(_INSIDE, others), time.time())
    memory_file = servers.folder / "room-memory"
    ticks_s = in_own_process(tick_times_s, url, options.ticks, memory_file)
    hall.close()
    return _Run(person_bytes, opens_at_s, opening, ticks_s)
