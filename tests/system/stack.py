"""A whole stack as its operator runs it, and the ways to hurt it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis

from seiriken.home import Home, StackFile
from seiriken.supervision import Supervisor
from tests.waiting import until

SEIRIKEN = Path(sys.executable).with_name("seiriken")


def seiriken(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [str(SEIRIKEN), *arguments], check=False, capture_output=True, text=True, timeout=900
    )


class Stack:
    """One running stack."""

    def __init__(self, home: Path) -> None:
        self.home = Home(home)

    @property
    def file(self) -> StackFile:
        """Return what `up` wrote of it."""
        file = self.home.read()
        assert file is not None
        return file

    def status(self) -> dict[str, Any]:
        """Return what `seiriken status` says."""
        done = seiriken("status", "--home", str(self.home.path), "--json")
        assert done.returncode == 0, done.stderr
        status: dict[str, Any] = json.loads(done.stdout)
        return status

    def pid(self, process: str) -> int:
        """Return the id of one of the processes, once it runs: 0 would be our own group."""
        supervisor = Supervisor(self.file.supervisor_socket)
        return until(
            lambda: next(one.pid for one in supervisor.states() if one.name == process), 60
        )

    def kill(self, process: str) -> int:
        """End a process as a power cut would; return the id it had."""
        pid = self.pid(process)
        os.kill(pid, signal.SIGKILL)
        return pid

    def wipe_redis(self) -> None:
        """Kill Redis and take away all it had written, before it can start again."""
        pid = self.pid("redis")
        os.kill(pid, signal.SIGSTOP)
        for path in self.home.redis_dir.iterdir():
            if path.name.startswith("appendonly"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        os.kill(pid, signal.SIGKILL)

    def redis(self) -> Redis:
        """Return a connection to the stack's Redis."""
        return Redis.from_url(self.file.redis_url)

    def undecided(self) -> int:
        """Return how many requests wait in the inbox."""
        with self.redis() as redis:
            return int(redis.xlen("inbox"))

    def count(self, statement: str) -> int:
        """Return a number from the stack's tables."""
        with psycopg.connect(self.file.database_url) as connection:
            row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return int(row[0])

    @contextmanager
    def rehearsal(self, people: int) -> Iterator[subprocess.Popen[str]]:
        """Let people come and book while the block runs."""
        command = [str(SEIRIKEN), "rehearse", "--home", str(self.home.path), "--json"]
        options = ["--people", str(people), "--arrive-within", "6", "--patience", "120"]
        with subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()


@contextmanager
def running_stack(home: Path, *options: str, monitoring: bool = False) -> Iterator[Stack]:
    """Start a stack of its own, and stop it at the end; usually nobody watches it.

    Its tables are the test's: no probe.
    """
    watched = "--monitoring" if monitoring else "--no-monitoring"
    try:
        up = seiriken("up", "--home", str(home), "--detach", "--no-probe", watched, *options)
        assert up.returncode == 0, up.stderr + up.stdout
        yield Stack(home)
    finally:
        seiriken("down", "--home", str(home))
