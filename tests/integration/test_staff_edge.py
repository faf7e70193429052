"""The staff's own listener at the edge: an allow-list, a gateway and limits of its own."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx2
import pytest

from gateway.staff.body_limits import (
    FILE_BYTES_MAX,
    MEBIBYTE,
    PLAN_BYTES_MAX,
    PLAN_TEXT_KB_MAX,
)
from seiriken.edge import StaffDoor
from tests.integration.edge import NAME, Behind, Edge, behind, free_port, running_edge

PLAN = Path(__file__).parents[2] / "examples/inzai/plan.yaml"
LOOPBACK = ("127.0.0.0/8", "::1/128")


def door(staff: Behind, port: int, *allowed: str) -> StaffDoor:
    return StaffDoor(f"127.0.0.1:{port}", staff.address, allowed or LOOPBACK)


def staff_client(edge: Edge, port: int) -> httpx2.Client:
    """Return a client of the staff's listener."""
    context = ssl.create_default_context(cafile=str(edge.certificate))
    return httpx2.Client(
        base_url=f"https://127.0.0.1:{port}", verify=context, headers={"Host": NAME}, timeout=60
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


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/roster", 8 * 1024 * 1024, 200),
        ("/roster", 10 * 1024 * 1024, 413),
        ("/roster/file", 100_000, 413),
        ("/caller", 100_000, 413),
        ("/plans", PLAN_BYTES_MAX, 200),
        ("/plans", PLAN_BYTES_MAX + 100_000, 413),
        ("/plans/days/autumn", 100_000, 413),
    ],
)
def test_more_than_a_form_passes_where_a_roster_or_a_plan_is_sent_in(
    path: str, size: int, status: int
) -> None:
    port = free_port()
    with (
        behind() as gateway,
        behind() as staff,
        running_edge([gateway.address], staff=door(staff, port)) as edge,
        staff_client(edge, port) as colleague,
        edge.client() as resident,
    ):
        answer = colleague.post(path, content=b"0" * size)
        assert answer.status_code == status
        if status == 413:
            told_in_both_languages(answer)
        assert resident.post("/roster", content=b"0" * 100_000).status_code == 413


def told_in_both_languages(answer: httpx2.Response) -> None:
    """The page of a 413 has the gateway's limits, and the look of our pages."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    megabytes = FILE_BYTES_MAX // MEBIBYTE
    for said in (f"{megabytes}MBまで", f"at most {megabytes} MB", "送られた内容が大きすぎます"):
        assert said in answer.text
    for said in (f"約{PLAN_TEXT_KB_MAX}KBまで", f"about {PLAN_TEXT_KB_MAX} KB", "64 KB"):
        assert said in answer.text


def test_stranger_who_sends_too_much_is_refused_and_told_nothing() -> None:
    port = free_port()
    with (
        behind() as gateway,
        behind() as staff,
        running_edge([gateway.address], staff=door(staff, port, "192.0.2.0/24")) as edge,
        staff_client(edge, port) as stranger,
    ):
        answer = stranger.post("/roster", content=b"0" * 10 * 1024 * 1024)
        assert answer.status_code in (403, 413)
        assert "seiriken roster import" not in answer.text


def test_what_is_too_large_is_answered_also_where_the_firewall_looks_on() -> None:
    port = free_port()
    with (
        behind() as gateway,
        behind() as staff,
        running_edge([gateway.address], staff=door(staff, port), waf=True) as edge,
        staff_client(edge, port) as colleague,
        edge.client() as resident,
    ):
        for path, size in (("/roster", 10 * 1024 * 1024), ("/caller", 100_000)):
            answer = colleague.post(path, content=b"0" * size)
            assert answer.status_code == 413
            told_in_both_languages(answer)
        page = resident.post("/details", content=b"0" * 100_000)
        assert (page.status_code, "64KB" in page.text) == (413, True)


def test_firewall_lets_a_plans_text_pass_and_looks_at_the_rest_of_its_form() -> None:
    port, attack = free_port(), "1' OR '1'='1' UNION SELECT password FROM users--"
    text = PLAN.read_text("utf-8") + "# 会場の準備\r\n" * 3_000
    with (
        behind() as gateway,
        behind() as staff,
        running_edge([gateway.address], staff=door(staff, port), waf=True) as edge,
        staff_client(edge, port) as colleague,
    ):
        assert colleague.post("/plans", data={"content": text, "reason": "x"}).status_code == 200
        assert colleague.post("/plans", data={"content": "x", "reason": attack}).status_code == 403
        assert colleague.post("/plans", data={"content": "x", attack: "x"}).status_code == 403
        assert colleague.post("/caller", data={"content": attack}).status_code == 403
    assert staff.paths() == ["/plans"]
