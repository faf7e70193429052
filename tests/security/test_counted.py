"""What the edge refuses reaches the counters that the alerts look at (R8)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from monitoring.edge_events import KINDS
from tests.integration.edge import NAME
from tests.security.site import Door, Site
from tests.security.test_framing import AMBIGUOUS
from tests.waiting import until

END = f"Host: {NAME}\r\nConnection: close\r\n\r\n"

PROBES: dict[str, tuple[str, Callable[[Door], object]]] = {
    "sql-in-a-query": ("blocked", lambda door: door.asks("GET", "/?id=1' OR '1'='1' -- ")),
    "script-in-a-form": (
        "blocked",
        lambda door: door.asks("POST", "/sign-in", data={"back": "<script>alert(1)</script>"}),
    ),
    "shell-in-json": (
        "blocked",
        lambda door: door.asks("POST", "/api/v1/sign-in", json={"a": "; cat /etc/passwd"}),
    ),
    "scanner": ("blocked", lambda door: door.asks("GET", "/", headers={"User-Agent": "sqlmap/1"})),
    "not-json": (
        "malformed",
        lambda door: door.asks(
            "POST", "/api/v1/me", content=b"{", headers={"Content-Type": "application/json"}
        ),
    ),
    "smuggling-cl.te": ("malformed", lambda door: door.says(AMBIGUOUS["cl.te"])),
    "smuggling-te-unknown": ("malformed", lambda door: door.says(AMBIGUOUS["te-unknown"])),
    "smuggling-two-lengths": ("malformed", lambda door: door.says(AMBIGUOUS["two-lengths"])),
    "no-host": (
        "malformed",
        lambda door: door.says(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
    ),
    "trace": ("refused_method", lambda door: door.says(f"TRACE / HTTP/1.1\r\n{END}".encode())),
    "patch": ("refused_method", lambda door: door.says(f"PATCH / HTTP/1.1\r\n{END}".encode())),
    "http-1.0": ("refused_protocol", lambda door: door.says(f"GET / HTTP/1.0\r\n{END}".encode())),
    "http-0.9": ("refused_protocol", lambda door: door.says(b"GET /\r\n")),
    "large-body": ("too_large", lambda door: door.asks("POST", "/", content=b"a" * 100_000)),
    # nginx answers this with 400, and says so in its log.
    "large-header": (
        "malformed",
        lambda door: door.says(f"GET / HTTP/1.1\r\nX-A: {'a' * 50_000}\r\n{END}".encode()),
    ),
    "large-address": (
        "too_large",
        lambda door: door.says(f"GET /{'a' * 50_000} HTTP/1.1\r\n{END}".encode()),
    ),
    "other-host": (
        "wrong_host",
        lambda door: door.says(
            b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        ),
    ),
    "slow-head": (
        "slow_sender",
        lambda door: door.says(f"GET / HTTP/1.1\r\nHost: {NAME}\r\nX-A: ".encode()),
    ),
}
LIMITED = {"limited"}
"""Shown in `tests/integration/test_edge.py`: here the limits are out of the way."""


def counted(kind: str) -> float:
    return REGISTRY.get_sample_value("seiriken_security_events_total", {"kind": kind}) or 0.0


@pytest.mark.parametrize(("kind", "probe"), PROBES.values(), ids=PROBES)
def test_refusal_is_a_counted_security_event(
    site: Site, kind: str, probe: Callable[[Door], object]
) -> None:
    before = counted(kind)
    probe(site.doors["edge"])
    until(lambda: counted(kind) > before)


def test_every_kind_of_refusal_is_tried() -> None:
    assert {kind for kind, _ in PROBES.values()} | LIMITED == set(KINDS.values())
