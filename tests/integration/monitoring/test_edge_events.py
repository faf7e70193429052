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


def test_a_flood_is_dropped_and_the_next_second_is_heard(events: EdgeEvents) -> None:
    before, began_s = counted("blocked"), time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(3 * EVENTS_PER_S_MAX):
            sender.sendto(b'{"status":403}', ("127.0.0.1", events.port))
        until(lambda: counted("blocked") > before)

        def heard() -> bool:
            sender.sendto(b'{"status":421}', ("127.0.0.1", events.port))
            return counted("wrong_host") > 0

        until(heard)
    seconds = int(time.monotonic() - began_s) + 2
    assert counted("blocked") - before <= seconds * EVENTS_PER_S_MAX
