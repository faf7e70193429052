"""The staff's own listener at the edge: an allow-list, a gateway and limits of its own."""

from __future__ import annotations

import ssl

import httpx2
import pytest

from seiriken.edge import StaffDoor
from tests.integration.edge import NAME, Behind, Edge, behind, free_port, running_edge

LOOPBACK = ("127.0.0.0/8", "::1/128")


def door(staff: Behind, port: int, *allowed: str) -> StaffDoor:
    return StaffDoor(f"127.0.0.1:{port}", staff.address, allowed or LOOPBACK)


def staff_client(edge: Edge, port: int) -> httpx2.Client:
    """Return a client of the staff's listener."""
    context = ssl.create_default_context(cafile=str(edge.certificate))
    return httpx2.Client(
        base_url=f"https://127.0.0.1:{port}", verify=context, headers={"Host": NAME}
    )


def test_staff_reach_their_gateway_and_residents_do_not() -> None:
    port = free_port()
    with (
        behind() as gateway,
        behind() as staff,
        running_edge([gateway.address], staff=door(staff, port)) as edge,
        staff_client(edge, port) as colleague,
        edge.client() as resident,
    ):
        spoofed = {"X-Real-IP": "192.0.2.9", "X-Forwarded-For": "192.0.2.9"}
        assert colleague.get("/caller", headers=spoofed).status_code == 200
        assert resident.get("/caller").status_code == 200
        assert colleague.get("/static/staff.css").status_code == 200
        assert colleague.get("/metrics").status_code == 404
        assert colleague.request("TRACE", "/").status_code == 405
        assert colleague.get("/caller", headers={"Host": "evil.example"}).status_code == 421
    assert staff.paths() == ["/caller"]
    assert gateway.paths() == ["/caller"], "the residents' gateway, which knows no such page"
    (_, _, headers), *_ = staff.asked
    assert headers["x-real-ip"] == "127.0.0.1"
    assert "192.0.2.9" not in headers.values()


@pytest.mark.parametrize("path", ["/", "/sign-in", "/static/staff.css"])
def test_address_that_is_not_listed_is_refused_by_the_edge_itself(path: str) -> None:
    port = free_port()
    with (
        behind() as gateway,
        behind() as staff,
        running_edge([gateway.address], staff=door(staff, port, "192.0.2.0/24")) as edge,
        staff_client(edge, port) as stranger,
        edge.client() as resident,
    ):
        assert stranger.get(path).status_code == 403
        assert resident.get("/").status_code == 200, "the residents' listener lets everybody come"
    assert staff.asked == []


def test_residents_who_ask_too_much_leave_the_staff_their_share() -> None:
    port = free_port()
    with (
        behind() as gateway,
        behind() as staff,
        running_edge(
            [gateway.address],
            staff=door(staff, port),
            requests_per_s_per_network=1,
            burst_per_network=1,
        ) as edge,
        staff_client(edge, port) as colleague,
        edge.client() as resident,
    ):
        assert 429 in {resident.get("/").status_code for _ in range(10)}
        assert {colleague.get("/caller").status_code for _ in range(20)} == {200}


def test_without_a_staff_gateway_there_is_no_listener() -> None:
    with behind() as gateway, running_edge([gateway.address]) as edge, edge.client() as resident:
        assert resident.get("/").status_code == 200
        settings = (edge.log_file.parents[1] / "conf" / "nginx.conf").read_text("utf-8")
    assert "include /nonexistent/*.conf;" in settings
