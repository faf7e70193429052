"""The resident's own booking, as pages: see it, change it, cancel it.

What is shown of a person is exactly what requirement R4 lists, phone and e-mail masked until
the code is given that was mailed to them (`gateway.step_up`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import after_booking, drafting, forms, residents, standby, step_up
from gateway.answers import FAULTS, answer
from gateway.fields import Doses
from gateway.parts import parts_of
from gateway.policies import Policy, visitor_of
from gateway.problems import Problem
from gateway.rendering import render
from gateway.residents import Answered, Undecided
from gateway.routes.booking_pages import CHOOSE_PATH, MY_BOOKING_PATH, STANDBY_PATH
from gateway.routes.html import page_route, problem_shown, read_form, see_other
from gateway.views import AfterBooking, BookingView, StandbyView

CANCEL_PATH = "/cancel"
CHANGE_PATH = "/change"
_DOSES = ("both", "second")


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    session = Policy.SESSION
    return [
        page_route(MY_BOOKING_PATH, my_booking, methods=["GET"], policy=session),
        page_route(CHANGE_PATH, change_page, methods=["GET"], policy=session),
        page_route(CHANGE_PATH, change, methods=["POST"], policy=session),
        page_route(CANCEL_PATH, cancel_page, methods=["GET"], policy=session),
        page_route(CANCEL_PATH, cancel, methods=["POST"], policy=session),
        page_route("/cancelled", cancelled, methods=["GET"], policy=session),
    ]


async def my_booking(request: Request) -> Response:
    """Show name, birth date, phone, e-mail and the booking (R4); else the standby list."""
    return await my_booking_page(request)


async def my_booking_page(
    request: Request,
    *,
    errors: Mapping[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:
    """Show the same, with what is wrong with a code that was asked for or given."""
    parts, visitor = parts_of(request), visitor_of(request)
    _, me = await residents.me(parts, visitor)
    if not isinstance(me, AfterBooking):
        if isinstance(await standby.on_list(parts, visitor), StandbyView):
            return see_other(STANDBY_PATH)
        return render(request, "my_booking.html", held=None)
    details = await step_up.shown(parts, visitor, me.view.booking.booking_id, me.contact)
    return render(
        request,
        "my_booking.html",
        status=200 if problem is None else problem.status,
        headers=None if problem is None else problem.headers,
        held=me.view,
        contact=details.contact,
        details=details,
        errors=errors or {},
        birth_date=me.birth_date,
        maps=after_booking.maps_of(parts, me.view.doses),
        request_id=str(uuid4()),
    )


async def change_page(request: Request) -> Response:
    """Ask which doses to move."""
    held = await residents.held(parts_of(request), visitor_of(request))
    if isinstance(held, Problem):
        return see_other(MY_BOOKING_PATH)
    return render(
        request,
        "change.html",
        held=held,
        may_both=_has_first(held),
        may_second=_has_first(held) or held.booking.first_dose_elsewhere is not None,
    )


async def change(request: Request) -> Response:
    """Go and choose a new day for the doses to move."""
    parts, visitor = parts_of(request), visitor_of(request)
    values = await read_form(request, ("doses",))
    if isinstance(values, Problem):
        return answer(request, values)
    if values.get("doses") not in _DOSES:
        return answer(request, Problem("bad_request"))
    doses = cast("Doses", values["doses"])
    await parts.drafts.save(visitor.person_key, drafting.to_change(doses))
    return see_other(CHOOSE_PATH)


async def cancel_page(request: Request) -> Response:
    """Ask whether to give the booking back, and how much of it."""
    return await _cancel_page(request, str(uuid4()))


async def cancel(request: Request) -> Response:
    """Give back both doses, or dose 2."""
    parts, visitor = parts_of(request), visitor_of(request)
    values = await read_form(request, ("request_id", "doses"))
    if isinstance(values, Problem):
        return answer(request, values)
    request_id = forms.parse_request_id(values.get("request_id"))
    if isinstance(request_id, list) or values.get("doses") not in _DOSES:
        return answer(request, Problem("bad_request"))
    doses = cast("Doses", values["doses"])
    answered: Answered
    try:
        answered = await residents.cancel(parts, visitor, request_id, doses)
    except tuple(FAULTS) as fault:
        answered = Problem(FAULTS[type(fault)])
    if isinstance(answered, Undecided):
        return see_other(f"/checking/{request_id}")
    if isinstance(answered, Problem):
        return await _cancel_page(request, str(request_id), problem=answered)
    await parts.drafts.drop(visitor.person_key)
    return see_other("/cancelled")


async def cancelled(request: Request) -> Response:
    """Say what is left after a cancellation."""
    held = await residents.held(parts_of(request), visitor_of(request))
    if isinstance(held, BookingView) and held.booking.state == "booked":
        return see_other(MY_BOOKING_PATH)
    return render(request, "cancelled.html", second_only=isinstance(held, BookingView))


async def _cancel_page(
    request: Request, request_id: str, problem: Problem | None = None
) -> Response:
    held = await residents.held(parts_of(request), visitor_of(request))
    if isinstance(held, Problem):
        return see_other(MY_BOOKING_PATH)
    return render(
        request,
        "cancel.html",
        status=200 if problem is None else problem.status,
        held=held,
        may_second=_has_first(held) and held.booking.state == "booked",
        request_id=request_id,
        problem=None if problem is None else problem_shown(request, problem),
    )


def _has_first(held: BookingView) -> bool:
    return any(dose.dose == 1 for dose in held.doses)
