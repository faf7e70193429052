"""Measure the unit costs: `python -m loadtests.costs [--people N] [--rounds N] [--json FILE]`.

Each round is a new city. Three more cities, of different sizes, show how memory grows with
the roster; `growing.py` shows what else grows with what. With `--json seiriken/unit-costs.json`
the figures are those of `seiriken size`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from redis import Redis

from loadtests.bench.show import Progress
from loadtests.bench.statements import statement
from loadtests.city import City, running_city
from loadtests.costs.growing import add_options, measure_growth, sizes_of
from loadtests.costs.measuring import Cost, Readings, measure_round, medians
from loadtests.costs.walking import Walker

ROSTERS = (2_000, 20_000, 100_000)
LOBBY_S = 3_600
"""Longer than the steps of the lobby take on any machine: then it is opened by hand."""
WARMERS = 20
COMMAND = "make costs"


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.costs")
    parser.add_argument("--people", type=int, default=100, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rosters", type=int, nargs="+", default=ROSTERS, help="their sizes")
    add_options(parser)
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    rounds, growths, progress = [], [], Progress()
    for number in range(arguments.rounds):
        progress.say(f"round {number + 1} of {arguments.rounds}")
        costs, grown = _round(arguments.people)
        rounds.append(costs)
        growths.append(grown)
    rosters = [_roster(people, progress) for people in arguments.rosters]
    tables = measure_growth(sizes_of(arguments), progress)
    drained = {"drained_per_s": tables["batches"][-1]["bookings_per_s"]}
    document = {
        "measured": f"{datetime.now(ZoneInfo('Asia/Tokyo')):%Y-%m-%d}",
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "command": COMMAND,
        "steps": medians(rounds),
        "grows": {name: median(one[name] for one in growths) for name in growths[0]} | drained,
        "rosters": rosters,
    } | tables
    text = json.dumps(document, indent=1, ensure_ascii=False)
    if arguments.json is not None:
        arguments.json.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return 0


def _round(people: int) -> tuple[dict[str, Cost], dict[str, float]]:
    """Play one round in a new city; return its costs, and what grew for each person of it."""
    options = ["--people", str(max(2_000, people + WARMERS))]
    options += ["--pairs", "3000"]
    with running_city(*options, "--opens-in", str(LOBBY_S)) as city:
        url = city.url
        those = [Walker(url, who) for who in city.residents(WARMERS + people)]
        readings = Readings(city, those[:WARMERS])
        walkers = those[WARMERS:]
        before = _stored(city)
        costs = measure_round(readings, walkers, lambda: city.run("release", "open"))
        after = _stored(city)
        for walker in those:
            walker.close()
        grown = {f"{name}_per_booking": (after[name] - before[name]) / len(those) for name in after}
        idle = {f"idle_{name}_cores": cores for name, cores in readings.idle.items()}
        memory = {f"memory_{name}": size for name, size in readings.memory().items()}
    return costs, grown | idle | memory


def _roster(people: int, progress: Progress) -> dict[str, float]:
    """Return what a city of so many people takes before anybody has come."""
    progress.say(f"a roster of {people:,}")
    with running_city("--people", str(people), "--pairs", "600") as city:
        memory = Readings(city).memory()
        return {"people": people, **_stored(city), "memory_allocator": memory["allocator"]}


def _stored(city: City) -> dict[str, float]:
    """Return the bytes that PostgreSQL and Redis hold, and those written to the log so far."""
    stack: Mapping[str, Any] = json.loads((city.home / "stack.json").read_text())
    with psycopg.connect(stack["database_url"]) as connection:
        row = connection.execute(statement("bytes_stored")).fetchone()
    assert row is not None
    with Redis.from_url(stack["redis_url"]) as redis:
        info: Any = redis.info("memory")
    return {
        "postgres_bytes": float(row[0]),
        "wal_bytes": float(row[1]),
        "redis_bytes": float(info["used_memory"]),
    }


if __name__ == "__main__":
    sys.exit(main())
