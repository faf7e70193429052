from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest


def test_tcp_is_closed_to_unit_tests() -> None:
    with socket.socket() as tcp, pytest.raises(PermissionError, match=r"socket\.connect"):
        tcp.connect(("127.0.0.1", 9))


def test_udp_is_closed_to_unit_tests() -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as udp,
        pytest.raises(PermissionError, match=r"socket\.sendto"),
    ):
        udp.sendto(b"", ("127.0.0.1", 9))


def test_unix_sockets_are_closed_to_unit_tests(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_UNIX) as unix,
        pytest.raises(PermissionError, match=r"socket\.bind"),
    ):
        unix.bind(str(tmp_path / "socket"))


def test_names_are_not_looked_up() -> None:
    with pytest.raises(PermissionError, match=r"socket\.getaddrinfo"):
        socket.getaddrinfo("localhost", 80)


def test_an_event_loop_still_runs() -> None:
    assert asyncio.run(asyncio.wait_for(_answer(), timeout=5)) == "answer"


async def _answer() -> str:
    return await asyncio.to_thread(lambda: "answer")
