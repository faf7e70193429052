"""Programs of the peers' environment: run one to its end, or for the length of a block."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from loadtests.bench.errors import BenchStopped
from loadtests.bench.processes import LOOPBACK, end_of
from loadtests.bench.waiting import until

ROOT = Path(__file__).resolve().parents[3]
_RUN_S_MAX = 600
_LISTEN_S_MAX = 90.0
_STOP_S_MAX = 20.0


def run(command: Sequence[str | Path], environment: Mapping[str, str], log_file: Path) -> str:
    """Run a program and return what it printed.

    Raises:
        BenchStopped: it failed.
    """
    with log_file.open("ab") as log:
        done = subprocess.run(
            [str(word) for word in command],
            check=False,
            env={**os.environ, **environment},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            timeout=_RUN_S_MAX,
        )
    if done.returncode != 0:
        raise BenchStopped(f"{log_file.name}: {end_of(log_file)}")
    return done.stdout.decode()


@contextmanager
def running(
    command: Sequence[str | Path], environment: Mapping[str, str], log_file: Path
) -> Iterator[psutil.Process]:
    """Run a program and its children for the length of a block, then stop them by SIGTERM."""
    with (
        log_file.open("ab") as log,
        subprocess.Popen(
            [str(word) for word in command],
            env={**os.environ, **environment},
            cwd=ROOT,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            yield psutil.Process(process.pid)
        except BenchStopped as stopped:
            raise BenchStopped(f"{stopped}; {log_file.name}: {end_of(log_file)}") from None
        finally:
            _stop(process)


def wait_for_port(port: int) -> None:
    """Wait until somebody listens."""
    until(f"port {port} is listened on", lambda: _is_listened_on(port), _LISTEN_S_MAX)


def _is_listened_on(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in children:
        if child.is_running():
            child.kill()
