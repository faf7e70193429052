"""The real allocator, started as the stack starts it: `python -m allocator` and its settings."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import psutil
from redis import Redis

from allocator.publish import PUBLISHED_KEY
from loadtests.bench.errors import BenchStopped
from loadtests.bench.processes import fetch, free_port, running_python
from loadtests.bench.servers import Servers
from loadtests.bench.waiting import until

ALLOCATOR = ("-m", "allocator")
_READY_S_MAX = 180.0
_LOOK_EVERY_S = 0.05
_SECONDS_SUM = re.compile(r"^seiriken_(\w+)_seconds_sum (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class RunningAllocator:
    """The process, and how long it took from its start, in seconds."""

    process: psutil.Process
    internal_port: int
    ledger_ready_s: float
    roster_published_s: float
    memory_peak_bytes: int
    """The greatest proportional set size that was seen until the roster was published."""

    def cpu_s(self) -> float:
        """Return the processor time used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def seconds_spent(self) -> Mapping[str, float]:
        """Return what its histograms of seconds add up to so far, by their names' middles."""
        text = fetch(self.internal_port, "/metrics")
        return {name: float(value) for name, value in _SECONDS_SUM.findall(text)}

    def resident_peak_bytes(self) -> int:
        """Return the greatest resident set size so far (VmHWM; elsewhere what it is now)."""
        status = Path(f"/proc/{self.process.pid}/status")
        if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
            return int(found[1]) * 1024
        return int(self.process.memory_info().rss)


@contextmanager
def running_allocator(
    servers: Servers,
    database: str,
    *,
    batch_size_max: int | None = None,
    command: tuple[str, ...] = ALLOCATOR,
) -> Iterator[RunningAllocator]:
    """Run the allocator for the length of a block that begins when it has published all.

    Raises:
        BenchStopped: it ended, or was not ready in time; with the end of its log.
    """
    port = free_port()
    environment = {
        "ALLOCATOR_DATABASE_URL": servers.allocator_url(database),
        "ALLOCATOR_REDIS_URL": servers.redis_url,
        "ALLOCATOR_SECRETS_DIR": str(servers.secrets_dir),
        "ALLOCATOR_INTERNAL_PORT": str(port),
    }
    if batch_size_max is not None:
        environment["ALLOCATOR_BATCH_SIZE_MAX"] = str(batch_size_max)
    log_file = servers.folder / f"{database}.allocator.log"
    with running_python(command, environment, log_file) as process:
        yield _published(process, port, servers.redis_url)


def _published(process: subprocess.Popen[bytes], port: int, redis_url: str) -> RunningAllocator:
    started = time.monotonic()
    watched = psutil.Process(process.pid)
    peak = 0

    def is_ready() -> bool:
        nonlocal peak
        if process.poll() is not None:
            raise BenchStopped(f"the allocator ended with {process.returncode}")
        peak = max(peak, _proportional_bytes(watched))
        return _is_ready(port)

    until("the ledger is loaded", is_ready, _READY_S_MAX, _LOOK_EVERY_S)
    ready_s = time.monotonic() - started
    with Redis.from_url(redis_url) as redis:
        until(
            "the roster is published",
            lambda: is_ready() and redis.exists(PUBLISHED_KEY),
            _READY_S_MAX,
            _LOOK_EVERY_S,
        )
    published_s = time.monotonic() - started
    return RunningAllocator(watched, port, ready_s, published_s, peak)


def _proportional_bytes(process: psutil.Process) -> int:
    info = process.memory_full_info()
    return int(getattr(info, "pss", 0) or info.rss)


def _is_ready(port: int) -> bool:
    try:
        return bool(json.loads(fetch(port, "/readyz"))["ready"])
    except (URLError, OSError):
        return False
