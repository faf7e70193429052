"""Every route is walked without a session, with a dead one, and with another resident's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from redis import Redis

from gateway.app import create_app
from gateway.policies import Policy, PolicyRoute
from gateway.routes.unsubscribe_pages import ANONYMOUS_PATHS
from tests.integration.city import CONTACT, PHONE, City, Resident, running_city, ticket

SOME_ID = "5d3b6a52-9c1e-4f7a-8b8e-2f6f4e1c9a70"
PERSONAL = (CONTACT["name"], PHONE, CONTACT["email"])


@pytest.fixture
def city(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[City]:
    with running_city(database_url, redis_url, tmp_path) as city:
        yield city


def routes_of(city: City, *policies: Policy) -> list[tuple[str, str]]:
    """Return (method, path) of every route with one of these policies."""
    assert city.parts is not None
    return [
        (method, route.path.replace("{request_id}", SOME_ID))
        for route in create_app(city.parts).routes
        if isinstance(route, PolicyRoute) and route.policy in policies
        for method in sorted(route.methods or ())
    ]


def call(resident: Resident, method: str, path: str) -> httpx2.Response:
    return resident.http.request(method, path, headers={"Idempotency-Key": SOME_ID})


def assert_kept_out(answer: httpx2.Response, codes: set[str], ways: set[str]) -> None:
    """The answer is a refusal: a problem for programs, a way elsewhere for people."""
    if answer.request.url.path.startswith("/api/"):
        assert answer.status_code in (401, 403), answer.request.url
        if answer.request.method != "HEAD":
            assert answer.json()["code"] in codes
    else:
        assert answer.status_code == 303, answer.request.url
        assert answer.headers["location"].partition("?")[0] in ways
    assert all(secret not in answer.text for secret in PERSONAL)


def test_nothing_but_public_routes_opens_without_a_session(city: City) -> None:
    city.inside(1).book()
    stranger = city.resident(2)
    walked = routes_of(city, Policy.IDENTIFIED, Policy.SESSION)
    assert len(walked) > 15
    for method, path in walked:
        assert_kept_out(call(stranger, method, path), {"not_signed_in"}, {"/sign-in"})


def test_nothing_opens_with_an_expired_session(city: City) -> None:
    resident = city.inside(1)
    resident.book()
    session = resident.http.cookies["session"]
    with Redis.from_url(city.redis_url) as redis:
        for key in redis.scan_iter("session:*"):
            redis.delete(key)
    expired = city.resident(1)
    for method, path in routes_of(city, Policy.IDENTIFIED, Policy.SESSION):
        expired.http.cookies.clear()
        expired.http.cookies.set("session", session)
        assert_kept_out(call(expired, method, path), {"not_signed_in"}, {"/sign-in"})


def test_place_token_alone_opens_no_route_of_a_session(city: City) -> None:
    resident = city.inside(1)
    resident.book()
    waiting = city.resident(1)
    waiting.http.cookies.set("place", resident.http.cookies["place"])
    for method, path in routes_of(city, Policy.SESSION):
        assert_kept_out(call(waiting, method, path), {"not_inside"}, {"/wait"})
    shown = waiting.http.get("/api/v1/me").json()
    assert set(shown) == {"state", "place", "ticket_number", "birth_date"}


def test_another_residents_session_shows_that_resident_alone(city: City) -> None:
    mine, other = city.inside(1), city.inside(2)
    assert mine.book(SOME_ID).status_code == 201
    for method, path in routes_of(city, Policy.IDENTIFIED, Policy.SESSION):
        if path in ("/sign-out", "/api/v1/sign-out"):
            continue
        answer = call(other, method, path)
        assert all(secret not in answer.text for secret in PERSONAL), path
        assert ticket(1) not in answer.text
        assert "0000001-3" not in answer.text
    assert mine.http.get("/api/v1/booking").status_code == 200


def test_another_residents_place_token_does_not_change_a_session(city: City) -> None:
    mine, other = city.inside(1), city.inside(2)
    other.http.cookies.set("place", mine.http.cookies["place"])
    assert other.http.get("/api/v1/me").json()["ticket_number"] == ticket(2)


def test_foreign_page_cannot_act_for_a_resident(city: City) -> None:
    resident = city.inside(1)
    del resident.http.headers["X-Requested-With"]
    resident.http.headers["Sec-Fetch-Site"] = "cross-site"
    walked = routes_of(city, *Policy)
    for method, path in walked:
        if method not in ("GET", "HEAD"):
            # A link counts by itself, for nobody and from anywhere: this one is nobody's.
            refused = 404 if path.startswith(ANONYMOUS_PATHS) else 403
            assert call(resident, method, path).status_code == refused, path
