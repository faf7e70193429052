"""The description of the JSON contract, for whoever writes a program: the same for everybody."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.answers import JSON
from gateway.contract import DESCRIPTION_PATH, description_json
from gateway.policies import Policy, policy_route
from gateway.routes.receipt_key import KEY_KEPT


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [policy_route(DESCRIPTION_PATH, contract, methods=["GET"], policy=Policy.PUBLIC)]


async def contract(request: Request) -> Response:
    """Answer the description."""
    return Response(description_json(), headers={"Cache-Control": KEY_KEPT}, media_type=JSON)
