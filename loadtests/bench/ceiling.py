"""The ceiling of section 2: the same rows, inserted as fast as plain batched statements go.

One connection, one transaction a batch, the same statements, contents and batch sizes as
the allocator, the lease's row included; nothing is read, decided, answered or queued. What
is to be inserted is made beforehand. Plain: psycopg packs the arrays in its own way, in
binary. Packed: as the allocator does (`allocator.arrays`), which no plain script would.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import msgspec
import psycopg
from psycopg.types.array import ListBinaryDumper

from allocator import statements
from allocator.batch import Batch, batch_of
from allocator.commands import Request
from allocator.core import Facts, decide_batch
from allocator.model import Booking
from allocator.store import ColumnDumper, Store
from loadtests.bench.own_process import in_own_process
from loadtests.bench.releases import BORN, now
from loadtests.bench.servers import Servers
from loadtests.bench.towns import Town, check_books, read_messages

_HOLDER = "ceiling"


def ceiling_per_s(
    servers: Servers, town: Town, *, backlog: int, batch_size: int, is_packed: bool = False
) -> float:
    """Return bookings a second, inserted into a copy of a town."""
    servers.settle()
    database = servers.cloned(town.database)
    url = servers.postgres.url(database)
    role_url = servers.allocator_url(database)
    messages = read_messages(town.requests_file, backlog)
    bookings, elapsed_s = in_own_process(insert, role_url, messages, batch_size, is_packed)
    check_books(url, bookings)
    servers.drop(database)
    return bookings / elapsed_s


def insert(
    database_url: str, messages: Sequence[bytes], batch_size: int, is_packed: bool
) -> tuple[int, float]:
    """Make the rows, then insert them; return how many bookings that made, and the seconds."""
    store = Store(database_url, roster_key=bytes(32))
    epoch = store.take_lease(_HOLDER, 4.0)
    assert epoch is not None
    moment = now()
    bookings, batches = _rows_of(store, messages, batch_size, moment)
    store.close()
    with psycopg.connect(database_url, autocommit=True, prepare_threshold=0) as connection:
        connection.adapters.register_dumper(list, ColumnDumper if is_packed else ListBinaryDumper)
        connection.execute(statements.LEASE_KEPT.encode(), {"epoch": epoch})
        started = time.perf_counter()
        for batch in batches:
            _insert_batch(connection, batch, epoch, moment)
        return bookings, time.perf_counter() - started


def _rows_of(
    store: Store, messages: Sequence[bytes], batch_size: int, moment: datetime
) -> tuple[int, list[Batch]]:
    ledger, head = store.load()
    asked = [msgspec.msgpack.decode(message, type=Request) for message in messages]
    bookings, batches = 0, []
    ends = [*range(0, len(asked), batch_size), len(asked)]
    for start, end in pairwise(ends):
        facts = Facts(born={one.person_key: BORN for one in asked[start:end]})
        decisions = decide_batch(ledger, facts, asked[start:end], moment)
        batches.append(batch_of(decisions, ledger.catalogue, head, moment))
        head = batches[-1].journal_head
        bookings += sum(isinstance(decision.outcome, Booking) for decision in decisions)
    return bookings, batches


def _insert_batch(
    connection: psycopg.Connection, batch: Batch, epoch: int, decided_at: datetime
) -> None:
    more = {"epoch": epoch, "decided_at": decided_at}
    with connection.transaction():
        connection.execute(statements.BATCH_HELD.encode(), more)
        for sql, columns in (
            (statements.BOOKINGS_INSERTED, batch.bookings_inserted),
            (statements.SEATS_MOVED, batch.seats_moved),
            (statements.JOURNAL_INSERTED, batch.journal),
            (statements.OUTCOMES_INSERTED, batch.outcomes),
            (statements.OUTBOX_INSERTED, batch.outbox),
        ):
            connection.execute(sql.encode(), columns | more)
