"""During a rehearsal every panel of every dashboard has data, and `seiriken top` shows the same."""

from __future__ import annotations

import fcntl
import json
import math
import os
import pty
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count, repeat
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx2
import pytest

from tests.system.prometheus import Prometheus, running_prometheus
from tests.system.stack import SEIRIKEN, Stack, running_stack, seiriken
from tests.waiting import until

pytestmark = pytest.mark.timeout(1800)  # The first test waits for all that is watched.
ROOT = Path(__file__).parents[2]
PEOPLE, PAIRS = 400, 300
CALLED_PER_MINUTE = 900
"""So that there are some who wait, and some who get nothing."""

RATE_INTERVAL = "10s"
"""What Grafana puts for $__rate_interval where Prometheus scrapes every second, or more."""

FAULTS = "shows what must not be, and was not"
NOBODY = "nobody did so in a rehearsal"
QUIET: Mapping[str, str] = {
    "allocator: Oldest request": "a request is decided between two looks of Prometheus",
    "allocator: Standby list": NOBODY,
    "allocator: Undecided requests": "a request is decided between two looks of Prometheus",
    "assurance: Backups and drills, last day": "the keeper makes them at night",
    "assurance: Certificate left": "without TLS there is none",
    "assurance: Failed steps, last day": FAULTS,
    "assurance: Last good drill": "the keeper makes them at night",
    "gateway: Being answered": "a page is answered between two looks of Prometheus",
    "gateway: Calls of the AWS-compatible line, per minute": NOBODY,
    "gateway: Failing pages, per minute": FAULTS,
    "gateway: Pages that fail": FAULTS,
    "infrastructure: Broken promises": FAULTS,
    "infrastructure: Processes down": FAULTS,
    "jobs: Longest wait for the desk": "whoever is moved leaves an address",
    "jobs: Notices to contacts, per hour": NOBODY,
    "jobs: Open incidents": FAULTS,
    "jobs: Overdue updates": FAULTS,
    "jobs: Planned downtime": NOBODY,
    "jobs: Told to nobody": FAULTS,
    "security: Audit of the tables, by promise": FAULTS,
    "security: Log fields dropped, in a day": FAULTS,
    "security: Proofs of work at sign-in, per minute": "needs many failures of one network",
    "surge: What is the matter": FAULTS,
    "waiting_room: How far off the told times are": "needs a line that lasts longer",
    "waiting_room: Phone desk": NOBODY,
    "waiting_room: Promises raised and missed, per minute": FAULTS,
}
"""Panels that show nothing but zero, "none" and "not known" in a rehearsal, and why."""


class Panel(NamedTuple):
    """One panel's title and its queries, as Prometheus understands them."""

    board: str
    title: str
    queries: list[str]


def panels() -> Iterator[Panel]:
    for path in sorted((ROOT / "monitoring/grafana/json").glob("*.json")):
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            queries = [
                target["expr"].replace("$__rate_interval", RATE_INTERVAL)
                for target in panel["targets"]
            ]
            yield Panel(path.stem, panel["title"].partition(" / ")[0], queries)


def without_data(prometheus: Prometheus) -> list[str]:
    return [
        f"{panel.board}, {panel.title}: {query}"
        for panel in panels()
        for query in panel.queries
        if not prometheus.query(query)
    ]


def was_alive(watched: Watched, panel: Panel) -> bool:
    """Say whether a panel showed anything but 0, "none" and "not known" (-1) in this time."""
    return any(
        "none" not in series["metric"].values()
        and any(math.isfinite(float(value)) and float(value) > 0 for _, value in series["values"])
        for query in panel.queries
        for series in watched.prometheus.query_range(query, watched.began_s, watched.ended_s)
    )


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack with all that is shown: the synthetic resident and backups, too."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-boards-", dir="/tmp"))
    folder.chmod(0o711)
    options = ("--people", "2000", "--pairs", str(PAIRS), "--seed", "7", "--probe")
    with running_stack(folder / "home", *options) as running:
        for order in (("room", "rate", str(CALLED_PER_MINUTE)), ("backup", "now")):
            done = seiriken(*order, "--home", str(running.home.path))
            assert done.returncode == 0, done.stderr
        yield running
    shutil.rmtree(folder)


class Watched(NamedTuple):
    """A Prometheus, and from when till when (unix seconds) it looked at a rehearsal."""

    prometheus: Prometheus
    began_s: float
    ended_s: float


@pytest.fixture(scope="module")
def watched(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Let a rehearsal run, and somebody guess tickets, while Prometheus looks."""
    folder = tmp_path_factory.mktemp("prometheus")
    with running_prometheus(folder, stack.file.internal_ports) as prometheus:
        began_s = time.time()
        with stack.rehearsal(PEOPLE) as rehearsal:
            until(lambda: prometheus.query("sum(seiriken_bookings_total) > 10"), within_s=120)
            missing: list[str] = []

            def all_have_data() -> bool:
                # A process that was scraped late once is without data until the next time.
                missing[:] = without_data(prometheus)
                return not missing

            try:
                until(all_have_data, within_s=120)
            except TimeoutError:
                pytest.fail("\n".join(missing))
            until(lambda: rehearsal.poll() is not None, within_s=600)
        # A counter begins with its first event: only a second one, later, is a growth.
        with somebody_without_booking(stack) as give_back_nothing:
            guess_until(stack, lambda: prometheus.query(GUESSED), tickets=count(9_000_000_001))
            guess_until(stack, lambda: prometheus.query(HELD_BACK))
            give_back_nothing()
            until(lambda: prometheus.query(REFUSED), within_s=60)
            give_back_nothing()
            until(lambda: prometheus.query(REFUSED_AGAIN), within_s=60)
        until(lambda: prometheus.query(CAME_FROM_OUTSIDE), within_s=120)
        yield Watched(prometheus, began_s, time.time())


CAME_FROM_OUTSIDE = "increase(seiriken_probe_runs_total[5m] offset 3s) > 0"
HELD_BACK = 'rate(seiriken_sign_ins_total{result="too_many_attempts"}[10s] offset 3s) > 0'
"""As of three seconds ago, so that the time that is looked at afterwards holds it."""

GUESSED = 'rate(seiriken_sign_ins_total{result="not_confirmed"}[10s] offset 3s) > 0'
REFUSED = 'seiriken_refusals_total{reason="no_booking"} > 0'
REFUSED_AGAIN = 'rate(seiriken_refusals_total{reason="no_booking"}[10s] offset 3s) > 0'


def guess_until(
    stack: Stack, is_enough: Callable[[], object], tickets: Iterator[int] | None = None
) -> None:
    """Try made-up tickets, as somebody would who guesses; usually one of them again and again."""
    headers = {"X-Requested-With": "seiriken"}
    tickets = tickets or repeat(9_000_000_000)
    with httpx2.Client(base_url=stack.file.url, headers=headers, timeout=60) as client:

        def guess() -> object:
            tried = {"ticket_number": str(next(tickets)), "birth_date": "1950-01-01"}
            # 503: for a moment the machine stood still.
            assert client.post("/api/v1/sign-in", json=tried).status_code in (401, 429, 503)
            return is_enough()

        until(guess, within_s=120)


@contextmanager
def somebody_without_booking(stack: Stack) -> Iterator[Callable[[], None]]:
    """Let somebody come in, before anybody guesses; return how they ask to cancel nothing."""
    last = stack.home.residents_file.read_text().splitlines()[-1].split(",")
    identity = {"ticket_number": last[1], "birth_date": last[2]}
    headers = {"X-Requested-With": "seiriken"}
    with httpx2.Client(base_url=stack.file.url, headers=headers, timeout=60) as client:
        until(
            lambda: client.post("/api/v1/sign-in", json=identity).json().get("state") == "inside",
            within_s=120,
        )

        def give_back_nothing() -> None:
            key = {"Idempotency-Key": str(uuid4())}
            until(
                lambda: (
                    client.delete("/api/v1/booking", headers=key).json().get("code") == "no_booking"
                )
            )

        yield give_back_nothing


def test_every_panel_has_data_while_it_runs_and_shows_what_happened(
    watched: Watched,
) -> None:
    silent = {
        f"{panel.board}: {panel.title}" for panel in panels() if not was_alive(watched, panel)
    }
    assert silent <= QUIET.keys(), "\n".join(sorted(silent - QUIET.keys()))
    assert QUIET.keys() <= {f"{panel.board}: {panel.title}" for panel in panels()}


def test_prometheus_knows_what_the_tables_know(stack: Stack, watched: Watched) -> None:
    prometheus = watched.prometheus
    booked = stack.count("SELECT count(*) FROM booking WHERE state = 'booked'")

    def counted() -> bool:
        found = prometheus.query('sum(seiriken_bookings_total{command="book"})')
        return bool(found) and int(found[0]["value"][1]) >= booked

    assert booked > 0
    assert until(counted)


def value_of(prometheus: Prometheus, board: str, title: str) -> float:
    """Return what a panel shows; no number while it shows nothing, as after a missed scrape."""
    (panel,) = [one for one in panels() if (one.board, one.title) == (board, title)]
    found = prometheus.query(panel.queries[0])
    return float(found[0]["value"][1]) if found else math.nan


def test_top_and_dashboard_agree(stack: Stack, watched: Watched) -> None:
    prometheus = watched.prometheus
    until(lambda: value_of(prometheus, "surge", "Waiting now") == 0, within_s=60)
    options = ("--once", "--json", "--interval", "0.5", "--home", str(stack.home.path))

    def shown_when_well() -> dict[str, Any] | None:
        done = seiriken("top", *options)
        assert done.returncode == 0, done.stderr
        shown: dict[str, Any] = json.loads(done.stdout)
        board_is_well = value_of(prometheus, "surge", "Are we well?") == 2
        # Of a process that missed the first of the two looks there is no growth.
        has_cores = all(one["cores"] is not None for one in shown["processes"])
        return shown if board_is_well and has_cores and shown["verdict"] == "well" else None

    shown = until(shown_when_well, within_s=120)
    assert shown is not None
    until(lambda: shown["pairs_left"] == value_of(prometheus, "surge", "Pairs left"))
    assert shown["state"] == "open"
    assert {one["name"] for one in shown["processes"]} == stack.file.internal_ports.keys()
    assert all(one["is_up"] for one in shown["processes"])


def test_top_prints_a_line_of_json_at_each_interval_until_it_is_interrupted(stack: Stack) -> None:
    command = [str(SEIRIKEN), "top", "--json", "--interval", "0.3", "--home", str(stack.home.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode == 0
    assert [line["booked_per_minute"] is None for line in lines] == [True, False, False]


def test_top_fills_a_terminal_and_leaves_it_as_it_was(stack: Stack) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [str(SEIRIKEN), "top", "--interval", "0.3", "--home", str(stack.home.path)]
    environment = {**os.environ, "TERM": "xterm"}
    shown = b""
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        while b"are we well?" not in shown:
            shown += os.read(ours, 65_536)
        process.send_signal(signal.SIGINT)
        shown += read_to_the_end(ours)
    os.close(ours)
    assert process.returncode == 0, shown.decode()
    assert shown.count(b"\x1b[?1049h") == shown.count(b"\x1b[?1049l") == 1
    assert b"Traceback" not in shown


def read_to_the_end(terminal: int) -> bytes:
    """Return what is written to a terminal until its last process has gone."""
    text = b""
    while True:
        try:
            more = os.read(terminal, 65_536)
        except OSError:  # Linux says so that nobody writes to it any more.
            return text
        if not more:
            return text
        text += more


def test_top_notices_that_the_allocator_is_away_and_back(stack: Stack) -> None:
    def verdict() -> list[str]:
        options = ["--once", "--json", "--interval", "0.2", "--home", str(stack.home.path)]
        shown = json.loads(seiriken("top", *options).stdout)
        return [trouble["words"] for trouble in shown["troubles"]]

    pid = stack.pid("allocator")
    os.kill(pid, signal.SIGSTOP)
    try:
        assert until(lambda: "down: allocator" in verdict(), within_s=60)
        assert "nobody decides bookings" in verdict()
    finally:
        os.kill(pid, signal.SIGCONT)
    # A run of the probe that met the allocator's absence is forgotten with its next one.
    assert until(lambda: verdict() == [], within_s=240)
