"""Row locks: lock both seats in order, look, take them, book, commit."""

from __future__ import annotations

from typing import Any

from loadtests.bench.rivals.stage import Connection
from loadtests.bench.statements import statement

_LOCKED = statement("rival_seats_locked")
_TAKEN = statement("rival_seats_taken")
_MADE = statement("rival_booking_made")


def book_pair(connection: Connection, wish: dict[str, Any]) -> bool:
    """Book a pair in one transaction of three statements."""
    with connection.transaction():
        seats = connection.execute(_LOCKED, wish).fetchall()
        if any(taken >= capacity for _, capacity, taken in seats):
            return False
        connection.execute(_TAKEN, wish)
        connection.execute(_MADE, wish)
    return True
