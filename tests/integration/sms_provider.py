"""A provider of short messages for tests: it takes what is posted, and can be told to refuse."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Posted(NamedTuple):
    """One request that it took."""

    path: str
    headers: dict[str, str]
    body: bytes


class SmsProvider(ThreadingHTTPServer):
    """Keeps the requests it got. `status` is what it answers them, unless `answers` is cleared.

    `words` is what its answer says; `retry_after` is that header, if not empty.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Requests)
        self.status = 202
        self.words = b'{"detail": "08098765432"}'
        self.retry_after = ""
        self.answers = threading.Event()
        self.answers.set()
        self.posted: list[Posted] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Return where messages are posted."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1/messages"

    def close(self) -> None:
        """Stop to serve."""
        self.answers.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Requests(BaseHTTPRequestHandler):
    server: SmsProvider
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append(Posted(self.path, dict(self.headers.items()), body))
        if not self.server.answers.is_set():
            self.server.answers.wait(60)
            self.close_connection = True
            return
        answer = self.server.words
        self.send_response(self.server.status)
        if self.server.retry_after:
            self.send_header("Retry-After", self.server.retry_after)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
