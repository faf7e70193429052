"""Bring a database to the schema of this version, and make the roles that use it.

Rule 1: migrations only go forward. Each is one plain SQL file under
`sql/migrations/versions/`, run in a transaction of its own.
Rule 2: a migration waits at most 5 s for a lock and runs at most 60 s, so that
it cannot stop the allocator that is already running; two runs at once take turns.

Group roles (`seiriken_gateway` and so on) hold the grants and come with the
first migration. Login roles are named for the database (`{database}_gateway_login`),
so that several databases of one cluster never share a password.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from allocator.errors import MigrationStopped, StoreAway
from allocator.statements import statement

Purpose = Literal["gateway", "allocator", "jobs", "backup", "staff"]
PURPOSES: tuple[Purpose, ...] = ("gateway", "allocator", "jobs", "backup", "staff")

TURN_WAIT_S_MAX = 120
"""How long a second run waits for the first one to end."""


def migrate(database_url: str) -> list[str]:
    """Run every migration not yet applied; return their names (`0001_initial`) in order.

    Raises:
        StoreAway: the database does not answer.
        MigrationStopped: another run did not end in time, or a statement failed.
    """
    applied: list[str] = []
    try:
        connection = psycopg.connect(database_url, connect_timeout=10)
    except psycopg.OperationalError:
        raise StoreAway from None
    with connection, as_file(files("allocator") / "sql" / "migrations") as scripts:
        config = _config(scripts)
        config.attributes.update(connection=connection, applied=applied)
        try:
            connection.execute(_set_seconds("lock_timeout", TURN_WAIT_S_MAX))
            connection.execute(_statement("take_migration_turn"))
            connection.commit()
            command.upgrade(config, "head")
        except psycopg.Error as error:
            state = error.sqlstate or "connection lost"
            raise MigrationStopped(f"migrations: {state}, after {len(applied)} applied") from None
    return applied


def newest() -> str:
    """Return the name of the newest migration that this version of the code knows."""
    with as_file(files("allocator") / "sql" / "migrations") as scripts:
        script = ScriptDirectory.from_config(_config(scripts))
        revision = script.get_current_head()
        assert revision is not None, "there is at least one migration"
        return Path(script.get_revision(revision).path).stem


def run_sql_beside(operations: Any, script: str) -> None:
    """Run the `.sql` file that stands beside the migration `script` (its `__file__`)."""
    connection = operations.get_bind().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    connection.execute(Path(script).with_suffix(".sql").read_bytes())


def create_login_roles(database_url: str, passwords: Mapping[Purpose, str]) -> dict[Purpose, str]:
    """Make the login roles of this database, or set their passwords; return their names.

    The server is sent a SCRAM verifier, never the password itself. `database_url`
    must belong to a role that may create roles, and the database be migrated. The login role
    of backups may copy the server (REPLICATION) if the role of `database_url` may grant that.

    Raises:
        StoreAway: the database does not answer.
        MigrationStopped: the role of `database_url` may not create roles.
    """
    names: dict[Purpose, str] = {}
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            for purpose, password in passwords.items():
                names[purpose] = role_name(connection.info.dbname, purpose)
                _set_login_role(connection, names[purpose], purpose, password)
    except psycopg.OperationalError:
        raise StoreAway from None
    except psycopg.Error as error:
        raise MigrationStopped(f"login roles: {error.sqlstate}") from None
    return names


def role_name(database: str, purpose: Purpose) -> str:
    """Return the name of the login role of one purpose in one database."""
    return f"{database}_{purpose}_login"


def role_url(database_url: str, purpose: Purpose, password: str) -> str:
    """Return the URL by which the login role of `purpose` reaches the same database.

    `database_url` may be a URL or a libpq connection string, over TCP or a unix socket.
    """
    parts = {name: str(value) for name, value in conninfo_to_dict(database_url).items()}
    parts.pop("user", None)
    parts.pop("password", None)
    database = parts.pop("dbname")
    address = ""
    if "host" in parts and not parts["host"].startswith("/") and "," not in parts["host"]:
        address = _bracketed(parts.pop("host"))
        address += f":{parts.pop('port')}" if "port" in parts else ""
    user = f"{quote(role_name(database, purpose), safe='')}:{quote(password, safe='')}"
    query = f"?{urlencode(parts)}" if parts else ""
    return f"postgresql://{user}@{address}/{quote(database, safe='')}{query}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else quote(host, safe="")


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _set_login_role(
    connection: psycopg.Connection, name: str, purpose: Purpose, password: str
) -> None:
    verifier = connection.pgconn.encrypt_password(
        password.encode(), name.encode(), b"scram-sha-256"
    ).decode()
    role = sql.Identifier(name)
    if connection.execute(_statement("role_exists"), {"name": name}).rowcount == 0:
        connection.execute(sql.SQL("CREATE ROLE {role}").format(role=role))
    connection.execute(
        sql.SQL("ALTER ROLE {role} LOGIN NOSUPERUSER PASSWORD {verifier}").format(
            role=role, verifier=sql.Literal(verifier)
        )
    )
    if purpose == "backup":
        _let_replicate(connection, role)
    group = sql.Identifier(f"seiriken_{purpose}")
    connection.execute(sql.SQL("GRANT {group} TO {role}").format(group=group, role=role))


def _let_replicate(connection: psycopg.Connection, role: sql.Identifier) -> None:
    """Let a role copy the server and close a segment of its WAL.

    Where we may not say so, an administrator must, or need not (without backups of ours).
    """
    for allowing in (
        sql.SQL("ALTER ROLE {role} REPLICATION"),
        sql.SQL("GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {role}"),
    ):
        with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(allowing.format(role=role))


def _set_seconds(setting: str, seconds: int) -> sql.Composed:
    return sql.SQL("SET {setting} = {value}").format(
        setting=sql.Identifier(setting), value=sql.Literal(f"{seconds}s")
    )


def _statement(name: str) -> bytes:
    return statement(name).encode()
