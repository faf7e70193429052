"""Who may use which route: denied by default.

Rule 1: a route is built by `policy_route` or `policy_mount` and so has a policy;
`create_app` does not start with a route that has none.
Rule 2: the policy is checked before the endpoint runs, and by the server alone:
neither the browser's clock, its address bar nor its script can change the answer.

PUBLIC needs nothing. IDENTIFIED needs a place token or a live session. SESSION
needs a live session, that is, to have been let in (I7).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import Enum

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.answers import answer
from gateway.identity import Visitor, find_visitor
from gateway.parts import parts_of
from gateway.problems import Problem
from waiting_room.answers import Session

Endpoint = Callable[[Request], Awaitable[Response]]


class Policy(Enum):
    """What a route asks of whoever calls it."""

    PUBLIC = "public"
    IDENTIFIED = "identified"
    SESSION = "session"


class RouteWithoutPolicy(Exception):
    """A route was added that does not say who may use it."""


class PolicyRoute(Route):
    """A route that asks its policy first."""

    policy: Policy

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the endpoint if the policy and the method allow it, else answer the problem."""
        if self.policy is not Policy.PUBLIC and _knows_method(self, scope):
            refused = await _admit(self.policy, Request(scope))
            if refused is not None:
                await answer(Request(scope), refused)(scope, receive, send)
                return
        await super().handle(scope, receive, send)


class PolicyMount(Mount):
    """Public files under one folder."""

    policy = Policy.PUBLIC


def policy_route(
    path: str, endpoint: Endpoint, *, methods: Sequence[str], policy: Policy
) -> PolicyRoute:
    """Build a route. HEAD comes with GET."""
    route = PolicyRoute(path, endpoint, methods=list(methods))
    route.policy = policy
    return route


def policy_mount(path: str, app: ASGIApp) -> PolicyMount:
    """Build a folder of public files, the same for everybody."""
    return PolicyMount(path, app)


def all_with_policy(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """Return the routes as they are.

    Raises:
        RouteWithoutPolicy: one of them was not built by this module.
    """
    checked = list(routes)
    for route in checked:
        if not isinstance(getattr(route, "policy", None), Policy):
            raise RouteWithoutPolicy(getattr(route, "path", type(route).__name__))
    return checked


def visitor_of(request: Request) -> Visitor:
    """Return who calls. Only for endpoints whose policy is IDENTIFIED or SESSION."""
    visitor = request.scope["seiriken.visitor"]
    assert isinstance(visitor, Visitor), "the policy puts a visitor there"
    return visitor


def session_of(request: Request) -> Session | None:
    """Return the live session that a route's policy has found; None where none was asked for."""
    visitor = request.scope.get("seiriken.visitor")
    return visitor.session if isinstance(visitor, Visitor) else None


def _knows_method(route: Route, scope: Scope) -> bool:
    return route.methods is None or scope["method"] in route.methods


async def _admit(policy: Policy, request: Request) -> Problem | None:
    """Find out who calls; return why the policy refuses, None when it does not."""
    visitor = await find_visitor(request, parts_of(request))
    if visitor is None:
        return Problem("not_signed_in")
    if policy is Policy.SESSION and visitor.session is None:
        return Problem("not_inside")
    request.scope["seiriken.visitor"] = visitor
    return None
