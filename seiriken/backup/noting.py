"""Note what the tables of a database are, in one snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row

from seiriken.backup.catalogue import Note
from seiriken.backup.errors import BackupError
from seiriken.backup.statements import statement


def take_note(database_url: str) -> Note:
    """Count the rows of every table, and read the journal's head.

    Raises:
        BackupError: the database does not answer, or may not be read.
    """
    try:
        with open_connection(database_url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            tables = [row.table_name for row in connection.execute(statement("note_tables"))]
            rows = {table: _count(connection, table) for table in tables}
            head = connection.execute(statement("note_head")).fetchone()
    except psycopg.Error as error:
        raise database_away(error) from None
    if head is None:
        return Note(rows, 0, "")
    return Note(rows, head.journal_seq, head.chain_hash)


def wrong_heads(database_url: str, known: Mapping[int, str]) -> list[str]:
    """Say which entries of the journal do not have the hash that was noted."""
    findings = []
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            for journal_seq, chain_hash in known.items():
                row = connection.execute(
                    statement("journal_hash"), {"journal_seq": journal_seq}
                ).fetchone()
                if row is None or row[0] != chain_hash:
                    findings.append(f"journal: entry {journal_seq} is not the one that was noted")
    except psycopg.Error as error:
        raise database_away(error) from None
    return findings


def open_connection(database_url: str) -> psycopg.Connection[Any]:
    """Connect; rows are named tuples."""
    return psycopg.connect(database_url, connect_timeout=10, row_factory=namedtuple_row)


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    counting = sql.SQL("SELECT count(*) AS found FROM {}").format(sql.Identifier(table))
    row = connection.execute(counting).fetchone()
    assert row is not None
    return int(row.found)


def database_away(error: psycopg.Error) -> BackupError:
    """Return what to say of a database that does not do as asked: its code, never its text."""
    return BackupError(f"the database does not answer as it must ({error.sqlstate or 'away'})")
