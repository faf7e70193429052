"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import psycopg
from redis import Redis

from loadtests.bench.releases import now
from loadtests.bench.servers import Servers

_SYNCS = 200
_PAGE_BYTES = 8_192


def describe(servers: Servers) -> dict[str, str]:
    """Return what is worth knowing, by its name."""
    with psycopg.connect(servers.postgres.url()) as connection:
        postgres = connection.info.server_version
    with Redis.from_url(servers.redis_url) as redis:
        info: Any = redis.info("server")
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": f"{postgres // 10_000}.{postgres % 10_000}",
        "redis": str(info["redis_version"]),
        "load before": f"{psutil.getloadavg()[0]:.1f}",
        "date": f"{now():%F %R}",
    }


def in_one_line(machine: Mapping[str, str]) -> str:
    """Return the description as one line."""
    return ", ".join(f"{name} {value}" for name, value in machine.items())


def sync_s(folder: Path) -> float:
    """Return the median time to write a page into a file that is there, and know it on disk.

    So PostgreSQL writes its log (`wal_sync_method` fdatasync, the default on Linux).
    """
    path = folder / "sync"
    path.write_bytes(bytes(_PAGE_BYTES * _SYNCS))
    took_s = []
    with path.open("r+b", buffering=0) as file:
        os.fsync(file.fileno())
        for _ in range(_SYNCS):
            started = time.perf_counter()
            file.write(bytes(_PAGE_BYTES))
            os.fdatasync(file.fileno())
            took_s.append(time.perf_counter() - started)
    path.unlink()
    return median(took_s)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found[1] if found else platform.processor() or platform.machine()
