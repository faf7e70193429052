"""Memory and processor time of every process of a city, looked at every few seconds.

Memory is in bytes: the proportional set size where the system tells it (shared pages
count once), else the resident one. PostgreSQL counts with all its processes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from loadtests.bench.processes import cpu_s_of_family

LOOK_EVERY_S = 5.0


@dataclass
class Watched:
    """What was seen: by process, its memory by moment; and processor time before and after."""

    memory: dict[str, dict[float, int]] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)

    def growth(self, name: str, warm_s: float) -> float:
        """Return by which share a process's memory grew from when it was warm to the end.

        Medians of the first and the last fifth of what was seen after `warm_s`.
        """
        moments = sorted(self.memory[name])
        seen = [self.memory[name][at] for at in moments if at >= moments[0] + warm_s]
        if len(seen) < 2:
            return 0.0
        part = max(1, len(seen) // 5)
        first, last = sorted(seen[:part]), sorted(seen[-part:])
        return last[len(last) // 2] / first[len(first) // 2] - 1

    def highest(self, name: str) -> int:
        """Return the most memory that a process had."""
        return max(self.memory[name].values())


@contextmanager
def watching(pids: Mapping[str, int]) -> Iterator[Watched]:
    """Look at processes for the length of a block."""
    watched, stop = Watched(), threading.Event()
    processes = {name: psutil.Process(pid) for name, pid in pids.items()}
    before = {name: _cpu_s(process) for name, process in processes.items()}

    def look() -> None:
        while True:
            for name, process in processes.items():
                if (found := _memory(process)) is not None:
                    watched.memory.setdefault(name, {})[time.time()] = found
            if stop.wait(LOOK_EVERY_S):
                return

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watched
    finally:
        stop.set()
        thread.join()
        watched.cpu_s = {name: _cpu_s(one) - before[name] for name, one in processes.items()}


def _cpu_s(process: psutil.Process) -> float:
    try:
        return cpu_s_of_family(process)
    except psutil.NoSuchProcess:
        return 0.0


def _memory(process: psutil.Process) -> int | None:
    try:
        family = [process, *process.children(recursive=True)]
        return sum(_own_memory(one) for one in family)
    except psutil.NoSuchProcess:
        return None


def _own_memory(process: psutil.Process) -> int:
    try:
        found = process.memory_full_info()
    except psutil.NoSuchProcess:
        return 0
    return int(getattr(found, "pss", 0) or found.rss)
