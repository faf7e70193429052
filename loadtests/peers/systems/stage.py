"""The stage on which every system plays in turn, and what a system must be able to do there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from loadtests.bench.servers import Servers
from loadtests.peers.doors.visiting import Door
from loadtests.peers.scene import Scene


@dataclass(frozen=True)
class Stage:
    """The servers that all share, and the scene."""

    servers: Servers
    scene: Scene

    def log_file(self, name: str) -> Path:
        """Return where a program writes what it has to say."""
        return self.servers.folder / f"peer-{name}.log"


@dataclass(frozen=True)
class Open:
    """A system that runs, with the scene on offer and nothing booked."""

    door: Door
    database_url: str
    roots: Sequence[psutil.Process]
    """The processes that, with all their children, are the system."""
    mailers: Sequence[psutil.Process] = ()
    """Those among them that send confirmations; only ours has some."""


class System(Protocol):
    """One of those that are compared."""

    name: str
    held: str
    """The statement that reads what it holds (`sql/`)."""

    def prepare(self) -> None:
        """Do once what every run begins with."""

    def opened(self) -> AbstractContextManager[Open]:
        """Run it afresh for the length of a block."""


def workers(cores: int) -> int:
    """Return how many workers gunicorn's documentation recommends."""
    return 2 * cores + 1
