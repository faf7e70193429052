"""Messages that ended untold: a mail server refused them for good, or none took them for days.

Whoever left no address is not among them: `gateway.staff.untold`.

Rule 1: nothing of a person is shown but the booking's number.
Rule 2: what is put back is told by the outbox's own rules: once, and not if a later message
says otherwise.
Rule 3: an error of PostgreSQL never leaves this module as it is (its text repeats rows).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import psycopg

from allocator.errors import StoreAway
from allocator.model import PROBE_ID
from allocator.statements import named_rows, statement

SHOWN_MAX = 1_000


class DeadLetter(msgspec.Struct, frozen=True):
    """One of them. `result` is why it ended; `attempts` how often it was handed out."""

    outbox_id: int
    kind: str
    result: str
    attempts: int
    created_at: datetime
    done_at: datetime
    booking_number: str


def read_dead_letters(
    database_url: str, since: datetime, limit: int = SHOWN_MAX
) -> list[DeadLetter]:
    """Return those that ended after a moment, the newest first.

    Raises:
        StoreAway: PostgreSQL does not answer.
    """
    asked = {"since": since, "limit": limit, "probe": PROBE_ID}
    try:
        with psycopg.connect(
            database_url, connect_timeout=10, row_factory=named_rows
        ) as connection:
            rows = connection.execute(statement("dead_letters").encode(), asked).fetchall()
    except psycopg.Error:
        raise StoreAway from None
    return [DeadLetter(*row) for row in rows]


def put_back(database_url: str, since: datetime, ids: Sequence[int] = ()) -> list[int]:
    """Let them be told once more; none named: all since then. Return the ids of those put back.

    Raises:
        StoreAway: PostgreSQL does not answer.
    """
    asked = {"since": since, "ids": list(ids)}
    try:
        with psycopg.connect(
            database_url, connect_timeout=10, row_factory=named_rows
        ) as connection:
            done = connection.execute(statement("dead_letters_put_back").encode(), asked)
            return sorted(row[0] for row in done.fetchall())
    except psycopg.Error:
        raise StoreAway from None
