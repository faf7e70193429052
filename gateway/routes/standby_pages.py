"""The standby list, as a page: asking for a place, why one waits, and the offer with its button.

Who finds nothing left asks for a place where the days are chosen. Who was displaced by the
city is led here from wherever a booking would be shown.
"""

from __future__ import annotations

from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import drafting, forms, i18n, standby
from gateway.answers import FAULTS, answer
from gateway.parts import parts_of
from gateway.policies import Policy, visitor_of
from gateway.problems import Problem
from gateway.rendering import render
from gateway.residents import Answered, Undecided
from gateway.routes.booking_pages import (
    CHOOSE_PATH,
    MY_BOOKING_PATH,
    STANDBY_PATH,
)
from gateway.routes.html import page_route, problem_shown, read_request_id, see_other
from gateway.routes.sending_pages import lead_on
from gateway.seeking import offers_for, sought_by, standby_wish


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    session = Policy.SESSION
    return [
        page_route(STANDBY_PATH, standby_page, methods=["GET"], policy=session),
        page_route(STANDBY_PATH, join, methods=["POST"], policy=session),
        page_route(f"{STANDBY_PATH}/accept", accept, methods=["POST"], policy=session),
    ]


async def standby_page(request: Request) -> Response:
    """Show where somebody stands on the list, and the offer if there is one."""
    return await _standby_page(request, str(uuid4()))


async def join(request: Request) -> Response:
    """Ask for a place on the list: for any place and time, since nothing is left."""
    parts, visitor = parts_of(request), visitor_of(request)
    request_id = await read_request_id(request)
    if isinstance(request_id, Problem):
        return answer(request, request_id)
    draft = await parts.drafts.load(visitor.person_key)
    if (contact := drafting.contact_of(draft)) is None:
        # Sent a second time after its answer came: the draft is gone, the answer is not.
        return see_other(f"/checking/{request_id}")
    sought = await sought_by(parts, visitor, draft)
    if isinstance(sought, Problem):
        return answer(request, sought)
    wish = standby_wish(parts, sought, offers_for(parts, sought))
    if wish is None:
        return see_other(CHOOSE_PATH)
    form = forms.StandbyForm(contact, wish, sought.first, drafting.reminders_of(draft))
    answered: Answered
    try:
        answered = await standby.join(parts, visitor, request_id, form, i18n.language_of(request))
    except tuple(FAULTS) as fault:
        answered = Problem(FAULTS[type(fault)])
    return await lead_on(request, answered)


async def accept(request: Request) -> Response:
    """Take what is offered and lead on to the booking."""
    parts, visitor = parts_of(request), visitor_of(request)
    request_id = await read_request_id(request)
    if isinstance(request_id, Problem):
        return answer(request, request_id)
    answered: Answered
    try:
        answered = await standby.accept(parts, visitor, request_id)
    except tuple(FAULTS) as fault:
        answered = Problem(FAULTS[type(fault)])
    if isinstance(answered, Undecided):
        return see_other(f"/checking/{request_id}")
    if isinstance(answered, Problem):
        return await _standby_page(request, str(request_id), problem=answered)
    await parts.drafts.drop(visitor.person_key)
    return see_other("/booked")


async def _standby_page(
    request: Request, request_id: str, problem: Problem | None = None
) -> Response:
    place = await standby.on_list(parts_of(request), visitor_of(request))
    if isinstance(place, Problem):
        return see_other(MY_BOOKING_PATH)
    return render(
        request,
        "standby.html",
        status=200 if problem is None else problem.status,
        place=place,
        may_be_texted=parts_of(request).settings.short_messages,
        request_id=request_id,
        problem=None if problem is None else problem_shown(request, problem),
    )
