"""Row locks inside PostgreSQL: one call, one round trip, one commit."""

from __future__ import annotations

from typing import Any

from loadtests.bench.rivals.stage import Connection
from loadtests.bench.statements import statement

_BOOKED = statement("rival_pair_booked")


def book_pair(connection: Connection, wish: dict[str, Any]) -> bool:
    """Book a pair by one call (the connection commits by itself)."""
    row = connection.execute(_BOOKED, wish).fetchone()
    return row is not None and bool(row[0])
