"""The JSON contract, version 1: the standby list, and booking for two.

These calls came after the others; the rules are those of `gateway.routes.api`.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import forms, i18n, standby
from gateway.answers import answer, json_answer
from gateway.attempting import attempt_of
from gateway.parts import parts_of
from gateway.policies import Policy, policy_route, visitor_of
from gateway.problems import Problem, invalid
from gateway.routes.json_calls import (
    BOOKINGS_PATH,
    errors_of,
    read_nothing,
    read_object,
    tell,
    today_of,
)
from gateway.together import book_together
from gateway.views import BookingView, StandbyView

STANDBY_PATH = "/api/v1/standby"
ACCEPT_PATH = f"{STANDBY_PATH}/accept"
TOGETHER_PATH = f"{BOOKINGS_PATH}/together"


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    session = Policy.SESSION
    return [
        policy_route(STANDBY_PATH, join, methods=["POST"], policy=session),
        policy_route(STANDBY_PATH, on_list, methods=["GET"], policy=session),
        policy_route(STANDBY_PATH, leave, methods=["DELETE"], policy=session),
        policy_route(ACCEPT_PATH, accept, methods=["POST"], policy=session),
        policy_route(TOGETHER_PATH, together, methods=["POST"], policy=session),
    ]


async def join(request: Request) -> Response:
    """Ask for a place on the standby list."""
    parts = parts_of(request)
    request_id = forms.parse_request_id(request.headers.get(forms.REQUEST_ID_FIELD))
    data = await read_object(request)
    if isinstance(data, Problem):
        return answer(request, data)
    form = forms.parse_standby(data, today_of(parts))
    if isinstance(request_id, list) or isinstance(form, list):
        return answer(request, invalid(errors_of(request_id, form)))
    language = i18n.language_of(request)
    answered = await standby.join(parts, visitor_of(request), request_id, form, language)
    return tell(request, answered, created=True)


async def on_list(request: Request) -> Response:
    """Answer where the visitor stands on the list, and what they are offered."""
    return tell(request, await standby.on_list(parts_of(request), visitor_of(request)))


async def accept(request: Request) -> Response:
    """Take what is offered."""
    request_id = forms.parse_request_id(request.headers.get(forms.REQUEST_ID_FIELD))
    if (problem := await read_nothing(request)) is not None:
        return answer(request, problem)
    if isinstance(request_id, list):
        return answer(request, invalid(request_id))
    answered = await standby.accept(parts_of(request), visitor_of(request), request_id)
    return tell(request, answered, created=True)


async def leave(request: Request) -> Response:
    """Leave the list."""
    request_id = forms.parse_request_id(request.headers.get(forms.REQUEST_ID_FIELD))
    if (problem := await read_nothing(request)) is not None:
        return answer(request, problem)
    if isinstance(request_id, list):
        return answer(request, invalid(request_id))
    left = await standby.leave(parts_of(request), visitor_of(request), request_id)
    if isinstance(left, BookingView | StandbyView):
        return json_answer({"state": left.booking.state})
    return tell(request, left)


async def together(request: Request) -> Response:
    """Ask for two pairs, for the visitor and a companion: both or neither."""
    parts = parts_of(request)
    request_id = forms.parse_request_id(request.headers.get(forms.REQUEST_ID_FIELD))
    data = await read_object(request)
    if isinstance(data, Problem):
        return answer(request, data)
    form = forms.parse_together(data, parts.settings.municipality_code, today_of(parts))
    if isinstance(request_id, list) or isinstance(form, list):
        return answer(request, invalid(errors_of(request_id, form)))
    answered = await book_together(
        parts,
        visitor_of(request),
        request_id,
        form,
        attempt=await attempt_of(request, parts),
        language=i18n.language_of(request),
    )
    return tell(request, answered, created=True)
