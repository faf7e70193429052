"""Sixteen connections that book at once: processes, each with threads.

How many processes share the connections is a choice that favours the rival: see
`PROCESSES` for what was measured.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import takewhile
from types import ModuleType
from typing import Any

import psycopg

from loadtests.bench.own_process import processes_that_begin_together, wait_for_all_processes
from loadtests.bench.rivals import row_locks, serializable, stored_procedure
from loadtests.bench.rivals.stage import (
    SEATS_PLENTY,
    BookPair,
    Connection,
    build_stage,
    check_rival,
    wishes,
)
from loadtests.bench.servers import Servers

CONNECTIONS = 16
PROCESSES = 4

WAYS: Mapping[str, ModuleType] = {
    "row locks": row_locks,
    "stored procedure": stored_procedure,
    "serializable, retried": serializable,
}


def rival_per_s(
    servers: Servers, way: str, *, slots: int, lasting_s: float, processes: int = PROCESSES
) -> float:
    """Let a rival book for some seconds; return bookings a second.

    Raises:
        BenchStopped: it did not book what it says.
    """
    servers.settle()
    database = servers.empty_database()
    url = servers.postgres.url(database)
    build_stage(url, slots, SEATS_PLENTY)
    threads = CONNECTIONS // processes
    with processes_that_begin_together(processes) as pool:
        parts = [
            pool.submit(book_in_threads, url, way, slots, threads, 1_000 * n, lasting_s)
            for n in range(processes)
        ]
        booked = sum(part.result() for part in parts)
    check_rival(url, booked)
    servers.drop(database)
    return booked / lasting_s


def book_in_threads(
    database_url: str, way: str, slots: int, threads: int, seed: int, lasting_s: float
) -> int:
    """Book from several threads until the time is over; return how many bookings that made."""
    book_pair: BookPair = WAYS[way].book_pair
    with ExitStack() as opened, ThreadPoolExecutor(threads) as pool:
        connections = [
            opened.enter_context(psycopg.connect(database_url, autocommit=True))
            for _ in range(threads)
        ]
        wait_for_all_processes()
        end_at = time.monotonic() + lasting_s
        parts = [
            pool.submit(_book, connection, book_pair, wishes(slots, seed + n), end_at)
            for n, connection in enumerate(connections)
        ]
        return sum(part.result() for part in parts)


def _book(
    connection: Connection, book_pair: BookPair, wished: Iterator[dict[str, Any]], end_at: float
) -> int:
    """Count the bookings that are made until the end."""
    return sum(
        book_one(connection, book_pair, wish, end_at)
        for wish in takewhile(lambda _: time.monotonic() < end_at, wished)
    )


def book_one(
    connection: Connection, book_pair: BookPair, wish: dict[str, Any], end_at: float
) -> bool:
    """Try until a pair is booked (True), a seat is full or the time is over (False)."""
    while time.monotonic() < end_at:
        try:
            return book_pair(connection, wish)
        except serializable.CONFLICTS:
            continue
    return False
