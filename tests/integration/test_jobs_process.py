"""Celery as it is started: a worker and a beat in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from redis import Redis

from allocator.codes import ASKED_STREAM
from tests.integration.jobs import CELERY, Jobs
from tests.integration.stored import PERSONAL
from tests.waiting import until

NICENESS = 10
"""Bookings come first on a machine that is full."""


@pytest.fixture
def jobs(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Jobs]:
    made = Jobs(database_url, redis_url, tmp_path)
    yield made
    made.stored.close()


@contextmanager
def everything_told_to(redis_url: str) -> Iterator[list[str]]:
    """Gather every command that Redis is given meanwhile."""
    commands: list[str] = []
    # Until the worker has begun, nobody may say anything for long.
    patient = Redis.from_url(redis_url, socket_timeout=None)
    with patient as redis, redis.monitor() as monitor:

        def listen() -> None:
            for command in monitor.listen():
                commands.append(str(command["command"]))
                if "the end" in commands[-1]:
                    return

        thread = threading.Thread(target=listen)
        thread.start()
        yield commands
        with Redis.from_url(redis_url) as other:
            other.echo("the end")
        thread.join()


def test_each_message_is_told_once_and_nothing_personal_is_said(jobs: Jobs, redis_url: str) -> None:
    outbox_ids = [jobs.stored.message(jobs.stored.book()) for _ in range(20)]
    with everything_told_to(redis_url) as commands, jobs.running() as worker:
        until(lambda: jobs.undone() == 0)
        until(lambda: 'seiriken_mails_total{result="sent"} 20.0' in jobs.ask("metrics")[1])
        until(lambda: "seiriken_outbox_messages 0.0" in jobs.ask("metrics")[1])
        worker.terminate()
        assert worker.wait(300) == 0
    assert jobs.mails() == [f"{outbox_id:08}.eml" for outbox_id in outbox_ids]
    told = "\n".join(commands)
    assert "send_notice" in told
    assert not [word for word in PERSONAL if word in told]
    log = jobs.log.read_text("utf-8")
    assert not [word for word in PERSONAL if word in log]
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    events = [line["event"] for line in lines]
    assert events.count("notice_settled") == 20


def test_backlog_is_worked_off_after_a_killed_child_and_a_lost_queue(
    jobs: Jobs, redis_url: str
) -> None:
    del jobs.environment["JOBS_NICENESS"]
    with jobs.running() as worker:
        for _ in range(60):
            jobs.stored.message(jobs.stored.book())
        until(lambda: len(jobs.mails()) > 5)
        (child,) = psutil.Process(worker.pid).children()
        assert child.nice() == min(
            19, os.nice(0) + NICENESS
        )  # Bookings come first on a machine that is full.
        os.kill(child.pid, signal.SIGKILL)
        with Redis.from_url(redis_url) as redis:
            redis.flushall()
        until(lambda: jobs.undone() == 0, within_s=600)
    assert len(jobs.mails()) == 60


def test_what_the_room_did_is_moved_to_its_table(jobs: Jobs, redis_url: str) -> None:
    fields: dict[Any, Any] = {
        "release": "spring",
        "kind": "commitment",
        "at": "2026-12-01T09:00:00.000000+09:00",
        "content": '{"commitment":"aa"}',
    }
    with jobs.running(), Redis.from_url(redis_url) as redis:
        redis.xadd("room:records", fields)
        until(lambda: redis.xlen("room:records") == 0)
    kept = jobs.stored.one("SELECT kind, content ->> 'commitment' FROM room_record")
    assert tuple(kept) == ("commitment", "aa")


def test_reminders_are_made_and_sent_and_news_do_not_wait_for_them(jobs: Jobs) -> None:
    """Of 400 reminders that are due, a confirmation waits for one at most: they take turns."""
    stored = jobs.stored
    stored.connection.execute(
        "UPDATE slot SET starts_at = starts_at - moved, ends_at = ends_at - moved "
        "FROM (SELECT min(starts_at) - now() - interval '3 hours' AS moved FROM slot) AS nearer"
    )
    for _ in range(400):
        stored.book()
    stored.connection.execute("UPDATE booking SET booked_at = now() - interval '90 days'")
    with jobs.running():
        until(lambda: len(jobs.mails()) > 20)
        with stored.connection.transaction():
            news = [stored.message(stored.book()) for _ in range(10)]
        until(lambda: jobs.undone() == 0, within_s=600)
    assert len(jobs.mails()) == 400 + len(news)
    (between,) = stored.one(
        "SELECT count(*) FROM outbox, (SELECT min(relayed_at) AS handed_out, max(done_at) AS told "
        "FROM outbox WHERE queue = 'notices') AS news "
        "WHERE queue = 'reminders' AND done_at BETWEEN news.handed_out AND news.told"
    )
    assert between < 100, "hundreds of reminders waited meanwhile"


def test_code_takes_turns_with_the_news_of_a_surge(jobs: Jobs, redis_url: str) -> None:
    stored = jobs.stored
    with stored.connection.transaction():
        bookings = [stored.book() for _ in range(600)]
        for booking in bookings:
            stored.message(booking)
    asked_now: dict[Any, Any] = {
        "challenge": uuid4().bytes,
        "booking": bookings[0].booking_id.bytes,
        "at": time.time(),
    }
    with Redis.from_url(redis_url) as redis:
        redis.xadd(ASKED_STREAM, asked_now)
    with jobs.running():
        until(lambda: len(jobs.mails()) == 601, within_s=600)
    (between,) = stored.one(
        "SELECT count(*) FROM outbox AS news, outbox AS code WHERE code.queue = 'codes' "
        "AND news.queue = 'notices' AND news.done_at BETWEEN code.relayed_at AND code.done_at"
    )
    assert between < 20, "a full queue of news was handed out before it"


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_process_without_its_settings_says_which_and_ends(command: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [*CELERY, command],
        env={"PATH": os.environ["PATH"], "JOBS_PUBLIC_URL": "https://a.example"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 2
    assert "JOBS_DATABASE_URL: Field required" in ended.stderr
    assert "Traceback" not in ended.stderr
