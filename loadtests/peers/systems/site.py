"""The plain booking site: Django on gunicorn; it books at once, or by a Celery task each."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from loadtests.bench.processes import free_port
from loadtests.peers.doors.plain import PlainDoor
from loadtests.peers.scene import Scene
from loadtests.peers.systems.processes import ROOT, run, running, wait_for_port
from loadtests.peers.systems.stage import Open, Stage, workers

_SITE = "loadtests.peers.sites.booking"


class Site:
    """Django alone (`books_by_task` no), or Django with a Celery worker."""

    held = "held_by_site"

    def __init__(self, stage: Stage, name: str, *, books_by_task: bool) -> None:
        self.name = name
        self._stage = stage
        self._books_by_task = books_by_task
        self._template = ""

    def prepare(self) -> None:
        """Make the tables and fill them."""
        stage = self._stage
        self._secret_file.write_text(secrets.token_urlsafe(50), encoding="utf-8")
        self._template = stage.servers.empty_database()
        scene_file = stage.servers.folder / f"{self.name}.json"
        scene_file.write_text(scene_json(stage.scene), encoding="utf-8")
        environment = self._environment(self._template)
        django = (sys.executable, "-m", "django")
        log_file = stage.log_file(self.name)
        run((*django, "migrate", "--run-syncdb"), environment, log_file)
        run((*django, "fill_town", scene_file), environment, log_file)
        with psycopg.connect(stage.servers.postgres.url(self._template), autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE")

    @contextmanager
    def opened(self) -> Iterator[Open]:
        """Run gunicorn, and Celery's worker when there are tasks, on a copy of the tables."""
        stage = self._stage
        database = stage.servers.cloned(self._template)
        environment = self._environment(database)
        port = free_port()
        count = workers(os.cpu_count() or 1)
        gunicorn = (
            *(sys.executable, "-m", "gunicorn", f"{_SITE}.wsgi", "--workers", str(count)),
            *("--bind", f"127.0.0.1:{port}", "--log-level", "warning"),
        )
        celery = (
            *(sys.executable, "-m", "celery", "-A", f"{_SITE}.tasks", "worker"),
            *("--loglevel", "WARNING"),
        )
        log_file = stage.log_file(self.name)
        with ExitStack() as stack:
            roots = [stack.enter_context(running(gunicorn, environment, log_file))]
            if self._books_by_task:
                roots.append(stack.enter_context(running(celery, environment, log_file)))
            wait_for_port(port)
            yield Open(PlainDoor(port), stage.servers.postgres.url(database), roots)
        stage.servers.drop(database)

    @property
    def _secret_file(self) -> Path:
        return self._stage.servers.folder / f"{self.name}.secret"

    def _environment(self, database: str) -> dict[str, str]:
        servers = self._stage.servers
        return {
            "DJANGO_SETTINGS_MODULE": f"{_SITE}.settings",
            "PYTHONPATH": str(ROOT),
            "PEER_SECRET_FILE": str(self._secret_file),
            "PEER_DATABASE_URL": servers.postgres.url(database),
            "PEER_CACHE_URL": servers.redis.url(0),
            "PEER_BROKER_URL": celery_url(servers.redis.socket_path),
            "PEER_RESULTS_URL": celery_url(servers.redis.socket_path),
            "PEER_BOOKS_BY_TASK": "yes" if self._books_by_task else "no",
        }


def scene_json(scene: Scene) -> str:
    """Return people and slots as the site's `fill_town` reads them."""
    people = [
        {"ticket_number": one.ticket_number, "birth_date": one.birth_date.isoformat()}
        for one in scene.everybody
    ]
    slots = [
        {
            "number": slot.number,
            "starts_at": slot.starts_at.isoformat(),
            "second_starts_at": slot.second_starts_at.isoformat(),
            "capacity": slot.capacity,
        }
        for slot in scene.slots
    ]
    return json.dumps({"people": people, "slots": slots})


def celery_url(socket_path: Path) -> str:
    """Return the address of Redis's second database, as Celery spells it."""
    return f"redis+socket://{socket_path}?virtual_host=1"
