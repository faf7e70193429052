"""Programs that the benchmark starts: their log, their ports, and their end."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from loadtests.bench.errors import BenchStopped

LOOPBACK = "127.0.0.1"
_STOP_S_MAX = 120.0
_FETCH_S_MAX = 60.0


@contextmanager
def running_python(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    log_file: Path,
    *,
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python program for the length of a block, then stop it with SIGTERM.

    Raises:
        BenchStopped: raised by the block, with the end of the program's log added.
    """
    with (
        log_file.open("wb") as log,
        subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
            pass_fds=pass_fds,
        ) as process,
    ):
        try:
            yield process
        except BenchStopped as stopped:
            raise BenchStopped(f"{stopped}; {log_file.name}: {end_of(log_file)}") from None
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP_S_MAX)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def fetch(port: int, path: str) -> str:
    """Return the text of an answer. Raises `URLError` or `OSError` when there is none."""
    url = f"http://{LOOPBACK}:{port}{path}"
    with urlopen(url, timeout=_FETCH_S_MAX) as answer:
        return str(answer.read().decode())


def is_answered(port: int, path: str) -> bool:
    """Say whether a path is answered with success."""
    try:
        fetch(port, path)
    except (URLError, OSError):
        return False
    return True


def counted(port: int, metric: str, labels: str) -> float:
    """Return what a process's metric with these labels (as they are printed) stands at."""
    found = re.search(
        rf"^{metric}{{{re.escape(labels)}}} (\S+)$", fetch(port, "/metrics"), re.MULTILINE
    )
    return float(found[1]) if found else 0.0


def end_of(log_file: Path) -> str:
    """Return the last lines of a log as one."""
    lines = log_file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "nothing logged"


def cpu_s_of_family(process: psutil.Process) -> float:
    """Return the processor time of a process, its children, and those that have ended."""
    times = process.cpu_times()
    spent = times.user + times.system + times.children_user + times.children_system
    for child in process.children(recursive=True):
        try:
            own = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += own.user + own.system
    return float(spent)
