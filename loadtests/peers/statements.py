"""What each system holds, read by SQL of ours: one statement a file in `loadtests/peers/sql/`."""

from __future__ import annotations

from pathlib import Path

import psycopg

from loadtests.peers.auditing import Held

_FOLDER = Path(__file__).parent / "sql"


def read_held(database_url: str, name: str) -> list[Held]:
    """Return what the tables hold, by the statement in `sql/{name}.sql`."""
    statement = (_FOLDER / f"{name}.sql").read_bytes()
    with psycopg.connect(database_url) as connection:
        return [(str(row[0]), row[1]) for row in connection.execute(statement)]
