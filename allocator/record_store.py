"""Keep what the waiting room did: from its stream in Redis, or from a command, to PostgreSQL.

Rule 1: a record leaves the stream only after its transaction is committed; what is sent or
read twice is kept once (`record_id`).
Rule 2: one transaction at a time appends, so that the chain has no fork.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import psycopg
from psycopg.types.json import Jsonb

from allocator.batch import FIRST_CHAIN_HASH
from allocator.errors import StoreAway
from allocator.record_chain import KeptRecord, RoomRecord, linked, record_from
from allocator.roster import CATALOGUE_CHANGED
from allocator.statements import named_rows, statement
from monitoring.logs import get_logger

if TYPE_CHECKING:
    from redis import Redis

STREAM = "room:records"
"""Where the waiting room's tick appends (`waiting_room.keys.RECORDS`)."""

AT_ONCE_MAX = 100
BEACON_BEFORE = timedelta(seconds=10)
"""Until so long before the opening a beacon can be given: the room must hear of it."""

_HOLD = statement("room_record_hold").encode()
_HEAD = statement("room_record_head").encode()
_KNOWN = statement("room_record_known").encode()
_INSERTED = statement("room_record_inserted").encode()
_RECORDS = statement("room_records").encode()
_BEACON_GIVEN = statement("release_beacon_given").encode()
_CATALOGUE_RAISED = statement("catalogue_raised").encode()

log = get_logger()


def keep_records(redis: Redis, database_url: str) -> int:
    """Move what waits in the stream to the table, the oldest first; return how many were new.

    Raises:
        StoreAway: PostgreSQL does not answer; the stream stays as it is.
        RedisError: Redis does not answer; what was kept is met again, and kept once.
    """
    waiting = cast("list[Any]", redis.xrange(STREAM, count=AT_ONCE_MAX))
    if not waiting:
        return 0
    records = []
    for _, fields in waiting:
        record = record_from(fields)
        if record is None:
            log.warning("record_rejected")
        else:
            records.append(record)
    with _transaction(database_url) as connection:
        kept = append(connection, records)
    redis.xdel(STREAM, *(entry_id for entry_id, _ in waiting))
    return kept


def append(connection: psycopg.Connection[Any], records: Sequence[RoomRecord]) -> int:
    """Append records to the chain, in this transaction; return how many were new."""
    connection.execute(_HOLD)
    head = connection.execute(_HEAD).fetchone()
    chain_hash = FIRST_CHAIN_HASH if head is None else bytes(head.chain_hash)
    new = 0
    for record in records:
        named = {"record_id": record.record_id}
        known = connection.execute(_KNOWN, named).fetchone()
        if known is not None and known.known:
            continue
        chain_hash = linked(chain_hash, record)
        row = {
            "release_id": record.release_id,
            "recorded_at": record.recorded_at,
            "kind": record.kind,
            "content": Jsonb(record.content),
            "chain_hash": chain_hash,
        }
        connection.execute(_INSERTED, named | row)
        new += 1
    return new


def read_records(database_url: str) -> list[KeptRecord]:
    """Return the whole chain, the first record first. Raises `StoreAway`."""
    with _transaction(database_url) as connection:
        rows = connection.execute(_RECORDS).fetchall()
    return [
        KeptRecord(
            row.record_seq,
            row.record_id,
            RoomRecord(row.release_id, row.kind, row.recorded_at, row.content),
            bytes(row.chain_hash),
        )
        for row in rows
    ]


def give_beacon(
    database_url: str, release_id: str, beacon: str, source: str, now: datetime
) -> bool:
    """Set what a release's draw mixes in, and put that on record; False when it is too late.

    Too late is less than `BEACON_BEFORE` before the opening, or after the draw. Raises `StoreAway`.
    """
    given = {"release_id": release_id, "beacon": beacon, "beacon_source": source}
    with _transaction(database_url) as connection:
        connection.execute(_CATALOGUE_RAISED)
        asked = given | {"opens_after": now + BEACON_BEFORE}
        if connection.execute(_BEACON_GIVEN, asked).rowcount == 0:
            connection.rollback()
            return False
        # The moment makes it a record of its own, even of a value that was given before.
        content = {
            "beacon": beacon,
            "beacon_source": source,
            "given_at": now.isoformat(timespec="milliseconds"),
        }
        append(connection, [RoomRecord(release_id, "beacon", now, content)])
        connection.execute(f"NOTIFY {CATALOGUE_CHANGED}".encode())
    return True


@contextmanager
def _transaction(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        with psycopg.connect(database_url, connect_timeout=5, row_factory=named_rows) as connection:
            yield connection
    except psycopg.OperationalError:
        raise StoreAway from None
