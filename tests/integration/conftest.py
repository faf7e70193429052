"""Real servers for integration tests: one PostgreSQL and one Redis a session, clean for each test.

A test gets a database of its own, cloned from a migrated template, and an empty Redis.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from allocator.migrate import migrate
from seiriken.embedded_postgres import EmbeddedPostgres, bin_dir
from seiriken.embedded_redis import EmbeddedRedis
from tests.integration.city import City, city_of_a_module

TEMPLATE = "seiriken_template"
_numbers = count(1)


@pytest.fixture(scope="session")
def run_dir() -> Iterator[Path]:
    """A short folder that PostgreSQL's own user can reach, for sockets and data."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-test-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(run_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL."""
    server = EmbeddedPostgres(run_dir / "postgres", run_dir / "pg", "owner-password")
    server.prepare()
    # Tests kill processes and cut no power: nothing is lost, and nobody waits for the disk.
    unsynced = ("-o", "-c fsync=off")
    _pg_ctl(server, "start", "--silent", f"--log={server.data_dir / 'server.log'}", *unsynced)
    yield server
    _pg_ctl(server, "stop", "--silent", "--mode=immediate")


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database to clone."""
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}".encode())
    migrate(postgres.url(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="module")
def city(
    postgres: EmbeddedPostgres,
    template: str,
    redis_server: EmbeddedRedis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    """One city for all tests of a module; each acts for residents of its own."""
    home = tmp_path_factory.mktemp("city")
    with city_of_a_module(postgres, template, redis_server, home) as running:
        yield running


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The owner's URL of a database without a schema."""
    yield from _database(postgres, "template1")


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """The owner's URL of a migrated, empty database."""
    yield from _database(postgres, template)


@pytest.fixture(scope="session")
def redis_server(run_dir: Path) -> Iterator[EmbeddedRedis]:
    """A running Redis."""
    server = EmbeddedRedis(run_dir / "redis", run_dir / "redis.sock")
    server.prepare()
    with subprocess.Popen(server.command(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("eady to accept connections" in line for line in process.stdout)
        with Redis.from_url(server.url()) as redis:
            redis.config_set("loglevel", "warning")
            redis.config_set("appendfsync", "no")  # As PostgreSQL's `fsync` above.
        yield server
        process.terminate()


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """The URL of an empty Redis."""
    with Redis.from_url(redis_server.url()) as redis:
        redis.flushall()
    return redis_server.url()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of the (empty) Redis."""
    with Redis.from_url(redis_url, protocol=2) as client:
        yield client


def _database(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        yield postgres.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _pg_ctl(server: EmbeddedPostgres, *arguments: str) -> None:
    subprocess.run(
        [str(bin_dir() / "pg_ctl"), "--wait", "-D", str(server.data_dir), *arguments],
        check=True,
        cwd=server.data_dir,
        user=server.user,
        group=server.user,
        extra_groups=None if server.user is None else [],
    )
