"""Whom only the desk can tell, for a desk that works in the terminal (`seiriken letters`).

The list and the rules are those of the page (`gateway.staff.untold`). Nothing of a person is read
but the booking's number; who said that somebody was told is in the journal of looks.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from allocator.errors import StoreAway
from allocator.model import PROBE_ID
from gateway.staff.journal import BY_COMMAND
from gateway.staff.statements import statement
from gateway.staff.untold import ToBeTold, message_of

SHOWN_MAX = 1_000


def read_untold(database_url: str, limit: int = SHOWN_MAX) -> list[ToBeTold]:
    """Return at most so many, as the page lists them. Raises `StoreAway`."""
    try:
        with _connected(database_url) as connection:
            return [message_of(row) for row in _rows(connection, None, limit)]
    except psycopg.Error:
        raise StoreAway from None


def note_told(database_url: str, outbox_id: int, by: str) -> bool:
    """Note that a message's person was told, and who says so; False if they were not to be told.

    Raises:
        StoreAway: PostgreSQL does not answer; nothing was noted.
    """
    try:
        with _connected(database_url) as connection:
            rows = _rows(connection, outbox_id, 1)
            if not rows:
                return False
            look = {
                "now": datetime.now(UTC),
                "login": by[:32],
                "role": BY_COMMAND,
                "act": "told_by_desk",
                "person_key": rows[0].person_key,
                "reason": str(outbox_id),
                "came_from": BY_COMMAND,
            }
            connection.execute(statement("look_noted"), look)
            told = connection.execute(statement("told_by_desk"), {"outbox_id": outbox_id})
            return told.fetchone() is not None
    except psycopg.Error:
        raise StoreAway from None


def _connected(database_url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(database_url, connect_timeout=10, row_factory=namedtuple_row)


def _rows(connection: psycopg.Connection[Any], outbox_id: int | None, limit: int) -> list[Any]:
    parameters = {"outbox_id": outbox_id, "limit": limit, "probe": PROBE_ID}
    return connection.execute(statement("people_untold"), parameters).fetchall()
