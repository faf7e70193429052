"""The page on which each of the staff chooses another password."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.answers import answer
from gateway.problems import Problem, too_many_attempts
from gateway.staff.codes import code_in
from gateway.staff.guard import came_from, guarded, read_form, see_other, session_of, set_cookie
from gateway.staff.parts import parts_of
from gateway.staff.passwords import LENGTH_MAX, LENGTH_MIN
from gateway.staff.rendering import render
from gateway.staff.signing_in import (
    NotConfirmed,
    SignedIn,
    TooManyAttempts,
    Typed,
    change_password,
)
from gateway.staff.words import language_of, said
from monitoring import metrics
from monitoring.logs import get_logger

PATH = "/password"
_FIELDS = ("current", "password", "password_again", "code")
_DONE = "changed"

log = get_logger()


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [guarded("GET", PATH, password_page), guarded("POST", PATH, changing)]


async def password_page(request: Request) -> Response:
    """Ask for the present password, another one, and a code."""
    return _page(request, {})


async def changing(request: Request) -> Response:
    """Change it; every other session of the account ends."""
    parts, session = parts_of(request), session_of(request)
    values = await read_form(request, _FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    password = values.get("password", "")
    if password != values.get("password_again", ""):
        return _page(request, _fault(request, "password_again", "passwords_differ"))
    current = values.get("current", "")[: LENGTH_MAX + 1]
    typed = Typed(session.login, current, code_in(values.get("code", "")))
    match await change_password(parts, typed, password, came_from(request)):
        case TooManyAttempts(retry_after_s=seconds):
            return answer(request, too_many_attempts(seconds))
        case NotConfirmed():
            metrics.SECURITY_EVENTS.labels("staff_refused").inc()
            return _page(request, _fault(request, "current", "not_confirmed"))
        case SignedIn(token=token):
            log.info("staff_password_changed")
            response = see_other(f"{PATH}?{_DONE}=1")
            set_cookie(response, parts.settings, token)
            return response
        case fault:
            return _page(request, _fault(request, "password", fault))


def _fault(request: Request, field: str, code: str) -> dict[str, str]:
    return {field: said(f"enrol.fault.{code}", language_of(request), length=LENGTH_MIN)}


def _page(request: Request, errors: dict[str, str]) -> Response:
    return render(
        request,
        "staff_password.html",
        status=422 if errors else 200,
        errors=errors,
        is_changed=not errors and _DONE in request.query_params,
        length_min=LENGTH_MIN,
    )
