"""Who sends slowly, or never to the end, holds nobody up; at the edge they are cut off."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from socket import socket
from threading import Thread

import pytest

from tests.integration.edge import NAME
from tests.security.site import Door, Site, heard, statuses
from tests.waiting import until

CONNECTIONS = 100
CUT_OFF_WITHIN_S = 50
"""The edge's limits are 10 s (deploy/edge/nginx.conf.template); nginx's own would be 60 s."""

FORM = f"POST /sign-in HTTP/1.1\r\nHost: {NAME}\r\n".encode() + (
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)
HALF = {
    "nothing": b"",
    "half-a-line": b"GET /sign-in HT",
    "header-without-end": f"GET /sign-in HTTP/1.1\r\nHost: {NAME}\r\nX-A: ".encode(),
    "body-without-end": FORM + b"Content-Length: 100\r\n\r\na=b",
    "chunks-without-end": FORM + b"Transfer-Encoding: chunked\r\n\r\n3\r\na",
}


@contextmanager
def held(door: Door, begin: bytes, count: int) -> Iterator[list[socket]]:
    """Hold connections open on which a request was begun."""
    with ExitStack() as stack:
        connections = [stack.enter_context(door.connection()) for _ in range(count)]
        for connection in connections:
            connection.sendall(begin)
        yield connections


@pytest.mark.parametrize("begin", HALF.values(), ids=HALF)
def test_others_are_served_while_many_send_nothing_more(
    site: Site, door: Door, begin: bytes
) -> None:
    with held(door, begin, CONNECTIONS):
        for path in ("/healthz", "/sign-in", "/queue/status.json"):
            assert door.asks("GET", path).status_code == 200
        assert site.victim.device.call("GET", "/api/v1/booking").status_code == 200
    assert door.asks("GET", "/healthz").status_code == 200


def test_edge_cuts_off_who_sends_slowly(site: Site) -> None:
    """All at once, since each takes as long as the edge's patience."""
    door, ends = site.doors["edge"], {}

    def waits(name: str, begin: bytes) -> None:
        with door.connection() as connection:
            connection.settimeout(CUT_OFF_WITHIN_S)
            connection.sendall(begin)
            ends[name] = statuses(heard(connection))

    threads = [Thread(target=waits, args=begun) for begun in HALF.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(CUT_OFF_WITHIN_S)
    assert ends.keys() == HALF.keys(), "each was hung up on"
    assert all(status in ([], [408]) for status in ends.values()), ends


def test_edge_cuts_off_a_header_that_comes_byte_by_byte(site: Site) -> None:
    """The limit is for the whole head, not for the time between two bytes."""
    with site.doors["edge"].connection() as connection:
        connection.sendall(f"GET /sign-in HTTP/1.1\r\nHost: {NAME}\r\nX-A: ".encode())

        def is_cut_off() -> bool:
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                try:
                    connection.sendall(b"a")
                    return connection.recv(100) == b""
                except (ConnectionError, ssl.SSLError):
                    return True
            return False

        until(is_cut_off, CUT_OFF_WITHIN_S)
