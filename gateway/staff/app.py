"""The staff's web application: everything it is made of, listed in one constructor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from gateway.answers import FAULTS, on_fault, on_http_exception
from gateway.forms import BODY_BYTES_MAX
from gateway.middleware import BodyLimit, SameSite, SecurityHeaders, Watch
from gateway.rendering import STATIC_DIRECTORY
from gateway.staff import (
    account_pages,
    call_booking_pages,
    call_cancelling_pages,
    call_companion_pages,
    call_pages,
    call_sending_pages,
    caller_pages,
    closing_pages,
    demand_pages,
    dose_pages,
    journal_pages,
    messages_pages,
    password_pages,
    plan_day_pages,
    plan_entry_pages,
    plan_pages,
    plan_week_pages,
    rehearsal_pages,
    release_pages,
    room_pages,
    roster_pages,
    sign_in_pages,
    venue_pages,
    walk_in_pages,
)
from gateway.staff.body_limits import LARGER
from gateway.staff.guard import checked, static_folder
from gateway.staff.parts import StaffParts
from gateway.staff.rendering import error_page, fault_page
from gateway.static_files import StaticFolder


def create_app(parts: StaffParts) -> Starlette:
    """Build the application around its parts.

    Raises:
        TableContradicts: the routes are not those of `gateway.staff.access`.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with parts.running():
            yield

    app = Starlette(
        routes=checked(_routes()),
        middleware=[
            Middleware(SecurityHeaders, tls=parts.settings.cookie_secure),
            Middleware(Watch),
            Middleware(SameSite),
            Middleware(BodyLimit, bytes_max=BODY_BYTES_MAX, larger=LARGER),
        ],
        exception_handlers={
            HTTPException: on_http_exception,
            **dict.fromkeys(FAULTS, on_fault),
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.parts = parts
    app.state.error_page = error_page
    app.state.fault_page = fault_page
    return app


def _routes() -> list[BaseRoute]:
    """List the routes of every page."""
    return [
        *sign_in_pages.routes(),
        *caller_pages.routes(),
        *call_pages.routes(),
        *call_booking_pages.routes(),
        *call_companion_pages.routes(),
        *call_sending_pages.routes(),
        *call_cancelling_pages.routes(),
        *venue_pages.routes(),
        *walk_in_pages.routes(),
        *dose_pages.routes(),
        *room_pages.routes(),
        *release_pages.routes(),
        *plan_pages.routes(),
        *plan_week_pages.routes(),
        *plan_day_pages.routes(),
        *plan_entry_pages.routes(),
        *rehearsal_pages.routes(),
        *demand_pages.routes(),
        *messages_pages.routes(),
        *closing_pages.routes(),
        *roster_pages.routes(),
        *account_pages.routes(),
        *journal_pages.routes(),
        *password_pages.routes(),
        static_folder(StaticFolder(STATIC_DIRECTORY)),
    ]
