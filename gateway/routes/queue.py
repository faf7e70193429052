"""The notice that everybody who waits asks for: the same bytes for all, from memory."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.answers import JSON, answer
from gateway.notices import CACHE_CONTROL
from gateway.parts import parts_of
from gateway.policies import Policy, policy_route
from gateway.problems import Problem


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    public = Policy.PUBLIC
    return [
        policy_route("/queue/status.json", status, methods=["GET"], policy=public),
        policy_route("/queue/{release_id}/status.json", status, methods=["GET"], policy=public),
    ]


async def status(request: Request) -> Response:
    """Answer status.json of a release, or of the one that is open or next to open."""
    raw = parts_of(request).board.raw(request.path_params.get("release_id"))
    if raw is None:
        return answer(request, Problem("not_found"))
    return Response(raw, headers={"Cache-Control": CACHE_CONTROL}, media_type=JSON)
