"""Whether this process is alive. Readiness and metrics are on the internal port only."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.answers import json_answer
from gateway.policies import Policy, policy_route


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [policy_route("/healthz", healthz, methods=["GET"], policy=Policy.PUBLIC)]


async def healthz(request: Request) -> Response:
    """Say that the process runs, and nothing about what it needs."""
    return json_answer({"alive": True})
