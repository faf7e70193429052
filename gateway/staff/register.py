"""The accounts as commands keep them: made, listed, disabled, reset, signed out.

Only the owner of the database may make an account or disable one; the staff gateway's role may not.
Rule 1: a first password is returned once, and stored as a hash alone.
Rule 2: an account is never deleted: the journal names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.rows import namedtuple_row

from allocator.errors import StoreAway
from allocator.model import PROBE_ID
from gateway.staff.access import Role
from gateway.staff.passwords import first_password, hashed
from gateway.staff.statements import statement


class Listed(msgspec.Struct, frozen=True):
    """An account as it is listed."""

    login: str
    role: Role
    enrolled: bool
    disabled: bool


def add_account(
    database_url: str, login: str, role: Role, now: datetime, venues: Sequence[str] = ()
) -> str | None:
    """Make an account and return its first password; None when there is one of that name.

    `venues` are what the role `venue` is bound to; no other role has any.

    Raises:
        StoreAway: the database does not answer.
        ValueError: the name is none that an account may have, or a venue is unknown.
    """
    if (role == "venue") != bool(venues):
        raise ValueError("the role venue names its venues, and no other role does")
    password = first_password()
    try:
        with _connection(database_url) as ask:
            known = {row.venue_id for row in ask("venues_known", {})}
            if unknown := sorted(set(venues) - known):
                there_are = ", ".join(sorted(known - {PROBE_ID})) or "none is loaded yet"
                raise ValueError(f"there is no venue {', '.join(unknown)}; known: {there_are}")
            row = ask(
                "account_added",
                {
                    "login": login,
                    "role": role,
                    "password_hash": hashed(password),
                    "now": now,
                    "venues": sorted(set(venues)),
                },
            )
    except psycopg.errors.CheckViolation:
        raise ValueError("a name has 2 to 32 of a-z, 0-9, '.', '_', '-', a letter first") from None
    return password if row else None


def list_accounts(database_url: str) -> list[Listed]:
    """Return every account, by name. Raises `StoreAway`."""
    with _connection(database_url) as ask:
        return [
            Listed(row.login, row.role, row.totp_secret is not None, row.disabled_at is not None)
            for row in ask("accounts_listed", {})
        ]


def disable_account(database_url: str, login: str, now: datetime) -> bool:
    """Let an account in no more, and end its sessions; False: no such account."""
    with _connection(database_url) as ask:
        return _signed_out(ask, ask("account_disabled", {"login": login, "now": now}))


def reset_account(database_url: str, login: str) -> str | None:
    """Take password and second factor from an account; return a first password, None: no such.

    Raises:
        StoreAway: the database does not answer.
        ValueError: the account is disabled, so no password would let it in.
    """
    password = first_password()
    with _connection(database_url) as ask:
        if any(row.disabled_at for row in ask("account_by_login", {"login": login})):
            raise ValueError("it is disabled for good: make another account (staff add)")
        found = ask("account_reset", {"login": login, "password_hash": hashed(password)})
        return password if _signed_out(ask, found) else None


def sign_account_out(database_url: str, login: str) -> bool:
    """End an account's sessions; False: no such account."""
    with _connection(database_url) as ask:
        return _signed_out(ask, ask("account_by_login", {"login": login}))


def _signed_out(ask: Any, found: list[Any]) -> bool:
    for row in found:
        ask("sessions_of_account_ended", {"account_id": row.account_id})
    return bool(found)


@contextmanager
def _connection(database_url: str) -> Iterator[Any]:
    """Give a way to run statements, all of a block in one transaction."""
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            cursor = connection.cursor(row_factory=namedtuple_row)

            def ask(name: str, parameters: dict[str, Any]) -> list[Any]:
                cursor.execute(statement(name), parameters)
                return cursor.fetchall() if cursor.description else []

            yield ask
    except psycopg.OperationalError:
        raise StoreAway from None
