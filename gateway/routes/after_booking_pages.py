"""What goes with a booking, as pages: its calendar file, and the choice of reminders."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.reads import CALENDAR_FILE
from gateway import after_booking, forms, i18n
from gateway.answers import answer
from gateway.parts import parts_of
from gateway.policies import Policy, visitor_of
from gateway.problems import Problem
from gateway.routes.booking_pages import MY_BOOKING_PATH
from gateway.routes.html import page_route, read_form, see_other

REMINDERS_PATH = "/reminders"
_WANTED = {"yes": True, "no": False}


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    session = Policy.SESSION
    return [
        page_route(f"{MY_BOOKING_PATH}/{CALENDAR_FILE}", calendar, methods=["GET"], policy=session),
        page_route(REMINDERS_PATH, reminders, methods=["POST"], policy=session),
    ]


async def calendar(request: Request) -> Response:
    """Answer both appointments as one file for any calendar, in the reader's language."""
    parts = parts_of(request)
    kept = await after_booking.kept(parts, visitor_of(request))
    if isinstance(kept, Problem):
        return see_other(MY_BOOKING_PATH)
    language = i18n.language_of(request)
    return Response(
        after_booking.calendar_of(parts, kept, language),
        headers={
            "Content-Disposition": f'attachment; filename="{CALENDAR_FILE}"',
            "Content-Language": language,
        },
        media_type="text/calendar",
    )


async def reminders(request: Request) -> Response:
    """Turn the mails before each dose on or off; the booking's page shows how it is."""
    parts, visitor = parts_of(request), visitor_of(request)
    values = await read_form(request, ("request_id", "reminders"))
    if isinstance(values, Problem):
        return answer(request, values)
    request_id = forms.parse_request_id(values.get("request_id"))
    wanted = _WANTED.get(values.get("reminders", ""))
    if isinstance(request_id, list) or wanted is None:
        return answer(request, Problem("bad_request"))
    answered = await after_booking.remind(parts, visitor, request_id, wanted=wanted)
    if isinstance(answered, Problem) and answered.code != "no_booking":
        return answer(request, answered)
    return see_other(f"{MY_BOOKING_PATH}#reminders")
