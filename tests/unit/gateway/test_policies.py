"""Denied by default: a route that does not say who may use it does not exist."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient

from gateway.app import create_app
from gateway.parts import Parts
from gateway.policies import (
    Policy,
    PolicyRoute,
    RouteWithoutPolicy,
    all_with_policy,
    policy_mount,
    policy_route,
)

PUBLIC_PATHS = {
    "/",
    "/draw",
    "/draw/{release_id}",
    "/draw-rules.txt",
    "/healthz",
    "/queue/status.json",
    "/queue/{release_id}/status.json",
    "/api/v1/sign-in",
    "/api/v1/openapi.json",
    "/api/v1/receipt-key",
    "/receipt-key.txt",
    "/sign-in",
    "/sign-out",
    "/signed-out",
    "/static",
    "/unsubscribe/{token}",
}
"""Everything that needs no identity. Whoever adds to this list says why in the review."""


async def endpoint(request: Request) -> Response:
    return PlainTextResponse("reached")


def path_of(route: object) -> str:
    return str(getattr(route, "path", ""))


def test_only_listed_routes_are_public(parts: Parts) -> None:
    routes = create_app(parts).routes
    public = {path_of(r) for r in routes if getattr(r, "policy", None) is Policy.PUBLIC}
    assert public == PUBLIC_PATHS


def test_every_route_has_a_policy(parts: Parts) -> None:
    assert all_with_policy(create_app(parts).routes)


@pytest.mark.parametrize(
    "route",
    [
        Route("/new", endpoint),
        Mount("/new", app=Starlette()),
        WebSocketRoute("/new", endpoint),
        PolicyRoute("/new", endpoint),
    ],
)
def test_new_route_without_a_policy_fails(route: Route) -> None:
    with pytest.raises(RouteWithoutPolicy, match="/new"):
        all_with_policy([policy_mount("/static", Starlette()), route])


@pytest.mark.parametrize("policy", [Policy.IDENTIFIED, Policy.SESSION])
def test_endpoint_is_not_reached_without_identity(parts: Parts, policy: Policy) -> None:
    app = create_app(parts)
    app.router.routes.append(policy_route("/api/x", endpoint, methods=["GET"], policy=policy))
    answer = TestClient(app).get("/api/x")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"


def test_every_route_but_the_public_ones_asks_who_calls(parts: Parts, client: TestClient) -> None:
    walked = 0
    for route in create_app(parts).routes:
        if getattr(route, "policy", None) is Policy.PUBLIC:
            continue
        assert isinstance(route, PolicyRoute)
        path = route.path.replace("{request_id}", "00000000-0000-0000-0000-000000000001")
        for method in sorted(route.methods or ()):
            answer = client.request(method, path)
            walked += 1
            if path.startswith("/api/"):
                assert answer.status_code == 401, (method, path)
            else:
                assert answer.status_code == 303, (method, path)
                assert answer.headers["location"].startswith("/sign-in"), (method, path)
    assert walked > 10


@pytest.mark.parametrize("cookie", ["place", "session"])
def test_made_up_token_of_a_place_is_nobodys(client: TestClient, cookie: str) -> None:
    client.cookies.set(cookie, "A" * 2_000)
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401


def test_session_cannot_be_checked_while_redis_is_away(client: TestClient) -> None:
    client.cookies.set("session", "A" * 43)
    answer = client.get("/api/v1/me")
    assert answer.status_code == 503
    assert answer.json()["code"] == "away"
    assert answer.headers["retry-after"] == "5"
