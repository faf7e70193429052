"""Two allocators and a crowd: the leader is killed, stopped and resumed, again and again.

    python -m tests.system.leader_cycles --cycles 100 --stopped-s 30

In each cycle the leader is killed (SIGKILL), and later the next leader is stopped
(SIGSTOP) for a while and resumed. Each time the standby must answer within
TAKEN_OVER_WITHIN_S; the one that was resumed must commit nothing and stand by; and in
the end every request has the one answer that is stored, and all books are in order.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

import psycopg
from redis import Redis

from allocator.audit import audit
from allocator.inbox import ALLOCATOR_GROUP, INBOX_KEY
from allocator.migrate import create_login_roles, migrate, role_url
from allocator.verify import verify
from seiriken.embedded_postgres import EmbeddedPostgres, bin_dir
from seiriken.embedded_redis import EmbeddedRedis
from seiriken.processes import free_ports
from tests.system.crowd import Crowd
from tests.waiting import until

TAKEN_OVER_WITHIN_S = 5.0
ANSWERED_WITHIN_S = 120.0
EPOCH_WENT_BACK = """
    SELECT count(*)
    FROM (SELECT epoch, lag(epoch) OVER (ORDER BY journal_seq) AS before FROM journal) AS entries
    WHERE epoch < before
"""
IN_A_TRANSACTION = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
"""


@contextmanager
def servers(folder: Path) -> Iterator[tuple[str, str]]:
    """Run PostgreSQL and Redis; give the owner's URL of a migrated database, and Redis's."""
    postgres = EmbeddedPostgres(folder / "postgres", folder / "pg", "owner-password")
    redis = EmbeddedRedis(folder / "redis", folder / "redis.sock")
    postgres.prepare()
    redis.prepare()
    with (
        subprocess.Popen(
            postgres.command(),
            cwd=postgres.data_dir,
            user=postgres.user,
            group=postgres.user,
            extra_groups=None if postgres.user is None else [],
            stderr=subprocess.DEVNULL,
        ) as database,
        subprocess.Popen(redis.command(), stdout=subprocess.DEVNULL) as queue,
    ):
        try:
            until(
                lambda: subprocess.call([bin_dir() / "pg_isready", "-q", "-h", folder / "pg"]) == 0
            )
            until((folder / "redis.sock").exists)
            migrate(postgres.url())
            yield postgres.url(), redis.url()
        finally:
            queue.terminate()
            database.send_signal(signal.SIGQUIT)


class Allocator:
    """One of the two processes. It is made with its name, and starts at once."""

    def __init__(self, name: str, environment: dict[str, str], log: TextIO) -> None:
        (self._port,) = free_ports(1)
        own = {"ALLOCATOR_INSTANCE": name, "ALLOCATOR_INTERNAL_PORT": str(self._port)}
        command = [sys.executable, "-m", "allocator"]
        self._process = subprocess.Popen(command, env=environment | own, stderr=log)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; wait for its end if there is no surviving that."""
        self._process.send_signal(number)
        if number is signal.SIGKILL:
            self._process.wait()

    def leads(self) -> bool:
        """Say what its metric says; one that does not listen yet leads nobody."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self._port}/metrics", timeout=5
            ) as page:
                return b"\nseiriken_leading_allocators 1.0\n" in page.read()
        except OSError:
            return False

    def end(self) -> int:
        """Have it stop in good order; return its exit code."""
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(120)


class Cycles:
    """The two allocators, the crowd, and what is done to them at seeded moments."""

    def __init__(
        self, database_url: str, redis_url: str, folder: Path, log: TextIO, seed: int
    ) -> None:
        self.database_url = database_url
        self.redis: Any = Redis.from_url(redis_url)
        self.crowd = Crowd(database_url, self.redis, folder / "secrets", seed)
        self._random = random.Random(seed)  # noqa: S311, the same moments for the same seed
        self._log = log
        create_login_roles(database_url, {"allocator": "allocator-password"})
        self._environment = {
            "PATH": os.environ["PATH"],
            "ALLOCATOR_DATABASE_URL": role_url(database_url, "allocator", "allocator-password"),
            "ALLOCATOR_REDIS_URL": redis_url,
            "ALLOCATOR_SECRETS_DIR": str(folder / "secrets"),
        }
        self.allocators = {name: self.start(name) for name in ("allocator-a", "allocator-b")}

    def start(self, name: str) -> Allocator:
        """Start one of the two."""
        return Allocator(name, self._environment, self._log)

    def run(self, stopped_s: float, taken_over_within_s: float) -> str:
        """Do one cycle; return what is to be said of it. Raises if a promise was broken."""
        killed_s = self._kill()
        taken_over_s = self._stop_and_resume(stopped_s)
        for answered_s in (killed_s, taken_over_s):
            assert answered_s <= taken_over_within_s, f"no answer for {answered_s:.2f} s"
        assert self.ask(EPOCH_WENT_BACK) == 0, "an overtaken allocator committed"
        found = audit(self.database_url)
        assert found.in_order, found.findings
        _, epoch = self.leader()
        return (
            f"answered {killed_s:.2f} s after the kill, {taken_over_s:.2f} s after the stop; "
            f"epoch {epoch}, {self.crowd.handed_in} requests"
        )

    def leader(self) -> tuple[str, int]:
        """Return name and epoch of the last that took the lease."""
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute("SELECT holder, epoch FROM writer").fetchone()
        assert row is not None
        return str(row[0]), int(row[1])

    def ask(self, statement: str) -> int:
        """Return a number from the tables."""
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return int(row[0])

    def wait_until_settled(self) -> None:
        """Wait until one leads and answers, and the other stands by."""
        until(lambda: sum(one.leads() for one in self.allocators.values()) == 1)
        handed_in = self.crowd.handed_in
        until(lambda: self.crowd.answered_after(handed_in))

    def check_everything(self) -> None:
        """Compare each answer with the one that is stored, and the tables with the journal."""
        until(lambda: self.crowd.unanswered() == 0, ANSWERED_WITHIN_S)
        with psycopg.connect(self.database_url) as connection:
            rows = connection.execute("SELECT request_id, answer FROM outcome").fetchall()
        stored = {request_id: bytes(answer) for request_id, answer in rows}
        told = {UUID(int=number + 1): answer for number, (_, answer) in self.crowd.answers.items()}
        assert told == stored, "a request was lost, or told something else than is stored"
        assert self.crowd.contradictions == 0, "a request was answered in two ways"
        proof = verify(self.database_url)
        assert proof.in_order, proof.findings

    def _kill(self) -> float:
        """Kill the leader; return how long its crowd had no answer. Start it again."""
        self.wait_until_settled()
        name, _ = self.leader()
        taken_over_s = self._hurt(name, signal.SIGKILL)
        self.allocators[name] = self.start(name)
        return taken_over_s

    def _stop_and_resume(self, stopped_s: float) -> float:
        """Stop the leader for a while and resume it: it must stand by."""
        self.wait_until_settled()
        name, epoch = self.leader()
        stopped_at = time.monotonic()
        taken_over_s = self._hurt(name, signal.SIGSTOP)
        until(lambda: time.monotonic() >= stopped_at + stopped_s, stopped_s + 1)
        self.allocators[name].send(signal.SIGCONT)
        until(lambda: not self.allocators[name].leads())
        assert self.leader()[1] == epoch + 1, "the lease went on after it had been taken over"
        return taken_over_s

    def _hurt(self, name: str, number: signal.Signals) -> float:
        """Send a signal at a chosen moment; return the seconds until somebody else answers."""
        moment = self._random.choice([self._a_batch_is_taken, self._a_batch_is_written, None])
        pause_until = time.monotonic() + self._random.uniform(0.1, 1.0)
        until(lambda: time.monotonic() >= pause_until)
        if moment is not None:
            _at_once_when(moment)
        self.allocators[name].send(number)
        hurt_at, first = time.monotonic(), self.crowd.handed_in + 1
        answered_at = until(lambda: self.crowd.answered_after(first), 30)
        assert answered_at is not None
        taken_over_s = answered_at - hurt_at
        assert self.leader()[0] != name
        return taken_over_s

    def _a_batch_is_taken(self) -> bool:
        return int(self.redis.xpending(INBOX_KEY, ALLOCATOR_GROUP)["pending"]) > 0

    def _a_batch_is_written(self) -> bool:
        return self.ask(IN_A_TRANSACTION) > 0


def _at_once_when(moment: Callable[[], bool]) -> None:
    """Return in the very moment; it comes many times a second."""
    deadline = time.monotonic() + 60
    while not moment():
        assert time.monotonic() < deadline, "no batch came"


def run(
    cycles: int,
    stopped_s: float,
    seed: int,
    say: Callable[[str], object],
    taken_over_within_s: float = TAKEN_OVER_WITHIN_S,
) -> None:
    """Run so many cycles on servers of its own. Raises if a promise was broken."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-leaders-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        with (
            servers(folder) as (database_url, redis_url),
            (folder / "allocators.log").open("w") as log,
        ):
            state = Cycles(database_url, redis_url, folder, log, seed)
            _run(state, cycles, say, lambda: state.run(stopped_s, taken_over_within_s))
    except BaseException:
        say((folder / "allocators.log").read_text("utf-8")[-4_000:])
        raise
    finally:
        shutil.rmtree(folder)


def _run(
    state: Cycles, cycles: int, say: Callable[[str], object], cycle: Callable[[], str]
) -> None:
    try:
        until(lambda: state.redis.exists("published"))
        with state.crowd.coming():
            for number in range(1, cycles + 1):
                say(f"cycle {number}/{cycles}: {cycle()}\n")
        state.check_everything()
        say(f"every one of {state.crowd.handed_in} requests has its one answer\n")
    finally:
        state.redis.close()
        codes = [one.end() for one in state.allocators.values()]
    assert codes == [0, 0], codes


def main() -> int:
    """Read the options, run, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.leader_cycles")
    parser.add_argument("--cycles", type=int, default=10)
    parser.add_argument("--stopped-s", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    def say(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    run(options.cycles, options.stopped_s, options.seed, say)
    return 0


if __name__ == "__main__":
    sys.exit(main())
