"""What every request passes through: limits, headers, faults, and where it may come from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.testclient import TestClient

from gateway.app import create_app
from gateway.forms import BODY_BYTES_MAX
from gateway.middleware import HEADERS, is_from_us
from gateway.parts import Parts, assemble
from gateway.policies import Policy, policy_route
from tests.unit.gateway.factories import make_settings

SIGN_IN = "/api/v1/sign-in"


async def broken(request: Request) -> Response:
    raise ValueError("the ticket number 1234567890")


async def reached(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def app_client(parts: Parts) -> TestClient:
    """Return a client of the application with two more routes."""
    app = create_app(parts)
    public = Policy.PUBLIC
    app.router.routes += [
        policy_route("/api/broken", broken, methods=["GET"], policy=public),
        policy_route("/api/reached", reached, methods=["POST"], policy=public),
    ]
    return TestClient(app, headers={"X-Requested-With": "seiriken"})


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"X-Requested-With": "seiriken"}, True),
        ({"X-Requested-With": "XMLHttpRequest"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://city.example"}, False),
        ({"Origin": "https://city.example"}, True),
        ({"Origin": "https://city.example:8443"}, False),
        ({"Origin": "https://city.example.evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://["}, False),
        ({"Origin": "null", "Host": ""}, False),
        ({"Referer": "https://city.example/"}, False),
        ({}, False),
    ],
)
def test_call_is_ours_by_its_headers(headers: dict[str, str], ours: bool) -> None:
    assert is_from_us(Headers({"Host": "city.example"} | headers)) is ours


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", [SIGN_IN, "/api/v1/booking", "/nothing"])
def test_foreign_call_that_changes_something_is_refused(
    parts: Parts, method: str, path: str
) -> None:
    foreign = TestClient(create_app(parts), headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.request(method, path).status_code == 403


def test_foreign_call_is_told_why(parts: Parts) -> None:
    answer = TestClient(create_app(parts)).post(SIGN_IN, json={})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "cross_site"


def test_foreign_link_to_a_page_is_followed(parts: Parts) -> None:
    foreign = TestClient(create_app(parts), headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.get("/sign-in").status_code == 200


def test_body_at_the_limit_is_read_and_one_byte_more_is_not(app_client: TestClient) -> None:
    assert app_client.post("/api/reached", content=b"x" * BODY_BYTES_MAX).text == "65536"
    answer = app_client.post("/api/reached", content=b"x" * (BODY_BYTES_MAX + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_body_of_untold_length_is_counted(app_client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(65):
            yield b"x" * 1024

    answer = app_client.post("/api/reached", content=chunks())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "", "9" * 5_000])
def test_length_that_is_no_number_is_refused(app_client: TestClient, length: str) -> None:
    headers = {"Content-Length": length}
    answer = app_client.post("/api/reached", content=b"x", headers=headers)
    assert answer.status_code == 413


def test_page_is_told_of_a_body_too_large_by_a_page(client: TestClient) -> None:
    answer = client.post("/sign-in", content=b"x" * (BODY_BYTES_MAX + 1))
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")


def test_fault_that_nobody_caught_is_a_plain_500(
    app_client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = app_client.get("/api/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["content-type"] == "application/problem+json"
    printed = capsys.readouterr()
    assert "request_failed" in printed.err
    assert "1234567890" not in answer.text + printed.out + printed.err
    assert "Traceback" not in answer.text


def test_client_that_leaves_while_it_sends_is_no_fault(parts: Parts) -> None:
    async def leaves() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def heard(message: dict[str, object]) -> None:
        raise AssertionError("nobody is there to be answered")

    headers = [(b"x-requested-with", b"seiriken"), (b"content-length", b"9")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/sign-in",
        "headers": [*headers, (b"content-type", b"application/x-www-form-urlencoded")],
        "query_string": b"",
        "client": ("127.0.0.1", 1),
    }
    labels = {"route": "/sign-in", "status_class": "4xx"}
    before = REGISTRY.get_sample_value("seiriken_http_requests_total", labels) or 0
    asyncio.run(create_app(parts)(scope, leaves, heard))  # type: ignore[arg-type]
    after = REGISTRY.get_sample_value("seiriken_http_requests_total", labels)
    assert after == before + 1


def test_fault_after_the_answer_began_closes_the_connection(parts: Parts) -> None:
    async def half(request: Request) -> Response:
        async def content() -> object:
            yield b"half"
            raise ValueError("1234567890")

        return StreamingResponse(content())  # type: ignore[arg-type]

    app = create_app(parts)
    app.router.routes.append(policy_route("/api/half", half, methods=["GET"], policy=Policy.PUBLIC))
    with pytest.raises(Exception, match=r"^$"):
        TestClient(app).get("/api/half")


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/healthz", "/nothing", "/api/broken", "/queue/status.json"]
)
def test_every_answer_carries_the_security_headers(app_client: TestClient, path: str) -> None:
    headers = app_client.get(path).headers
    for name, value in HEADERS.items():
        assert headers[name] == value
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


def test_answers_over_tls_say_so(secrets_dir: Path) -> None:
    settings = make_settings(secrets_dir, cookie_secure=True)
    answer = TestClient(create_app(assemble(settings))).get("/healthz")
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def test_every_answer_has_an_id_of_its_own(client: TestClient) -> None:
    ids = {client.get("/healthz").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


def test_requests_are_counted_by_route_and_never_by_path(app_client: TestClient) -> None:
    def count(route: str, status_class: str) -> float:
        labels = {"route": route, "status_class": status_class}
        return REGISTRY.get_sample_value("seiriken_http_requests_total", labels) or 0.0

    before = count("/queue/{release_id}/status.json", "5xx"), count("unmatched", "4xx")
    app_client.get("/queue/1234567890/status.json")
    app_client.get("/1234567890")
    after = count("/queue/{release_id}/status.json", "5xx"), count("unmatched", "4xx")
    assert after == (before[0] + 1, before[1] + 1)
