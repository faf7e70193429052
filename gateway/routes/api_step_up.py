"""The step up, as calls: what `gateway.routes.step_up_pages` does, for programs.

An addition to the JSON contract; nothing that stood in it before is any different.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import forms, step_up
from gateway.answers import answer, json_answer
from gateway.parts import parts_of
from gateway.policies import Policy, policy_route, visitor_of
from gateway.problems import Problem, invalid
from gateway.routes.json_calls import read_nothing, read_object

STEP_UP_PATH = "/api/v1/step-up"


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    session = Policy.SESSION
    return [
        policy_route(STEP_UP_PATH, ask, methods=["POST"], policy=session),
        policy_route(STEP_UP_PATH, give, methods=["PUT"], policy=session),
    ]


async def ask(request: Request) -> Response:
    """Have a code mailed; answer how often and how long it can be given."""
    problem = await read_nothing(request)
    asked = problem or await step_up.ask(parts_of(request), visitor_of(request))
    if not isinstance(asked, step_up.CodeSent):
        return answer(request, asked)
    return json_answer({"tries": asked.tries, "lives_s": asked.lives_s}, 202)


async def give(request: Request) -> Response:
    """Open the contact details on the pages of this session."""
    data = await read_object(request)
    if isinstance(data, Problem):
        return answer(request, data)
    code = forms.parse_code(data)
    if isinstance(code, list):
        return answer(request, invalid(code))
    problem = await step_up.give(parts_of(request), visitor_of(request), code)
    return answer(request, problem) if problem is not None else json_answer({"shown": True})
