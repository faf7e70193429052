"""Turn values into HTTP answers: JSON for programs, pages for people.

Rule 1: no answer to a program repeats what was sent, and none holds a stack trace.
Rule 2: a program (any path under /api/ or /vwr/, and any that ends in .json) is answered
in JSON, problems as RFC 9457; everybody else gets a page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from allocator.errors import CatalogueMissing, InboxAway, InboxFull, KeyMissing, StoreAway
from gateway import i18n
from gateway.problems import Problem, document, headers_of
from monitoring import metrics
from waiting_room.errors import NotReady, RoomAway

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"

FAULTS: Mapping[type[Exception], str] = {
    CatalogueMissing: "not_ready",
    KeyMissing: "not_ready",
    NotReady: "not_ready",
    InboxFull: "busy",
    InboxAway: "away",
    RoomAway: "away",
    StoreAway: "away",
}
"""What a caller is told of each fault of the parts: nobody is let in, nothing is decided."""

SECURITY_KINDS = frozenset(
    {"cross_site", "not_inside", "not_signed_in", "too_large", "too_many_attempts"}
)
"""Codes that count as security events."""

ErrorPage = Callable[[Request, Problem], Response]
FaultPage = Callable[[Request, Problem], Awaitable[Response]]


def json_answer(
    content: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a JSON document."""
    return Response(msgspec.json.encode(content), status, headers, JSON)


def answer(request: Request, problem: Problem) -> Response:
    """Tell the caller of a problem, in the caller's language."""
    count_security(problem)
    if not is_program(request.scope):
        page: ErrorPage = request.app.state.error_page
        return page(request, problem)
    content = msgspec.json.encode(document(problem, i18n.language_of(request)))
    return Response(content, problem.status, headers_of(problem), PROBLEM_JSON)


def count_security(problem: Problem) -> None:
    """Count a problem that is a security event, on whatever page it is said."""
    if problem.code in SECURITY_KINDS:
        metrics.SECURITY_EVENTS.labels(metrics.bounded("kind", problem.code)).inc()


def is_program(scope: Scope) -> bool:
    """Say whether a request is one of the JSON contract."""
    path: str = scope["path"]
    return path.startswith(("/api/", "/vwr/")) or path.endswith(".json") or path == "/healthz"


async def on_fault(request: Request, error: Exception) -> Response:
    """Answer a fault of one of the parts.

    No log line for each: `gateway.readiness` logs what was lost and found, and the
    metrics count the answers.
    """
    code = next(code for kind, code in FAULTS.items() if isinstance(error, kind))
    return await answer_untaken(request, Problem(code))


async def answer_untaken(request: Request, problem: Problem) -> Response:
    """Tell the caller that a request was not looked at; a page holds what it brought."""
    if is_program(request.scope):
        return answer(request, problem)
    page: FaultPage = request.app.state.fault_page
    return await page(request, problem)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: unknown paths and methods, unreadable bodies."""
    assert isinstance(error, HTTPException), "the handler of that class"
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return answer(request, Problem("not_found"))
        case HTTPStatus.METHOD_NOT_ALLOWED:
            headers = {"Allow": ", ".join(allowed_methods(request))}
            return answer(request, Problem("method_not_allowed", headers=headers))
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return answer(request, Problem("too_large"))
        case _:
            return answer(request, Problem("bad_request"))


def allowed_methods(request: Request) -> list[str]:
    """Return the methods that the routes of this path know together."""
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods)
