from __future__ import annotations

import socket
import threading

import pytest

from seiriken.errors import CommandError
from seiriken.ports import choose_ports, one_start_at_a_time
from tests.waiting import until

NAMES = ("gateway_0", "gateway_1", "herald")


def test_each_has_a_port_of_its_own() -> None:
    ports = choose_ports(NAMES, public=None, first_internal=None, behind_edge=2)
    assert tuple(ports.internal) == NAMES
    assert len(ports.gateways) == 2
    every = [ports.public, *ports.internal.values(), *ports.watch.values(), *ports.gateways]
    assert len(set(every)) == len(every)


def test_without_an_edge_gateways_have_none() -> None:
    assert choose_ports(NAMES, public=None, first_internal=None, behind_edge=0).gateways == ()


def test_what_was_asked_for_is_taken_or_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port} is in use"):
            choose_ports(NAMES, public=port, first_internal=None, behind_edge=0)
        with pytest.raises(CommandError, match=f"port {port} is in use"):
            choose_ports(NAMES, public=None, first_internal=port, behind_edge=0)
    assert choose_ports(NAMES, public=port, first_internal=None, behind_edge=0).public == port
    first = choose_ports(NAMES, public=None, first_internal=port, behind_edge=0)
    assert first.internal["gateway_0"] == port


def test_a_second_stack_starts_when_the_first_listens() -> None:
    order: list[str] = []

    def second() -> None:
        order.append("second asks")
        with one_start_at_a_time():
            order.append("second starts")

    thread = threading.Thread(target=second)
    with one_start_at_a_time():
        thread.start()
        until(lambda: order)
        order.append("first listens")
    thread.join()
    assert order == ["second asks", "first listens", "second starts"]
