"""A whole city on this machine, started and asked by the `seiriken` command alone.

A load test sees what an operator sees: the command's `--json`, the roster file in the
stack's folder, and the processes' numbers. Memory in bytes, times in seconds.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

SEIRIKEN = Path(sys.executable).with_name("seiriken")
COMMAND_S_MAX = 900
_FOLDERS = Path("/tmp")  # noqa: S108 (PostgreSQL's own user must reach it, and a socket be short)


class CityFailed(Exception):
    """The command did not do what it was asked; the text is what it said."""


@dataclass(frozen=True)
class Resident:
    """A line of the roster: who somebody is."""

    municipality_code: str
    ticket_number: str
    birth_date: str


class City:
    """A stack in a folder, running or stopped."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def url(self) -> str:
        """Return where residents go, without a slash at the end."""
        return str(self.status()["url"])

    @property
    def residents_file(self) -> Path:
        """Return the roster of the made-up people."""
        return self.home / "sample-residents.csv"

    def status(self) -> dict[str, Any]:
        """Return what `seiriken status` says."""
        status: dict[str, Any] = json.loads(self.run("status", "--json"))
        return status

    def pids(self) -> dict[str, int]:
        """Return the number of each process that runs, by name (`gateway_0`, `postgres`)."""
        states = self.status()["processes"]
        return {state["name"]: state["pid"] for state in states if state["pid"]}

    def internal_port(self, name: str) -> int:
        """Return the port on which a process shows its metrics."""
        found: dict[str, Any] = json.loads((self.home / "stack.json").read_text())
        return int(found["internal_ports"][name])

    @property
    def staff_url(self) -> str:
        """Return where the staff go, if the city was started with `--staff`."""
        found: dict[str, Any] = json.loads((self.home / "stack.json").read_text())
        return f"http://127.0.0.1:{found['staff_port']}"

    def findings(self, *options: str) -> list[str]:
        """Return what `seiriken verify` finds: the journal replayed, I1 to I5; empty is good."""
        done = self._command("verify", "--json", *options)
        try:
            proved: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise CityFailed(f"verify: {done.stderr.strip()}") from None
        return [str(finding) for finding in proved["findings"]]

    def residents(self, count: int, skip: int = 0) -> list[Resident]:
        """Return people of the roster; fewer when it ends."""
        return read_residents(self.residents_file, count, skip)

    def run(self, *arguments: str) -> str:
        """Run a command on this city and return what it prints.

        Raises:
            CityFailed: it failed.
        """
        done = self._command(*arguments)
        if done.returncode != 0:
            raise CityFailed(f"{arguments[0]}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def _command(
        self, *arguments: str, settings: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(SEIRIKEN), *arguments, "--home", str(self.home)],
            check=False,
            capture_output=True,
            text=True,
            timeout=COMMAND_S_MAX,
            env=None if settings is None else {**os.environ, **settings},
        )

    def start(self, *options: str, settings: Mapping[str, str] | None = None) -> None:
        """Start it with options of `seiriken up` and settings (`ROOM_…`, `GATEWAY_…`).

        Nobody but the crowd is there, nobody watches, and no first backup is made meanwhile: what
        is measured is the city alone.

        Raises:
            CityFailed: it did not start.
        """
        alone = ("--no-probe", "--no-monitoring")
        quiet = {"BACKUP_CATCH_UP_AFTER_S": "86400", **(settings or {})}
        done = self._command("up", "--detach", *alone, *options, settings=quiet)
        if done.returncode != 0:
            raise CityFailed(done.stderr.strip() or done.stdout.strip())

    def stop(self) -> None:
        """Stop it in order; what it stored stays."""
        self._command("down")


@contextmanager
def running_city(*options: str, settings: Mapping[str, str] | None = None) -> Iterator[City]:
    """Run a new city in a folder of its own, and take both away at the end.

    Raises:
        CityFailed: it did not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="seiriken-city-", dir=_FOLDERS))
    folder.chmod(0o711)
    city = City(folder / "home")
    try:
        city.start(*options, settings=settings)
        yield city
    finally:
        city.stop()
        shutil.rmtree(folder, ignore_errors=True)


def read_residents(path: Path, count: int, skip: int = 0) -> list[Resident]:
    """Return `count` people of a roster file after the first `skip`; fewer when it ends.

    Raises:
        CityFailed: there is no such file, or it is none of three columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = islice(csv.reader(file), 1 + skip, 1 + skip + count)
            return [Resident(*row) for row in rows]
    except (OSError, TypeError, UnicodeDecodeError):
        raise CityFailed(f"{path} is no roster file of three columns") from None
