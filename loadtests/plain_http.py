"""A browser's connection, as cheap for the generator as it can be made.

An opening of 60,000 residents is some one and a half million requests, and the generator runs on
the machine that it measures: with Locust's own client it was the limit.

Over standard sockets, which Locust makes cooperative; HTTP is read by httptools.
"""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

import httptools

RECEIVE_BYTES = 65_536


class NoAnswer(Exception):
    """The server closed the connection, said nothing in time, or spoke no HTTP."""


@dataclass(frozen=True)
class Answer:
    """An answer: status, the body as it went over the wire, and the headers that we read."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(hash=False)
    cookies: tuple[str, ...] = ()

    def content(self) -> bytes:
        """Return the body as it was meant."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") else self.body

    def text(self) -> str:
        """Return the body as text."""
        return self.content().decode("utf-8", "replace")


class PlainConnection:
    """One connection to one server, opened when it is needed."""

    def __init__(self, base_url: str, headers: Mapping[str, str], timeout_s: float) -> None:
        """Take what every request says of itself, and how long an answer is waited for."""
        self._server = urlsplit(base_url)
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        always = {"Host": self._server.netloc, "Accept-Encoding": "gzip", **headers}
        self._head = _lines(always)

    def close(self) -> None:
        """Close the connection; the next request opens one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send a request and return its answer.

        As browsers do, it is sent once more on a new connection if the server had closed the
        kept one meanwhile; a POST only if not a byte of an answer came.

        Raises:
            NoAnswer: there was none.
        """
        length = "" if body is None else f"Content-Length: {len(body)}\r\n"
        text = f"{method} {path} HTTP/1.1\r\n{self._head}{_lines(headers or {})}{length}\r\n"
        request = text.encode() + (body or b"")
        was_kept = self._socket is not None
        reading = _Reading()
        try:
            return self._asked(request, reading)
        except NoAnswer:
            self.close()
            if not was_kept or reading.has_begun:
                raise
        try:
            return self._asked(request, _Reading())
        except NoAnswer:
            self.close()
            raise

    def _asked(self, request: bytes, reading: _Reading) -> Answer:
        try:
            if self._socket is None:
                self._socket = _connected(self._server, self._timeout_s)
            self._socket.sendall(request)
            while not reading.is_complete:
                received = self._socket.recv(RECEIVE_BYTES)
                if not received:
                    raise NoAnswer("the connection was closed")
                reading.has_begun = True
                reading.parser.feed_data(received)
        except TimeoutError as fault:
            reading.has_begun = True  # It was not closed: to ask again is the caller's decision.
            raise NoAnswer("nothing was said in time") from fault
        except (OSError, httptools.HttpParserError) as fault:
            raise NoAnswer(type(fault).__name__) from fault
        if not reading.is_kept_open:
            self.close()
        return Answer(
            reading.parser.get_status_code(),
            bytes(reading.body),
            reading.headers,
            tuple(reading.cookies),
        )


def _lines(headers: Mapping[str, str]) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])


_READ = {
    name.encode(): name for name in ("content-encoding", "location", "retry-after", "set-cookie")
}


class _Reading:
    """What httptools calls while it reads one answer."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.headers: dict[str, str] = {}
        self.cookies: list[str] = []
        self.has_begun = False
        self.is_complete = False
        self.is_kept_open = False
        self.parser = httptools.HttpResponseParser(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        known = _READ.get(name.lower())
        if known == "set-cookie":
            self.cookies.append(value.decode("latin-1"))
        elif known is not None:
            self.headers[known] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.is_complete = True
        self.is_kept_open = self.parser.should_keep_alive()  # It knows only now.


def _connected(server: SplitResult, timeout_s: float) -> socket.socket:
    port = server.port or (443 if server.scheme == "https" else 80)
    family, address = _address(server.hostname or "", port)
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.scheme == "https":
            return _tls().wrap_socket(connection, server_hostname=server.hostname)
    except OSError:
        connection.close()
        raise
    return connection


@lru_cache(maxsize=16)
def _address(host: str, port: int) -> tuple[int, tuple[str, int]]:
    """Look a server up, once for all residents."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return family, (str(address[0]), int(address[1]))


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Return how TLS is spoken: like Locust's client, without asking who the server is."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
