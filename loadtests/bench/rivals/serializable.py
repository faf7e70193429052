"""SERIALIZABLE transactions that are tried again when PostgreSQL finds a conflict."""

from __future__ import annotations

from typing import Any

from psycopg import IsolationLevel
from psycopg.errors import DeadlockDetected, SerializationFailure

from loadtests.bench.rivals.stage import Connection
from loadtests.bench.statements import statement

CONFLICTS = (SerializationFailure, DeadlockDetected)
_SEEN = statement("rival_seats_seen")
_TAKEN = statement("rival_seats_taken")
_MADE = statement("rival_booking_made")


def book_pair(connection: Connection, wish: dict[str, Any]) -> bool:
    """Book a pair without a lock. Whoever calls tries again on `CONFLICTS`."""
    if connection.isolation_level is not IsolationLevel.SERIALIZABLE:
        connection.isolation_level = IsolationLevel.SERIALIZABLE
    with connection.transaction():
        seats = connection.execute(_SEEN, wish).fetchall()
        if any(taken >= capacity for _, capacity, taken in seats):
            return False
        connection.execute(_TAKEN, wish)
        connection.execute(_MADE, wish)
    return True
