"""Read journal and tables from one snapshot, and have them compared (`allocator.proof`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from allocator import statements
from allocator.errors import StoreAway
from allocator.proof import JournalEntry, Proof, StoredBooking
from allocator.rows import booking_from_row

ROWS_AT_ONCE = 5_000


def verify(database_url: str, progress: Callable[[int], None] = lambda _: None) -> Proof:
    """Rebuild bookings and seats from the journal and compare them with the tables.

    `progress` is told how many entries were read, now and then.

    Raises:
        StoreAway: the database does not answer, or may not be read.
    """
    proof = Proof()
    try:
        with psycopg.connect(
            database_url, connect_timeout=10, row_factory=statements.named_rows
        ) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            _read_journal(connection, proof, progress)
            _compare(connection, proof)
    except psycopg.Error:
        raise StoreAway from None
    return proof


def _read_journal(
    connection: psycopg.Connection[Any], proof: Proof, progress: Callable[[int], None]
) -> None:
    with connection.cursor("journal") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(statements.JOURNAL_ENTRIES.encode())
        for row in cursor:
            proof.read(JournalEntry(row.journal_seq, row.entry, row.chain_hash))
            if proof.entries % ROWS_AT_ONCE == 0:
                progress(proof.entries)


def _compare(connection: psycopg.Connection[Any], proof: Proof) -> None:
    seats = connection.execute(statements.SEATS_TAKEN.encode())
    taken = {(row.slot_id, row.dose): row.taken for row in seats}
    answers = connection.execute(statements.ANSWERS_STORED.encode()).fetchone()
    with connection.cursor("bookings") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(statements.BOOKINGS_STORED.encode())
        stored = (StoredBooking(row.person_key, booking_from_row(row)) for row in cursor)
        proof.compare(stored, taken, 0 if answers is None else answers.stored)
