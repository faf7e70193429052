"""The room's process: starts without Redis, says what happens once, ends when told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from monitoring.secrets import create_missing
from tests.integration.waiting_room.town import Town
from tests.waiting import until

STARTED_WITHIN_S = 240.0


@contextmanager
def process(redis_url: str, secrets_dir: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Run the room; whatever becomes of the test, it is gone afterwards."""
    create_missing(secrets_dir)
    needed = {
        "PATH": os.environ["PATH"],
        "ROOM_REDIS_URL": redis_url,
        "ROOM_SECRETS_DIR": str(secrets_dir),
        "ROOM_INTERNAL_PORT": "0",
        "ROOM_TICK_S": "0.05",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "waiting_room"],
        env={**needed, **settings},
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def cpu_s(pid: int) -> float:
    """Return how long a process has worked."""
    return psutil.Process(pid).cpu_times().user


def events(stderr: str) -> list[str]:
    return [json.loads(line)["event"] for line in stderr.splitlines()]


def test_the_process_ticks_and_ends_at_once_when_told(
    town: Town, redis_url: str, tmp_path: Path
) -> None:
    with process(redis_url, tmp_path) as room:
        until(lambda: town.redis.get("room:spring:status"), STARTED_WITHIN_S)
        room.send_signal(signal.SIGTERM)
        _, stderr = room.communicate(timeout=STARTED_WITHIN_S)
    assert room.returncode == 0
    assert events(stderr) == ["process_started", "release_state_changed", "process_stopped"]


def test_the_process_waits_for_redis_and_says_once_that_it_is_away_and_once_that_it_is_back(
    town: Town, redis_url: str, tmp_path: Path
) -> None:
    later = tmp_path / "later.sock"
    with process(f"unix://{later}", tmp_path / "secrets", ROOM_TICK_S="0.001") as room:
        assert room.stderr is not None
        lines = [room.stderr.readline() for _ in range(2)]
        worked_s = cpu_s(room.pid)
        until(lambda: cpu_s(room.pid) > worked_s + 0.05)  # a dozen more ticks without Redis
        later.symlink_to(urlsplit(redis_url).path)
        until(lambda: town.redis.get("room:ticked"), STARTED_WITHIN_S)
        lines += [room.stderr.readline() for _ in range(2)]
        room.send_signal(signal.SIGTERM)
        lines += room.stderr.readlines()
        room.wait(timeout=60)
    assert room.returncode == 0
    assert events("".join(lines)) == [
        "process_started",
        "redis_lost",
        "release_state_changed",
        "redis_found",
        "process_stopped",
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ROOM_TIKC_S", "1", "ROOM_TIKC_S"),
        ("ROOM_INTERNAL_PORT", "eighty", "ROOM_INTERNAL_PORT"),
        ("ROOM_INSIDE_LIMIT_MAX", "5", "inside_limit"),
    ],
)
def test_a_setting_that_is_wrong_stops_the_process_and_is_named(
    redis_url: str, tmp_path: Path, name: str, value: str, said: str
) -> None:
    with process(redis_url, tmp_path, **{name: value}) as room:
        _, stderr = room.communicate(timeout=STARTED_WITHIN_S)
    assert room.returncode == 2
    assert events(stderr) == ["process_not_started"]
    assert said in stderr


def test_a_secret_that_is_missing_stops_the_process_and_is_named(
    redis_url: str, tmp_path: Path
) -> None:
    with process(redis_url, tmp_path, ROOM_SECRETS_DIR=str(tmp_path / "none")) as room:
        _, stderr = room.communicate(timeout=STARTED_WITHIN_S)
    assert room.returncode == 2
    assert "draw.key" in stderr
