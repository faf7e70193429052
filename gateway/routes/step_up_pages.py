"""The step up, as pages: ask for the code that opens the contact details, and give it.

Both stand on the page of the resident's own booking, which leads on to itself.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import forms, step_up
from gateway.answers import answer
from gateway.i18n import language_of
from gateway.parts import parts_of
from gateway.policies import Policy, visitor_of
from gateway.problems import Problem, detail
from gateway.routes.booking_pages import MY_BOOKING_PATH
from gateway.routes.html import error_words, page_route, read_form, see_other
from gateway.routes.my_booking_pages import my_booking_page

ASK_PATH = f"{MY_BOOKING_PATH}/code"
GIVE_PATH = f"{MY_BOOKING_PATH}/contact"
_BACK = f"{MY_BOOKING_PATH}#step-up"


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    session = Policy.SESSION
    return [
        page_route(ASK_PATH, ask, methods=["POST"], policy=session),
        page_route(GIVE_PATH, give, methods=["POST"], policy=session),
    ]


async def ask(request: Request) -> Response:
    """Have a code mailed."""
    values = await read_form(request, ())
    if isinstance(values, Problem):
        return answer(request, values)
    asked = await step_up.ask(parts_of(request), visitor_of(request))
    if isinstance(asked, Problem):
        words = {step_up.CODE_FIELD: detail(asked, language_of(request))}
        return await my_booking_page(request, errors=words, problem=asked)
    return see_other(_BACK)


async def give(request: Request) -> Response:
    """Show the details, or say at the field what is wrong with the code."""
    values = await read_form(request, (step_up.CODE_FIELD,))
    if isinstance(values, Problem):
        return answer(request, values)
    code = forms.parse_code(values)
    problem = (
        Problem("invalid_input", errors=code)
        if isinstance(code, list)
        else await step_up.give(parts_of(request), visitor_of(request), code)
    )
    if problem is None:
        return see_other(_BACK)
    words = error_words(request, problem.errors)
    return await my_booking_page(request, errors=words, problem=problem)
