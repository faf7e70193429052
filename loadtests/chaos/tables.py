"""Read what is stored, from one snapshot; and look at lease and queues while the city runs.

The statements are in `sql/`. Nothing is written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from redis import Redis
from redis.exceptions import RedisError

from loadtests.chaos.client import booking_told
from loadtests.chaos.history import Answer, Booking, Decision, Leading, Seats, Tables

_FOLDER = Path(__file__).parent / "sql"
_CONNECT_S_MAX = 2
_INBOX = "inbox"


def statement(name: str) -> bytes:
    """Return the statement in `sql/{name}.sql`."""
    return (_FOLDER / f"{name}.sql").read_bytes()


@dataclass(frozen=True)
class Servers:
    """Where PostgreSQL and Redis are, past all proxies. URLs are the owner's."""

    database_url: str
    redis_url: str
    home: Path

    @classmethod
    def of(cls, home: Path) -> Servers:
        """Take them from a stack's folder."""
        stack = json.loads((home / "stack.json").read_text("utf-8"))
        return cls(stack["database_url"], stack["redis_url"], home)

    def tables(self) -> Tables:
        """Return all that is stored."""
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            return Tables(
                [_decision(row) for row in connection.execute(statement("decisions"))],
                [Booking(**row) for row in connection.execute(statement("bookings"))],
                [Seats(**row) for row in connection.execute(statement("seats"))],
            )

    def leading(self, at_s: float) -> Leading | None:
        """Return who leads; None when PostgreSQL is away."""
        try:
            with psycopg.connect(self.database_url, connect_timeout=_CONNECT_S_MAX) as connection:
                row = connection.execute(statement("leading")).fetchone()
        except psycopg.Error:
            return None
        return None if row is None else Leading(at_s, int(row[0]), str(row[1]))

    def queued(self) -> tuple[int, int, int] | None:
        """Return undecided requests, pending entries and untold mails; None: one is away."""
        try:
            with Redis.from_url(self.redis_url, socket_timeout=_CONNECT_S_MAX) as redis:
                groups: Any = redis.xinfo_groups(_INBOX)
                inbox: Any = redis.xlen(_INBOX)
            with psycopg.connect(self.database_url, connect_timeout=_CONNECT_S_MAX) as connection:
                row = connection.execute(statement("unsent")).fetchone()
        except (RedisError, OSError, psycopg.Error):
            return None
        pending = sum(int(group["pending"]) for group in groups)
        return int(inbox), pending, 0 if row is None else int(row[0])

    def redis_answers(self) -> bool:
        """Say whether Redis answers, its data loaded."""
        try:
            with Redis.from_url(self.redis_url, socket_timeout=_CONNECT_S_MAX) as redis:
                return bool(redis.ping())
        except (RedisError, OSError):
            return False

    def database_answers(self) -> bool:
        """Say whether PostgreSQL answers."""
        return self.leading(0.0) is not None


def _decision(row: dict[str, Any]) -> Decision:
    entry = json.loads(row["entry"])
    outcome = entry["outcome"]
    is_booking = isinstance(outcome, dict)
    return Decision(
        sequence=row["journal_seq"],
        epoch=row["epoch"],
        request_id=entry["request_id"],
        person=entry["person"],
        answer=booking_told(outcome) if is_booking else Answer(str(outcome)),
        booking_number=str(outcome["booking_number"]) if is_booking else "",
    )
