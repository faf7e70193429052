"""What a venue's day costs to read with many bookings, and what an index by slot would cost.

    .venv/bin/python -m loadtests.bench.day_list --bookings 100000

Times are those of a client of a PostgreSQL on this machine, in ms. Each run measures the tables
as they are, then with two partial indexes by slot, which the schema has not.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from allocator import statements
from loadtests.bench.figures import Row, Target, row_of
from loadtests.bench.machine import describe
from loadtests.bench.servers import Servers, running_servers
from loadtests.bench.show import Progress, show
from loadtests.bench.startup import build_city
from loadtests.bench.statements import statement

DAY = Path(__file__).parents[2] / "gateway" / "staff" / "sql" / "doses_in_slots.sql"
SLOTS = 10_000
BATCH, TIMES = 1_000, 5
INDEXES = ("first_slots_indexed", "second_slots_indexed")
_MS_MAX = Target("at most", 100)
_AS_IT_IS, _INDEXED = "as it is", "with an index by slot"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Measure a venue's day.")
    parser.add_argument("--bookings", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    with running_servers() as servers:
        rows = measure(servers, options.bookings, options.runs, Progress())
        show(describe(servers), rows, ())


def measure(servers: Servers, bookings: int, runs: int, progress: Progress) -> list[Row]:
    """Read the fullest day and insert batches, run by run, without and with the indexes."""
    progress.say(f"filling a city with {bookings:,} bookings")
    people = bookings + bookings // 10
    database = build_city(servers, people=people, slots=SLOTS, bookings=bookings)
    read: dict[str, list[float]] = {_AS_IT_IS: [], _INDEXED: []}
    insert: dict[str, list[float]] = {_AS_IT_IS: [], _INDEXED: []}
    url = servers.postgres.url(database)
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        day: Any = connection.execute(statement("fullest_day")).fetchone()
        for measured, times in ((_read_ms, read), (_insert_ms, insert)):
            # The days first: what is inserted makes the table longer.
            for run in range(runs):
                progress.say(f"run {run + 1} of {runs}")
                for what in (_AS_IT_IS, _INDEXED):
                    for index in INDEXES if what == _INDEXED else ():
                        connection.execute(statement(index))
                    times[what] += [measured(connection, day["slot_ids"]) for _ in range(TIMES)]
                    connection.execute(statement("slots_not_indexed"))
    names = f"a day of {day['doses']} doses"
    return [
        *(row_of("day", f"{names}, {what}", "ms", found, target=_MS_MAX)
          for what, found in read.items()),
        *(row_of("day", f"{BATCH:,} bookings stored, {what}", "ms", found)
          for what, found in insert.items()),
    ]  # fmt: skip


def _read_ms(connection: psycopg.Connection[Any], slot_ids: list[int]) -> float:
    day = DAY.read_bytes()
    began_s = time.perf_counter()
    connection.execute(day, {"slot_ids": slot_ids}).fetchall()
    return (time.perf_counter() - began_s) * 1_000


def _insert_ms(connection: psycopg.Connection[Any], _slot_ids: list[int]) -> float:
    """Store a batch, in a transaction of its own, by the allocator's statement."""
    cursor = connection.execute(statement("bookings_sampled"), {"bookings": BATCH})
    sampled: list[dict[str, Any]] = cursor.fetchall()
    batch = {name: [row[name] for row in sampled] for name in sampled[0]}
    began_s = time.perf_counter()
    connection.execute(statements.statement("bookings_inserted"), batch)
    return (time.perf_counter() - began_s) * 1_000


if __name__ == "__main__":
    main()
