"""Compare: `python -m loadtests.peers [--people N] [--runs N] [--only NAME] [--json FILE]`.

Exit codes: 0 compared, 1 a system failed to run, or something was sold or told wrongly.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import msgspec

from loadtests.bench.errors import BenchStopped
from loadtests.bench.figures import Row
from loadtests.bench.machine import describe
from loadtests.bench.releases import now
from loadtests.bench.servers import running_servers
from loadtests.bench.show import Progress
from loadtests.peers.environment import installed_python
from loadtests.peers.measuring import Measured, measure
from loadtests.peers.reporting import OURS, SECTION, rows_of
from loadtests.peers.scene import scene_of
from loadtests.peers.showing import show_side_by_side
from loadtests.peers.systems.pretix import Pretix
from loadtests.peers.systems.seiriken import Seiriken
from loadtests.peers.systems.site import Site
from loadtests.peers.systems.stage import Stage, System
from loadtests.peers.waiting import measure_waiting

SYSTEMS: dict[str, Callable[[Stage], System]] = {
    "seiriken": lambda stage: Seiriken(stage, OURS, queue="none", wishes_max=1),
    "room": lambda stage: Seiriken(
        stage, f"{OURS}, waiting room, 5 wishes", queue="fifo", wishes_max=5
    ),
    "django": lambda stage: Site(stage, "Django, row locks", books_by_task=False),
    "celery": lambda stage: Site(stage, "Django, Celery task each", books_by_task=True),
    "pretix": lambda stage: Pretix(stage, "pretix", installed_python()),
}
WAITING = "waiting"
"""What else can be named: the polls of those who wait."""

PEOPLE_USUAL = 1_000
RUNS_USUAL = 3
AT_ONCE_USUAL = 64
SECONDS_USUAL = 30
"""A run at most: the slowest do what they can in it."""
FAULTS_SHOWN = 3


class Contest:
    """Lets systems play in turn, run after run; one that fails does not keep others back."""

    def __init__(self, stage: Stage, at_once: int, s_max: float, progress: Progress) -> None:
        self._stage = stage
        self._at_once = at_once
        self._s_max = s_max
        self._progress = progress
        self.remarks: list[str] = []
        self.has_failed = False

    def prepared(self, names: Sequence[str]) -> list[System]:
        """Return the systems that could be made ready."""
        systems = []
        for name in names:
            self._progress.say(f"preparing {name}")
            try:
                system = SYSTEMS[name](self._stage)
                system.prepare()
            except BenchStopped as stopped:
                self._failed(name, stopped)
            else:
                systems.append(system)
        return systems

    def play(self, systems: Sequence[System], runs: int) -> dict[str, list[Measured]]:
        """Return the runs of each system that played them all; each run begins with another."""
        measured: dict[str, list[Measured]] = {system.name: [] for system in systems}
        for number in range(runs):
            turn = number % max(1, len(systems))
            for system in [*systems[turn:], *systems[:turn]]:
                self._progress.say(f"{system.name}, run {number + 1} of {runs}")
                try:
                    one = measure(self._stage, system, self._at_once, self._s_max)
                except BenchStopped as stopped:
                    self._failed(system.name, stopped)
                else:
                    measured[system.name].append(one)
                    faults = sorted(set(one.played.faults))[:FAULTS_SHOWN]
                    self.remarks += [f"{system.name}: {fault}" for fault in faults]
        return {name: done for name, done in measured.items() if len(done) == runs}

    def let_wait(self, runs: int) -> list[Row]:
        """Return how fast those who wait are answered."""
        self._stage.servers.settle()
        try:
            rows, remarks = measure_waiting(self._stage.servers, runs, self._progress)
        except BenchStopped as stopped:
            self._failed(WAITING, stopped)
            return []
        self.remarks += remarks
        return rows

    def _failed(self, name: str, stopped: BenchStopped) -> None:
        self.has_failed = True
        self.remarks.append(f"{name} failed: {stopped}")


def main() -> int:
    """Compare, print, and return the exit code."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, _stop)
    names = [name for name in SYSTEMS if name in (arguments.only or SYSTEMS)]
    progress = Progress()
    progress.say("starting PostgreSQL and Redis")
    with running_servers() as servers:
        machine = describe(servers)
        scene = scene_of(arguments.people, now())
        stage = Stage(servers, scene)
        contest = Contest(stage, arguments.at_once, arguments.seconds, progress)
        rows = rows_of(contest.play(contest.prepared(names), arguments.runs))
        if WAITING in (arguments.only or [WAITING]):
            rows += contest.let_wait(arguments.runs)
    progress.say("done")
    machine["people"] = f"{len(scene.everybody):,} for {scene.pairs:,} pairs"
    machine["at once"] = str(arguments.at_once)
    show_side_by_side(machine, rows, contest.remarks)
    if arguments.json is not None:
        command = f"make peers ARGS='--people {arguments.people} --runs {arguments.runs}'"
        document = {"machine": machine, "command": command, "rows": rows}
        document["remarks"] = contest.remarks
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(document)))
    return int(
        contest.has_failed or any(row.is_met is False for row in rows if row.section == SECTION)
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.peers")
    parser.add_argument("--people", type=_positive, default=PEOPLE_USUAL, help="who come")
    parser.add_argument("--at-once", type=_positive, default=AT_ONCE_USUAL, help="at a time")
    parser.add_argument("--seconds", type=_positive, default=SECONDS_USUAL, help="a run at most")
    parser.add_argument("--runs", type=_positive, default=RUNS_USUAL, help="of each system")
    parser.add_argument(
        "--only", action="append", choices=[*SYSTEMS, WAITING], help="a part; repeatable"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there, too")
    return parser


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does: the servers are stopped on the way out."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
