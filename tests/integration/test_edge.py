"""The edge by itself: what it lets through and refuses, and what it has when nobody answers."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

import pytest

from tests.integration.edge import NAME, Behind, Edge, behind, free_port, running_edge
from tests.waiting import until

OF_INSIDE = (
    "/details",
    "/choose/2021-06-10",
    "/stay",
    "/booked",
    "/my-booking/cancel",
    "/api/v1/bookings",
)
OF_THE_GATE = ("/", "/sign-in", "/wait", "/api/v1/sign-in", "/draw", "/detailsx")

SMUGGLED = (
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"
    b"Connection: close\r\n\r\n0\r\n\r\n"
)
"""Two lengths: what one server takes for the end of a request, the other takes for its middle."""


@dataclass(frozen=True)
class Site:
    """An edge, and the two servers behind it."""

    edge: Edge
    inside: Behind
    gate: Behind


@contextmanager
def running_site() -> Iterator[Site]:
    """Run one."""
    with (
        behind() as inside,
        behind() as gate,
        running_edge([inside.address, gate.address]) as edge,
    ):
        yield Site(edge, inside, gate)


@pytest.fixture(scope="module")
def whole_site() -> Iterator[Site]:
    """One site for all tests that break nothing."""
    with running_site() as site:
        yield site


@pytest.fixture
def site(whole_site: Site) -> Site:
    """The site, with nothing asked yet."""
    whole_site.inside.asked.clear()
    whole_site.gate.asked.clear()
    return whole_site


@pytest.fixture
def own_site() -> Iterator[Site]:
    """A site of a test's own: the edge remembers for a while who hung up."""
    with running_site() as site:
        yield site


def test_the_crowd_and_those_inside_have_gateways_of_their_own(site: Site) -> None:
    with site.edge.client() as client:
        for path in (*OF_INSIDE, *OF_THE_GATE):
            assert client.get(path).status_code == 200
    assert site.inside.paths() == list(OF_INSIDE)
    assert site.gate.paths() == list(OF_THE_GATE)


def test_a_reader_is_answered_by_the_other_when_one_hangs_up(own_site: Site) -> None:
    own_site.inside.hangs_up = True
    with own_site.edge.client() as client:
        assert client.get("/details").status_code == 200
    assert (own_site.inside.paths(), own_site.gate.paths()) == (["/details"], ["/details"])


def test_what_was_sent_is_not_sent_again(own_site: Site) -> None:
    own_site.inside.hangs_up = True
    with own_site.edge.client() as client:
        assert client.post("/check", content=b"request_id=1").status_code == 503
    assert (own_site.inside.paths(), own_site.gate.paths()) == (["/check"], [])


def test_who_the_client_is_says_the_edge_alone(site: Site) -> None:
    claims = {
        "X-Real-IP": "203.0.113.9",
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=203.0.113.9",
    }
    with site.edge.client() as client:
        client.get("/", headers=claims)
    ((_, _, headers),) = site.gate.asked
    assert headers["x-real-ip"] == "127.0.0.1"
    assert headers["host"] == NAME
    assert not headers.keys() & {"x-forwarded-for", "x-forwarded-host", "forwarded"}


def test_the_crowd_is_answered_from_the_cache(site: Site) -> None:
    with site.edge.client() as client:
        began_s = monotonic()
        for _ in range(200):
            answer = client.get("/queue/r1/status.json", headers={"Cookie": "place=1"})
            assert (answer.status_code, answer.content) == (200, b"{}")
    may_be_asked = 2 + (monotonic() - began_s)
    assert 1 <= len(site.gate.asked) <= may_be_asked, "once a second, however many want to know"
    assert "cookie" not in site.gate.asked[0][2]


def test_an_old_notice_is_served_while_no_gateway_answers(own_site: Site) -> None:
    with own_site.edge.client() as client:
        assert client.get("/queue/r2/status.json").status_code == 200
        own_site.gate.hangs_up = own_site.inside.hangs_up = True

        def asked_again() -> bool:
            assert client.get("/queue/r2/status.json").content == b"{}"
            return own_site.gate.paths().count("/queue/r2/status.json") > 1

        until(asked_again)
        assert client.get("/queue/r2/status.json").status_code == 200


def test_everything_is_said_by_tls(site: Site) -> None:
    answer = site.edge.says(b"GET /wait?a=b HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 308")
    assert f"Location: https://{NAME}:{site.edge.tls_port}/wait?a=b".encode() in answer
    with site.edge.client() as client:
        headers = client.get("/static/mark.svg").headers
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]


def shaken(edge: Edge, version: ssl.TLSVersion) -> tuple[str | None, str | None]:
    """Return the version and the protocol that were agreed on."""
    context = ssl.create_default_context(cafile=str(edge.certificate))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", edge.tls_port), timeout=60) as connection,
        context.wrap_socket(connection, server_hostname=NAME) as wrapped,
    ):
        return wrapped.version(), wrapped.selected_alpn_protocol()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_new_tls_and_http2_are_spoken(site: Site, version: ssl.TLSVersion) -> None:
    assert shaken(site.edge, version)[1] == "h2"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(site: Site, version: ssl.TLSVersion) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        shaken(site.edge, version)


@pytest.mark.parametrize("method", ["TRACE", "PATCH", "CONNECT", "PROPFIND", "OPTIONS"])
def test_other_methods_are_refused(site: Site, method: str) -> None:
    with site.edge.client() as client:
        assert client.request(method, "/details").status_code in (400, 405)
    assert site.inside.asked == []


def test_preflights_of_the_open_api_are_let_through(site: Site) -> None:
    with site.edge.client() as client:
        assert client.request("OPTIONS", "/vwr/e1/serving_num").status_code == 200
    assert [method for method, _, _ in site.gate.asked] == ["OPTIONS"]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", b"505"),
        (b"GET /\r\n", b"505"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"400"),
        (SMUGGLED, b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", b"400"),
    ],
    ids=["http-1.0", "http-0.9", "two-hosts", "no-host", "smuggled", "large-header"],
)
def test_what_no_browser_sends_is_refused(site: Site, request_: bytes, status: bytes) -> None:
    answer = site.edge.says(request_)
    assert status in answer.split(b"\r\n", 1)[0] or (status == b"505" and b"505" in answer)
    assert site.gate.asked == []


def test_another_host_is_none_of_ours(site: Site) -> None:
    with site.edge.client() as client:
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert site.gate.asked == []


def test_large_bodies_are_refused(site: Site) -> None:
    with site.edge.client() as client:
        page = client.post("/sign-in", content=b"a" * 70_000)
        assert page.status_code == 413
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "no-store"
        assert "retry-after" not in page.headers
        for said in ("64KB", "At most 64 KB", "0476-00-0000"):
            assert said in page.text
        problem = client.post("/api/v1/bookings", content=b"a" * 70_000)
        assert (problem.status_code, problem.json()["code"]) == (413, "too_large")
        assert problem.headers["content-type"].startswith("application/problem+json")
        assert client.get("/edge/large.html").status_code == 404
    assert site.gate.asked == []


def test_internal_paths_are_not_outside(site: Site) -> None:
    with site.edge.client() as client:
        assert client.get("/metrics").status_code == 404
        assert client.get("/readyz").status_code == 404
        assert client.get("/edge/away.html").status_code == 404
    assert site.gate.asked == []


def test_static_files_come_from_the_edge_and_stay(site: Site) -> None:
    with site.edge.client() as client:
        kept = client.get("/static/seiriken.css?v=1")
        assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert kept.headers["content-encoding"] == "gzip"
        assert client.get("/static/seiriken.css").headers["cache-control"] == "public, max-age=300"
        assert client.get("/static/../conf/nginx.conf").status_code == 200  # Of the gate: `/conf`.
        assert client.get("/static/..%2f..%2fetc/passwd").status_code in (400, 404)
    assert site.gate.paths() == ["/conf/nginx.conf"]


def test_a_page_and_a_problem_say_that_nobody_answers() -> None:
    nobody = [f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"]
    with running_edge(nobody) as edge, edge.client() as client:
        for method, path in (("GET", "/"), ("GET", "/my-booking"), ("POST", "/sign-in")):
            page = client.request(method, path)
            assert page.status_code == 503
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert page.headers["cache-control"] == "no-store"
            assert "0476-00-0000" in page.text
            assert "Your place in the line and your booking are kept" in page.text
        problem = client.post("/api/v1/bookings", json={})
        assert problem.status_code == 503
        assert problem.headers["content-type"].startswith("application/problem+json")
        assert (problem.json()["code"], problem.headers["retry-after"]) == ("away", "10")
        assert client.get("/static/seiriken.css").status_code == 200
        assert "status" in client.get("/status/").text


def test_one_network_has_so_many_requests_and_no_more(site: Site) -> None:
    limits: dict[str, object] = {"requests_per_s_per_network": 1, "burst_per_network": 5}
    with running_edge([site.inside.address], **limits) as edge, edge.client() as client:
        began_s = monotonic()
        told = [client.get("/") for _ in range(5)]
        assert [answer.status_code for answer in told] == [200] * 5

        def is_refused(path: str) -> bool:
            told.append(client.get(path))
            return told[-1].status_code == 429

        until(lambda: is_refused("/"))
        assert "0476-00-0000" in told[-1].text
        until(lambda: is_refused("/api/v1/me"))
        assert told[-1].json()["code"] == "too_many_requests"
        served = sum(answer.status_code != 429 for answer in told)
        assert served <= 1 + 5 + (monotonic() - began_s), "one, the burst, and one a second"
        assert client.get("/static/mark.svg").status_code == 200
        assert client.get("/queue/r1/status.json").status_code == 200


def test_one_network_has_so_many_connections_and_no_more(site: Site) -> None:
    with running_edge([site.inside.address], connections_per_network=2) as edge:
        half = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
        context = ssl.create_default_context(cafile=str(edge.certificate))
        held = []
        for _ in range(2):
            raw = socket.create_connection(("127.0.0.1", edge.tls_port), timeout=60)
            held.append(context.wrap_socket(raw, server_hostname=NAME))
            held[-1].sendall(half.replace(b"Host: x", f"Host: {NAME}".encode()))
        with edge.client() as client:
            until(lambda: client.get("/").status_code == 429)
        for connection in held:
            connection.close()


def test_the_log_is_about_requests_and_never_a_person(site: Site) -> None:
    with site.edge.client() as client:
        client.get("/booked?number=0123456789", headers={"User-Agent": "somebody's"})
        client.get("/choose/2021-06-10?venue=hall")
    until(lambda: "/choose" in site.edge.log_file.read_text())
    text = site.edge.log_file.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert {"/booked", "/choose"} <= {line["path"] for line in lines}
    for private in ("0123456789", "127.0.0.1", "somebody", "2021-06-10", "hall"):
        assert private not in text
