"""The load test itself, on a real city: it passes, it fails, it works from two processes."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadtests.city import City
from loadtests.criteria import MISSED
from loadtests.surge.staff_at_work import BookingClerk, Clerk, Supervisor
from tests.system.stack import Stack, running_stack
from tests.waiting import until

LOCUSTFILE = Path(__file__).parents[2] / "loadtests" / "locustfile.py"
PEOPLE = 60


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A city whose release opens while the first test's residents are coming."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-system-", dir="/tmp"))
    folder.chmod(0o711)
    options = ("--people", "1000", "--pairs", "600", "--opens-in", "20", "--staff")
    with running_stack(folder / "home", *options) as running:
        yield running
    shutil.rmtree(folder)


def load(stack: Stack, out: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Run Locust to its end; return its exit code, its result, and what it said."""
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless"]
    command += ["--only-summary", "--pace", "20", "--errors-max", "0.01", "--patience", "3"]
    command += ["--home", str(stack.home.path), "--out", str(out), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=1200)
    result: dict[str, Any] = json.loads((out / "result.json").read_text())
    return done.returncode, result, done.stderr + done.stdout


def missed(result: dict[str, Any]) -> list[str]:
    """Return the criteria that were not met."""
    return [check["name"] for check in result["checks"] if not check["is_met"]]


def total(result: dict[str, Any], table: str) -> float:
    """Return the sum of a table by seconds."""
    return sum(sum(rows.values()) for rows in result["numbers"][table].values())


def test_an_opening_is_played_to_its_end_audited_and_reported(stack: Stack, tmp_path: Path) -> None:
    options = ["--surge", "opening", "--people", str(PEOPLE), "--minutes", "0.4"]
    _, result, said = load(stack, tmp_path, *options, "--csv", str(tmp_path / "own"))
    assert missed(result) == [], said
    assert total(result, "came") == PEOPLE == total(result, "ended")
    assert sum(result["numbers"]["ended"]["booked"].values()) > PEOPLE / 2
    assert result["findings"] == []
    with (tmp_path / "own_stats.csv").open(encoding="utf-8") as file:
        names = {row["Name"] for row in csv.DictReader(file) if row["Type"] == "RESIDENT"}
    assert {"time to place", "wait", "inside", "booking", "time to booked"} <= names
    assert "2回分" in (tmp_path / "report.ja.html").read_text(encoding="utf-8")
    assert "both doses" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_two_processes_share_the_roster_and_are_counted_together(
    stack: Stack, tmp_path: Path
) -> None:
    options = ["--surge", "steady", "--per-minute", "240", "--minutes", "0.2", "--skip", "100"]
    _, result, said = load(stack, tmp_path, *options, "--processes", "2")
    assert missed(result) == [], said
    assert total(result, "came") == 48
    assert "booked before" not in result["numbers"]["ended"]
    assert {"worker 0", "worker 1"} <= set(result["numbers"]["generator cpu"])


def test_a_run_that_misses_a_criterion_ends_with_its_exit_code(
    stack: Stack, tmp_path: Path
) -> None:
    options = ["--surge", "trickle", "--minutes", "0.1", "--skip", "300", "--page-p99-max", "0.1"]
    code, result, said = load(stack, tmp_path, *options)
    assert missed(result) == ["page answers, p99"], said
    if not result["void"]:
        assert code == MISSED


def test_a_city_that_does_not_run_is_said_plainly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless"]
    done = subprocess.run(
        [*command, "--home", str(tmp_path / "none")],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode != 0
    assert "load test: " in done.stderr


def test_staff_of_the_load_test_find_callers_book_for_them_and_open_lists(stack: Stack) -> None:
    city = City(stack.home.path)
    clerk, booking, supervisor = Clerk(city), BookingClerk(city), Supervisor(city)
    callers = city.residents(23, skip=900)
    began_s = time.time()
    with clerk.at_work(callers[:3]), booking.at_work(callers[3:]), supervisor.at_work(()):
        supervisor.sends_in("/roster", b"municipality_code,ticket_number,birth_date\n")
        until(lambda: len(clerk.answers_ms(began_s, began_s + 600)) >= 8, 120)
        until(lambda: len(booking.booked_at_s) >= 3, 240)
    assert (clerk.failed, booking.failed, supervisor.failed) == (0, 0, 0)
    assert min(clerk.answers_ms(began_s, began_s + 600)) > 0
    assert supervisor.answers_ms(began_s, began_s + 600)
