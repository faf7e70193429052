"""Remove personal data from PostgreSQL and Redis, and the keys that open what remains sealed.

What stays are decisions without persons: bookings, doses and the journal under keyed hashes, whose
key is replaced. The journal is a chain and is not rewritten: contact details in it are sealed by
keys that are no more. Backups of before have the keys of their time: they must go, too.

Rule 1: an error of PostgreSQL never leaves this module as it is (its text repeats rows).
Rule 2: each step may be taken again: who was stopped runs the whole once more.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg.rows import dict_row
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from allocator.errors import InboxAway, StoreAway
from allocator.inbox import INBOX_KEY
from allocator.model import PROBE_ID
from allocator.retention import RetentionFacts
from allocator.statements import statement
from monitoring.secrets import MASTER_KEYS, create_missing

KEYS_REPLACED = (
    *("identity.key", "roster.key", "contact.key", "session.key", "place.key"),
    *("request.key", "code.key"),
)
"""What makes or opens something of a resident. Not: receipts (their holders verify them), draws
(anybody does), the staff's second factors (`staff.key`: of callers it opens nothing without
`identity.key`)."""

_REMOVED = (
    *("roster_removed", "contacts_removed", "data_keys_removed"),
    *("staff_sessions_removed", "staff_attempts_removed", "roster_raised"),
)
"""In one transaction. A running allocator publishes the empty roster by itself."""

_LOOKED_AT_TOGETHER = 1_000
_REWRITE_S_MAX = 600.0
_REWRITE_LOOK_EVERY_S = 0.05
_SESSION = "-c statement_timeout=600s -c lock_timeout=10s"


class Personal(msgspec.Struct, frozen=True):
    """How much there is: rows of each kind, and keys in Redis."""

    roster: int
    contacts: int
    data_keys: int
    staff_sessions: int
    staff_attempts: int
    redis_keys: int


def read_facts(database_url: str, redis_url: str, at: datetime) -> RetentionFacts:
    """Return what the rule asks for.

    Raises:
        StoreAway: PostgreSQL does not answer.
        InboxAway: Redis does not answer.
    """
    try:
        found = _row(database_url, "retention_facts", {"probe": PROBE_ID, "at": at})
    except psycopg.Error:
        raise StoreAway from None
    try:
        with Redis.from_url(redis_url) as redis:
            undecided = int(redis.xlen(INBOX_KEY))
    except RedisError:
        raise InboxAway from None
    return RetentionFacts(**found, undecided=undecided)


def count_personal(database_url: str, redis_url: str) -> Personal:
    """Count what would be removed. Raises as `read_facts`."""
    try:
        found = _row(database_url, "retention_counts", {})
    except psycopg.Error:
        raise StoreAway from None
    try:
        with Redis.from_url(redis_url) as redis:
            keys = sum(1 for key in redis.scan_iter(count=_LOOKED_AT_TOGETHER) if _goes(key))
    except RedisError:
        raise InboxAway from None
    return Personal(**found, redis_keys=keys)


def remove_from_tables(database_url: str) -> None:
    """Remove all of it from the tables, or nothing. Raises `StoreAway`."""
    try:
        with psycopg.connect(database_url, connect_timeout=10, options=_SESSION) as connection:
            for name in _REMOVED:
                connection.execute(statement(name).encode())
    except psycopg.Error:
        raise StoreAway from None


def remove_from_redis(redis_url: str) -> None:
    """Remove every key but the inbox: what is needed is published again. Raises `InboxAway`."""
    try:
        with Redis.from_url(redis_url) as redis:
            batch: list[bytes] = []
            for key in redis.scan_iter(count=_LOOKED_AT_TOGETHER):
                if _goes(key):
                    batch.append(key)
                if len(batch) == _LOOKED_AT_TOGETHER:
                    redis.unlink(*batch)
                    batch.clear()
            if batch:
                redis.unlink(*batch)
    except RedisError:
        raise InboxAway from None


def rewrite_redis_file(redis_url: str) -> bool:
    """Let Redis write its append-only file anew, without what was removed, and wait for it.

    False when this user may not ask for it, or Redis could not do it. Without such a file there is
    nothing to write.

    Raises:
        InboxAway: Redis does not answer, or is not done in ten minutes.
    """
    try:
        with Redis.from_url(redis_url) as redis:
            # One that began before the removal still holds what was removed.
            if not _wait_for_rewriting(redis)["aof_enabled"]:
                return True
            redis.bgrewriteaof()
            return bool(_wait_for_rewriting(redis)["aof_last_bgrewrite_status"] == "ok")
    except ResponseError:
        return False
    except RedisError:
        raise InboxAway from None


def replace_keys(secrets_dir: Path) -> list[str]:
    """Drop the keys and make new ones; return the names of the dropped ones.

    Raises:
        OSError: the folder may not be written.
    """
    olds = [path for path in secrets_dir.glob(MASTER_KEYS) if path.name not in KEYS_REPLACED]
    dropped = [secrets_dir / name for name in KEYS_REPLACED if (secrets_dir / name).exists()]
    for path in (*olds, *dropped):
        path.unlink()
    create_missing(secrets_dir, KEYS_REPLACED)
    return sorted(path.name for path in (*olds, *dropped))


def _row(database_url: str, name: str, asked: Mapping[str, object]) -> dict[str, Any]:
    with psycopg.connect(database_url, connect_timeout=10, row_factory=dict_row) as connection:
        row = connection.execute(statement(name).encode(), asked).fetchone()
    assert row is not None, "it returns one row"
    return row


def _wait_for_rewriting(redis: Redis) -> dict[str, Any]:
    """Return what Redis says of its file once nothing is written anew. Raises `InboxAway`."""
    deadline = time.monotonic() + _REWRITE_S_MAX
    while time.monotonic() < deadline:
        found: dict[str, Any] = redis.info("persistence")
        if not found["aof_rewrite_in_progress"] and not found["aof_rewrite_scheduled"]:
            return found
        time.sleep(_REWRITE_LOOK_EVERY_S)
    raise InboxAway


def _goes(key: bytes) -> bool:
    return key != INBOX_KEY.encode()
