"""Measure one run of one system: what residents met, what it cost, and what the tables hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from loadtests.bench.errors import BenchStopped
from loadtests.bench.processes import cpu_s_of_family
from loadtests.peers.auditing import Audit, audit
from loadtests.peers.playing import Played, play
from loadtests.peers.statements import read_held
from loadtests.peers.systems.stage import Open, Stage, System

FAULTS_SHARE_MAX = 0.5
"""Above it a system did not work at all, and there is nothing to compare."""


@dataclass(frozen=True)
class Spent:
    """Processor seconds: of the system's own processes (mailers among them), and the servers."""

    system_s: float
    mailers_s: float
    postgres_s: float
    redis_s: float

    @property
    def total_s(self) -> float:
        """Return what all spent together."""
        return self.system_s + self.postgres_s + self.redis_s

    def since(self, before: Spent) -> Spent:
        """Return what was spent since an earlier reading."""
        return Spent(
            self.system_s - before.system_s,
            self.mailers_s - before.mailers_s,
            self.postgres_s - before.postgres_s,
            self.redis_s - before.redis_s,
        )


@dataclass(frozen=True)
class Measured:
    """One run. What was spent is of the whole run; memory (PSS) in bytes at its end."""

    played: Played
    audit: Audit
    spent: Spent
    memory_bytes: int


def measure(stage: Stage, system: System, at_once: int, s_max: float) -> Measured:
    """Run a system afresh, warm it up, let people come, and audit its tables.

    Raises:
        BenchStopped: it did not start, or most people met a fault.
    """
    stage.servers.settle()
    with system.opened() as opened:
        warm = play(opened.door, stage.scene.warming_up, at_once, s_max)
        before = _spent(stage, opened)
        played = play(opened.door, stage.scene.people, at_once, s_max)
        spent = _spent(stage, opened).since(before)
        memory = sum(_memory_bytes(process) for process in _family(opened.roots))
        faults = warm.faults + played.faults
        if len(faults) > FAULTS_SHARE_MAX * len(stage.scene.everybody):
            raise BenchStopped(f"{system.name}: {len(faults)} people met a fault: {faults[0]}")
        held = read_held(opened.database_url, system.held)
        found = audit(stage.scene, held, [*warm.told, *played.told])
    return Measured(played, found, spent, memory)


def _spent(stage: Stage, opened: Open) -> Spent:
    return Spent(
        system_s=sum(cpu_s_of_family(root) for root in opened.roots),
        mailers_s=sum(cpu_s_of_family(mailer) for mailer in opened.mailers),
        postgres_s=cpu_s_of_family(stage.servers.postgres_process),
        redis_s=cpu_s_of_family(stage.servers.redis_process),
    )


def _family(roots: Sequence[psutil.Process]) -> list[psutil.Process]:
    return [process for root in roots for process in (root, *root.children(recursive=True))]


def _memory_bytes(process: psutil.Process) -> int:
    """Return a process's share of memory (on Linux, where pages are shared), or all it has."""
    try:
        full = process.memory_full_info()
    except psutil.NoSuchProcess:
        return 0
    return int(getattr(full, "pss", full.rss))
