"""The public key of the city's receipts as plain text: one line, for whoever checks offline."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from gateway.parts import parts_of
from gateway.policies import Policy, policy_route
from gateway.receipts import key_text

KEY_KEPT = "public, max-age=3600"
"""How long the key may be kept: it is the same for everybody, and seldom changes."""


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [policy_route("/receipt-key.txt", receipt_key, methods=["GET"], policy=Policy.PUBLIC)]


async def receipt_key(request: Request) -> Response:
    """Answer the key as `seiriken receipt check --key` takes it."""
    key = key_text(parts_of(request).receipts.public_key)
    return PlainTextResponse(f"{key}\n", headers={"Cache-Control": KEY_KEPT})
