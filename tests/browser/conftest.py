"""A whole stack, and a Chromium that looks at it as a resident's device would.

It stands behind an edge with the application firewall, which must stop nothing of what is done.

Screenshots of every step are kept in SCREENSHOTS_DIR, when that is set, else in pytest's
temporary folder. They are for looking at; no test compares them.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import httpx2
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from seiriken.home import Home
from tests.edge_refusals import refused_by_the_edge
from tests.integration.staff import StaffDesk, running_desk
from tests.system.stack import running_stack
from tests.waiting import until

SEIRIKEN = Path(sys.executable).with_name("seiriken")
FIND_BROWSER = Path(__file__).parents[2] / "deploy" / "find-browser.sh"
CHROMIUM_ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--no-default-browser-check",
    "--no-first-run",
)
PEOPLE, PAIRS = 1_500, 1_000
STEP_MS_MAX = 30_000
"""Far more than any step needs, so that a machine that is slow for a moment fails no test."""

ANSWER_S_MAX = 60
"""As much for an answer that no page waits for."""

ASKED_TIMES = 10
"""Often enough for every gateway behind the one address to have answered."""

PATIENT = {
    "GATEWAY_REPLY_WAIT_S": "10",
    "GATEWAY_REDIS_TIMEOUT_S": "15",
    "GATEWAY_DATABASE_TIMEOUT_S": "15",
    "ROOM_INSIDE_LIMIT_MIN": "200",
}
"""A stack's settings: who books is told at once, and who signs in comes straight in, however slow
the machine is, or the allocator was that a test before had frozen.
"""

expect.set_options(timeout=STEP_MS_MAX)


@dataclass(frozen=True)
class Person:
    """One of the made-up people of the stack's city."""

    ticket_number: str
    birth_date: date


@dataclass(frozen=True)
class StackUnderTest:
    """A running stack, and the people of it that nobody has used yet."""

    url: str
    home: Path
    people: Iterator[Person]
    release_id: str
    """The made-up city's: tests of the release desk load others."""

    def command(self, *words: str) -> None:
        """Run one of the operators' commands on this stack."""
        subprocess.run([SEIRIKEN, *words, "--home", self.home], check=True, capture_output=True)

    @contextmanager
    def allocator_frozen(self) -> Iterator[None]:
        """Let the allocator decide nothing for the length of a block."""
        listed = subprocess.run(
            [SEIRIKEN, "status", "--home", self.home, "--json"], check=True, capture_output=True
        )
        processes = json.loads(listed.stdout)["processes"]
        pid = next(one["pid"] for one in processes if one["name"] == "allocator")
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def orders(self, order: str, state: str, *words: str) -> None:
        """Give an order to the release, and wait until residents are told of its new state."""
        self.command("release", order, "--release", self.release_id, *words)
        self.until_told(state)

    def until_told(self, state: str) -> None:
        """Wait until every gateway tells residents of a state."""
        until(lambda: self._states() == {state}, 60)

    def _states(self) -> set[str]:
        """Return the state that residents are told; each gateway learns of it by itself."""
        address = f"{self.url}/queue/status.json"
        asked = [httpx2.get(address, timeout=ANSWER_S_MAX) for _ in range(ASKED_TIMES)]
        return {str(answer.json().get("state")) for answer in asked}

    def program(self) -> httpx2.Client:
        """Return a client of the JSON contract, with cookies of its own."""
        headers = {"X-Requested-With": "seiriken"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=ANSWER_S_MAX)

    def person_signs_in(self, program: httpx2.Client) -> int | None:
        """Let somebody new sign in with a program; return their place if they have one."""
        person = next(self.people)
        identity = {
            "ticket_number": person.ticket_number,
            "birth_date": person.birth_date.isoformat(),
        }
        answer = program.post("/api/v1/sign-in", json=identity).raise_for_status().json()
        place: int | None = answer.get("place")
        return place


class OpenPage(Protocol):
    """Opens a page on a device of its own."""

    def __call__(
        self, *, language: str = "ja", width: int = 360, javascript: bool = True
    ) -> Page: ...


@pytest.fixture(scope="session")
def staff_city() -> Iterator[StackUnderTest]:
    """A city for the staff's desks alone: what they load and close, residents' tests would miss."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-staff-", dir="/tmp"))
    folder.chmod(0o711)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in PATIENT.items():
            environment.setenv(name, value)
        with running_stack(folder / "home", "--people", "300") as running:
            home = running.home.path
            city = StackUnderTest(running.file.url, home, _people(home), "")
            city.until_told("open")
            yield city
    shutil.rmtree(folder)


@contextmanager
def desk_beside(stack: StackUnderTest, **changes: object) -> Iterator[StaffDesk]:
    """Run the staff gateway of a stack, with settings of its own, once it has all that it needs."""
    home = Home(stack.home)
    running = home.read()
    assert running is not None
    with running_desk(running.database_url, running.redis_url, home.secrets_dir, **changes) as desk:
        assert desk.parts is not None
        readiness = desk.parts.readiness
        until(lambda: all(readiness.snapshot().values()))
        yield desk


@pytest.fixture(scope="module")
def staff_desk(stack: StackUnderTest) -> Iterator[StaffDesk]:
    """The staff gateway of the residents' stack."""
    with desk_beside(stack) as desk:
        yield desk


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """Run a stack with a made-up city for the length of the session."""
    # Not below pytest's folder: the path of a Unix socket must be short.
    home = Path(tempfile.mkdtemp(prefix="seiriken-"))
    logs = tmp_path_factory.mktemp("stack") / "log"
    size = ["--people", str(PEOPLE), "--pairs", str(PAIRS)]
    options = [*size, "--firewall", "--no-probe", "--no-monitoring"]
    up = [str(SEIRIKEN), "up", "--home", str(home), *options, "--detach", "--json"]
    try:
        environment = {**os.environ, **PATIENT}
        started = subprocess.run(up, check=True, stdout=subprocess.PIPE, env=environment)
        found = subprocess.run(
            [SEIRIKEN, "status", "--home", home, "--json"], check=True, stdout=subprocess.PIPE
        )
        release_id = json.loads(found.stdout)["queue"]["release_id"]
        url = json.loads(started.stdout)["url"]
        running = StackUnderTest(url, home, _people(home), release_id)
        running.until_told("open")
        yield running
        stack_file = Home(home).read()
        assert stack_file is not None
        assert refused_by_the_edge(stack_file) == {}
    finally:
        subprocess.run([SEIRIKEN, "down", "--home", home], check=True, capture_output=True)
        shutil.copytree(home / "log", logs)
        shutil.rmtree(home)


def _people(home: Path) -> Iterator[Person]:
    with (home / "sample-residents.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            yield Person(row["ticket_number"], date.fromisoformat(row["birth_date"]))


@pytest.fixture
def person(stack: StackUnderTest) -> Person:
    """Return somebody who has not booked yet."""
    return next(stack.people)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Run Playwright's driver. Its event loop must not outlive the module that needs it."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Start the system's Chromium."""
    launched = launched_browser(playwright)
    yield launched
    launched.close()


def launched_browser(playwright: Playwright) -> Browser:
    """Start the system's Chromium; the caller closes it."""
    found = subprocess.run(["sh", str(FIND_BROWSER)], check=True, capture_output=True, text=True)
    program = found.stdout.strip()
    # Chromium refuses to run as root inside its own sandbox.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=program, args=[*CHROMIUM_ARGUMENTS, *sandbox])


@pytest.fixture
def open_page(browser: Browser, stack: StackUnderTest) -> Iterator[OpenPage]:
    """Open pages, each on a device of its own; a fault in a page's script fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_(*, language: str = "ja", width: int = 360, javascript: bool = True) -> Page:
        context = browser.new_context(
            base_url=stack.url,
            locale={"en": "en-GB"}.get(language, "ja-JP"),
            java_script_enabled=javascript,
            viewport={"width": width, "height": 800},
        )
        context.set_default_timeout(STEP_MS_MAX)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(error.message))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for screenshots."""
    wanted = os.environ.get("SCREENSHOTS_DIR")
    folder = Path(wanted) if wanted else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
