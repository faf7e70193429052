"""The phone desk while the crowd is there: a clerk looks callers up, and must not feel it.

The staff gateway is a process of its own with connections of its own (docs/staff.md). The clerk's
pages are timed by the clerk, over the edge's staff listener: twice a second the form is opened and
sent, for another resident each time. The crowd is ten times what the seats inside take.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import httpx2
import pyotp

from loadtests.bench.errors import BenchStopped
from loadtests.bench.figures import Row, Target, row_of
from loadtests.city import City, Resident
from loadtests.surge.overload import INSIDE_MAX, SEAT_S
from loadtests.surge.playing import city_behind_edge, play

PHASE_MINUTES = 2.0
LOOKS_PER_S = 2.0
CALLERS = 500
PASSWORD = "lanterns over nine wet roofs"  # noqa: S105 (of an account that lives as long as the run)

SECTION = "10 desk"
_P99_MS = Target("at most", 1_000)
_NONE = Target("at most", 0)
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')
_SECRET = re.compile(r"<code[^>]*>([A-Z2-7]{32})</code>")
_ANSWER_S_MAX = 30.0


def measure_desk(scale: float = 1.0, keep: Path | None = None) -> list[Row]:
    """Play it once and return its rows; `scale` makes the phases shorter."""
    phase_s = 60 * PHASE_MINUTES * scale
    per_minute = 60 * INSIDE_MAX / SEAT_S
    people = int(per_minute * 12 * PHASE_MINUTES * scale) + 1_000 + CALLERS
    settings = {
        "ROOM_INSIDE_LIMIT_MAX": str(INSIDE_MAX),
        "ROOM_INSIDE_LIMIT_START": str(INSIDE_MAX),
    }
    options = ["--staff", "--people", str(people), "--pairs", str(people)]
    with city_behind_edge(*options, settings=settings) as (city, _):
        callers, skipped = city.residents(CALLERS), ("--skip", str(CALLERS))
        clerk = Clerk(city)
        arguments = ["--surge", "spike", "--minutes", str(3 * PHASE_MINUTES * scale)]
        arguments += ["--per-minute", str(per_minute), "--patience", "0.5", "--loses-heart", "0"]
        with clerk.at_work(callers):
            played = play(city, *arguments, *skipped, keep=keep)
    began_s = float(played.document["began_at_s"])
    before = clerk.answers_ms(began_s, began_s + phase_s)
    during = clerk.answers_ms(began_s + phase_s, began_s + 2 * phase_s)

    def row(what: str, unit: str, value: float, target: Target | None = None) -> Row:
        return row_of(SECTION, what, unit, [value], target=target, void=played.void)

    return [
        row("residents who came", "people", played.came),
        row("the clerk's pages at x 1", "", len(before)),
        row("the clerk's pages at x 10", "", len(during)),
        row("answers to the clerk at x 1, p99", "ms", p99(before)),
        row("answers to the clerk at x 10, p99", "ms", p99(during), _P99_MS),
        row("pages that failed", "", clerk.failed, _NONE),
        row("findings of the audit (I1-I5)", "", played.findings, _NONE),
    ]


class Clerk:
    """One of the staff: signs in with two factors, and looks up callers till told to end."""

    def __init__(self, city: City, login: str = "mado1") -> None:
        """Make the account, sign in, enrol the second factor.

        Raises:
            BenchStopped: the staff gateway did not let the clerk in.
        """
        made = json.loads(city.run("staff", "add", login, "--role", "clerk", "--json"))
        self.failed = 0
        self._login = login
        self._answers: list[tuple[float, float]] = []
        self._http = httpx2.Client(
            base_url=city.staff_url,
            headers={"Sec-Fetch-Site": "same-origin"},
            timeout=_ANSWER_S_MAX,
        )
        self._sign_in(str(made["first_password"]))

    @contextmanager
    def at_work(self, callers: Sequence[Resident]) -> Iterator[None]:
        """Look callers up, one after the other and over again, for the length of a block."""
        ended = threading.Event()
        thread = threading.Thread(target=self._works, args=(callers, ended))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._http.close()

    def answers_ms(self, begin_s: float, end_s: float) -> list[float]:
        """Return how long pages took that were asked for in a span, in milliseconds."""
        return [1e3 * took for at, took in self._answers if begin_s <= at < end_s]

    def _works(self, callers: Sequence[Resident], ended: threading.Event) -> None:
        due = time.monotonic()
        number = 0
        while not ended.is_set():
            self._looks_up(callers[number % len(callers)])
            number += 1
            due += 1 / LOOKS_PER_S
            ended.wait(max(0.0, due - time.monotonic()))

    def _looks_up(self, caller: Resident) -> None:
        year, month, day = caller.birth_date.split("-")
        page = self._timed("GET", "/caller", {})
        typed = {"ticket_number": caller.ticket_number, "reason": "asks_state"}
        born = {"birth_year": year, "birth_month": month, "birth_day": day}
        found = self._timed("POST", "/caller", {**_token_of(page), **typed, **born})
        if caller.ticket_number not in found:
            self.failed += 1

    def _timed(self, method: str, path: str, form: dict[str, str]) -> str:
        at, began = time.time(), time.perf_counter()
        try:
            answer = self._http.request(method, path, data=form or None)
        except httpx2.HTTPError:
            self.failed += 1
            return ""
        self._answers.append((at, time.perf_counter() - began))
        self.failed += answer.status_code != 200
        return answer.text

    def _sign_in(self, first_password: str) -> None:
        typed = {"login": self._login, "password": first_password, "code": ""}
        self._http.post("/sign-in", data=typed)
        page = self._http.get("/enrol").text
        secret = _SECRET.search(page)
        if secret is None:
            raise BenchStopped("the staff gateway shows no second factor to enrol")
        chosen = {"password": PASSWORD, "password_again": PASSWORD}
        code = {"code": pyotp.TOTP(secret[1]).now()}
        done = self._http.post("/enrol", data={**_token_of(page), **chosen, **code})
        if not done.is_redirect:
            raise BenchStopped(f"the staff gateway did not enrol the clerk: {done.status_code}")


def p99(figures: Sequence[float]) -> float:
    """Return the 99th percentile; 0 of too few."""
    return quantiles(figures, n=100)[98] if len(figures) > 1 else 0.0


def _token_of(page: str) -> dict[str, str]:
    found = _TOKEN.search(page)
    return {"form_token": found[1]} if found else {}
