"""pretix: gunicorn and a Celery worker as its guide to installation recommends.

The guide's numbers: gunicorn with 2 workers a core and one more, which restart after 1,200
requests; Celery's worker with its defaults; Redis for cache, sessions, broker and results.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg

from loadtests.bench.processes import free_port
from loadtests.peers.doors.pretix import PretixDoor, Shop
from loadtests.peers.systems.pretix_shop import ORGANIZER, build_shop
from loadtests.peers.systems.processes import ROOT, run, running, wait_for_port
from loadtests.peers.systems.site import celery_url
from loadtests.peers.systems.stage import Open, Stage, workers

_TOKEN_SCRIPT = ROOT / "loadtests" / "peers" / "sites" / "pretix_token.py"


class Pretix:
    """A shop with one event series."""

    held = "held_by_pretix"

    def __init__(self, stage: Stage, name: str, python: Path) -> None:
        self.name = name
        self._stage = stage
        self._python = python
        self._template = ""
        self._shop: Shop | None = None
        self._folder = stage.servers.folder / "pretix"

    def prepare(self) -> None:
        """Migrate, make a token, and build the shop through the API."""
        stage = self._stage
        self._folder.mkdir()
        self._template = stage.servers.empty_database()
        environment = self._configured(self._template, port := free_port())
        log_file = stage.log_file(self.name)
        run((self._python, "-m", "pretix", "migrate", "--skip-checks"), environment, log_file)
        token = run((self._python, _TOKEN_SCRIPT, ORGANIZER), environment, log_file).strip()
        with running(self._gunicorn(port), environment, log_file):
            wait_for_port(port)
            self._shop = asyncio.run(build_shop(port, token.split()[-1], stage.scene))
        with psycopg.connect(stage.servers.postgres.url(self._template), autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE")

    @contextmanager
    def opened(self) -> Iterator[Open]:
        """Run gunicorn and Celery's worker on a copy of the tables."""
        stage = self._stage
        assert self._shop is not None
        database = stage.servers.cloned(self._template)
        environment = self._configured(database, port := free_port())
        celery = (self._python, "-m", "celery", "-A", "pretix.celery_app", "worker", "-l", "info")
        log_file = stage.log_file(self.name)
        with ExitStack() as stack:
            roots: Sequence[psutil.Process] = [
                stack.enter_context(running(self._gunicorn(port), environment, log_file)),
                stack.enter_context(running(celery, environment, log_file)),
            ]
            wait_for_port(port)
            door = PretixDoor(port, self._shop, stage.scene)
            yield Open(door, stage.servers.postgres.url(database), roots)
        stage.servers.drop(database)

    def _gunicorn(self, port: int) -> tuple[str | Path, ...]:
        count = workers(os.cpu_count() or 1)
        return (
            *(self._python, "-m", "gunicorn", "pretix.wsgi", "--name", "pretix"),
            *("--workers", str(count), "--max-requests", "1200", "--max-requests-jitter", "50"),
            *("--log-level", "info", "--bind", f"127.0.0.1:{port}"),
        )

    def _configured(self, database: str, port: int) -> dict[str, str]:
        """Write pretix.cfg and return the environment that names it."""
        servers = self._stage.servers
        file = self._folder / "pretix.cfg"
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        sections = configuration(
            servers.postgres.url(database), servers.redis.socket_path, data, port
        )
        parser = ConfigParser(interpolation=None)
        parser.read_dict(sections)
        with file.open("w", encoding="utf-8") as written:
            parser.write(written)
        secret_file = self._folder / "secret"
        if not secret_file.exists():
            secret_file.write_text(secrets.token_hex(32), encoding="utf-8")
        return {
            "PRETIX_CONFIG_FILE": str(file),
            "PRETIX_DJANGO_SECRET": secret_file.read_text(encoding="utf-8"),
            "DJANGO_SETTINGS_MODULE": "pretix.settings",
        }


def configuration(
    database_url: str, redis_socket: Path, data: Path, port: int
) -> dict[str, dict[str, str]]:
    """Return the sections of pretix.cfg."""
    address = urlsplit(database_url)
    return {
        "pretix": {
            "instance_name": "City",
            "url": f"http://127.0.0.1:{port}",
            "currency": "JPY",
            "datadir": str(data),
            "registration": "off",
        },
        "locale": {"default": "en", "timezone": "Asia/Tokyo"},
        "database": {
            "backend": "postgresql",
            "name": address.path.removeprefix("/"),
            "user": address.username or "",
            "password": address.password or "",
            "host": parse_qs(address.query)["host"][0],
        },
        "redis": {"location": f"unix://{redis_socket}?db=0", "sessions": "true"},
        "celery": {"backend": celery_url(redis_socket), "broker": celery_url(redis_socket)},
    }
