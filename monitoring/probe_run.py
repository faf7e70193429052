"""One run of the synthetic resident, over HTTP, as a resident's browser or program would.

Rule 1: each run has connections of its own, so that name, address, certificate and the edge are
looked at every time.
Rule 2: a step, and the whole run, end when their time is over, however slowly a server
answers; a run that was broken off is put right by the next one.
Rule 3: who the test resident is leaves this module in a request's body alone.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import msgspec

from monitoring.errors import SecretError
from monitoring.probe_rules import (
    Answer,
    AskAgain,
    End,
    Go,
    Result,
    Step,
    books_now,
    may_sign_in,
    verdict,
    was_not_let_in,
)

ASK_AGAIN_AFTER_S = 0.5

DEVICE_COOKIE = "device"
"""Its name ends so: over TLS it begins with __Host-."""

_SILENCE_SHARE = 0.9
"""Of a step's time, when nothing comes at all: ended by itself, the client closes its socket, and
not where it is broken off in a TLS handshake. A server that drips meets the end of the step."""

# To be sent nowhere: for this resident no message is made (`allocator.batch`).
_CONTACT = {"name": "自動点検", "phone": "0476000000", "email": "probe@example.invalid"}

_HEADERS = {
    "User-Agent": "seiriken-probe",
    "X-Requested-With": "seiriken",
    "Accept": "text/html, application/json",
    "Accept-Language": "ja",
}

BOOKINGS_PATH = "/api/v1/bookings"
_CALLS: dict[Step, tuple[str, str]] = {
    "landing": ("GET", "/"),
    "why": ("GET", "/api/v1/receipt-key"),
    "line": ("GET", "/queue/status.json"),
    "sign_in": ("POST", "/api/v1/sign-in"),
    "clear": ("DELETE", "/api/v1/booking"),
    "availability": ("GET", "/api/v1/availability"),
    "book": ("POST", BOOKINGS_PATH),
    "cancel": ("DELETE", "/api/v1/booking"),
}


class TestResident(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who the probe signs in as. Printed without its content."""

    __test__ = False  # For pytest: a class of ours, not of tests.

    municipality_code: str
    ticket_number: str
    birth_date: str

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "TestResident(…)"


class StepTaken(msgspec.Struct, frozen=True):
    """A step that was answered, or broken off, and its time."""

    step: Step
    duration_s: float


class Run(msgspec.Struct, frozen=True):
    """What a run came to. `failed_at` is a step; `reason` says in a word why.

    `certificate_expires_at` (unix seconds) is there when the server has shown one.
    """

    result: Result
    steps: tuple[StepTaken, ...]
    failed_at: Step | None = None
    reason: str = ""
    certificate_expires_at: float | None = None


def read_resident(path: Path) -> TestResident:
    """Read the file that `seiriken probe enrol` has written.

    Raises:
        SecretError: it is missing, unreadable or malformed.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=TestResident)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unreadable"
        raise SecretError(f"secret {path.name}: {reason}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SecretError(f"secret {path.name}: not as `seiriken probe enrol` writes it") from None


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return how certificates are checked: against the system's authorities, or those of a file.

    Raises:
        SecretError: the file is missing or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:  # ssl.SSLError is one.
        raise SecretError(f"{ca_file}: no certificates in PEM") from None


class Probe:
    """Runs again and again; remembers when it was not let in, and how many runs there were.

    As on a resident's own phone, it is known where it has signed in: while strangers guess, a
    new device is asked for a proof of work, which it does not solve.

    A step may take `step_s`, a run `run_s` seconds. Every `book_every_runs`-th run books.
    """

    def __init__(
        self,
        url: str,
        resident: TestResident,
        tls: ssl.SSLContext,
        *,
        step_s: float = 10.0,
        run_s: float = 25.0,
        book_every_runs: int = 1,
    ) -> None:
        self._url = url
        self._resident = resident
        self._tls = tls
        self._step_s, self._run_s = step_s, run_s
        self._book_every_runs = book_every_runs
        self._runs = 0
        self._refused_at_s: float | None = None
        self._device = httpx2.Cookies()

    async def run(self) -> Run:
        """Go once from the first page to the cancellation, as far as it goes."""
        books = books_now(self._runs, self._book_every_runs)
        self._runs += 1
        now_s = asyncio.get_running_loop().time
        deadline_s = now_s() + self._run_s
        taken: list[StepTaken] = []
        async with httpx2.AsyncClient(
            base_url=self._url,
            cookies=self._device,
            headers=_HEADERS,
            verify=self._tls,
            trust_env=False,
            timeout=_SILENCE_SHARE * self._step_s,
        ) as http:
            visit = _Visit(http, self._resident)
            at: Go | End = Go("landing")
            while isinstance(at, Go):
                began_s, step = now_s(), at.step
                at = await self._take(visit, at, min(deadline_s, began_s + self._step_s), books)
                taken.append(StepTaken(step, round(now_s() - began_s, 4)))
            self._device = _device_of(http.cookies)
        if was_not_let_in(at) and self._refused_at_s is None:
            self._refused_at_s = now_s()
        return _run(at, tuple(taken), visit.certificate_expires_at)

    async def _take(self, visit: _Visit, at: Go, until_s: float, books: bool) -> Go | End:
        """Take one step, and ask again while it is undecided, until its time is over."""
        if at.step == "sign_in":
            now_s = asyncio.get_running_loop().time()
            if not may_sign_in(self._refused_at_s, now_s):
                return End("failed", "identity_not_confirmed")
            self._refused_at_s = None
        try:
            async with asyncio.timeout_at(until_s):
                answer = await visit.take(at)
                while isinstance(then := verdict(at.step, answer, books=books), AskAgain):
                    await asyncio.sleep(ASK_AGAIN_AFTER_S)
                    answer = await visit.ask_again()
                return then
        except TimeoutError:
            return End("failed", "timeout")
        except httpx2.HTTPError as error:
            return End("failed", _fault(error))


class _Visit:
    """The test resident's visit: the connections, the cookies, and the last request's id."""

    def __init__(self, http: httpx2.AsyncClient, resident: TestResident) -> None:
        self._http = http
        self._resident = resident
        self._request_id = ""
        self.certificate_expires_at: float | None = None

    async def take(self, at: Go) -> Answer:
        """Send what the step asks for. Raises `httpx2.HTTPError`."""
        method, path = _CALLS[at.step]
        self._request_id = str(uuid4())
        body: dict[str, Any] | None = None
        if at.step == "sign_in":
            body = msgspec.structs.asdict(self._resident)
        elif at.step == "book":
            body = {"contact": _CONTACT, "choices": [{"slot_id": at.slot_id}]}
        return await self._call(method, path, body)

    async def ask_again(self) -> Answer:
        """Ask what became of the last request. Raises `httpx2.HTTPError`."""
        return await self._call("GET", f"{BOOKINGS_PATH}/{self._request_id}", None)

    async def _call(self, method: str, path: str, body: dict[str, Any] | None) -> Answer:
        headers = {} if method == "GET" else {"Idempotency-Key": self._request_id}
        response = await self._http.request(method, path, json=body, headers=headers)
        self._note_certificate(response)
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type.endswith("json"):
            return Answer(response.status_code, media_type, _object(response.content))
        return Answer(response.status_code, media_type, text=response.text)

    def _note_certificate(self, response: httpx2.Response) -> None:
        stream = response.extensions.get("network_stream")
        tls = stream.get_extra_info("ssl_object") if stream is not None else None
        if tls is not None:
            expires = str(tls.getpeercert()["notAfter"])
            self.certificate_expires_at = float(ssl.cert_time_to_seconds(expires))


def _device_of(cookies: httpx2.Cookies) -> httpx2.Cookies:
    """Return the cookie by which a device is known: with it nobody else's failures count."""
    kept = httpx2.Cookies()
    for cookie in cookies.jar:
        if cookie.name.endswith(DEVICE_COOKIE):
            kept.jar.set_cookie(cookie)
    return kept


def _object(content: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _fault(error: httpx2.HTTPError) -> str:
    """Say in a word why a call got no answer."""
    if isinstance(error, httpx2.TimeoutException):
        return "timeout"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "certificate"
        cause = cause.__cause__ or cause.__context__
    return "no_connection" if isinstance(error, httpx2.ConnectError) else "connection_lost"


def _run(end: End, taken: tuple[StepTaken, ...], certificate_expires_at: float | None) -> Run:
    failed_at: Step | None = None
    if end.result == "failed":
        failed_at = "landing" if taken[-1].step == "why" else taken[-1].step
    return Run(end.result, taken, failed_at, end.reason, certificate_expires_at)
