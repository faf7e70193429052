"""The city's staff at their pages, as programs: they look callers up, book for them, open lists.

Each has an account and a second factor, and goes over the edge's staff listener as a browser would.
"""

from __future__ import annotations

import html
import json
import random
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import httpx2
import pyotp

from loadtests.bench.errors import BenchStopped
from loadtests.city import City, Resident

LOOKS_PER_S = 2.0
BOOKS_EVERY_S = 2.0
LISTS_EVERY_S = 2.0
CALLED_EVERY_S = 1.0
PASSWORD = "lanterns over nine wet roofs"  # noqa: S105 (of an account that lives as long as the run)

_CALL = "/caller/call"
_DETAILS = {
    "name": "試験 百合",
    "phone": "0476-00-0000",
    "email": "",
    "confirmation": "letter",
    "language": "ja",
}
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')
_SECRET = re.compile(r"<code[^>]*>([A-Z2-7]{32})</code>")
_SLOT = re.compile(r'name="slot" type="radio" value="([0-9-]+)">')
_HIDDEN = r'name="{}" value="([^"]+)"'
_ANSWER_S_MAX = 30.0


class Colleague:
    """One of the staff at work; `failed` counts pages that were not what they had to be."""

    def __init__(self, city: City, login: str, role: Literal["clerk", "supervisor"]) -> None:
        """Make the account, sign in, enrol the second factor.

        Raises:
            BenchStopped: the staff gateway did not let them in.
        """
        made = json.loads(city.run("staff", "add", login, "--role", role, "--json"))
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
        """Work for the length of a block."""
        ended = threading.Event()
        thread = threading.Thread(target=self.works, args=(callers, ended))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._http.close()

    def works(self, callers: Sequence[Resident], ended: threading.Event) -> None:
        """Do what this colleague does, till told to end."""
        raise NotImplementedError

    def answers_ms(self, begin_s: float, end_s: float) -> list[float]:
        """Return how long pages took that were asked for in a span, in milliseconds."""
        return [1e3 * took for at, took in self._answers if begin_s <= at < end_s]

    def timed(
        self, method: str, path: str, form: dict[str, str], *, status: int | None = 200
    ) -> str:
        """Ask for a page, which must have that status (None: any that is no fault of ours).

        Returns it, empty if it did not come.
        """
        at, began = time.time(), time.perf_counter()
        try:
            answer = self._http.request(method, path, data=form or None)
        except httpx2.HTTPError:
            self.failed += 1
            return ""
        self._answers.append((at, time.perf_counter() - began))
        is_as_wanted = answer.status_code == status if status else answer.status_code < 500
        self.failed += not is_as_wanted
        return answer.text

    def sends_in(self, path: str, content: bytes) -> None:
        """Send a file in; the page that says how far it is is not waited for."""
        page = self.timed("GET", path, {})
        sent = {"file": ("roster.csv", content, "text/csv")}
        answer = self._http.post(path, data=token_of(page), files=sent)
        self.failed += not answer.is_redirect

    def _sign_in(self, first_password: str) -> None:
        typed = {"login": self._login, "password": first_password, "code": ""}
        self._http.post("/sign-in", data=typed)
        page = self._http.get("/enrol").text
        secret = _SECRET.search(page)
        if secret is None:
            raise BenchStopped("the staff gateway shows no second factor to enrol")
        chosen = {"password": PASSWORD, "password_again": PASSWORD}
        code = {"code": pyotp.TOTP(secret[1]).now()}
        done = self._http.post("/enrol", data={**token_of(page), **chosen, **code})
        if not done.is_redirect:
            raise BenchStopped(f"the staff gateway did not enrol {self._login}: {done.status_code}")


class Clerk(Colleague):
    """Looks callers up, one after the other and over again."""

    def __init__(self, city: City, login: str = "mado1") -> None:
        """Raises `BenchStopped`."""
        super().__init__(city, login, "clerk")

    def works(self, callers: Sequence[Resident], ended: threading.Event) -> None:
        """Look up `LOOKS_PER_S` callers a second."""
        due = time.monotonic()
        number = 0
        while not ended.is_set():
            self._looks_up(callers[number % len(callers)])
            number += 1
            due += 1 / LOOKS_PER_S
            ended.wait(max(0.0, due - time.monotonic()))

    def _looks_up(self, caller: Resident) -> None:
        page = self.timed("GET", "/caller", {})
        found = self.timed("POST", "/caller", {**token_of(page), **identity_of(caller)})
        if caller.ticket_number not in found:
            self.failed += 1


class BookingClerk(Clerk):
    """Books for one caller after the other, from the place in the line to the answer."""

    def __init__(self, city: City, login: str = "mado2") -> None:
        """Raises `BenchStopped`."""
        super().__init__(city, login)
        self.booked_at_s: list[float] = []

    def works(self, callers: Sequence[Resident], ended: threading.Event) -> None:
        """Take a call every `BOOKS_EVERY_S`, till told to end; one under way then is left."""
        due = time.monotonic()
        for caller in callers:
            if not self._is_called(caller, ended):
                return
            self._books(caller)
            due = max(due + BOOKS_EVERY_S, time.monotonic())
            ended.wait(due - time.monotonic())

    def _is_called(self, caller: Resident, ended: threading.Event) -> bool:
        """Give a caller a place, and wait for their turn; False if it is time to end."""
        while not ended.is_set():
            page = self.timed("GET", "/caller", {})
            asked = {**token_of(page), **identity_of(caller)}
            page = self.timed("POST", "/caller/place", asked)
            if 'action="/caller/begin"' in page:
                asked = {**token_of(page), **identity_of(caller)}
                self.timed("POST", "/caller/begin", asked, status=303)
                return True
            ended.wait(CALLED_EVERY_S)
        return False

    def _books(self, caller: Resident) -> None:
        self.timed("GET", _CALL, {})
        page = self.timed("GET", f"{_CALL}/details", {})
        self.timed("POST", f"{_CALL}/details", {**token_of(page), **_DETAILS}, status=303)
        page = self.timed("GET", f"{_CALL}/choose", {})
        slots = _SLOT.findall(page)
        if not slots:
            self.failed += 1
            return
        sent = {**token_of(page), "slot": random.choice(slots)}  # noqa: S311 (no secret)
        self.timed("POST", f"{_CALL}/choose", sent, status=303)
        page = self.timed("GET", f"{_CALL}/check", {})
        sent = {**token_of(page), **hidden_of(page, "request_id", "shown")}
        self.timed(
            "POST", f"{_CALL}/check", sent, status=None
        )  # Somebody else may have been faster.
        page = self.timed("GET", _CALL, {})
        if f'action="{_CALL}/change"' in page:
            self.booked_at_s.append(time.time())


class Supervisor(Colleague):
    """Opens the venue's list of the day again and again."""

    def __init__(self, city: City, login: str = "shunin1") -> None:
        """Raises `BenchStopped`."""
        super().__init__(city, login, "supervisor")

    def works(self, callers: Sequence[Resident], ended: threading.Event) -> None:
        """Open the list every `LISTS_EVERY_S`, and now and then the vaccine that is needed."""
        while not ended.is_set():
            self.timed("GET", "/venue", {})
            self.timed("GET", "/demand", {})
            ended.wait(LISTS_EVERY_S)


def identity_of(caller: Resident) -> dict[str, str]:
    """Return what a clerk types to find somebody."""
    year, month, day = caller.birth_date.split("-")
    born = {"birth_year": year, "birth_month": month, "birth_day": day}
    return {"ticket_number": caller.ticket_number, "reason": "asks_state", **born}


def hidden_of(page: str, *names: str) -> dict[str, str]:
    """Return hidden fields of a page."""
    found = {name: re.search(_HIDDEN.format(name), page) for name in names}
    return {name: html.unescape(match[1]) for name, match in found.items() if match}


def token_of(page: str) -> dict[str, str]:
    """Return the token of a page's forms."""
    found = _TOKEN.search(page)
    return {"form_token": found[1]} if found else {}
