"""The internal port of a process: /metrics, /healthz and /readyz, for machines only.

Each process serves its own, from threads of its own, so that a busy event loop
cannot hide behind a silent port. It listens on loopback unless told otherwise,
and never on the port that residents reach.

 - `/healthz` 200: the process runs.
 - `/readyz` 200, or 503 with what is missing: `{"ready": false, "missing": ["redis"]}`.
 - `/metrics` 200: this process's metrics as Prometheus text, what it needs among them.
 - What a process takes from other machines is sent to one path by POST, with a token.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from monitoring import metrics
from monitoring.logs import get_logger

Ready = Callable[[], Mapping[str, bool]]
"""Says of each thing a process needs whether it has it. Called from another thread."""

BODY_BYTES_MAX = 1_000_000
DISCARDED_BYTES_MAX = 4 * BODY_BYTES_MAX

log = get_logger()


@dataclass(frozen=True)
class Post:
    """What is taken at `path`, from whom has the token.

    `take` is called from another thread with the body; it says whether that is what it takes.
    """

    path: str
    token: str
    take: Callable[[bytes], bool]


class InternalServer:
    """A running internal port. Close it, or use it in a `with` statement."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        """Start to serve on a bound server."""
        self._server = server
        self._thread = Thread(
            target=server.serve_forever, args=(0.1,), name="internal", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop to serve and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> InternalServer:
        """Return the running server."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


def serve_internal(
    port: int, ready: Ready, host: str = "127.0.0.1", post: Post | None = None
) -> InternalServer:
    """Serve the internal port (0 takes a free one) and return at once.

    Raises:
        OSError: the port is taken.
    """

    class Handler(_InternalHandler):
        ready_check = staticmethod(ready)
        taken = post

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    return InternalServer(server)


class _InternalHandler(BaseHTTPRequestHandler):
    """Answer the three paths, take what is posted to the one, and 404 for the rest."""

    ready_check: Ready
    taken: Post | None
    timeout = 10
    server_version = "seiriken"
    sys_version = ""

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/metrics":
                self._show_needs()
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
            case "/healthz":
                self._answer_json(200, {"alive": True})
            case "/readyz":
                missing = self._missing()
                self._answer_json(503 if missing else 200, _readiness(missing))
            case _:
                self._answer_json(404, {"code": "not_found"})

    def do_POST(self) -> None:
        post = self.taken
        if post is None:
            self.send_error(501)
            return
        announced = self.headers.get("Content-Length", "")
        length = int(announced) if announced.isdecimal() else 0
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.path != post.path:
            self._refuse(404, "not_found", length)
        elif not hmac.compare_digest(token.encode(), post.token.encode()):
            self._refuse(401, "not_known", length)
        elif not announced.isdecimal() or length > BODY_BYTES_MAX:
            self._refuse(413, "too_large", length)
        else:
            self._take(post, self.rfile.read(length))

    def _refuse(self, status: int, code: str, length: int) -> None:
        """Say no, then read away what is still being sent: cut off, the sender hears no answer.

        (RFC 9112, 9.6.) Of a great deal it is a part; the rest is cut off.
        """
        self._answer_json(status, {"code": code})
        left = min(length, DISCARDED_BYTES_MAX)
        with suppress(OSError):
            while left and (chunk := self.rfile.read(min(left, 65_536))):
                left -= len(chunk)

    def _take(self, post: Post, body: bytes) -> None:
        try:
            is_taken = post.take(body)
        except Exception:
            log.exception("post_failed")
            self._answer_json(500, {"code": "failed"})
            return
        self._answer_json(200 if is_taken else 400, {"taken": is_taken})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the name is the base's
        """Write no access log: what is asked here is asked every few seconds."""

    def _show_needs(self) -> None:
        for name, there in self._needs().items():
            metrics.NEED_UP.labels(metrics.bounded("need", name)).set(there)

    def _missing(self) -> list[str]:
        return sorted(name for name, there in self._needs().items() if not there)

    def _needs(self) -> Mapping[str, bool]:
        """Return what the process has of what it needs; a check that fails is lacking itself."""
        try:
            return {**self.ready_check(), "readiness_check": True}
        except Exception:
            log.exception("readiness_check_failed")
            return {"readiness_check": False}

    def _answer_json(self, status: int, body: Mapping[str, object]) -> None:
        self._answer(status, "application/json", json.dumps(body).encode())

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _readiness(missing: list[str]) -> dict[str, object]:
    return {"ready": False, "missing": missing} if missing else {"ready": True}
