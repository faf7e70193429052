"""The tables that the rivals share, what they are asked to book, and whether they did.

Simpler than ours: no journal, no stored answers, no outbox, no rule of the pair; the
client names both seats. A rival has less to do for a booking than the allocator has.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from loadtests.bench.errors import BenchStopped
from loadtests.bench.statements import statement

Connection = psycopg.Connection[Any]
BookPair = Callable[[Connection, dict[str, Any]], bool]
"""Books one pair durably, or returns False when one of its seats is full."""

SEATS_PLENTY = 1_000_000
_CONTACT = bytes(range(100))


@dataclass(frozen=True)
class RivalBooks:
    """What the tables hold. `lasting_s` is from the first booking to the last."""

    bookings: int
    lasting_s: float


def build_stage(database_url: str, slots: int, capacity: int = SEATS_PLENTY) -> None:
    """Make the tables: so many slots for dose 1 (from id 1) and as many for dose 2."""
    with psycopg.connect(database_url) as connection:
        for name in ("rival_seat_table", "rival_booking_table", "rival_procedure"):
            connection.execute(statement(name))
        parameters = {"capacity": capacity, "seats": 2 * slots}
        connection.execute(statement("rival_seats_filled"), parameters)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def wishes(slots: int, seed: int) -> Iterator[dict[str, Any]]:
    """Draw bookings without end: a random slot for dose 1, and the one that goes with it."""
    draw = random.Random(seed)  # noqa: S311, the same wishes each time are wanted
    while True:
        first = draw.randint(1, slots)
        yield {
            "booking_id": UUID(bytes=os.urandom(16), version=4),
            "person_key": os.urandom(16),
            "first_seat_id": first,
            "second_seat_id": first + slots,
            "contact": _CONTACT,
        }


def check_rival(database_url: str, claimed: int | None = None) -> RivalBooks:
    """Compare the tables with each other, and with what a rival says that it booked.

    Raises:
        BenchStopped: they differ, or a seat was sold twice.
    """
    with psycopg.connect(database_url) as connection:
        row = connection.execute(statement("rival_books_checked")).fetchone()
    assert row is not None
    bookings, oversold, miscounted = int(row[0]), int(row[2]), int(row[3])
    if oversold or miscounted or claimed not in (None, bookings):
        raise BenchStopped(
            f"a rival claims {claimed} bookings, {bookings} are stored,"
            f" {oversold} seats are oversold, {miscounted} miscounted"
        )
    return RivalBooks(bookings, float(row[1]))
