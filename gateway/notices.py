"""status.json before everything else: the one answer that a whole crowd asks for.

It is the same bytes for all, from memory, and about nobody: no cookie is read, nothing is
looked up, no line is logged. So it takes no way through the other layers, and costs
a third less than a bare Starlette route (`make bench ARGS='--only status'`). Browsers get it
compressed, which is done once for each change. Whatever is not plainly this (another method,
an unknown release, a board that is down) goes the usual way, which has the words for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.answers import JSON
from gateway.board import Board
from gateway.middleware import headers_of_all
from monitoring import metrics
from waiting_room.errors import WaitingRoomError

CURRENT_PATH, ROUTE = "/queue/status.json", "/queue/{release_id}/status.json"
CACHE_CONTROL = "public, max-age=1"
KEPT_HEADERS = frozenset({b"cross-origin-resource-policy", b"x-content-type-options"})
"""Of what every answer says, what is about data. All else is about pages, and would be a third
of the bytes of this answer, which a whole crowd is sent again and again."""

_BEFORE, _BEHIND = "/queue/", "/status.json"


class Notices:
    """Answer GET of status.json from the board."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        board: Board,
        tls: bool,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.app = app
        self.board = board
        self.clock = clock
        kept = [header for header in headers_of_all(tls=tls) if header[0] in KEPT_HEADERS]
        own = [
            (b"content-type", JSON.encode()),
            (b"cache-control", CACHE_CONTROL.encode()),
            (b"vary", b"Accept-Encoding"),
        ]
        self.headers = [*own, *kept]
        self.headers_packed = [(b"content-encoding", b"gzip"), *self.headers]
        self.counted = {
            path: (
                metrics.HTTP_REQUESTS.labels(path, "2xx"),
                metrics.HTTP_REQUEST_SECONDS.labels(path),
            )
            for path in (CURRENT_PATH, ROUTE)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass a request on."""
        is_notice = scope["type"] == "http" and scope["path"].endswith(_BEHIND)
        is_packed = is_notice and takes_gzip(scope["headers"])
        is_asked = is_notice and scope["method"] == "GET"
        notice = self._notice(scope, is_packed=is_packed) if is_asked else None
        if notice is None:
            await self.app(scope, receive, send)
            return
        started_at = self.clock()
        length = (b"content-length", b"%d" % len(notice))
        headers = [length, *(self.headers_packed if is_packed else self.headers)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": notice})
        requests, seconds = self.counted[CURRENT_PATH if scope["path"] == CURRENT_PATH else ROUTE]
        requests.inc()
        seconds.observe(self.clock() - started_at)

    def _notice(self, scope: Scope, *, is_packed: bool) -> bytes | None:
        path: str = scope["path"]
        if path != CURRENT_PATH and not path.startswith(_BEFORE):
            return None
        release_id = None if path == CURRENT_PATH else path[len(_BEFORE) : -len(_BEHIND)]
        try:
            return self.board.packed(release_id) if is_packed else self.board.raw(release_id)
        except WaitingRoomError:
            return None


def takes_gzip(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Say whether a client understands gzip, as all browsers do."""
    for name, value in headers:
        if name == b"accept-encoding":
            return b"gzip" in value and b"gzip;q=0" not in value.replace(b" ", b"")
    return False
