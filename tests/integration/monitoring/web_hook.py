"""A web hook that keeps what it was sent."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hook:
    """Keeps what it was sent, and counts plain calls; while `answers` is 503 it takes nothing."""

    def __init__(self) -> None:
        taken: list[dict[str, Any]] = []
        self.taken, self.answers, self.calls = taken, 200, 0
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if hook.answers == 200:
                    taken.append(json.loads(body))
                self.send_response(hook.answers)
                self.end_headers()

            def do_GET(self) -> None:
                hook.calls += 1
                self.send_response(hook.answers)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        # Seconds that apprise waits for us: by itself 4 each.
        patient = "cto=60&rto=60"
        self.url = f"json://127.0.0.1:{self._server.server_address[1]}/hook?{patient}"

    @property
    def kinds(self) -> list[str]:
        """Return the English ends of the titles that came."""
        return [notice["title"].rpartition(" / ")[2] for notice in self.taken]

    def close(self) -> None:
        """Stop to serve."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
