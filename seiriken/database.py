"""Make the database of a stack ready: create it, migrate it, set the roles' passwords."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from allocator.key_rotation import open_keys
from allocator.migrate import PURPOSES, create_login_roles, migrate
from allocator.statements import statement


def create_database(owner_url: str, name: str) -> bool:
    """Create a database unless it is there; return whether it is new."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        found = connection.execute(statement("database_exists").encode(), {"name": name})
        if found.rowcount == 1:
            return False
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return True


def prepare_database(database_url: str, password: Callable[[str], str]) -> list[str]:
    """Migrate and set the passwords of the login roles; return the migrations applied.

    Raises:
        AllocatorError: the database is away, or a migration stopped.
    """
    applied = migrate(database_url)
    create_login_roles(database_url, {purpose: password(purpose) for purpose in PURPOSES})
    return applied


def make_first_key(database_url: str, secrets_dir: Path) -> str:
    """Make the first data key of a city that has none; return the id of the newest.

    Raises:
        AllocatorError: the database is away.
        SecretError: `contact.key` is missing or malformed.
    """
    with open_keys(database_url, secrets_dir) as store:
        return store.make_key(only_first=True)
