"""What every request passes through, from the outside in (pure ASGI).

 - `Notices` (a module of its own): status.json, before everything else.
 - `SecurityHeaders`: what browsers must not do with our answers.
 - `Watch`: gives the request an id for its log lines, measures it, and turns what
   nobody caught into a plain 500.
 - `SameSite`: a call that changes something must come from our own pages, or from a
   program that says so with a header that no foreign page can send. Of a browser that tells
   nothing, a form must bring its token (`gateway.form_tokens`).
 - `BodyLimit`: 64 KiB, but for where the staff send in more (`gateway.staff.body_limits`).
 - `AwayAsPlanned` (a module of its own): planned downtime.

Policies are checked inside the router (`gateway.policies`), where the route is known.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.answers import answer
from gateway.problems import Problem
from monitoring import metrics
from monitoring.logs import get_logger

PROGRAM_HEADER, PROGRAM_VALUE = "x-requested-with", "seiriken"
REQUEST_ID_HEADER = b"x-request-id"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
UNMATCHED = "unmatched"
CLIENT_LEFT = 499
"""nginx's number for a client that closed the connection while sending."""
_LENGTH_DIGITS_MAX = 12

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    # Not `no-referrer`: under it, browsers send `Origin: null` with our own forms,
    # and those without Sec-Fetch-Site could not be told from foreign ones.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TLS_HEADERS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}

Vouching = Callable[[Scope, Receive], Awaitable[Receive | None]]

log = get_logger()


def headers_of_all(*, tls: bool) -> list[tuple[bytes, bytes]]:
    """Return what every answer carries, unless it says otherwise."""
    listed = {"Cache-Control": "no-store"} | HEADERS | (TLS_HEADERS if tls else {})
    return [(name.lower().encode(), value.encode()) for name, value in listed.items()]


class AnswerCutShort(Exception):
    """A fault came after the answer had begun; the connection is closed."""


class SecurityHeaders:
    """Add what every answer carries. What says nothing of caching is not to be stored."""

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self.app = app
        self.headers = headers_of_all(tls=tls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def guarded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                names = {name for name, _ in given}
                added = [header for header in self.headers if header[0] not in names]
                message = {**message, "headers": [*given, *added]}
            await send(message)

        await self.app(scope, receive, guarded_send)


class Watch:
    """Name, measure and guard one request."""

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.perf_counter) -> None:
        self.app = app
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started_at = self.clock()
        request_id = str(uuid4())
        status = 0

        async def named_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                named = (REQUEST_ID_HEADER, request_id.encode())
                message = {**message, "headers": [*message["headers"], named]}
            await send(message)

        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            metrics.HTTP_IN_PROGRESS_REQUESTS.track_inprogress(),
        ):
            try:
                await self.app(scope, receive, named_send)
            except ClientDisconnect:
                status = CLIENT_LEFT  # Nobody is there to be answered, and nothing is wrong.
            except Exception:
                log.exception("request_failed", route=_route(scope), method=scope["method"])
                if status:
                    raise AnswerCutShort from None
                await answer(Request(scope), Problem("internal_error"))(scope, receive, named_send)
        _measure(scope, status, self.clock() - started_at)


class SameSite:
    """Refuse calls that change something and come from somewhere else.

    Paths below one of `anonymous` are let through: what stands there does nothing for
    a cookie, so that a foreign page gains nothing by sending its visitor's browser.
    `vouched` is asked of calls whose headers do not show that they are ours: it returns how to
    read the body again, or None for those that are to be refused.
    """

    def __init__(
        self, app: ASGIApp, *, anonymous: tuple[str, ...] = (), vouched: Vouching | None = None
    ) -> None:
        self.app = app
        self.anonymous = anonymous
        self.vouched = vouched

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer `cross_site`."""
        changes = scope["type"] == "http" and scope["method"] not in SAFE_METHODS
        guarded = changes and not scope["path"].startswith(self.anonymous)
        if guarded and not is_from_us(Headers(scope=scope)):
            again = await self.vouched(scope, receive) if self.vouched else None
            if again is None:
                await answer(Request(scope), Problem("cross_site"))(scope, receive, send)
                return
            receive = again
        await self.app(scope, receive, send)


class BodyLimit:
    """Refuse bodies of more than `bytes_max`, before reading them where their length is told.

    Starlette's own limit answers in plain text; this one in the caller's language. `larger` are
    the limits of paths that take more.
    """

    def __init__(
        self, app: ASGIApp, *, bytes_max: int, larger: Mapping[str, int] | None = None
    ) -> None:
        self.app = app
        self.bytes_max = bytes_max
        self.larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer `too_large`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        bytes_max = self.larger.get(scope["path"], self.bytes_max)
        lengths = (value for name, value in scope["headers"] if name == b"content-length")
        told = next(lengths, b"0").decode("latin-1")
        if not _is_at_most(told, bytes_max):
            await answer(Request(scope), Problem("too_large"))(scope, receive, send)
            return
        received = 0

        async def counted_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > bytes_max:
                raise HTTPException(413)
            return message

        await self.app(scope, counted_receive, send)


def is_from_us(headers: Headers) -> bool:
    """Say whether a call comes from our own pages, or from a program that names itself.

    `none` is what a browser says of what its user did (a reload), never of a page.
    """
    if headers.get(PROGRAM_HEADER) == PROGRAM_VALUE:
        return True
    if (site := headers.get("sec-fetch-site")) is not None:
        return site in ("same-origin", "none")
    return _is_origin_of(headers.get("origin", ""), headers.get("host", ""))


def _is_origin_of(origin: str, host: str) -> bool:
    """Say whether a page of this host sent it; `origin` may be anything that somebody typed."""
    try:
        return host != "" and urlsplit(origin).netloc == host
    except ValueError:
        return False


def _is_at_most(told: str, bytes_max: int) -> bool:
    """Say whether a length that was told is a number of bytes within the limit."""
    plain = told.isascii() and told.isdigit() and len(told) <= _LENGTH_DIGITS_MAX
    return plain and int(told) <= bytes_max


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", UNMATCHED))


def _measure(scope: Scope, status: int, seconds: float) -> None:
    requests, durations = _measures(_route(scope), f"{status // 100}xx")
    requests.inc()
    durations.observe(seconds)


@lru_cache(maxsize=1_024)
def _measures(route: str, status_class: str) -> tuple[Counter, Histogram]:
    """Return the metrics of a route: finding them costs more than counting."""
    return (
        metrics.HTTP_REQUESTS.labels(route, status_class),
        metrics.HTTP_REQUEST_SECONDS.labels(route),
    )
