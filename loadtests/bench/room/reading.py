"""Sections 7 and 8: what everybody who waits asks for, from a gateway and from the edge's cache."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from loadtests.bench.errors import BenchStopped
from loadtests.bench.figures import Row, Target, ratios, row_of
from loadtests.bench.options import Options
from loadtests.bench.processes import fetch
from loadtests.bench.room.edge import FILE, Edge, running_edge
from loadtests.bench.room.hall import Hall
from loadtests.bench.room.plain import STATUS
from loadtests.bench.room.processes import (
    Gateways,
    running_gateways,
    running_plain,
    running_room,
)
from loadtests.bench.room.served import Served, Server, served
from loadtests.bench.room.talking import ask_again, request
from loadtests.bench.servers import Servers
from loadtests.bench.show import Progress

CROWDS = (1_000, 100_000)
"""People who wait, in the runs through the edge."""

_TRIES_MAX = 20
"""So often nginx is asked until it has used processor time that the system counts (10 ms): a
machine that is busy with others lets it answer few in half a second."""

_OF_BARE = Target("at least", 0.80)
_OF_FILE = Target("at least", 0.80)
_REACHING_PYTHON = Target("at most", 2.0)


def measure_status(servers: Servers, options: Options, progress: Progress) -> list[Row]:
    """Section 7: status.json from one gateway, beside a bare Starlette with the same answer."""
    ours: list[Served] = []
    bare: list[Served] = []
    hall = Hall(servers)
    hall.clear()
    hall.offer("status", opens_in_s=-60.0)
    with running_room(servers), running_gateways(servers, 1) as gateways:
        _let_wait(hall, gateways, "status", CROWDS[-1])
        with running_plain(servers, gateways) as plain:
            for run in range(options.runs):
                progress.say(f"status, run {run + 1} of {options.runs}")
                bare.append(_hammer(plain, STATUS, options))
                ours.append(_hammer(gateways, STATUS, options))
    hall.close()
    void = next((one.heard.void for one in (*ours, *bare) if one.heard.void), "")

    def each(what: str, unit: str, runs: list[float], target: Target | None = None) -> Row:
        return row_of("7 status", what, unit, runs, target=target, void=void)

    rates, bare_rates = [one.per_s for one in ours], [one.per_s for one in bare]
    return [
        each("bare Starlette, the same answer", "answers/s", bare_rates),
        each("gateway, status.json", "answers/s", rates),
        each("gateway / bare", "x", ratios(rates, bare_rates), _OF_BARE),
        each("bare Starlette, CPU", "µs/answer", [one.cpu_us for one in bare]),
        each("gateway, CPU", "µs/answer", [one.cpu_us for one in ours]),
        each(
            f"gateway, p99 on {options.connections} connections",
            "ms",
            [one.heard.wait_ms(99) for one in ours],
        ),
        each("generator CPU", "% of a core", [100 * one.heard.cpu_share for one in bare]),
    ]


@dataclass(frozen=True)
class _Through:
    """Answers through nginx: for each second, for each second of its processor, to Python."""

    per_s: float
    per_cpu_s: float
    to_python_per_s: float


def measure_edge(servers: Servers, program: str, options: Options, progress: Progress) -> list[Row]:
    """Section 8: status.json through nginx's cache, beside a file of the same size.

    One core for the generator is too little to saturate nginx, so that its answers are
    counted for each second of processor time that it uses.
    """
    files: list[_Through] = []
    cached: defaultdict[int, list[_Through]] = defaultdict(list)
    hall = Hall(servers)
    hall.clear()
    hall.offer(f"edge-{CROWDS[0]}", opens_in_s=-60.0)
    with running_room(servers), running_gateways(servers, 1) as gateways:
        file = fetch(gateways.port, STATUS).encode()
        with running_edge(program, servers.folder / "edge", gateways.port, file) as edge:
            for crowd in CROWDS:
                hall.offer(f"edge-{crowd}", opens_in_s=-60.0)
                _let_wait(hall, gateways, f"edge-{crowd}", crowd)
                for run in range(options.runs):
                    progress.say(f"edge, {crowd:,} wait, run {run + 1} of {options.runs}")
                    if crowd == CROWDS[-1]:
                        files.append(_through(edge, gateways, FILE, options))
                    cached[crowd].append(_through(edge, gateways, STATUS, options))
    hall.close()
    return _edge_rows(files, cached)


def _edge_rows(files: list[_Through], cached: defaultdict[int, list[_Through]]) -> list[Row]:
    def each(what: str, unit: str, runs: list[float], target: Target | None = None) -> Row:
        return row_of("8 edge", what, unit, runs, target=target)

    ours = cached[CROWDS[-1]]
    cpu_unit = "answers/CPU-s"
    file_rates, rates = [one.per_cpu_s for one in files], [one.per_cpu_s for one in ours]
    return [
        each("nginx, a file of the same size", cpu_unit, file_rates),
        each("nginx, status.json from its cache", cpu_unit, rates),
        each("status.json / file", "x", ratios(rates, file_rates), _OF_FILE),
        each("status.json, as fast as it was asked", "answers/s", [one.per_s for one in ours]),
        *(
            each(
                f"of these to Python, {crowd:,} wait",
                "requests/s",
                [one.to_python_per_s for one in cached[crowd]],
                _REACHING_PYTHON,
            )
            for crowd in CROWDS
        ),
    ]


def _let_wait(hall: Hall, gateways: Gateways, release_id: str, people: int) -> None:
    hall.wait_for_line(release_id)
    hall.fill_line(release_id, people)
    gateways.wait_for_notice(release_id)


def _hammer(server: Server, path: str, options: Options) -> Served:
    asked = request("GET", path)
    return served(server, ask_again, asked, options.connections, options.status_s)


def _through(edge: Edge, gateways: Gateways, path: str, options: Options) -> _Through:
    for _ in range(_TRIES_MAX):
        answered_before = gateways.answered(STATUS)
        asked = _hammer(edge, path, options)
        if asked.cpu_s > 0:
            answered = gateways.answered(STATUS) - answered_before
            return _Through(asked.per_s, 1e6 / asked.cpu_us, answered / asked.heard.elapsed_s)
    raise BenchStopped("nginx used no time that can be measured: ask for longer")
