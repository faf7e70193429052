"""One person's browser, with nothing that costs the measurement: the pages' way, step by step.

Every answer's bytes are counted as they go over the wire (head and body, compressed as
browsers ask for it).
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from urllib.parse import urlencode, urlsplit

from loadtests import pages
from loadtests.city import Resident

_HEAD_LINE_BYTES = 4
"""A colon, a space, and the end of the line."""

REDIRECTS_MAX = 5


class Walker:
    """Goes one step at a time. `bytes_in` and `bytes_out` are as the city's network sees them."""

    def __init__(self, url: str, who: Resident) -> None:
        address = urlsplit(url)
        self._connection = HTTPConnection(address.hostname or "", address.port, timeout=30)
        self._who = who
        self._cookies: dict[str, str] = {}
        self.path, self.text, self.status = "", "", 0
        self.bytes_in = self.bytes_out = self.calls = 0

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def first_page(self) -> None:
        """Open the first page."""
        self._go("GET", "/")

    def sign_in_page(self) -> None:
        """Open the page that asks who one is."""
        self._go("GET", "/sign-in")

    def sign_in(self) -> None:
        """Say who one is; do not follow where it leads."""
        year, month, day = self._who.birth_date.split("-")
        form = {"ticket_number": self._who.ticket_number}
        form |= {"birth_year": year, "birth_month": month, "birth_day": day}
        self._ask("POST", "/sign-in", form)

    def waiting_page(self) -> None:
        """Open the waiting page."""
        self._ask("GET", "/wait")

    def poll(self) -> None:
        """Ask for the public document."""
        self._ask("GET", "/queue/status.json", cookies=False)

    def own_state(self) -> None:
        """Ask where one stands."""
        self._ask("GET", "/api/v1/me")

    def enter(self) -> None:
        """Come in; where it leads is another step."""
        self._ask("POST", "/enter", {})

    def details(self) -> None:
        """Open the page for details, and send them."""
        self._ask("GET", "/details")
        number = self._who.ticket_number
        form = {"name": f"費用 {number}", "phone": f"080{number[:8]}"}
        self._go("POST", "/details", form | {"email": f"cost-{number}@resident.example"})

    def choose(self, nth: int) -> None:
        """Choose a day and a time: the days are shown already."""
        days = pages.days_on_offer(self.text)
        self._ask("GET", days[nth % len(days)])
        slots = pages.slots_on_offer(self.text)
        self._go("POST", "/choose", {"slot": slots[nth % len(slots)]})

    def book(self) -> None:
        """Send the request; its answer leads to the booked page, which is another step."""
        self._ask("POST", "/check", pages.form_to_send(self.text))

    def booked_page(self) -> None:
        """Look at the booking."""
        self._ask("GET", "/booked")

    def file(self) -> None:
        """Load the style sheet."""
        path = next(path for path in pages.static_files(self.text) if ".css" in path)
        kept = self.text
        self._ask("GET", path, cookies=False)
        self.text = kept

    def _go(self, method: str, path: str, form: Mapping[str, str] | None = None) -> None:
        """Ask, and follow where it leads."""
        leads_to = self._ask(method, path, form)
        for _ in range(REDIRECTS_MAX):
            if not leads_to:
                return
            leads_to = self._ask("GET", leads_to)

    def _ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        cookies: bool = True,
    ) -> str:
        headers = {"Accept-Encoding": "gzip", "Accept-Language": "ja"}
        headers["Sec-Fetch-Site"] = "same-origin"
        if cookies and self._cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self._answer(method, path, body, headers)
        raw = answer.read()
        self.calls += 1
        self.bytes_out += _head_bytes(answer) + len(raw)
        self.bytes_in += _asked_bytes(method, path, headers, body)
        self._keep(answer)
        is_packed = answer.headers.get("content-encoding") == "gzip"
        self.text = (gzip.decompress(raw) if is_packed else raw).decode("utf-8", "replace")
        self.path, self.status = path, answer.status
        return answer.headers.get("location", "") if answer.status == 303 else ""

    def _answer(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> HTTPResponse:
        """Ask on the connection that is kept, or on a new one where it was closed when idle."""
        try:
            self._connection.request(method, path, body, dict(headers))
            return self._connection.getresponse()
        except (RemoteDisconnected, ConnectionError):
            self._connection.close()
            self._connection.request(method, path, body, dict(headers))
            return self._connection.getresponse()

    def _keep(self, answer: HTTPResponse) -> None:
        for cookie in answer.headers.get_all("set-cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            if value.strip('"'):
                self._cookies[name] = value
            else:
                self._cookies.pop(name, None)


def _head_bytes(answer: HTTPResponse) -> int:
    lines = sum(len(name) + len(value) + _HEAD_LINE_BYTES for name, value in answer.getheaders())
    return len(f"HTTP/1.1 {answer.status} {answer.reason}\r\n\r\n") + lines


def _asked_bytes(method: str, path: str, headers: Mapping[str, str], body: str | None) -> int:
    lines = sum(len(name) + len(value) + _HEAD_LINE_BYTES for name, value in headers.items())
    return len(f"{method} {path} HTTP/1.1\r\n\r\n") + lines + len(body or "")
