"""What all routes of pages share: read a form, lead on, answer a problem with a page.

Rule 1: a form that was sent is answered by leading on (303), or by the same page with what
was typed and what is wrong with it: nothing typed is lost.
Rule 2: nothing personal stands in a URL. What is kept between pages is the sealed draft.
Rule 3: what was sent while a part was away stands in the page that says so, to be sent again.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway import forms, i18n, languages
from gateway.fields import FieldError
from gateway.form_tokens import FORM_TOKEN
from gateway.parts import parts_of
from gateway.policies import Policy, PolicyRoute, policy_route
from gateway.problems import Problem, detail, field_text, headers_of, title
from gateway.rendering import own_path, render
from gateway.sessions import session_token

SIGN_IN_PATH = "/sign-in"
WAIT_PATH = "/wait"
LANGUAGE_PARAMETER = "language"
LANGUAGE_KEPT_S = 365 * 86_400

_WAY_BACK = re.compile(
    r"my-booking|change|cancel|details|companion(/details)?|first-dose|choose(/[0-9]{4}-[0-9]{2}-[0-9]{2})?|check|standby"
)
"""Pages that somebody may be led back to after signing in, or coming in again."""

_KEPT_IS_SAID = frozenset({"away", "not_ready", "internal_error"})
"""Problems whose own words say that place and booking are kept."""

_NOTHING_TO_KEEP = frozenset({"release_closed", "not_eligible", "not_open_yet"})
"""Problems of people who have neither place nor booking."""

_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

PageEndpoint = Callable[[Request], Awaitable[Response]]
Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ProblemShown:
    """A problem in the reader's words."""

    title: str
    detail: str


def page_route(
    path: str, endpoint: PageEndpoint, *, methods: Sequence[str], policy: Policy
) -> PolicyRoute:
    """Build the route of a page; its language can be changed with `?language=`."""

    async def in_chosen_language(request: Request) -> Response:
        return language_switch(request) or await endpoint(request)

    return policy_route(path, in_chosen_language, methods=methods, policy=policy)


def language_switch(request: Request) -> Response | None:
    """Keep a language that was chosen, and lead to the same page in it."""
    language = request.query_params.get(LANGUAGE_PARAMETER)
    if language not in languages.LANGUAGES or request.method not in ("GET", "HEAD"):
        return None
    others = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name != LANGUAGE_PARAMETER
    ]
    path = own_path(request)
    response = see_other(f"{path}?{urlencode(others)}" if others else path)
    response.set_cookie(
        languages.LANGUAGE_COOKIE,
        language,
        max_age=LANGUAGE_KEPT_S,
        path="/",
        secure=parts_of(request).settings.cookie_secure,
        httponly=True,
        samesite="lax",
    )
    return response


def see_other(path: str) -> RedirectResponse:
    """Lead on to another page."""
    return RedirectResponse(path, status_code=303)


async def read_form(request: Request, names: Collection[str]) -> dict[str, str] | Problem:
    """Read a form that may have the fields `names`, each once; others and files are refused.

    The form's token is not among what is returned: it was looked at before (`gateway.form_tokens`).
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in _FORM_TYPES:
        return Problem("unsupported_media_type")
    form = await request.form(max_files=0, max_fields=forms.FIELDS_MAX)
    fields: dict[str, str] = {}
    known = {*names, FORM_TOKEN}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile) or name not in known or name in fields:
            return Problem("bad_request")
        fields[name] = value
    fields.pop(FORM_TOKEN, None)
    return fields


async def read_request_id(request: Request) -> UUID | Problem:
    """Read a form that has a request id and nothing else."""
    values = await read_form(request, ("request_id",))
    if isinstance(values, Problem):
        return values
    request_id = forms.parse_request_id(values.get("request_id"))
    return Problem("bad_request") if isinstance(request_id, list) else request_id


def problem_shown(request: Request, problem: Problem) -> ProblemShown:
    """Put a problem into the reader's words."""
    language = i18n.language_of(request)
    return ProblemShown(title(problem, language), detail(problem, language))


def error_words(
    request: Request, errors: Sequence[FieldError], places: dict[str, str] | None = None
) -> dict[str, str]:
    """Return what is wrong by the id of the field to mend; of several faults the first.

    `places` says which id stands for a field that the page shows as several.
    """
    language = i18n.language_of(request)
    words: dict[str, str] = {}
    for error in errors:
        place = (places or {}).get(error.field, error.field)
        words.setdefault(place, field_text(error, language))
    return words


async def fault_response(request: Request, problem: Problem) -> Response:
    """Answer a fault with a page; from it, a form that met the fault can be sent again."""
    sent = await _fields_sent(request) if request.method == "POST" else None
    return error_response(request, problem, sent)


async def _fields_sent(request: Request) -> Fields | None:
    """Return the fields of a form that was not taken; None if it cannot be read."""
    try:
        form = await request.form(max_files=0, max_fields=forms.FIELDS_MAX)
    except HTTPException:
        return None
    sent = ((name, value) for name, value in form.multi_items() if isinstance(value, str))
    return [(name, value) for name, value in sent if name != FORM_TOKEN]


def error_response(request: Request, problem: Problem, sent: Fields | None = None) -> Response:
    """Answer a problem with a page. `sent` is what may be sent again.

    Who has to sign in first, or to wait for their turn, is led there.
    """
    if (switched := language_switch(request)) is not None:
        return switched
    if problem.code == "not_signed_in":
        return see_other(sign_in_path(request))
    if problem.code == "not_inside":
        return see_other(wait_path(page_asked(request)))
    headers = headers_of(problem)
    shown = problem_shown(request, problem)
    if problem.code == "maintenance":
        return render(
            request,
            "maintenance.html",
            status=problem.status,
            headers=headers,
            problem=shown,
            sent=sent,
        )
    may_retry = request.method == "GET" and problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return render(
        request,
        "error.html",
        status=problem.status,
        headers=headers,
        problem=shown,
        says_kept=says_kept(problem),
        may_retry=may_retry,
        retry_s=headers.get("Retry-After") if may_retry else None,
        sent=sent,
        leads_to="sign-in" if problem.code == "too_many_attempts" else "start",
    )


def says_kept(problem: Problem) -> bool:
    """Say whether a reader is to be told that place and booking are kept."""
    return problem.code not in _KEPT_IS_SAID | _NOTHING_TO_KEEP


def sign_in_path(request: Request) -> str:
    """Return the path of the sign-in page that leads back to the page that was asked for.

    It says whether a session has ended, or there was none.
    """
    had_session = session_token(request, parts_of(request).settings) is not None
    back = page_asked(request)
    again = {"again": "ended" if had_session else "yes"} | ({"back": back} if back else {})
    return f"{SIGN_IN_PATH}?{urlencode(again, safe='/')}"


def page_asked(request: Request) -> str:
    """Return the way back to the page that a request is about, by its name; else nothing."""
    path = request.url.path.strip("/")
    return way_back(path) or way_back(path.partition("/")[0])


def way_back(asked: str) -> str:
    """Return the page to lead back to, without its first slash, if it is one of ours; else nothing.

    What was asked stood in a URL or a form, where anybody may write.
    """
    return asked if _WAY_BACK.fullmatch(asked) else ""


def wait_path(back: str) -> str:
    """Return the path of the waiting page that leads back to a page of ours, if one is given."""
    return f"{WAIT_PATH}?{urlencode({'back': back}, safe='/')}" if back else WAIT_PATH
