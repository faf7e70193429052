"""The allocator's tables: read what a batch needs, write what it decided.

Rule 1: one batch is one transaction, and it begins by checking the epoch; a
writer whose epoch was passed commits nothing (I6).
Rule 2: an error of PostgreSQL never leaves this module as it is, since its text
repeats the row: it becomes ours, with the constraint's name at most.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg import errors

from allocator import statements
from allocator.batch import Batch, JournalHead
from allocator.core import Decided, Facts, Ledger
from allocator.errors import Fenced, StoreAway, StoreContradicts
from allocator.model import (
    SITE_TIMEZONE,
    Booking,
    Catalogue,
    Product,
    Refusal,
    Release,
    Request,
    Slot,
    Venue,
)
from allocator.rows import booking_from_row
from allocator.sealing import unseal_identity
from allocator.seats import Seats

_SESSION = (
    "-c timezone=Asia/Tokyo -c statement_timeout=10s -c lock_timeout=5s"
    " -c idle_in_transaction_session_timeout=3s"
)
"""A leader that hangs in the middle of a transaction loses its session, so that
its lock on the lease does not keep a standby out."""


class Versions(msgspec.Struct, frozen=True):
    """How often the operators have edited what is on offer, and the roster."""

    catalogue: int
    roster: int
    database: int = 0
    """What tells this database from others of its server."""


class Store:
    """One direct connection, never through a pooler. Made lazily, dropped on any fault."""

    def __init__(self, database_url: str, *, roster_key: bytes) -> None:
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
        with self._transaction() as connection:
            parameters = {"holder": holder, "lease_s": lease_s}
            row = connection.execute(_sql(statements.LEASE_TAKEN), parameters).fetchone()
        return None if row is None else int(row.epoch)

    def keep_lease(self, epoch: int) -> None:
        """Show that this writer lives. Raises `Fenced` once another took over."""
        with self._transaction() as connection:
            _check_epoch(connection, epoch)

    def give_up_lease(self, epoch: int) -> None:
        """Let another writer take over at once."""
        with self._transaction() as connection:
            connection.execute(_sql(statements.LEASE_GIVEN_UP), {"epoch": epoch})

    def versions(self) -> Versions:
        """Return the versions of catalogue and roster."""
        with self._transaction() as connection:
            row = _only_row(connection, statements.CATALOGUE_VERSIONS)
        return Versions(row.version, row.roster_version, row.database)

    def load(self) -> tuple[Ledger, JournalHead]:
        """Read what is on offer, what is left of it, and where the journal stands."""
        with self._transaction() as connection:
            catalogue = _catalogue(connection)
            rows = connection.execute(_sql(statements.SEATS_TAKEN))
            taken = {(row.slot_id, row.dose): row.taken for row in rows}
            made = _only_row(connection, statements.BOOKINGS_MADE)
            head = connection.execute(_sql(statements.JOURNAL_HEAD)).fetchone()
        ledger = Ledger(catalogue, Seats(catalogue, taken), made.bookings_made)
        return ledger, JournalHead() if head is None else JournalHead(head[0], head[1])

    def facts_of(self, requests: Sequence[Request]) -> Facts:
        """Read what the tables know of these requests and of who makes them."""
        people = list({request.person_key for request in requests})
        request_ids = [request.request_id for request in requests]
        facts = Facts()
        with self._transaction() as connection:
            sql, parameters = statements.OUTCOMES_OF_REQUESTS, {"request_ids": request_ids}
            for row in connection.execute(_sql(sql), parameters):
                outcome = msgspec.msgpack.decode(row.answer, type=Booking | Refusal)
                facts.decided[row.request_id] = Decided(row.content_digest, row.person_key, outcome)
            named = {"person_keys": people}
            for row in connection.execute(_sql(statements.ROSTER_OF_PEOPLE), named):
                identity = unseal_identity(self._roster_key, row.sealed, row.person_key)
                facts.born[row.person_key] = identity.birth_date
            for row in connection.execute(_sql(statements.BOOKINGS_OF_PEOPLE), named):
                facts.held[(row.campaign_id, row.person_key)] = booking_from_row(row)
        return facts

    def write(self, batch: Batch, epoch: int, decided_at: datetime) -> None:
        """Commit one batch, or nothing.

        Raises:
            Fenced: another writer took over.
            StoreAway: the connection broke; whether the batch was committed is
                unknown, and must be found out by reading.
            StoreContradicts: a constraint fired, so the ledger is wrong. Stop.
        """
        with self._transaction() as connection:
            _check_epoch(connection, epoch)
            for sql, columns, more in (
                (statements.BOOKINGS_CHANGED, batch.bookings_changed, {}),
                (statements.BOOKINGS_INSERTED, batch.bookings_inserted, {}),
                (statements.SEATS_MOVED, batch.seats_moved, {}),
                (
                    statements.JOURNAL_INSERTED,
                    batch.journal,
                    {"epoch": epoch, "decided_at": decided_at},
                ),
                (statements.OUTCOMES_INSERTED, batch.outcomes, {}),
                (statements.OUTBOX_INSERTED, batch.outbox, {"created_at": decided_at}),
            ):
                if any(columns.values()):
                    connection.execute(_sql(sql), columns | more)

    def roster_after(self, person_key: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Return the next people of the roster, as (person key, birth check)."""
        with self._transaction() as connection:
            parameters = {"person_key": person_key, "limit": limit}
            rows = connection.execute(_sql(statements.ROSTER_AFTER), parameters).fetchall()
        return [(row.person_key, row.birth_check) for row in rows]

    def holders(self) -> list[tuple[str, bytes]]:
        """Return everybody who holds a booking, as (campaign, person key)."""
        with self._transaction() as connection:
            rows = connection.execute(_sql(statements.HOLDERS)).fetchall()
        return [(row.campaign_id, row.person_key) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """Run a block in one transaction, with our errors in place of PostgreSQL's."""
        try:
            if self._connection is None:
                self._connection = psycopg.connect(
                    self._database_url,
                    options=_SESSION,
                    connect_timeout=5,
                    row_factory=statements.named_rows,
                )
            with self._connection.transaction():
                yield self._connection
        except errors.IntegrityError as error:
            self.close()
            raise StoreContradicts(error.diag.constraint_name) from None
        except psycopg.Error:
            self.close()
            raise StoreAway from None


def _only_row(connection: psycopg.Connection[Any], statement: str) -> Any:
    return connection.execute(_sql(statement)).fetchone()


def _check_epoch(connection: psycopg.Connection[Any], epoch: int) -> None:
    if connection.execute(_sql(statements.LEASE_KEPT), {"epoch": epoch}).fetchone() is None:
        raise Fenced


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
