"""The allocator's tables: read what a batch needs, write what it decided.

Rule 1: one batch is one transaction, and it begins by holding what is on offer and the
lease, in this order; a writer whose epoch was passed, or that decided on an offer that
was changed meanwhile, commits nothing (I6).
Rule 2: an error of PostgreSQL never leaves this module as it is, since its text
repeats the row: it becomes ours, with the constraint's name at most.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg import errors
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format

from allocator import statements
from allocator.arrays import Kind, kind_of, packed
from allocator.batch import Batch, Columns, JournalHead
from allocator.commands import BookTogether, CloseSlots, CutSupply, Request, TakeOver
from allocator.core import Decided, Facts, Ledger
from allocator.errors import Fenced, Outdated, StoreAway, StoreContradicts
from allocator.model import (
    SITE_TIMEZONE,
    Catalogue,
    Outcome,
    Product,
    Release,
    Slot,
    Venue,
)
from allocator.rows import booking_from_row
from allocator.sealing import unseal_identity
from allocator.seats import Seats
from allocator.standby import Standby, Waiting

_SESSION = (
    "-c timezone=Asia/Tokyo -c statement_timeout=10s -c lock_timeout=1s"
    " -c idle_in_transaction_session_timeout=2s -c enable_seqscan=off"
)
"""A leader that hangs in the middle of a transaction loses its session before its lease,
so that its lock does not keep a standby out; one that waits for a lock gives up in time
to renew its lease. A plan made while a table was still empty is kept, and must not be to
read all of it: what does need a whole table says so (`_whole_tables`)."""

PIPELINED_FROM_VERSION = 170_000
"""PostgreSQL 17 brought `transaction_timeout`."""

_NETWORK: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that vanished without a word is noticed after about 10 s."""

_decode_answer = msgspec.msgpack.Decoder(Outcome).decode


class ColumnDumper(Dumper):
    """Hands psycopg the lists of a statement as `arrays` packs them."""

    format = Format.BINARY
    _kind: Kind

    def get_key(self, obj: list[Any], format: PyFormat) -> tuple[type, type]:  # noqa: A002
        """Tell lists apart by what they hold."""
        return (list, kind_of(obj).key)

    def upgrade(self, obj: list[Any], format: PyFormat) -> ColumnDumper:  # noqa: A002
        """Return the dumper of this kind of list."""
        dumper = ColumnDumper(list)
        dumper._kind = kind_of(obj)
        dumper.oid = dumper._kind.oids[1]
        return dumper

    def dump(self, obj: list[Any]) -> bytes:
        """Return the bytes of the array."""
        return packed(obj, self._kind)


class Versions(msgspec.Struct, frozen=True):
    """How often the operators have edited what is on offer, and the roster."""

    catalogue: int
    roster: int
    database: int = 0
    """What tells this database from others of its server."""
    now: datetime | None = None
    """What time it has; None where it does not say."""


class Store:
    """One direct connection, never through a pooler. Made lazily, dropped on any fault.

    `pipelined`: the statements of a batch are sent at once (psycopg's pipeline mode,
    which its authors call experimental), not each after the answer to the one before. Only
    for batches (one such transaction takes 4 s at most), and from PostgreSQL 17 on.
    """

    def __init__(self, database_url: str, *, roster_key: bytes, pipelined: bool = False) -> None:
        self._pipelined = pipelined
        self._database_url = database_url
        self._roster_key = roster_key
        self._connection: psycopg.Connection[Any] | None = None

    @property
    def city(self) -> str:
        """Return what tells this city from others: its key's shadow."""
        return hmac.digest(self._roster_key, b"city", hashlib.sha256)[:8].hex()

    def close(self) -> None:
        """Drop the connection; the next call makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def take_lease(self, holder: str, lease_s: float) -> int | None:
        """Become the writer: return the new epoch, or None while another holds the lease."""
        with self._connected() as connection:
            parameters = {"holder": holder, "lease_s": lease_s}
            row = connection.execute(_sql(statements.LEASE_TAKEN), parameters).fetchone()
        return None if row is None else int(row.epoch)

    def keep_lease(self, epoch: int) -> None:
        """Show that this writer lives. Raises `Fenced` once another took over.

        Waits for the end of a transaction of this epoch whose connection was lost:
        it holds the lease. What is read after this shows whether it was committed.
        """
        with self._connected() as connection:
            row = connection.execute(_sql(statements.LEASE_KEPT), {"epoch": epoch}).fetchone()
        if row is None:
            raise Fenced

    def check_lease(self, epoch: int) -> None:
        """See whether this writer still leads, waiting for nobody. Raises `Fenced` if not.

        What was read before is then of the time in which it led.
        """
        with self._connected() as connection:
            row = connection.execute(_sql(statements.LEASE_HELD), {"epoch": epoch}).fetchone()
        if row is None:
            raise Fenced

    def give_up_lease(self, epoch: int) -> None:
        """Let another writer take over at once."""
        with self._connected() as connection:
            connection.execute(_sql(statements.LEASE_GIVEN_UP), {"epoch": epoch})

    def versions(self) -> Versions:
        """Return the versions of catalogue and roster."""
        with self._connected() as connection:
            row = _only_row(connection, statements.CATALOGUE_VERSIONS)
        return Versions(row.version, row.roster_version, row.database, row.now)

    def load(self) -> tuple[Ledger, JournalHead]:
        """Read what is on offer, what is left of it, and where the journal stands."""
        with self._snapshot() as connection:
            ledger = _ledger(connection)
            head = connection.execute(_sql(statements.JOURNAL_HEAD)).fetchone()
        return ledger, JournalHead() if head is None else JournalHead(head[0], head[1])

    def catalogue(self) -> Catalogue:
        """Read what is stored of releases, products, venues and slots, without who has booked."""
        with self._snapshot() as connection:
            return _catalogue(connection)

    def ledger(self) -> Ledger:
        """Read what is on offer and what is left of it, for who may not read the journal."""
        with self._snapshot() as connection:
            return _ledger(connection)

    def facts_of(self, requests: Sequence[Request]) -> Facts:
        """Read what the tables know of these requests and of who makes them.

        Answers are read before bookings, each for itself: a batch that is committed
        meanwhile may show in the later ones alone (see `overlay`).
        """
        people = list({person for request in requests for person in _people(request)})
        request_ids = [request.request_id for request in requests]
        facts = Facts()
        with self._connected() as connection:
            sql, parameters = statements.OUTCOMES_OF_REQUESTS, {"request_ids": request_ids}
            for row in connection.execute(_sql(sql), parameters):
                outcome = _decode_answer(row.answer)
                facts.decided[row.request_id] = Decided(row.content_digest, row.person_key, outcome)
            named = {"person_keys": people}
            for row in connection.execute(_sql(statements.ROSTER_OF_PEOPLE), named):
                identity = unseal_identity(self._roster_key, row.sealed, row.person_key)
                facts.born[row.person_key] = identity.birth_date
            for row in connection.execute(_sql(statements.BOOKINGS_OF_PEOPLE), named):
                facts.held[(row.campaign_id, row.person_key)] = booking_from_row(row)
            if slot_ids := _slots_concerned(connection, requests):
                in_slots = {"slot_ids": slot_ids}
                with _whole_tables(connection):
                    for row in connection.execute(_sql(statements.BOOKINGS_IN_SLOTS), in_slots):
                        facts.held[(row.campaign_id, row.person_key)] = booking_from_row(row)
        return facts

    def write(self, batch: Batch, epoch: int, decided_at: datetime) -> None:
        """Commit one batch, or nothing.

        Raises:
            Fenced: another writer took over.
            Outdated: what is on offer was changed after it was loaded.
            StoreAway: the connection broke, or a lock was not had in time; whether the
                batch was committed is unknown, and must be found out by reading.
            StoreContradicts: a constraint fired, so the ledger is wrong. Stop.
        """
        more = {"epoch": epoch, "decided_at": decided_at}
        with self._transaction() as connection:
            row = connection.execute(_sql(statements.BATCH_HELD), more).fetchone()
            if row is None:
                raise Fenced
            if row.version != batch.catalogue_version:
                raise Outdated
            is_pipelined = self._may_pipeline(connection)
            with connection.pipeline() if is_pipelined else nullcontext():
                for sql, columns in _rows_of(batch):
                    if any(columns.values()):
                        connection.execute(_sql(sql), columns | more)
                if batch.catalogue_edits:
                    edits = {"edits": batch.catalogue_edits}
                    connection.execute(_sql(statements.CATALOGUE_EDITED), edits)

    def roster_after(self, person_key: bytes, limit: int) -> list[tuple[bytes, bytes | None]]:
        """Return the next people of the roster, as (person key, birth check, PIN check if any).

        Whoever left has no check: they must be removed where they are.
        """
        parameters = {"person_key": person_key, "limit": limit}
        with self._connected() as connection:
            rows = connection.execute(_sql(statements.ROSTER_AFTER), parameters).fetchall()
        return [(row.person_key, row.birth_check) for row in rows]

    def holders_after(self, campaign_id: str, person_key: bytes, limit: int) -> list[bytes]:
        """Return the next people who hold a booking of the campaign."""
        parameters = {"campaign_id": campaign_id, "person_key": person_key, "limit": limit}
        with self._connected() as connection:
            rows = connection.execute(_sql(statements.HOLDERS_AFTER), parameters).fetchall()
        return [row.person_key for row in rows]

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        """Give the connection, with our errors in place of PostgreSQL's.

        Outside a transaction each statement is committed by itself.
        """
        try:
            if self._connection is None:
                self._connection = self._connect()
            yield self._connection
        except errors.IntegrityError as error:
            self.close()
            raise StoreContradicts(error.diag.constraint_name) from None
        except psycopg.Error:
            self.close()
            raise StoreAway from None

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """Run a block in one transaction."""
        with self._connected() as connection, connection.transaction():
            yield connection

    @contextmanager
    def _snapshot(self) -> Iterator[psycopg.Connection[Any]]:
        """Read what was there at one moment, whatever is changed meanwhile."""
        with self._connected() as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with _whole_tables(connection):
                yield connection
            connection.isolation_level = None

    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(
            self._database_url,
            autocommit=True,
            options=_SESSION,
            prepare_threshold=0,
            row_factory=statements.named_rows,
            **_NETWORK,
        )
        connection.adapters.register_dumper(list, ColumnDumper)
        if self._may_pipeline(connection):
            connection.execute(_sql(statements.TRANSACTION_LIMITED))
        return connection

    def _may_pipeline(self, connection: psycopg.Connection[Any]) -> bool:
        """Say whether statements may be sent at once: where a whole transaction has a time limit.

        A leader that hangs between two messages of a pipeline is not idle in the server's
        eyes, and would keep its locks for ever (seen in `make leaders`).
        """
        return self._pipelined and connection.info.server_version >= PIPELINED_FROM_VERSION


@contextmanager
def _whole_tables(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Run a block in one transaction that may read tables from end to end."""
    with connection.transaction():
        connection.execute(_sql(statements.WHOLE_TABLES_ALLOWED))
        yield


def _rows_of(batch: Batch) -> tuple[tuple[str, Columns], ...]:
    """Return the statements of a batch in order, each with its columns."""
    return (
        (statements.BOOKINGS_CHANGED, batch.bookings_changed),
        (statements.BOOKINGS_INSERTED, batch.bookings_inserted),
        (statements.SEATS_MOVED, batch.seats_moved),
        (statements.JOURNAL_INSERTED, batch.journal),
        (statements.OUTCOMES_INSERTED, batch.outcomes),
        (statements.OUTBOX_INSERTED, batch.outbox),
        (statements.DOSES_RECORDED, batch.dose_records),
    )


def _people(request: Request) -> tuple[bytes, ...]:
    """Return everybody whom a request is about."""
    command = request.command
    if isinstance(command, BookTogether):
        return request.person_key, command.companion.person_key
    if isinstance(command, TakeOver):
        return request.person_key, command.former_key
    return (request.person_key,)


def _slots_concerned(connection: psycopg.Connection[Any], requests: Sequence[Request]) -> list[int]:
    """Return the slots whose holders the staff's orders among the requests may move."""
    slot_ids: set[int] = set()
    for request in requests:
        match request.command:
            case CloseSlots() as order:
                slot_ids.update(order.slot_ids)
            case CutSupply() as order:
                day = msgspec.structs.asdict(order)
                rows = connection.execute(_sql(statements.SLOTS_OF_DAY), day)
                slot_ids.update(row.slot_id for row in rows)
    return sorted(slot_ids)


def _only_row(connection: psycopg.Connection[Any], statement: str) -> Any:
    return connection.execute(_sql(statement)).fetchone()


def _catalogue(connection: psycopg.Connection[Any]) -> Catalogue:
    version = _only_row(connection, statements.CATALOGUE_VERSIONS).version
    products = [Product(*row) for row in connection.execute(_sql(statements.PRODUCTS))]
    venues = [Venue(*row) for row in connection.execute(_sql(statements.VENUES))]
    releases = [Release(*row) for row in connection.execute(_sql(statements.RELEASES))]
    slots = [_slot(row) for row in connection.execute(_sql(statements.SLOTS))]
    return Catalogue(
        version=version,
        products={product.product_id: product for product in products},
        venues={venue.venue_id: venue for venue in venues},
        releases={release.release_id: release for release in releases},
        slots={slot.slot_id: slot for slot in slots},
    )


def _ledger(connection: psycopg.Connection[Any]) -> Ledger:
    catalogue = _catalogue(connection)
    rows = connection.execute(_sql(statements.SEATS_TAKEN))
    taken = {(row.slot_id, row.dose): row.taken for row in rows}
    made = _only_row(connection, statements.BOOKINGS_MADE)
    waiting = connection.execute(_sql(statements.BOOKINGS_ON_STANDBY))
    standby = Standby(Waiting(row.person_key, booking_from_row(row)) for row in waiting)
    return Ledger(catalogue, Seats(catalogue, taken), made.bookings_made, standby)


def _slot(row: Any) -> Slot:
    return Slot(
        slot_id=row.slot_id,
        release_id=row.release_id,
        venue_id=row.venue_id,
        product_id=row.product_id,
        starts_at=row.starts_at.astimezone(SITE_TIMEZONE),
        ends_at=row.ends_at.astimezone(SITE_TIMEZONE),
        capacities=(row.dose1_capacity, row.dose2_capacity),
    )


def _sql(statement: str) -> bytes:
    """Statements are our own files; psycopg's types want a literal or bytes."""
    return statement.encode()
