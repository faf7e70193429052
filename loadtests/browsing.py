"""A resident's browser: pages, redirects, cookies, and the files that a page brings with it.

Each answer is counted once in Locust's tables, under its path without what is personal.
What is not expected there is a failure: another status than the page's usual ones.

Requests go over a connection of our own (`plain_http.py`) and are reported to Locust as its
own would be. Connections are closed while somebody waits longer than `KEPT_OPEN_S`: one
server's address has 28,000 ports for those who are connected to it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from locust.event import EventHook
from locust.exception import CatchResponseError

from loadtests.pages import static_files
from loadtests.plain_http import Answer, NoAnswer, PlainConnection

REDIRECTS_MAX = 5
KEPT_OPEN_S = 5.0

ANSWER_S_MAX = 30.0
FAULT_WAIT_S_MAX = 60.0
"""A fault that lasts longer than this is an error."""

_VARIABLE = re.compile(r"/(checking|choose|draw|queue|static)/[^/?]+")
_USUAL = frozenset({HTTPStatus.OK, HTTPStatus.SEE_OTHER})


@dataclass(frozen=True)
class Page:
    """An answer. `status` 0: there was none. `path` is where redirects led."""

    status: int
    path: str
    text: str
    retry_after_s: float | None = None

    @property
    def passes(self) -> bool:
        """Say whether it is a fault that passes: the same may be asked again."""
        return self.status in (0, HTTPStatus.SERVICE_UNAVAILABLE)


@lru_cache(maxsize=4)
def _document(answer: Answer) -> dict[str, Any]:
    """Read what all residents of a second are told: the same bytes, read once."""
    document: dict[str, Any] = json.loads(answer.content())
    return document


def name_of(path: str) -> str:
    """Return a path as the tables show it: without queries, days, ids and versions."""
    return _VARIABLE.sub(r"/\1/{}", path.partition("?")[0])


class Browser:
    """One browser of one person. `notes` is Locust's request event."""

    def __init__(self, base_url: str, notes: EventHook, language: str) -> None:
        headers = {
            "Accept-Language": language,
            "Sec-Fetch-Site": "same-origin",
            "User-Agent": "seiriken-load-test",
        }
        self._base_url, self._notes, self._language = base_url, notes, language
        self._connection = PlainConnection(base_url, headers, ANSWER_S_MAX)
        self._cookies: dict[str, str] = {}
        self._loaded: set[str] = set()
        self._seen: set[str] = set()

    def page(self, path: str, refusals: tuple[int, ...] = ()) -> Page:
        """Open a page and what belongs to it; those statuses are answers, too."""
        return self._follow("GET", path, None, refusals)

    def send(self, path: str, form: Mapping[str, str], refusals: tuple[int, ...] = ()) -> Page:
        """Send a form and go where it leads; those statuses are answers, too."""
        return self._follow("POST", path, form, refusals)

    def send_only(
        self, path: str, form: Mapping[str, str], refusals: tuple[int, ...] = ()
    ) -> tuple[Page, str]:
        """Send a form; return the first answer and where it leads (nothing: nowhere)."""
        return self._ask("POST", path, form, refusals)

    def status(self, release_id: str) -> dict[str, Any] | None:
        """Ask for what everybody is told, without cookies; None when there is no answer."""
        path = f"/queue/{release_id}/status.json" if release_id else "/queue/status.json"
        answer = self._told("GET", path, "/queue/{}/status.json", (), None, None)
        return _document(answer) if answer and answer.status == HTTPStatus.OK else None

    def forget_connection(self) -> None:
        """Close the connection; the next request opens one."""
        self._connection.close()

    def has_session(self) -> bool:
        """Say whether the browser holds a session."""
        return "session" in self._cookies or "__Host-session" in self._cookies

    def second_window(self) -> Browser:
        """Return a window of the same browser with a connection of its own."""
        window = Browser(self._base_url, self._notes, self._language)
        window._cookies = dict(self._cookies)
        window._loaded, window._seen = set(self._loaded), set(self._seen)
        return window

    def _follow(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None,
        refusals: tuple[int, ...] = (),
    ) -> Page:
        page, leads_to = self._ask(method, path, form, refusals)
        for _ in range(REDIRECTS_MAX):
            if not leads_to:
                break
            page, leads_to = self._ask("GET", leads_to, None, refusals)
        if page.status == HTTPStatus.OK and (kind := name_of(page.path)) not in self._seen:
            self._seen.add(kind)  # A page of a kind that was seen brings nothing new.
            self._load_files(page.text)
        return page

    def _ask(
        self, method: str, path: str, form: Mapping[str, str] | None, refusals: tuple[int, ...]
    ) -> tuple[Page, str]:
        headers, body = {}, None
        if self._cookies:
            headers["Cookie"] = "; ".join([f"{n}={value}" for n, value in self._cookies.items()])
        if form is not None:
            body = urlencode(form).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self._told(method, path, name_of(path), refusals, headers, body)
        if answer is None:
            return Page(0, path, ""), ""
        self._keep(answer.cookies)
        after = answer.headers.get("retry-after", "")
        is_led_on = answer.status == HTTPStatus.SEE_OTHER
        leads_to = answer.headers.get("location", "") if is_led_on else ""
        text = "" if leads_to else answer.text()
        retry_s = float(after) if after.isdigit() else None
        return Page(answer.status, path, text, retry_s), leads_to

    def _told(
        self,
        method: str,
        path: str,
        name: str,
        refusals: tuple[int, ...],
        headers: Mapping[str, str] | None,
        body: bytes | None,
    ) -> Answer | None:
        """Ask, and report to Locust what came; None when nothing did."""
        began_s, answer, fault = time.perf_counter(), None, None
        try:
            answer = self._connection.ask(method, path, headers, body)
            if answer.status not in _USUAL and answer.status not in refusals:
                fault = CatchResponseError(f"{answer.status} {name}")
        except NoAnswer:
            fault = CatchResponseError(f"no answer: {name}")
        self._notes.fire(
            request_type=method,
            name=name,
            response_time=1e3 * (time.perf_counter() - began_s),
            response_length=0 if answer is None else len(answer.body),
            exception=fault,
            context={},
        )
        return answer

    def _keep(self, cookies: tuple[str, ...]) -> None:
        for cookie in cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            if value.strip('"'):
                self._cookies[name.strip()] = value
            else:
                self._cookies.pop(name.strip(), None)

    def _load_files(self, html: str) -> None:
        """Load what a browser would: each file once, since they never change."""
        for path in static_files(html):
            if path not in self._loaded:
                self._loaded.add(path)
                self._told("GET", path, "/static/{}", (), None, None)
