"""Run simulated histories: `python -m tests.simulation --seeds 2000`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

import allocator
from tests.simulation.seeds import SeedResult, be_silent, run_seeds, trace

PROGRESS_EVERY_S = 5.0
FAILURES_SHOWN_MAX = 5


class Report(msgspec.Struct, frozen=True):
    """What `--json` prints. `package` is the code that was tested."""

    package: str
    seeds: int
    events: int
    decisions: int
    seconds: float
    digests: dict[int, str]
    failures: list[SeedResult]


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if every promise was kept, 1 if not."""
    options = _options(arguments)
    if options.trace:
        be_silent()
        sys.stdout.write("\n".join(trace(options.seed)) + "\n")
        return 0
    if options.seed is not None:
        seeds = range(options.seed, options.seed + 1)
    else:
        seeds = range(options.first, options.first + options.seeds)
    report = _run(seeds, min(options.jobs, len(seeds)), stop_early=options.stop)
    if options.json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        _print(report)
    return 1 if report.failures else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many histories")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seed", type=int, help="this history alone")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--stop", action="store_true", help="stop at the first broken promise")
    parser.add_argument("--trace", action="store_true", help="print every event of --seed")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    options = parser.parse_args(arguments)
    if options.trace and options.seed is None:
        parser.error("--trace needs --seed")
    if options.jobs < 1 or options.seeds < 1:
        parser.error("--jobs and --seeds are at least 1")
    return options


def _run(seeds: range, jobs: int, *, stop_early: bool) -> Report:
    started = shown = time.monotonic()
    digests, failures, events, decisions = {}, [], 0, 0
    for result in run_seeds(seeds, jobs):
        digests[result.seed] = result.digest
        events += result.events
        decisions += result.decisions
        if result.violation:
            failures.append(result)
            if stop_early:
                break
        if time.monotonic() - shown > PROGRESS_EVERY_S:
            shown = time.monotonic()
            rest = f"{len(digests)} of {len(seeds)}, {len(failures)} failed"
            sys.stderr.write(f"simulation: {rest}\n")
    return Report(
        package=str(Path(allocator.__file__).parent),
        seeds=len(digests),
        events=events,
        decisions=decisions,
        seconds=round(time.monotonic() - started, 2),
        digests=digests,
        failures=failures,
    )


def _print(report: Report) -> None:
    for failure in report.failures[:FAILURES_SHOWN_MAX]:
        lines = [f"seed {failure.seed}: {failure.violation}"]
        lines += [f"  {event}" for event in failure.last_events]
        lines.append(f"  again: {failure.replay}")
        sys.stdout.write("\n".join(lines) + "\n\n")
    more = len(report.failures) - FAILURES_SHOWN_MAX
    if more > 0:
        rest = ", ".join(str(failure.seed) for failure in report.failures[FAILURES_SHOWN_MAX:][:40])
        sys.stdout.write(f"{more} more: {rest}\n")
    sys.stdout.write(
        f"{report.seeds} histories, {report.decisions} decisions, {report.events} events"
        f" in {report.seconds} s: {len(report.failures)} broken\n"
    )
    if report.seeds == 1:
        sys.stdout.write(f"hash {next(iter(report.digests.values()))}\n")


if __name__ == "__main__":
    sys.exit(main())
