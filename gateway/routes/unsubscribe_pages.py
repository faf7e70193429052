"""Turn reminders off from a mail: one press, without signing in.

A mail program sends the same form by itself when its own "unsubscribe" is pressed (RFC 8058): it
has no cookie of ours, follows no redirect, and what its body says is not asked. Looking at the
page changes nothing, as programs that check mails look at every link.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.reads import STOP_PATH, booking_of_link
from gateway import after_booking
from gateway.parts import parts_of
from gateway.policies import Policy
from gateway.rendering import render
from gateway.routes.html import page_route

ANONYMOUS_PATHS = (f"{STOP_PATH}/",)
"""Forms are taken from anywhere: the link counts, no cookie does."""

_PATH = f"{STOP_PATH}/{{token}}"
_STATUS = {"asked": 200, "off": 200, "undecided": 503, "unknown": 404}
Stage = Literal["asked", "off", "undecided", "unknown"]


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    public = Policy.PUBLIC
    return [
        page_route(_PATH, ask, methods=["GET"], policy=public),
        page_route(_PATH, turn_off, methods=["POST"], policy=public),
    ]


async def ask(request: Request) -> Response:
    """Show the button; of the booking, and of whose it is, nothing is shown."""
    return _page(request, "unknown" if _booking(request) is None else "asked")


async def turn_off(request: Request) -> Response:
    """Turn the reminders of the link's booking off; pressed again, it says the same."""
    booking_id = _booking(request)
    if booking_id is None:
        return _page(request, "unknown")
    is_off = await after_booking.unsubscribe(parts_of(request), booking_id)
    return _page(request, "off" if is_off else "undecided")


def _booking(request: Request) -> UUID | None:
    return booking_of_link(parts_of(request).keys.code, request.path_params["token"])


def _page(request: Request, stage: Stage) -> Response:
    return render(request, "unsubscribe.html", status=_STATUS[stage], stage=stage)
