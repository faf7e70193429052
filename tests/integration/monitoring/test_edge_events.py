"""What a real nginx refuses is counted by who listens."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from prometheus_client import REGISTRY

from monitoring.edge_events import EVENTS_PER_S_MAX, EdgeEvents
from tests.integration.edge import Edge, running_edge
from tests.waiting import until

NOBODY = "127.0.0.1:9"
CHUNK = 100
"""Datagrams that surely find room in the socket's buffer."""


def counted(kind: str) -> float:
    return REGISTRY.get_sample_value("seiriken_security_events_total", {"kind": kind}) or 0.0


@pytest.fixture
def events() -> Iterator[EdgeEvents]:
    with closing(EdgeEvents(0)) as listening:
        yield listening


@pytest.fixture
def edge(events: EdgeEvents) -> Iterator[Edge]:
    with running_edge([NOBODY], events=f"127.0.0.1:{events.port}") as running:
        yield running


@pytest.mark.parametrize(
    ("request_line", "kind"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", "refused_protocol"),
        (b"TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "refused_method"),
        (b"\x00\x01nonsense\r\n\r\n", "malformed"),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "too_large"),
    ],
)
def test_what_the_edge_refuses_is_a_security_event(
    edge: Edge, request_line: bytes, kind: str
) -> None:
    before = counted(kind)
    edge.says(request_line)
    until(lambda: counted(kind) == before + 1)


def test_what_it_lets_through_is_none(edge: Edge) -> None:
    before = {kind: counted(kind) for kind in ("refused_method", "malformed", "limited")}
    edge.says(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    edge.says(b"TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    until(lambda: counted("refused_method") == before["refused_method"] + 1)
    assert counted("malformed") == before["malformed"]
    assert counted("limited") == before["limited"]


def test_of_a_flood_so_many_a_second_are_counted_and_the_rest_costs_nothing(
    events: EdgeEvents,
) -> None:
    """Sent as fast as they are taken: the kernel drops what finds no room, and ends no test."""
    sent, before, began_s = 0, counted("blocked"), time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while sent < 5 * EVENTS_PER_S_MAX:
            for _ in range(CHUNK):
                sender.sendto(b'{"status":403}', ("127.0.0.1", events.port))
            sent += CHUNK
            until(lambda: counted("blocked") == before + sent)  # noqa: B023 (at once)
    seconds = int(time.monotonic() - began_s) + 2
    assert counted("blocked") - before <= seconds * EVENTS_PER_S_MAX
