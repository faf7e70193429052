"""The SQL statements of the staff gateway: one file each in `gateway/staff/sql/`.

Its tables are the allocator's migrations' (one schema has one owner); nobody else asks them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from psycopg import Error
from psycopg.rows import namedtuple_row
from psycopg_pool import PoolTimeout

from allocator.errors import StoreAway
from allocator.reads import Pool

_FOLDER = Path(__file__).parent / "sql"


@cache
def statement(name: str) -> bytes:
    """Return the statement in `sql/{name}.sql`."""
    return (_FOLDER / f"{name}.sql").read_bytes()


class Statements:
    """Runs single statements, each in a transaction of its own."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def rows(self, name: str, **parameters: Any) -> list[Any]:
        """Run a statement and return its rows, none where it has none. Raises `StoreAway`."""
        try:
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=namedtuple_row)
                await cursor.execute(statement(name), parameters)
                return await cursor.fetchall() if cursor.description else []
        except (Error, PoolTimeout):
            # Not the cause: its text would repeat the row.
            raise StoreAway from None

    async def row(self, name: str, **parameters: Any) -> Any:
        """Return the first row of a statement, None where there is none. Raises `StoreAway`."""
        rows = await self.rows(name, **parameters)
        return rows[0] if rows else None
