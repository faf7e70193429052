"""What a browser asks by itself while somebody waits: files, and the public document.

Two thirds of an opening's requests are such. Locust's own client costs the generator some
250 µs for each of them, this one a fifth; what residents do themselves goes through Locust's.

Over standard sockets, which Locust makes cooperative; HTTP is read by httptools.
"""

from __future__ import annotations

import gzip
import socket
import ssl
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

import httptools

RECEIVE_BYTES = 65_536
NO_ANSWER = 0


class NoAnswer(Exception):
    """The server closed the connection, said nothing in time, or spoke no HTTP."""


@dataclass(frozen=True)
class Answer:
    """An answer: status, body as it went over the wire, whether it is compressed."""

    status: int
    body: bytes
    is_gzip: bool

    def content(self) -> bytes:
        """Return the body as it was meant."""
        return gzip.decompress(self.body) if self.is_gzip else self.body


class PlainConnection:
    """One connection to one server, opened when it is needed; GET only, no cookies."""

    def __init__(self, base_url: str, language: str, timeout_s: float) -> None:
        self._server = urlsplit(base_url)
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        self._head = (
            f"Host: {self._server.netloc}\r\nAccept-Encoding: gzip\r\n"
            f"Accept-Language: {language}\r\nUser-Agent: seiriken-load-test\r\n\r\n"
        )

    def close(self) -> None:
        """Close the connection; the next request opens one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def get(self, path: str) -> Answer:
        """Ask for a path; once more on a new connection if the kept one was closed meanwhile.

        Raises:
            NoAnswer: there was none.
        """
        request = f"GET {path} HTTP/1.1\r\n{self._head}".encode()
        was_kept = self._socket is not None
        try:
            return self._asked(request)
        except NoAnswer:
            self.close()
            if not was_kept:
                raise
        try:
            return self._asked(request)
        except NoAnswer:
            self.close()
            raise

    def _asked(self, request: bytes) -> Answer:
        reading = _Reading()
        try:
            if self._socket is None:
                self._socket = _connected(self._server, self._timeout_s)
            self._socket.sendall(request)
            while not reading.is_complete:
                received = self._socket.recv(RECEIVE_BYTES)
                if not received:
                    raise NoAnswer("the connection was closed")
                reading.parser.feed_data(received)
        except (OSError, httptools.HttpParserError) as fault:
            raise NoAnswer(type(fault).__name__) from fault
        if not reading.parser.should_keep_alive():
            self.close()
        return Answer(reading.parser.get_status_code(), bytes(reading.body), reading.is_gzip)


class _Reading:
    """What httptools calls while it reads one answer."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.is_gzip = False
        self.is_complete = False
        self.parser = httptools.HttpResponseParser(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-encoding" and value.lower() == b"gzip":
            self.is_gzip = True

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.is_complete = True


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
