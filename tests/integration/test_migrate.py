"""Migrations on a real database.

`allocator/sql/migrations/schema.sql` is what the migrations make, in one file to read. After a new
migration, write it anew: `WRITE_SCHEMA=1 pytest tests/integration/test_migrate.py`.
"""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from allocator.errors import MigrationStopped, StoreAway
from allocator.migrate import PURPOSES, create_login_roles, migrate, newest, role_url
from seiriken.embedded_postgres import bin_dir

SCHEMA = Path(__file__).parents[2] / "allocator" / "sql" / "migrations" / "schema.sql"
VERSIONS = SCHEMA.parent / "versions"


def schema_of(database_url: str) -> str:
    """Return a database's schema as text, without what differs between two dumps of the same."""
    command = [str(bin_dir() / "pg_dump"), "--schema-only", "--no-owner", database_url]
    dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    kept = [
        line
        for line in dump.splitlines()
        if line and not re.match(r"--|\\|SET |SELECT pg_catalog\.set_config", line)
    ]
    head = "-- What the migrations make; written by tests/integration/test_migrate.py."
    return "\n".join([head, *kept, ""])


def test_empty_database_gets_every_migration_once(empty_database_url: str) -> None:
    applied = migrate(empty_database_url)
    assert applied == sorted(path.stem for path in VERSIONS.glob("*.sql"))
    assert applied[-1] == newest()
    assert migrate(empty_database_url) == []


def test_every_migration_has_its_statements_beside_it() -> None:
    names = {path.stem for path in VERSIONS.glob("*.py")}
    assert names == {path.stem for path in VERSIONS.glob("*.sql")}


def test_schema_equals_the_migrations(database_url: str) -> None:
    schema = schema_of(database_url)
    if os.environ.get("WRITE_SCHEMA"):
        SCHEMA.write_text(schema, "utf-8")
    assert SCHEMA.read_text("utf-8") == schema


def test_runs_at_the_same_time_take_turns(empty_database_url: str) -> None:
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(migrate, [empty_database_url] * 2)
    assert sorted([first, second]) == [[], [*first, *second]]


def test_migration_that_cannot_get_its_lock_in_time_keeps_nothing(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as other:
        other.execute("CREATE TABLE product ()")
        with pytest.raises(MigrationStopped, match="55P03"):
            migrate(empty_database_url)
        other.rollback()
    assert "CREATE TABLE public.catalogue" not in schema_of(empty_database_url)
    assert migrate(empty_database_url)[-1] == newest()


def test_statement_that_fails_keeps_nothing_and_shows_no_data(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE TABLE roster ()")
    with pytest.raises(MigrationStopped) as stopped:
        migrate(empty_database_url)
    assert str(stopped.value) == "migrations: 42P07, after 0 applied"
    assert "CREATE TABLE public.booking" not in schema_of(empty_database_url)


def test_database_that_is_away_is_said(run_dir: Path) -> None:
    with pytest.raises(StoreAway):
        migrate(f"postgresql://nobody@/none?host={run_dir}")


def test_gateway_reads_what_it_shows_and_nothing_else(database_url: str) -> None:
    create_login_roles(database_url, dict.fromkeys(PURPOSES, "first"))
    with psycopg.connect(role_url(database_url, "gateway", "first")) as gateway:
        gateway.execute("SELECT FROM booking, outcome")
        for statement in (
            "SELECT FROM roster",
            "SELECT FROM journal",
            "DELETE FROM booking",
            "UPDATE booking SET state = 'cancelled'",
            "INSERT INTO outcome DEFAULT VALUES",
            "CREATE TABLE mine ()",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), gateway.transaction():
                gateway.execute(statement.encode())


def test_allocator_may_not_change_what_operators_load_nor_jobs_a_booking(
    database_url: str,
) -> None:
    create_login_roles(database_url, dict.fromkeys(PURPOSES, "first"))
    forbidden = {
        "allocator": (
            "DELETE FROM booking",
            "UPDATE slot SET venue_id = venue_id",
            "DELETE FROM roster",
        ),
        "jobs": (
            "UPDATE booking SET state = state",
            "SELECT sealed FROM roster",
            "DELETE FROM outbox",
        ),
        "backup": ("UPDATE booking SET state = state", "DELETE FROM roster", "CREATE TABLE x ()"),
        "staff": (
            "INSERT INTO staff_account DEFAULT VALUES",
            "UPDATE staff_account SET role = 'auditor'",
            "UPDATE staff_account SET disabled_at = NULL",
            "DELETE FROM staff_account",
            "UPDATE staff_look SET reason = 'none'",
            "DELETE FROM staff_look",
            "TRUNCATE staff_look",
            "UPDATE booking SET state = state",
            "DELETE FROM roster",
            "SELECT FROM journal",
        ),
    }
    for purpose in PURPOSES[1:]:
        with psycopg.connect(role_url(database_url, purpose, "first")) as connection:
            for statement in forbidden[purpose]:
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(statement.encode())


def test_password_of_a_role_can_be_set_anew(database_url: str) -> None:
    create_login_roles(database_url, {"jobs": "first"})
    create_login_roles(database_url, {"jobs": "second"})
    with psycopg.connect(role_url(database_url, "jobs", "second")) as connection:
        user = connection.info.user
    assert user.endswith("_jobs_login")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(role_url(database_url, "jobs", "first"))


def test_role_that_may_not_make_roles_is_told_so(database_url: str) -> None:
    create_login_roles(database_url, {"jobs": "first"})
    with pytest.raises(MigrationStopped, match="login roles: 42501"):
        create_login_roles(role_url(database_url, "jobs", "first"), {"gateway": "x"})
