"""The keeper as it is started: beat orders, it makes what is due, and shows it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest
from redis import Redis

from allocator.jobs_settings import BACKUPS_QUEUE
from allocator.migrate import role_url
from allocator.model import SITE_TIMEZONE
from seiriken.backup.catalogue import backup_id
from seiriken.processes import free_ports, running_in
from tests.integration.backup.conftest import Town
from tests.waiting import until

CELERY = [sys.executable, "-m", "celery", "--quiet", "-A"]


@contextmanager
def process(town: Town, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    with (town.folder / "jobs.log").open("ab") as log:
        started = subprocess.Popen(
            [*CELERY, *arguments, "--loglevel=WARNING"],
            env={"PATH": os.environ["PATH"], **settings},
            cwd=town.folder,
            stdout=log,
            stderr=log,
        )
    try:
        yield started
    finally:
        started.terminate()
        started.wait(60)


def keeper_settings(town: Town, port: int) -> dict[str, str]:
    """Return the settings of a keeper to whom nothing falls due again while a test runs."""
    half_a_day_off = f"{datetime.now(SITE_TIMEZONE) + timedelta(hours=12):%H:%M}"
    return {
        "BACKUP_DATABASE_URL": town.source.database_url,
        "BACKUP_REDIS_URL": town.books.redis_url,
        "BACKUP_DIR": str(town.repository.folder),
        "BACKUP_KEY_FILE": str(town.key_file),
        "BACKUP_SPOOL_DIR": str(town.folder / "work"),
        "BACKUP_FULL_AT": half_a_day_off,
        "BACKUP_DRILL_AT": half_a_day_off,
        "BACKUP_CATCH_UP_AFTER_S": "0",
        "BACKUP_INTERNAL_PORT": str(port),
    }


def jobs_settings(town: Town) -> dict[str, str]:
    return {
        "JOBS_DATABASE_URL": role_url(town.owner_url, "jobs", "jobs-password"),
        "JOBS_REDIS_URL": town.books.redis_url,
        "JOBS_SECRETS_DIR": str(town.secrets_dir),
        "JOBS_PUBLIC_URL": "https://yoyaku.inzai.example",
        "JOBS_MAIL_DIR": str(town.folder / "mail"),
        "JOBS_BACKUPS_EVERY_S": "0.5",
    }


def shown(port: int) -> dict[str, float]:
    """Return the keeper's own metrics; empty while it does not answer."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
            text = answer.read().decode()
    except (URLError, OSError):
        return {}
    found = re.findall(r"^(seiriken_\S+) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


@pytest.mark.timeout(1800)
def test_what_is_due_is_made_when_beat_orders_it_and_shown(town: Town) -> None:
    (port,) = free_ports(1)
    with (
        process(
            town, "seiriken.backup.jobs", "worker", "--pool=solo", **keeper_settings(town, port)
        ) as keeper,
        process(
            town,
            "allocator.jobs",
            "beat",
            f"--schedule={town.folder / 'beat'}",
            **jobs_settings(town),
        ),
    ):
        until(lambda: shown(port).get('seiriken_drills_total{result="ok"}') == 1.0, 240)
        until(lambda: shown(port).get("seiriken_kept_backups") == 1.0, 60)
        (made,) = town.repository.backups()
        until(lambda: shown(port).get("seiriken_drill_timestamp_seconds", 0) > 0, 60)
        until(lambda: shown(port).get("seiriken_wal_archived_timestamp_seconds", 0) > 0, 60)
        metrics = shown(port)
        assert metrics['seiriken_backups_total{result="ok"}'] == 1.0
        assert metrics["seiriken_backup_timestamp_seconds"] == made.ended_at.timestamp()
        assert metrics["seiriken_backup_bytes"] == made.bytes
        assert metrics['seiriken_need_up{need="repository"}'] == 1.0
        assert metrics['seiriken_need_up{need="wal"}'] == 1.0
        assert psutil.Process(keeper.pid).nice() == 19
        with Redis.from_url(town.books.redis_url) as redis:
            until(lambda: redis.llen(f"jobs:{BACKUPS_QUEUE}") <= 1, 60)
    assert made.backup_id == backup_id(made.began_at)
    assert running_in(town.folder / "work" / "wal") == []


def test_killed_keeper_leaves_nothing_in_the_way_of_the_next(town: Town) -> None:
    (port,) = free_ports(1)
    spool = town.folder / "work" / "wal"
    arguments = ("seiriken.backup.jobs", "worker", "--pool=solo")
    with process(town, *arguments, **keeper_settings(town, port)) as keeper:
        until(lambda: running_in(spool), 240)
        keeper.kill()
    (left,) = running_in(spool)
    with process(town, *arguments, **keeper_settings(town, port)):
        until(lambda: shown(port).get('seiriken_need_up{need="wal"}') == 1.0, 240)
        (receiving,) = until(lambda: running_in(spool))
        assert receiving.pid != left.pid


def test_keeper_without_its_key_says_so_and_ends(town: Town) -> None:
    town.key_file.unlink()
    with process(
        town, "seiriken.backup.jobs", "worker", "--pool=solo", **keeper_settings(town, 1)
    ) as keeper:
        assert keeper.wait(240) == 2
    assert "backup.key: No such file" in (town.folder / "jobs.log").read_text()
