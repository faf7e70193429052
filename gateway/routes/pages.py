"""All pages for residents, server-rendered: they work without JavaScript."""

from __future__ import annotations

from starlette.routing import BaseRoute

from gateway.routes import (
    after_booking_pages,
    booking_pages,
    companion_pages,
    draw_pages,
    my_booking_pages,
    sending_pages,
    standby_pages,
    step_up_pages,
    unsubscribe_pages,
    way_in,
)
from gateway.routes.html import error_response as error_response
from gateway.routes.html import fault_response as fault_response


def routes() -> list[BaseRoute]:
    """Return the routes of all pages."""
    return [
        *way_in.routes(),
        *draw_pages.routes(),
        *booking_pages.routes(),
        *companion_pages.routes(),
        *sending_pages.routes(),
        *my_booking_pages.routes(),
        *after_booking_pages.routes(),
        *standby_pages.routes(),
        *step_up_pages.routes(),
        *unsubscribe_pages.routes(),
    ]
