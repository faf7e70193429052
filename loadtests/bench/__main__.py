"""Run the benchmark: `python -m loadtests.bench [--runs N] [--quick] [--only NAME] [--json FILE]`.

`--record` keeps the rows under docs/performance/ and writes docs/performance.md anew.

Exit codes: 0 measured, 1 a part failed to run (or, with `--strict`, a target was missed).
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType

import msgspec

from loadtests.bench.contest import measure_rivals
from loadtests.bench.drain import drain
from loadtests.bench.errors import BenchStopped
from loadtests.bench.figures import Row
from loadtests.bench.machine import describe
from loadtests.bench.messages import measure_messages
from loadtests.bench.options import LONG, SECTIONS, USUAL, Options, quick
from loadtests.bench.profiling import profile_drain
from loadtests.bench.recording import record
from loadtests.bench.room.edge import NOT_INSTALLED, nginx_program
from loadtests.bench.room.joining import measure_sign_in
from loadtests.bench.room.opening import measure_room
from loadtests.bench.room.reading import measure_edge, measure_status
from loadtests.bench.sections import (
    build_usual_town,
    measure_decisions,
    measure_durable,
    measure_latency,
    measure_startup,
)
from loadtests.bench.servers import Servers, running_servers
from loadtests.bench.show import Progress, show
from loadtests.bench.towns import Town
from loadtests.city import CityFailed
from loadtests.surge.desk import measure_desk
from loadtests.surge.opening import measure_opening
from loadtests.surge.overload import measure_overload
from loadtests.surge.soak import measure_soak

SURGES: Mapping[str, Callable[[float, Path | None], list[Row]]] = {
    "opening": measure_opening,
    "overload": measure_overload,
    "soak": measure_soak,
    "desk": measure_desk,
}
REPORTS = Path("var/load")
"""Where the surges leave their reports and all that was counted."""


class Bench:
    """One run of the benchmark: its servers, its rows so far, and what went wrong."""

    def __init__(
        self,
        servers: Servers,
        options: Options,
        progress: Progress,
        recorder: Callable[[str, list[Row]], None] | None = None,
    ) -> None:
        self._servers = servers
        self._recorder = recorder
        self._options = options
        self._progress = progress
        self._town: Town | None = None
        self._usual_per_s: float | None = None
        self.rows: list[Row] = []
        self.remarks: list[str] = []
        self.has_failed = False

    def run(self) -> None:
        """Run the sections that were asked for; one that fails does not keep others back."""
        parts: dict[str, Callable[[], list[Row]]] = {
            "decision": lambda: measure_decisions(self._options, self._progress),
            "durable": self._durable,
            "latency": self._latency,
            "rivals": lambda: measure_rivals(self._servers, self._options, self._progress),
            "startup": lambda: measure_startup(self._servers, self._options, self._progress),
            "status": lambda: measure_status(self._servers, self._options, self._progress),
            "edge": self._edge,
            "sign-in": lambda: measure_sign_in(self._servers, self._options, self._progress),
            "room": lambda: measure_room(self._servers, self._options, self._progress),
            "opening": lambda: self._surge("opening"),
            "overload": lambda: self._surge("overload"),
            "soak": lambda: self._surge("soak"),
            "desk": lambda: self._surge("desk"),
            "messages": lambda: measure_messages(self._servers, self._options, self._progress),
            "profile": self._profile,
        }
        for name in self._options.sections:
            try:
                rows = parts[name]()
                self.rows += rows
                if self._recorder is not None and rows:
                    self._recorder(name, rows)
            except (BenchStopped, CityFailed) as stopped:
                self.has_failed = True
                self.remarks.append(f"{name} failed: {stopped}")
        self.rows.sort(key=lambda row: int(row.section.partition(" ")[0]))

    def _usual_town(self) -> Town:
        if self._town is None:
            self._town = build_usual_town(self._servers, self._options, self._progress)
        return self._town

    def _durable(self) -> list[Row]:
        rows, self._usual_per_s = measure_durable(
            self._servers, self._usual_town(), self._options, self._progress
        )
        return rows

    def _latency(self) -> list[Row]:
        town = self._usual_town()
        if self._usual_per_s is None:
            backlog = self._options.backlog
            once = drain(self._servers, town, backlog=backlog, batch_size_max=None)
            self._usual_per_s = once.bookings_per_s
        return measure_latency(
            self._servers, town, self._usual_per_s, self._options, self._progress
        )

    def _edge(self) -> list[Row]:
        program = nginx_program()
        if program is None:
            self.remarks.append(f"edge left out: {NOT_INSTALLED}")
            return []
        return measure_edge(self._servers, program, self._options, self._progress)

    def _surge(self, name: str) -> list[Row]:
        keep = REPORTS / name
        self._progress.say(f"{name}: takes many minutes; its report comes to {keep}")
        return SURGES[name](self._options.surge_scale, keep)

    def _profile(self) -> list[Row]:
        self._progress.say("profile")
        lines = profile_drain(self._servers, self._usual_town(), self._options.backlog)
        self.remarks += ["", "The allocator's processor time (cProfile):", *lines]
        return []


def main() -> int:
    """Measure, print, and return the exit code."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, _stop)
    usual = (*USUAL, *LONG[:-1]) if arguments.long else USUAL
    sections = tuple(name for name in SECTIONS if name in (arguments.only or usual))
    options = quick(sections) if arguments.quick else Options(sections=sections)
    if arguments.runs is not None:
        fewer = min(arguments.runs, options.runs_of_others)
        options = replace(options, runs=arguments.runs, runs_of_others=fewer)
    if arguments.scale is not None:
        options = replace(options, surge_scale=arguments.scale)
    progress = Progress()
    progress.say("starting PostgreSQL and Redis")
    with running_servers() as servers:
        machine = describe(servers)
        keep = partial(record, machine) if arguments.record else None
        bench = Bench(servers, options, progress, keep)
        bench.run()
    progress.say("done")
    show(machine, bench.rows, bench.remarks)
    if arguments.json is not None:
        document = {"machine": machine, "rows": bench.rows, "remarks": bench.remarks}
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(document)))
    has_missed = any(row.is_met is False for row in bench.rows)
    return int(bench.has_failed or (arguments.strict and has_missed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.bench")
    parser.add_argument(
        "--runs", type=int, help="runs of each measurement (usually 5, and 3 of rivals)"
    )
    parser.add_argument("--quick", action="store_true", help="only show that every part works")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="a section; repeatable")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there, too")
    parser.add_argument("--long", action="store_true", help="the surges, too: an hour more")
    parser.add_argument("--scale", type=float, help="of surges and reminders: 0.1 is a tenth")
    parser.add_argument("--record", action="store_true", help="write docs/performance.md anew")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    return parser


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does: the servers are stopped on the way out."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
