"""Wait until the parts of a stack answer, and notice when one never will.

A part that ended three times while we waited is given up: its log says why.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from seiriken.errors import CommandError, StackFailed
from seiriken.supervision import ProcessState, Supervisor

WAIT_S_MAX = 90
ENDS_MAX = 3
LOG_LINES_SHOWN = 8
_LOOK_EVERY_S = 0.05


class Watch:
    """Looks at the processes while something else is waited for."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._ends: defaultdict[str, set[int]] = defaultdict(set)

    def wait(self, what: str, is_there: Callable[[], bool]) -> None:
        """Return once `is_there` says so.

        Raises:
            StackFailed: a process keeps ending, or 90 seconds have passed.
        """
        deadline = time.monotonic() + WAIT_S_MAX
        while not is_there():
            for state in self._supervisor.states():
                if state.state in ("backoff", "exited", "fatal"):
                    self._ends[state.name].add(state.stopped_at)
                if state.state == "fatal" or len(self._ends[state.name]) >= ENDS_MAX:
                    raise StackFailed(f"{state.name} does not start.{_log_end(state)}")
            if time.monotonic() > deadline:
                raise StackFailed(f"{what} did not answer within {WAIT_S_MAX} s{self._logs()}")
            time.sleep(_LOOK_EVERY_S)

    def _logs(self) -> str:
        states = self._supervisor.states()
        return f"; logs are in {Path(states[0].log_file).parent}" if states else ""


def _log_end(state: ProcessState) -> str:
    try:
        lines = Path(state.log_file).read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    shown = "".join(f"\n    {line}" for line in lines[-LOG_LINES_SHOWN:])
    return f" {state.log_file} ends with:{shown}" if shown else f" {state.log_file} is empty"


def wait_for_supervisor(supervisor: Supervisor, watch: Watch) -> None:
    """Return once supervisord can be told to start something. Raises `StackFailed`.

    Where PostgreSQL and Redis are given, they answer before it does.
    """
    watch.wait("supervisord", supervisor.answers)


def wait_for_servers(database_url: str, redis_url: str, watch: Watch) -> None:
    """Return once PostgreSQL and Redis answer. Raises `StackFailed`."""
    watch.wait("PostgreSQL", lambda: database_answers(database_url))
    watch.wait("Redis", lambda: redis_answers(redis_url))


def wait_for_processes(internal_ports: Mapping[str, int], watch: Watch) -> None:
    """Return once every process with an internal port says that it is ready.

    Raises `StackFailed`.
    """
    for name, port in internal_ports.items():
        watch.wait(name, lambda port=port: is_ready(port))  # type: ignore[misc]


def check_given_servers() -> None:
    """Raise `CommandError` if a server that the environment names does not answer."""
    for variable, answers in (("DATABASE_URL", database_answers), ("REDIS_URL", redis_answers)):
        if (url := os.environ.get(variable)) and not answers(url):
            raise CommandError(f"{variable} names no server that answers")


def database_answers(database_url: str) -> bool:
    """Say whether PostgreSQL lets us in."""
    import psycopg

    try:
        psycopg.connect(database_url, connect_timeout=2).close()
    except psycopg.Error:  # A text that is no URL is a ProgrammingError.
        return False
    return True


def redis_answers(redis_url: str) -> bool:
    """Say whether Redis answers, its data loaded."""
    from redis import Redis, RedisError

    try:
        with Redis.from_url(redis_url, socket_timeout=2) as redis:
            return bool(redis.ping())
    except (RedisError, OSError, ValueError):  # A text that is no URL is a ValueError.
        return False


def is_ready(internal_port: int) -> bool:
    """Say whether a process's `/readyz` answers 200."""
    return _answers_well(internal_port, "/readyz")


def is_alive_there(internal_port: int) -> bool:
    """Say whether a process's `/healthz` answers 200: it runs, ready or not."""
    return _answers_well(internal_port, "/healthz")


def _answers_well(internal_port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", internal_port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
