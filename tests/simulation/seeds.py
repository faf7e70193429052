"""Run seeds: each is one history, in this process or in several."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterable, Iterator

import msgspec
import structlog

from tests.simulation.history import Violation
from tests.simulation.world import World

CHUNK = 8


class SeedResult(msgspec.Struct, frozen=True):
    """What became of one seed. `violation` is empty if every promise was kept."""

    seed: int
    digest: str
    events: int
    decisions: int
    violation: str
    last_events: list[str]

    @property
    def replay(self) -> str:
        """The command that runs this history again."""
        return f".venv/bin/python -m tests.simulation --seed {self.seed}"


def run_seed(seed: int) -> SeedResult:
    """Run one history to its end, or to the first broken promise."""
    world, violation = World(seed), ""
    try:
        world.run()
    except Violation as found:
        violation = str(found)
    history = world.history
    return SeedResult(
        seed=seed,
        digest=history.digest,
        events=history.events,
        decisions=len(world.tables.content.journal),
        violation=violation,
        last_events=history.last() if violation else [],
    )


def run_seeds(seeds: Iterable[int], jobs: int) -> Iterator[SeedResult]:
    """Run many, in the order of the seeds."""
    if jobs == 1:
        be_silent()
        yield from map(run_seed, seeds)
        return
    with multiprocessing.get_context("fork").Pool(jobs, be_silent) as pool:
        yield from pool.imap(run_seed, seeds, CHUNK)


def trace(seed: int) -> list[str]:
    """Return every event of one history."""
    world = World(seed)
    world.history.trace = events = []
    try:
        world.run()
    except Violation as found:
        events.append(f"VIOLATION {found}")
    return events


def be_silent() -> None:
    """Let the code under test log nothing: faults are its daily bread here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
