"""One run of a load test, in one generating process: who comes next, and what is noted.

Each process (one alone, the master, each worker) holds one `Run`, found by `Run.of`.
Only the process that leads the run (alone, or the master) samples the city.

Units: unix seconds; durations in milliseconds as Locust has them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import gevent
import psutil
from locust.env import Environment

from loadtests.city import Resident as Person
from loadtests.endings import Ending
from loadtests.pages import Status
from loadtests.tally import OWN, Book

if TYPE_CHECKING:
    from loadtests.residents import Resident

LAG_LOOK_EVERY_S = 0.1
SAMPLE_EVERY_S = 1.0


class Ended(Exception):
    """The resident's way ends here."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.value)
        self.ending = ending


class WentWrong(Exception):
    """The city broke a promise; the text says which, without anything personal."""


@dataclass(frozen=True)
class Named:
    """The next one of the roster."""

    number: int
    resident: Person


class Run:
    """What the residents of one process share."""

    def __init__(self, environment: Environment, roster: list[Person]) -> None:
        self._environment = environment
        self._roster = roster
        self._taken = 0
        self._share = (0, 1)
        self._waiting = 0
        self._book = Book()
        self._status: Status | None = None
        self.opened_at_s: float | None = None
        self.ended = 0
        self.seed = 0
        self.pace = 1.0
        self.loses_heart = 0.0

    @staticmethod
    def of(environment: Environment) -> Run:
        """Return the run of an environment."""
        run: Run = environment.surge_run  # type: ignore[attr-defined]
        return run

    # Who comes

    def take_share(self, index: int, of: int) -> None:
        """Take every so-manieth of the roster only: the others are other processes'."""
        self._share = (index, of)

    def next_resident(self) -> Named | None:
        """Return who comes next; None when the roster is used up."""
        index, of = self._share
        number = self._taken * of + index
        self._taken += 1
        if number >= len(self._roster):
            self._book.count("faults", "the roster has too few people")
            return None
        return Named(number, self._roster[number])

    # What is noted

    def begin(self, resident: Resident) -> None:
        """Note that somebody has come."""
        resident.came_at_s = time.time()
        resident.told_likely = False
        self._book.count_at("came", resident.came_at_s, type(resident).__name__)

    def end(self, resident: Resident, ending: Ending) -> None:
        """Note how it ended for somebody."""
        self.ended += 1
        self._book.count_at("ended", time.time(), ending.value)
        if resident.told_likely:
            self._book.count("told likely", ending.value)

    def wrong(self, what: str) -> Ending:
        """Note a broken promise."""
        self._book.count("wrong", what)
        return Ending.WENT_WRONG

    def note(self, name: str, duration_ms: float) -> None:
        """Note a duration of our own, so that Locust's tables show it, too."""
        self._environment.events.request.fire(
            request_type=OWN,
            name=name,
            response_time=duration_ms,
            response_length=0,
            exception=None,
            context={},
        )

    def note_request(self, request_type: str, name: str, duration_ms: float, *, ok: bool) -> None:
        """Note one answer, or one duration of our own."""
        now_s = time.time()
        key = f"{request_type} {name}"
        self._book.note_duration("durations", now_s, key, duration_ms)
        if not ok:
            self._book.count_at("failed", now_s, key)

    def note_outlook(self, resident: Resident, outlook: str) -> None:
        """Remember that somebody was told that they are likely to get a pair."""
        if outlook == "likely":
            resident.told_likely = True

    def count_habit(self, habit: str) -> None:
        """Count what somebody did beside the straight way."""
        self._book.count("habits", habit)

    def keep_number(self, booking_number: str) -> None:
        """Keep a booking number that somebody was told, for the audit."""
        self._book.count("numbers", booking_number)

    def waited_s(self, resident: Resident) -> float:
        """Return since when somebody waits: since they came, or the opening if that was later."""
        since_s = max(resident.came_at_s, self.opened_at_s or 0.0)
        return max(0.0, time.time() - since_s)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count somebody among those who wait."""
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    def is_sold_out(self) -> bool:
        """Say whether the city's public document says that nothing is left."""
        return self._status is not None and self._status.pairs_left == 0

    # Joining

    def take(self) -> dict[str, Any]:
        """Return what was counted since the last time."""
        return self._book.take() | {"ended so far": {str(self._share[0]): self.ended}}

    # Watching

    def watch(self, *, leads: bool) -> None:
        """Begin to watch this process, and the city; only who leads keeps the samples."""
        gevent.spawn(self._watch_self, leads)
        gevent.spawn(self._watch_city, leads)

    def _watch_self(self, leads: bool) -> None:
        """Note this process's share of a core and how late it wakes up."""
        process = psutil.Process()
        process.cpu_percent()
        looked_s = time.monotonic()
        while True:
            asked_s = time.monotonic()
            gevent.sleep(LAG_LOOK_EVERY_S)
            now_s, name = time.monotonic(), "lead" if leads else f"worker {self._share[0]}"
            late_ms = 1e3 * max(0.0, now_s - asked_s - LAG_LOOK_EVERY_S)
            self._book.note_duration("generator lag", time.time(), name, late_ms)
            if now_s - looked_s >= SAMPLE_EVERY_S:
                looked_s = now_s
                share = process.cpu_percent() / 100
                self._book.set_at("generator cpu", time.time(), name, share)
                self._book.set_at("waiting by own count", time.time(), name, self._waiting)

    def _watch_city(self, keeps: bool) -> None:
        while True:
            document = self._ask()
            if document is not None:
                self._status = Status(document)
                if self.opened_at_s is None and document["state"] == "open":
                    self.opened_at_s = opened_at_s(document, time.time())
                if keeps:
                    self._keep(document)
            gevent.sleep(SAMPLE_EVERY_S)

    def _keep(self, document: dict[str, Any]) -> None:
        now_s = time.time()
        shown = {
            "waiting": document.get("waiting"),
            "serving": document.get("serving"),
            "admitted per minute": document.get("admitted_per_minute"),
            "pairs left": document["outlook"].get("pairs_left"),
        }
        for name, value in shown.items():
            if value is not None:
                self._book.set_at("city", now_s, name, value)

    def _ask(self) -> dict[str, Any] | None:
        import json

        address = urlsplit(self._environment.host or "")
        connection = HTTPConnection(address.hostname or "", address.port, timeout=5)
        try:
            connection.request("GET", "/queue/status.json")
            document: dict[str, Any] = json.loads(connection.getresponse().read())
            return document if "state" in document else None
        except (OSError, HTTPException, ValueError):
            return None
        finally:
            connection.close()


def opened_at_s(document: dict[str, Any], now_s: float) -> float:
    """Return when the release opened, on this machine's clock."""
    from datetime import datetime

    opens, now = (datetime.fromisoformat(document[name]) for name in ("opens_at", "now"))
    return now_s - max(0.0, (now - opens).total_seconds())
