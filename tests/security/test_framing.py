"""Requests whose bytes two servers could read differently, and protocols of another century.

Whatever stands behind a request must not be taken for a second one (request smuggling), and what
is no HTTP/1.1 or HTTP/2 gets no page at the edge.
"""

from __future__ import annotations

import socket
import ssl

import pytest

from tests.integration.edge import NAME
from tests.security.site import (
    Door,
    Site,
    assert_tells_nothing,
    heard,
    is_no_fault,
    statuses,
)

HOST = f"Host: {NAME}\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
CLOSE = "Connection: close\r\n"
HIDDEN = f"GET /api/v1/receipt-key HTTP/1.1\r\n{HOST}{CLOSE}\r\n"
"""A second request, which would be answered with a key if somebody took it for one."""


def post(*lines: str, body: str = "") -> bytes:
    """Return a POST of a form that says these header lines."""
    head = "".join(f"{line}\r\n" for line in lines)
    return f"POST /sign-in HTTP/1.1\r\n{HOST}{FORM}{head}\r\n{body}".encode("latin-1")


def chunk(text: str) -> str:
    return f"{len(text):x}\r\n{text}\r\n0\r\n\r\n"


AMBIGUOUS = {
    "cl.te": post("Content-Length: 6", "Transfer-Encoding: chunked", body=f"0\r\n\r\n{HIDDEN}"),
    "te.cl": post("Transfer-Encoding: chunked", "Content-Length: 4", body=chunk(HIDDEN)),
    "te.te-space": post(
        "Content-Length: 5", "Transfer-Encoding : chunked", body=f"0\r\n\r\n{HIDDEN}"
    ),
    "te.te-twice": post(
        "Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=chunk(HIDDEN)
    ),
    "te-unknown": post("Transfer-Encoding: xchunked", body=chunk(HIDDEN)),
    "te-list": post("Transfer-Encoding: gzip, chunked", body=chunk(HIDDEN)),
    "two-lengths": post("Content-Length: 0", f"Content-Length: {len(HIDDEN)}", body=HIDDEN),
    "length-list": post(f"Content-Length: 0, {len(HIDDEN)}", body=HIDDEN),
    "length-signed": post(f"Content-Length: +{len(HIDDEN)}", body=HIDDEN),
    "length-negative": post("Content-Length: -1", body=HIDDEN),
    "length-hexadecimal": post("Content-Length: 0x10", body=HIDDEN),
    "length-huge": post("Content-Length: 99999999999999999999", body=HIDDEN),
    "length-spaced": post("Content-Length : 3", body=f"a=b{HIDDEN}"),
    "folded-line": post("Content-Length: 3", "X-Folded: a", " b", body=f"a=b{HIDDEN}"),
    "folded-te": post("Content-Length: 3", "Transfer-Encoding:", " chunked", body=HIDDEN),
    "chunk-size-huge": post("Transfer-Encoding: chunked", body=f"fffffffffffffffff\r\n{HIDDEN}"),
    "chunk-size-sign": post("Transfer-Encoding: chunked", body=f"-1\r\n{HIDDEN}"),
    "chunk-size-no-number": post("Transfer-Encoding: chunked", body=f"xyz\r\n{HIDDEN}"),
    "nul-in-line": post("X-A: a\0b", "Content-Length: 0", body=HIDDEN),
    "bare-cr": post("X-A: a\rTransfer-Encoding: chunked", "Content-Length: 3", body=HIDDEN),
    "name-with-space": post("X A: b", "Content-Length: 3", body=f"a=b{HIDDEN}"),
    "no-name": post(": b", "Content-Length: 3", body=f"a=b{HIDDEN}"),
}
"""None of these may be answered as two requests."""

TWO_HOSTS = f"GET / HTTP/1.1\r\n{HOST}Host: evil.example\r\n{CLOSE}\r\n"
STRANGE = {
    "http-0.9": b"GET /api/v1/receipt-key\r\n",
    "http-1.0": b"GET /api/v1/receipt-key HTTP/1.0\r\n" + HOST.encode() + b"\r\n",
    "http-2.5": b"GET / HTTP/2.5\r\n" + HOST.encode() + CLOSE.encode() + b"\r\n",
    "http-1.1-lower-case": b"GET / http/1.1\r\n" + HOST.encode() + CLOSE.encode() + b"\r\n",
    "two-hosts": TWO_HOSTS.encode(),
    "no-host": f"GET / HTTP/1.1\r\n{CLOSE}\r\n".encode(),
    "absolute-address": f"GET http://evil.example/ HTTP/1.1\r\n{HOST}{CLOSE}\r\n".encode(),
    "authority-alone": f"CONNECT evil.example:443 HTTP/1.1\r\n{HOST}{CLOSE}\r\n".encode(),
    "asterisk": f"OPTIONS * HTTP/1.1\r\n{HOST}{CLOSE}\r\n".encode(),
    "bare-lines": f"GET / HTTP/1.1\n{HOST}{CLOSE}\n".replace("\r", "").encode(),
    "tls-hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
    "smtp": b"EHLO evil.example\r\nMAIL FROM:<a@evil.example>\r\n\r\n",
    "redis": b"*1\r\n$8\r\nFLUSHALL\r\n\r\n\r\n",
    "h2c-upgrade": (
        f"GET / HTTP/1.1\r\n{HOST}Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"
    ).encode(),
    "websocket-upgrade": (
        f"GET /api/v1/me HTTP/1.1\r\n{HOST}Connection: Upgrade, close\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode(),
    "h2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
NO_PAGE_AT_THE_EDGE = STRANGE.keys() - {
    *("absolute-address", "h2c-upgrade", "bare-lines", "websocket-upgrade"),
}

SILENT_S = 2.0
"""A server that keeps the connection open has said what it has to say after this time."""

METHODS = (
    *("TRACE", "TRACK", "DEBUG", "CONNECT", "PATCH", "OPTIONS", "PROPFIND", "MOVE", "LOCK"),
    *("PURGE", "get", "GET/", "X" * 100),
)


def test_second_request_in_good_order_would_be_seen(door: Door) -> None:
    """What the probes below look for is what a server says that took it for a second request."""
    answer = door.says(post("Content-Length: 7", body=f"a=b&c=d{HIDDEN}"))
    assert len(statuses(answer)) == 2
    assert b"Ed25519" in answer


@pytest.mark.parametrize("request_", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_stands_behind_a_request_is_no_second_one(
    site: Site, door: Door, request_: bytes
) -> None:
    with door.connection() as connection:
        connection.sendall(request_)
        answer = heard(connection, silent_s=SILENT_S)
    assert len(statuses(answer)) <= 1, answer
    assert b"Ed25519" not in answer
    assert all(map(is_no_fault, statuses(answer))), answer
    assert_tells_nothing(answer.decode("utf-8", "replace"), site.victim)


@pytest.mark.parametrize(("name", "request_"), STRANGE.items(), ids=STRANGE)
def test_what_no_browser_says_is_refused_or_harmless(
    site: Site, door: Door, name: str, request_: bytes
) -> None:
    answer = door.says(request_ if door.name == "edge" else request_ + b"\r\n")
    assert len(statuses(answer)) <= 1, answer
    assert b"evil.example" not in answer
    assert_tells_nothing(answer.decode("utf-8", "replace"), site.victim)
    if door.name == "edge" and name in NO_PAGE_AT_THE_EDGE:
        assert all(status >= 400 for status in statuses(answer)), answer


@pytest.mark.parametrize("method", METHODS)
def test_method_that_nothing_needs_is_refused(site: Site, door: Door, method: str) -> None:
    for path in ("/", "/my-booking", "/api/v1/me", "/static/seiriken.css", "/queue/status.json"):
        head = f"{method} {path} HTTP/1.1\r\n{HOST}{CLOSE}Content-Length: 0\r\n\r\n"
        answer = door.says(head.encode())
        assert statuses(answer)[:1] != [200], (method, path)
        assert all(400 <= status < 500 for status in statuses(answer)), answer
        assert_tells_nothing(answer.decode("utf-8", "replace"), site.victim)


@pytest.mark.parametrize(
    "version",
    [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1],
    ids=["tls-1.0", "tls-1.1"],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(site: Site, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=str(site.edge.certificate))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with (
        pytest.raises((ssl.SSLError, ConnectionError)),
        socket.create_connection(("127.0.0.1", site.edge.tls_port)) as plain,
    ):
        context.wrap_socket(plain, server_hostname=NAME)


@pytest.mark.parametrize("ciphers", ["aNULL:eNULL", "AES128-SHA:AES256-SHA", "ECDHE+SHA1"])
def test_weak_ciphers_are_refused(site: Site, ciphers: str) -> None:
    context = ssl.create_default_context(cafile=str(site.edge.certificate))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    with (
        pytest.raises((ssl.SSLError, ConnectionError)),
        socket.create_connection(("127.0.0.1", site.edge.tls_port)) as plain,
    ):
        context.wrap_socket(plain, server_hostname=NAME)
