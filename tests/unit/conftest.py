"""Unit tests reach nothing outside their process: every socket refuses to connect, bind or send.

The refusal is an audit hook, below any library: TCP, UDP and unix sockets and
look-ups of names alike. Socket pairs stay, for they are how an event loop wakes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

REFUSED_EVENTS = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.sendmsg",
        "socket.sendto",
    }
)

_unit_test_runs = False


def _refuse(event: str, _: tuple[object, ...]) -> None:
    if _unit_test_runs and event in REFUSED_EVENTS:
        raise PermissionError(f"a unit test used the network: {event}")


sys.addaudithook(_refuse)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Close the network for the time of one test (a hook cannot be taken away again)."""
    global _unit_test_runs  # noqa: PLW0603, the hook lives as long as the process
    _unit_test_runs = True
    yield
    _unit_test_runs = False
