"""Run chaos: `python -m loadtests.chaos [--minutes 3] [--seed N] [--every S] [--json FILE]`.

`--history FILE` keeps every call of every client, one a line, to look into a finding.

Prints the seed, each fault as it strikes, and what the checker found. Exit codes: 0 every
promise was kept, 1 one was broken or the city did not start, 130 interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from loadtests.chaos.plan import plan
from loadtests.chaos.run import Findings, Run
from loadtests.chaos.skewed import library
from loadtests.chaos.volumes import Volumes, may_mount, mounted
from loadtests.city import City, CityFailed

_FOLDERS = Path("/tmp")  # noqa: S108 (PostgreSQL's own user must reach it, and a socket be short)
_SHOWN_MAX = 20
_INTERRUPTED = 130


def main() -> int:
    """Play one run; return the exit code."""
    options = _options()
    left_out = [*([] if may_mount() else ["fill"]), *([] if library() else ["skew"])]
    lasting_s = options.minutes * 60
    faults = plan(options.seed, lasting_s, options.every, left_out)
    _say(f"seed {options.seed}: {len(faults)} faults in {options.minutes:g} minutes")
    try:
        with _city(has_volumes="fill" not in left_out) as (city, folder, volumes):
            run = Run(city, folder, volumes, faults, lasting_s, options.seed, _say)
            run.found.left_out = left_out
            found = _played(run)
    except CityFailed as failed:
        _say(f"the city failed: {failed}")
        return 1
    except asyncio.CancelledError:
        _say("interrupted; everything that was started is stopped again")
        return _INTERRUPTED
    if options.json is not None:
        options.json.write_text(json.dumps(found.document(), indent=2), "utf-8")
    if options.history is not None:
        lines = (json.dumps(asdict(call)) + "\n" for call in run.calls)
        options.history.write_text("".join(lines), "utf-8")
    _show(found)
    return 0 if found.is_clean else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtests.chaos")
    parser.add_argument("--minutes", type=float, default=3.0, help="How long faults strike.")
    parser.add_argument("--seed", type=int, default=None, help="The same seed, the same plan.")
    parser.add_argument("--every", type=float, default=5.0, help="Seconds between two faults.")
    parser.add_argument("--json", type=Path, default=None, help="Write the result here.")
    parser.add_argument("--history", type=Path, default=None, help="Write every call here.")
    options = parser.parse_args()
    if options.minutes <= 0 or options.every <= 0:
        parser.error("--minutes and --every are greater than 0")
    if options.seed is None:
        options.seed = secrets.randbelow(1_000_000)
    return options


def _played(run: Run) -> Findings:
    """Play a run in a loop whose task SIGINT and SIGTERM cancel, so that it ends in order."""

    async def play() -> Findings:
        task = asyncio.current_task()
        assert task is not None, "asyncio.run makes a task"
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await run.play()

    return asyncio.run(play())


@contextmanager
def _city(*, has_volumes: bool) -> Iterator[tuple[City, Path, Volumes | None]]:
    """Give a city that is not started yet and a folder beside it; take both away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-", dir=_FOLDERS))
    folder.chmod(0o711)
    city = City(folder / "home")
    city.home.mkdir(mode=0o711)
    try:
        if has_volumes:
            with mounted(city.home) as volumes:
                try:
                    yield city, folder, volumes
                finally:
                    city.stop()
        else:
            try:
                yield city, folder, None
            finally:
                city.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _show(found: Findings) -> None:
    actions = sorted({kind.split(" ")[0] for kind in found.struck})
    _say("")
    _say(f"faults struck  {found.struck.total()} of {len(found.struck)} kinds")
    _say(f"actions        {', '.join(actions)}")
    if found.left_out:
        _say(f"left out       {', '.join(found.left_out)} (not possible on this machine)")
    if found.missed:
        _say(f"not struck     {found.missed.total()}: what they were for was not there just then")
    _say(f"people         {found.people}, {found.calls} calls, {found.lost_calls} unanswered")
    _say(f"stored         {found.bookings} bookings, {found.decisions} decisions")
    _say(f"leaders        {found.epochs} epochs; Redis wiped {found.wipes} times")
    _say(f"asked after    {found.asked_after} requests")
    _say(f"queues empty   after {found.drained_s} s")
    compared = (f"{count} {what.replace('_', ' ')}" for what, count in found.compared.items())
    _say(f"compared       {', '.join(compared)}")
    for finding in found.findings[:_SHOWN_MAX]:
        _say(f"  BROKEN {finding}")
    if len(found.findings) > _SHOWN_MAX:
        _say(f"  and {len(found.findings) - _SHOWN_MAX} more")
    _say("every promise was kept" if found.is_clean else f"{len(found.findings)} broken promises")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
