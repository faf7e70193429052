"""The SQL of backups: one statement a file in `seiriken/backup/sql/`."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "sql"


def statement(name: str) -> bytes:
    """Return the statement in `sql/{name}.sql`."""
    return (_FOLDER / f"{name}.sql").read_bytes()
