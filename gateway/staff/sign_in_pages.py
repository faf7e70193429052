"""The staff's way in and out: sign in, enrol the second factor, sign out."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.answers import answer, json_answer
from gateway.problems import Problem, too_many_attempts
from gateway.staff import codes
from gateway.staff.access import may_open, page_at
from gateway.staff.codes import code_in
from gateway.staff.guard import (
    ENROL_PATH,
    SIGN_IN_PATH,
    SIGN_OUT_PATH,
    came_from,
    first_page,
    guarded,
    read_form,
    see_other,
    session_of,
    session_token,
    set_cookie,
)
from gateway.staff.parts import parts_of
from gateway.staff.passwords import LENGTH_MAX, LENGTH_MIN
from gateway.staff.rendering import render, session_or_none, sign_in_page
from gateway.staff.signing_in import (
    NotConfirmed,
    SignedIn,
    TooManyAttempts,
    Typed,
    enrol,
    secret_shown,
    sign_in,
)
from gateway.staff.words import language_of, said
from monitoring import metrics
from monitoring.logs import get_logger

_LOGIN_CHARS_MAX = 32
_FAULTS_AT = {"code_wrong": "code", "passwords_differ": "password_again"}
"""The field that a fault of enrolling is shown at, where it is not the password's."""

log = get_logger()


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", "/healthz", healthz),
        guarded("GET", "/", start),
        guarded("GET", SIGN_IN_PATH, asking_who),
        guarded("POST", SIGN_IN_PATH, signing_in),
        guarded("GET", ENROL_PATH, enrol_page),
        guarded("POST", ENROL_PATH, enrolling),
        guarded("POST", SIGN_OUT_PATH, sign_out),
        guarded("POST", "/stay", stay),
    ]


async def healthz(request: Request) -> Response:
    """Say that the process runs, and nothing about what it needs."""
    return json_answer({"alive": True})


async def start(request: Request) -> Response:
    """Lead to where somebody's work begins."""
    return see_other(first_page(session_of(request)))


async def asking_who(request: Request) -> Response:
    """Ask who somebody is; who is signed in already goes on."""
    session, back = session_or_none(request), page_at(request.query_params.get("back", ""))
    if session is None:
        return sign_in_page(request, back=back)
    return see_other(back if may_open(session.role, back) else first_page(session))


async def signing_in(request: Request) -> Response:
    """Judge name, password and code together."""
    parts = parts_of(request)
    values = await read_form(request, ("login", "password", "code", "back"))
    if isinstance(values, Problem):
        return answer(request, values)
    typed = Typed(
        login=values.get("login", "").strip().lower()[:_LOGIN_CHARS_MAX],
        password=values.get("password", "")[: LENGTH_MAX + 1],
        code=code_in(values.get("code", "")),
    )
    back = page_at(values.get("back", ""))
    found = await sign_in(parts, typed, came_from(request))
    match found:
        case TooManyAttempts(retry_after_s=seconds):
            return answer(request, too_many_attempts(seconds))
        case NotConfirmed():
            metrics.SECURITY_EVENTS.labels("staff_refused").inc()
            return sign_in_page(request, status=401, login=typed.login, refused=True, back=back)
    if (held := session_token(request, parts.settings)) is not None:
        await parts.sessions.end(held)
    return _begun(request, found, ENROL_PATH if found.enrols else _way_on(found, back))


async def stay(request: Request) -> Response:
    """Begin the idle limit anew: the guard has. The page stays as it is, with what was typed.

    To 204 a browser shows nothing else, with JavaScript or without.
    """
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def enrol_page(request: Request) -> Response:
    """Show the second factor's picture, once, to whoever has just signed in without one."""
    return _enrol_page(request, {})


async def enrolling(request: Request) -> Response:
    """Take the second factor and the password of one's own into use."""
    parts, language = parts_of(request), language_of(request)
    values = await read_form(request, ("password", "password_again", "code"))
    if isinstance(values, Problem):
        return answer(request, values)
    password = values.get("password", "")
    if password != values.get("password_again", ""):
        return _enrol_page(request, _fault("passwords_differ", language))
    code = code_in(values.get("code", ""))
    found = await enrol(parts, session_of(request), password, code, came_from(request))
    if isinstance(found, TooManyAttempts):
        return answer(request, too_many_attempts(found.retry_after_s))
    if isinstance(found, str):
        return _enrol_page(request, _fault(found, language))
    log.info("staff_enrolled")
    return _begun(request, found, "/")


async def sign_out(request: Request) -> Response:
    """End the session."""
    parts = parts_of(request)
    token = session_token(request, parts.settings)
    assert token is not None, "the table asks for a session"
    await parts.sessions.end(token)
    response = see_other(SIGN_IN_PATH)
    set_cookie(response, parts.settings, "")
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


def _way_on(found: SignedIn, back: str) -> str:
    """Return the page where somebody was, if their role may open it; else where work begins."""
    return back if found.role is not None and may_open(found.role, back) else "/"


def _begun(request: Request, found: SignedIn, leads_to: str) -> Response:
    response = see_other(leads_to)
    set_cookie(response, parts_of(request).settings, found.token)
    return response


def _enrol_page(request: Request, errors: dict[str, str]) -> Response:
    parts, session = parts_of(request), session_of(request)
    secret = secret_shown(parts, session)
    if secret is None:
        return answer(request, Problem("internal_error"))
    return render(
        request,
        "staff_enrol.html",
        status=422 if errors else 200,
        values={},
        errors=errors,
        secret=secret,
        uri=codes.enrolment_uri(secret, session.login),
        length_min=LENGTH_MIN,
    )


def _fault(code: str, language: str) -> dict[str, str]:
    place = _FAULTS_AT.get(code, "password")
    return {place: said(f"enrol.fault.{code}", language, length=LENGTH_MIN)}
