"""Every route, and every way to fail, carries the headers that tell browsers what not to do.

Routes are taken from the application's own table, so that a new one is looked at, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest

from gateway.app import create_app
from gateway.middleware import CONTENT_SECURITY_POLICY, HEADERS, TLS_HEADERS
from gateway.policies import PolicyRoute
from tests.security.site import Door, Site
from tests.system.attackers import Device

ATTACKER = 18
SOME_ID = "5d3b6a52-9c1e-4f7a-8b8e-2f6f4e1c9a70"
ALL_HEADERS = HEADERS | TLS_HEADERS
OF_NOTICES = {"Cross-Origin-Resource-Policy", "X-Content-Type-Options"}
"""status.json says of itself only what is about data: a whole crowd is sent it."""

BY_THE_EDGE = ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options")
LOOSE = re.compile(r"'unsafe-|\bdata:|\bblob:|\*|https?:")


def routes_of(site: Site) -> list[tuple[str, str]]:
    """Return every method and path that the application serves."""
    assert site.city.parts is not None
    return [
        (method, re.sub(r"\{\w+[^}]*\}", SOME_ID, route.path))
        for route in create_app(site.city.parts).routes
        if isinstance(route, PolicyRoute)
        for method in sorted(route.methods or ())
    ]


def answers_of(site: Site, door: Door) -> Iterator[httpx2.Response]:
    """Call every route: as nobody, as who is inside, from another site, with a body of no kind."""
    session = dict(site.doors["gateway"].signed_in(ATTACKER).cookies)
    for method, path in routes_of(site):
        yield door.device().call(method, path)
        yield door.http.request(method, path, headers={"Sec-Fetch-Site": "cross-site"})
        if "sign-out" not in path:
            yield Device(door.http, **session).call(method, path, Idempotency_Key=SOME_ID)
            yield Device(door.http, **session).call(method, path, {"no": "such field"})
            yield door.asks("PUT", path, content=b"x" * 70_000)
    for path in ("/nowhere", "/api/v1/nowhere", "/static/nowhere.css", "/static/seiriken.css"):
        yield door.asks("GET", path)
        yield door.asks("DELETE", path)


def wanted(answer: httpx2.Response) -> set[str]:
    """Return the names of the headers that an answer must carry."""
    path = answer.request.url.path
    if path.endswith("/status.json") and answer.status_code == 200:
        return set(OF_NOTICES)
    is_of_the_edge = answer.headers.get("x-request-id") is None and "server" in answer.headers
    if is_of_the_edge and not path.startswith("/static/"):
        return set(BY_THE_EDGE)
    return set(ALL_HEADERS)


def test_every_route_and_every_error_carries_the_headers(site: Site, door: Door) -> None:
    seen = set()
    for answer in answers_of(site, door):
        seen.add(answer.status_code)
        asked = f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
        for name in wanted(answer):
            assert answer.headers.get(name) == ALL_HEADERS[name], f"{asked}: {name}"
        assert answer.headers.get_list("content-security-policy") in ([], [CONTENT_SECURITY_POLICY])
        assert len(answer.headers.get_list("cache-control")) <= 1, asked
        assert answer.headers.get("server", "nginx") == "nginx", asked
        assert "x-powered-by" not in answer.headers
        assert answer.status_code < 500, asked
    assert {200, 303, 401, 403, 404, 405, 409, 413, 422} <= seen


def test_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert LOOSE.search(CONTENT_SECURITY_POLICY) is None
    for directive in ("default-src 'self'", "base-uri 'none'", "object-src 'none'"):
        assert directive in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize(
    "path", ["/sign-in?a=<script>alert(1)</script>", "/api/v1/me?a=' OR 1=1--"]
)
def test_who_is_stopped_by_the_firewall_is_told_so(site: Site, path: str) -> None:
    """With the phone desk's number: it may be a resident who was stopped by mistake."""
    answer = site.doors["edge"].asks("GET", path)
    assert answer.status_code == 403
    if path.startswith("/api/"):
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert (answer.json()["code"], answer.json()["status"]) == ("blocked", 403)
    else:
        assert "0476-00-0000" in answer.text
        assert "Your place in the line and your booking are kept" in answer.text
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
