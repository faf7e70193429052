"""The doses given, as a command reads them: over one connection, by the owner of the database.

Rule 1: that somebody took the list is a line of the journal of looks, written in the same
transaction: when it cannot be written, nothing is read.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from allocator.errors import StoreAway
from allocator.model import PROBE_ID
from allocator.release_file import known_products
from gateway.staff.journal import BY_COMMAND
from gateway.staff.national_record import DoseGiven
from gateway.staff.statements import statement
from gateway.staff.venue_desk import dose_given, makers_of


def read_doses(
    database_url: str, roster_key: bytes, first: date | None, last: date | None, by: str
) -> list[DoseGiven]:
    """Note the look, and return every dose given in a range of days. Raises `StoreAway`."""
    look = {
        "now": datetime.now(UTC),
        "login": by[:32],
        "role": BY_COMMAND,
        "act": "doses_exported",
        "person_key": None,
        "reason": f"{first or '-'} {last or '-'}",
        "came_from": BY_COMMAND,
    }
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            cursor = connection.cursor(row_factory=namedtuple_row)
            cursor.execute(statement("look_noted"), look)
            cursor.execute(statement("venue_names"))
            named: list[Any] = cursor.fetchall()
            venues = {row.slot_id: row.name for row in named}
            cursor.execute(statement("product_names"))
            products: list[Any] = cursor.fetchall()
            days = {"first_day": first, "last_day": last}
            rows: list[Any] = cursor.execute(statement("doses_given"), days).fetchall()
    except psycopg.Error:
        raise StoreAway from None
    makers = makers_of(((row.product_id, row.names) for row in products), known_products())
    return [
        dose_given(row, roster_key, venues[row.slot_id], makers)
        for row in rows
        if row.product_id != PROBE_ID
    ]
