"""The benchmark's own PostgreSQL and Redis, with the settings that the stack gives them.

Both listen on unix sockets in a temporary folder and write to the disk under it: a commit
waits for its fsync. They are stopped by their process ids.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from redis import Redis, RedisError

from allocator.migrate import create_login_roles, migrate, role_url
from loadtests.bench.waiting import until
from monitoring.secrets import create_missing
from seiriken.embedded_postgres import EmbeddedPostgres
from seiriken.embedded_redis import EmbeddedRedis

_START_S_MAX = 120.0
_STOP_S_MAX = 120.0
_PASSWORD = "owner-password"  # noqa: S105, of a server that lives for minutes and has no port


@dataclass(frozen=True)
class Servers:
    """The two running servers, and the folder for everything else that a run writes."""

    folder: Path
    postgres: EmbeddedPostgres
    redis: EmbeddedRedis
    postgres_process: psutil.Process
    redis_process: psutil.Process
    _numbers: count[int]

    @property
    def secrets_dir(self) -> Path:
        """Return where the city's keys are."""
        return self.folder / "secrets"

    @property
    def redis_url(self) -> str:
        """Return the URL of Redis."""
        return self.redis.url()

    def migrated_database(self) -> str:
        """Make a database with the schema; return its name."""
        name = self._create_database("template1")
        migrate(self.postgres.url(name))
        return name

    def empty_database(self) -> str:
        """Make a database without a schema; return its name."""
        return self._create_database("template1")

    def cloned(self, template: str) -> str:
        """Make a copy of a database to which nobody is connected; return its name."""
        return self._create_database(template)

    def drop(self, database: str) -> None:
        """Remove a database, connections and all."""
        statement = sql.SQL("DROP DATABASE {name} WITH (FORCE)")
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            connection.execute(statement.format(name=sql.Identifier(database)))

    def allocator_url(self, database: str) -> str:
        """Return the URL by which the allocator's own role reaches a database."""
        url = self.postgres.url(database)
        create_login_roles(url, {"allocator": _PASSWORD})
        return role_url(url, "allocator", _PASSWORD)

    def settle(self) -> None:
        """Begin a run from the same state: an empty Redis, and all pages of tables written."""
        with Redis.from_url(self.redis_url) as redis:
            redis.flushall()
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    def _create_database(self, template: str) -> str:
        name = f"bench_{next(self._numbers)}"
        statement = sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(
            name=sql.Identifier(name), template=sql.Identifier(template)
        )
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            connection.execute(statement)
        return name


@contextmanager
def running_servers() -> Iterator[Servers]:
    """Run both servers for the length of a block, then remove all that they wrote."""
    # A short path: that of a socket has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="seiriken-bench-"))
    folder.chmod(0o711)
    try:
        create_missing(folder / "secrets")
        postgres = EmbeddedPostgres(folder / "postgres", folder / "pg", _PASSWORD)
        redis = EmbeddedRedis(folder / "redis", folder / "redis.sock")
        postgres.prepare()
        redis.prepare()
        with ExitStack() as stack:
            postgres_process = stack.enter_context(
                _running(postgres.command(), folder / "postgres.log", signal.SIGINT, postgres.user)
            )
            redis_process = stack.enter_context(
                _running(redis.command(), folder / "redis.log", signal.SIGTERM)
            )
            until("PostgreSQL answers", lambda: _postgres_answers(postgres), _START_S_MAX)
            until("Redis answers", lambda: _redis_answers(redis), _START_S_MAX)
            yield Servers(folder, postgres, redis, postgres_process, redis_process, count(1))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(
    command: tuple[str, ...], log_file: Path, stop_signal: signal.Signals, user: str | None = None
) -> Iterator[psutil.Process]:
    with (
        log_file.open("wb") as log,
        subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd="/",
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            start_new_session=True,
        ) as process,
    ):
        try:
            yield psutil.Process(process.pid)
        finally:
            process.send_signal(stop_signal)
            process.wait(_STOP_S_MAX)


def _postgres_answers(postgres: EmbeddedPostgres) -> bool:
    try:
        psycopg.connect(postgres.url(), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _redis_answers(redis: EmbeddedRedis) -> bool:
    try:
        with Redis.from_url(redis.url()) as connection:
            return bool(connection.ping())
    except (RedisError, OSError):
        return False
