"""Ask who calls before a route runs, by the table of `gateway.staff.access`.

Rule 1: a route is built here and so has its line of the table; `checked` refuses an application
whose routes and table differ.
Rule 2: a form that somebody signed in sends carries its session's token, besides coming from our
own pages (`gateway.middleware.SameSite`).
Rule 3: whose session has ended while they filled in a form is told that nothing of it was recorded.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.answers import answer
from gateway.problems import Problem
from gateway.staff.access import (
    ANYBODY,
    FIRST_PAGES,
    ROUTES,
    Held,
    decide,
    page_above,
    page_at,
)
from gateway.staff.accounts import StaffSession
from gateway.staff.body_limits import FILE_BYTES_MAX
from gateway.staff.parts import StaffParts, parts_of
from gateway.staff.rendering import (
    FORM_FIELDS_MAX,
    FORM_READ,
    FORM_TOKEN,
    LANGUAGE_PARAMETER,
    TOKEN_DIGITS,
    address_in,
    forbidden_page,
    form_token_of,
    session_ended_page,
    session_or_none,
)
from gateway.staff.settings import StaffSettings
from gateway.staff.words import LANGUAGE_NAMES
from monitoring import metrics

Endpoint = Callable[[Request], Awaitable[Response]]

SIGN_IN_PATH, SIGN_OUT_PATH, ENROL_PATH = "/sign-in", "/sign-out", "/enrol"
LANGUAGE_COOKIE, LANGUAGE_KEPT_S = "language", 365 * 86_400
_TOKEN_CHARS_MAX = 64


class TableContradicts(Exception):
    """The routes that are served are not those of the table."""


class GuardedRoute(Route):
    """A route that asks the table first. Its form may have one file where `takes_file`."""

    takes_file = False

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the endpoint if table and method allow it, else lead on or refuse."""
        try:
            await self._handle(scope, receive, send)
        finally:
            if (form := scope.get(FORM_READ)) is not None:
                await form.close()

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.methods is not None and scope["method"] in self.methods:
            request = Request(scope, receive)
            scope["seiriken.takes_file"] = self.takes_file
            refused = await _refusal(request, allowed_of(self))
            if refused is not None:
                await refused(scope, receive, send)
                return
        elif scope["method"] == "GET":
            # What a form is sent to is asked for again after a sign-in, or typed by hand.
            await see_other(page_above(scope["path"]))(scope, receive, send)
            return
        await super().handle(scope, receive, send)


def guarded(
    method: str, path: str, endpoint: Endpoint, *, takes_file: bool = False
) -> GuardedRoute:
    """Build a route. HEAD comes with GET."""

    async def in_chosen_language(request: Request) -> Response:
        return _language_switch(request) or await endpoint(request)

    route = GuardedRoute(path, in_chosen_language, methods=[method])
    route.takes_file = takes_file
    return route


def checked(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """Return the routes as they are.

    Raises:
        TableContradicts: one is not in the table, or one of the table is missing.
    """
    listed = list(routes)
    names = [_name(route) for route in listed]
    if sorted(names) != sorted(ROUTES):
        raise TableContradicts(", ".join(sorted(set(names) ^ set(ROUTES))))
    return listed


def allowed_of(route: BaseRoute) -> frozenset[str]:
    """Return who may use a route."""
    return ROUTES[_name(route)]


def session_of(request: Request) -> StaffSession:
    """Return the session that a route's guard has found."""
    session = session_or_none(request)
    assert session is not None, "the table asks for one"
    return session


def came_from(connection: HTTPConnection) -> str:
    """Return the address that a call came from, as the edge says it."""
    settings = parts_of(connection).settings
    address = connection.client.host if connection.client else ""
    if settings.client_address_header:
        address = connection.headers.get(settings.client_address_header, address)
    return address[:45]


async def read_form(request: Request, names: Iterable[str]) -> Mapping[str, str] | Problem:
    """Read a form that may have the fields `names`, each once; others and files are refused.

    So is what nobody types and no table takes: U+0000.
    """
    form = await _form(request)
    known = {*names, FORM_TOKEN}
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile) or name not in known or name in fields or "\0" in value:
            return Problem("bad_request")
        fields[name] = value
    return fields


async def read_upload(request: Request, name: str) -> bytes | Problem:
    """Read a form that has one file and nothing else; no file is an empty one."""
    form = await _form(request)
    sent = form.get(name)
    if set(form) - {name, FORM_TOKEN} or not isinstance(sent, UploadFile):
        return Problem("bad_request")
    return await sent.read()


def see_other(path: str) -> RedirectResponse:
    """Lead on to another page."""
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)


def session_token(connection: HTTPConnection, settings: StaffSettings) -> str | None:
    """Return the session token that the browser sent."""
    token = connection.cookies.get(cookie_name(settings))
    return token if token and len(token) <= _TOKEN_CHARS_MAX else None


def cookie_name(settings: StaffSettings) -> str:
    """Return the cookie's name. It is not the residents': cookies do not know ports."""
    return "__Host-staff" if settings.cookie_secure else "staff"


def set_cookie(response: Response, settings: StaffSettings, token: str) -> None:
    """Give the browser its session; an empty token takes it away."""
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=settings.session_absolute_s if token else 0,
        path="/",
        secure=settings.cookie_secure,
        httponly=True,
        samesite="strict",
    )


def first_page(session: StaffSession) -> str:
    """Return where somebody's work begins."""
    return ENROL_PATH if session.enrolling_secret is not None else FIRST_PAGES[session.role]


async def _refusal(request: Request, allowed: frozenset[str]) -> Response | None:
    """Find out who calls; return what to answer instead of the page, None to go on."""
    parts = parts_of(request)
    await _find_session(request, parts)
    session = session_or_none(request)
    match decide(allowed, _held(session)):
        case "sign_in":
            metrics.SECURITY_EVENTS.labels("not_signed_in").inc()
            brings_work = request.method == "POST" and request.url.path != SIGN_OUT_PATH
            return session_ended_page(request) if brings_work else _to_sign_in(request)
        case "enrol":
            return see_other(ENROL_PATH)
        case "forbid":
            metrics.SECURITY_EVENTS.labels("staff_forbidden").inc()
            return forbidden_page(request)
    if request.method == "POST" and allowed != ANYBODY and not await _has_form_token(request):
        return answer(request, Problem("cross_site"))
    return None


def _to_sign_in(request: Request) -> Response:
    """Ask who calls, and keep the page that was asked for."""
    back = page_at(address_in(request)) if request.method == "GET" else ""
    return see_other(f"{SIGN_IN_PATH}?{urlencode({'back': back})}" if back else SIGN_IN_PATH)


async def _find_session(request: Request, parts: StaffParts) -> None:
    token = session_token(request, parts.settings)
    if token is None:
        return
    session = await parts.sessions.see(token, parts.clock())
    if session is not None:
        request.scope["seiriken.staff"] = session
        request.scope["seiriken.staff_token"] = token


async def _has_form_token(request: Request) -> bool:
    sent = (await _form(request)).get(FORM_TOKEN, "")
    return isinstance(sent, str) and hmac.compare_digest(
        sent[:TOKEN_DIGITS].encode(), form_token_of(request).encode()
    )


async def mark_in_form(request: Request) -> str:
    """Return what stands behind the token in the form that was sent: the mark of its call."""
    sent = (await _form(request)).get(FORM_TOKEN, "")
    return sent[TOKEN_DIGITS:] if isinstance(sent, str) else ""


async def _form(request: Request) -> FormData:
    """Read the form once: the guard looks at its token before the endpoint has it."""
    if FORM_READ not in request.scope:
        with_file = request.scope.get("seiriken.takes_file", False)
        read = form_with_file if with_file else _form_of_fields
        request.scope[FORM_READ] = await read(request)
    form = request.scope[FORM_READ]
    assert isinstance(form, FormData), "what was put there"
    return form


async def _form_of_fields(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=FORM_FIELDS_MAX)


async def form_with_file(request: Request) -> FormData:
    """Read a form that may have one file, in memory alone. Raises `HTTPException` (400)."""
    parser = _InMemory(request.headers, request.stream(), max_files=1, max_fields=FORM_FIELDS_MAX)
    try:
        return await parser.parse()
    except (MultiPartException, KeyError):
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None


class _InMemory(MultiPartParser):
    """Reads a form whose file never comes to a disk."""

    spool_max_size = FILE_BYTES_MAX + 1


def _held(session: StaffSession | None) -> Held:
    if session is None:
        return None
    return "enrolling" if session.enrolling_secret is not None else session.role


def _name(route: BaseRoute) -> str:
    if isinstance(route, Mount):
        return f"GET {route.path}"
    assert isinstance(route, GuardedRoute), "built by this module"
    methods = (route.methods or set()) - {"HEAD"}
    return f"{next(iter(methods))} {route.path}"


def _language_switch(request: Request) -> Response | None:
    """Keep a language that was chosen, and lead to the same page in it."""
    language = request.query_params.get(LANGUAGE_PARAMETER)
    if language not in LANGUAGE_NAMES or request.method not in ("GET", "HEAD"):
        return None
    response = see_other(address_in(request))
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=LANGUAGE_KEPT_S,
        path="/",
        secure=parts_of(request).settings.cookie_secure,
        httponly=True,
        samesite="lax",
    )
    return response


def static_folder(app: ASGIApp) -> Mount:
    """Build the folder of public files."""
    return Mount("/static", app)
