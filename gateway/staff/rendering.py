"""Turn values into the staff's pages: the residents' frame of style and parts, words of their own.

Rule 1: as in `gateway.rendering`: a template is given all that it shows, and every page works
without JavaScript, holding neither script nor style of its own.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway import i18n, rendering
from gateway.problems import Problem, detail, headers_of, title
from gateway.rendering import own_path
from gateway.session_end import SessionEnd
from gateway.staff import body_limits
from gateway.staff.access import groups_of, page_above, page_at, section_of
from gateway.staff.accounts import StaffSession
from gateway.staff.parts import StaffParts, parts_of
from gateway.staff.words import LANGUAGE_NAMES, language_of, said

PAGES_DIRECTORY = Path(__file__).parent / "pages"
LANGUAGE_PARAMETER = "language"
CALL_MARK = "seiriken.call_mark"
"""Where a call leaves its mark for the forms of its pages (`gateway.staff.calls`)."""
TOKEN_DIGITS = 64
FORM_TOKEN = "form_token"  # noqa: S105 (the name of a field)
FORM_READ, FORM_FIELDS_MAX = "seiriken.form", 32
"""Where the guard leaves a form that it has read, and how many fields one may have."""
SENT_AGAIN_BELOW = ("/caller", "/venue", "/walk-in")
"""Where a form that met a fault can be sent once more: nothing there is done twice."""


@cache
def environment(language: str) -> Environment:
    """Make the Jinja environment in which the staff's pages of one language are rendered."""
    base = rendering.environment(language)
    assert base.loader is not None, "the residents' pages have one"
    made = base.overlay(loader=ChoiceLoader([FileSystemLoader(PAGES_DIRECTORY), base.loader]))
    made.globals = {
        **base.globals,
        "said": partial(said, language=language),
        "language_names": LANGUAGE_NAMES,
        "resident_languages": base.globals["language_names"],
    }
    return made


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **shown: object,
) -> HTMLResponse:
    """Answer with a page in the reader's language."""
    parts, language = parts_of(request), language_of(request)
    settings, session = parts.settings, session_or_none(request)
    signed_in = session is not None and session.enrolling_secret is None
    own = own_path(request)
    end = session_end_of(parts, session, language) if session is not None and signed_in else None
    content = (
        environment(language)
        .get_template(template)
        .render(
            city=settings.city_name_ja if language == "ja" else settings.city_name_en,
            path=own,
            section=section_of(own),
            address_in=partial(address_in, request),
            may_switch=request.method == "GET",
            belongs_to="" if request.method == "GET" else page_at(own) or page_above(own),
            session=session,
            session_end=end,
            bar=groups_of(session.role) if session is not None and signed_in else {},
            form_token=form_token_of(request),
            **shown,
        )
    )
    response = HTMLResponse(content, status_code=status, headers=dict(headers or {}))
    response.headers["content-language"] = language
    response.headers["vary"] = "Accept-Language, Cookie"
    return response


def render_letter(request: Request, letter_language: str, **shown: object) -> HTMLResponse:
    """Answer with a letter in a resident's language, made of the residents' own words."""
    settings = parts_of(request).settings
    is_japanese = letter_language.startswith("ja")
    content = (
        letter_environment(letter_language)
        .get_template("staff_letter.html")
        .render(
            city=settings.city_name_ja if is_japanese else settings.city_name_en,
            phone_desk=settings.phone_desk,
            staff_language=language_of(request),
            **shown,
        )
    )
    response = HTMLResponse(content)
    response.headers["content-language"] = letter_language
    return response


@cache
def letter_environment(language: str) -> Environment:
    """Make the Jinja environment in which the letters of one language are rendered."""
    base = rendering.environment(language)
    assert base.loader is not None, "the residents' pages have one"
    return base.overlay(loader=ChoiceLoader([FileSystemLoader(PAGES_DIRECTORY), base.loader]))


def error_page(
    request: Request, problem: Problem, sent: Sequence[tuple[str, str]] = ()
) -> Response:
    """Answer a problem with a page. `sent` are the fields of what may be sent again."""
    language = language_of(request)
    return render(
        request,
        "staff_error.html",
        status=problem.status,
        headers=headers_of(problem),
        title=title(problem, language),
        detail=_own_words(request, problem, language) or detail(problem, language),
        sent=sent,
        sent_to=address_in(request),
    )


def _own_words(request: Request, problem: Problem, language: str) -> str:
    """Say what residents are told in other words, of their place and booking; else nothing."""
    match problem.code:
        case "internal_error":
            return said("error.fault", language)
        case "not_found":
            return said("error.not_found", language)
        case "too_large":
            return _limit_told(request, language)
    return ""


def _limit_told(request: Request, language: str) -> str:
    """Say how much may be sent to a page that takes more than a form; of others nothing."""
    match request.url.path:
        case body_limits.ROSTER_PATH:
            megabytes = body_limits.FILE_BYTES_MAX // body_limits.MEBIBYTE
            return said("too_large.roster", language, megabytes=megabytes)
        case body_limits.PLANS_PATH:
            return said("too_large.plans", language, kilobytes=body_limits.PLAN_TEXT_KB_MAX)
    return ""


async def fault_page(request: Request, problem: Problem) -> Response:
    """Answer a fault with a page; from it, a form of the desks can be sent again."""
    is_kept = request.method == "POST" and request.url.path.startswith(SENT_AGAIN_BELOW)
    return error_page(request, problem, await _fields_sent(request) if is_kept else ())


async def _fields_sent(request: Request) -> Sequence[tuple[str, str]]:
    """Return the fields of a form that was not taken; none if it cannot be read."""
    try:
        form = request.scope.get(FORM_READ) or await request.form(
            max_files=0, max_fields=FORM_FIELDS_MAX
        )
    except HTTPException:
        return ()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def forbidden_page(request: Request) -> Response:
    """Say that the account's role may not do this."""
    language = language_of(request)
    return render(
        request,
        "staff_error.html",
        status=403,
        title=said("forbidden.title", language),
        detail=said("forbidden.detail", language),
        sent=(),
    )


def session_ended_page(request: Request) -> Response:
    """Say to who sent a form after their session that nothing of it was recorded."""
    back = page_at(request.url.path) or _page_before(request)
    return sign_in_page(request, status=401, has_ended=True, back=back)


def _page_before(request: Request) -> str:
    """Return which of our pages a form was on, as far as its browser says."""
    try:
        before = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    return page_at(f"{before.path}?{before.query}")


def sign_in_page(
    request: Request,
    *,
    status: int = 200,
    login: str = "",
    refused: bool = False,
    has_ended: bool = False,
    back: str = "",
) -> Response:
    """Ask who somebody is, with what went wrong before; `back` is the page to go on at."""
    return render(
        request,
        "staff_sign_in.html",
        status=status,
        values={"login": login},
        errors={},
        refused=refused,
        has_ended=has_ended,
        back=back,
    )


def address_in(request: Request, language: str | None = None) -> str:
    """Return the address that was asked for, with what chooses a language or without."""
    asked = request.query_params.multi_items()
    kept = [(name, value) for name, value in asked if name != LANGUAGE_PARAMETER]
    query = urlencode([*kept, (LANGUAGE_PARAMETER, language)] if language else kept)
    return f"{own_path(request)}?{query}" if query else own_path(request)


def session_end_of(parts: StaffParts, session: StaffSession, language: str) -> SessionEnd:
    """Return when a session ends, as its pages tell it."""
    now, until, settings = parts.clock(), session.idle_until, parts.settings
    return SessionEnd(
        settings.session_idle_s,
        settings.session_absolute_s,
        left=str(max(0, int((until - now).total_seconds()))),
        most=str(max(0, int((session.ends_at - now).total_seconds()))),
        until=until.isoformat(timespec="seconds"),
        until_words=i18n.time_text(until, language),
    )


def session_or_none(request: Request) -> StaffSession | None:
    """Return the live session that came with a request."""
    session = request.scope.get("seiriken.staff")
    return session if isinstance(session, StaffSession) else None


def form_token_of(request: Request) -> str:
    """Return what each form of a session carries; empty without a session.

    In a call the call's mark stands behind it.
    """
    token = request.scope.get("seiriken.staff_token")
    own = form_token(parts_of(request), token) if isinstance(token, str) else ""
    return own + str(request.scope.get(CALL_MARK, ""))


def form_token(parts: StaffParts, session_token: str) -> str:
    """Return the token of a session's forms: a foreign page cannot know it."""
    return hmac.digest(parts.keys.staff, b"form|" + session_token.encode(), hashlib.sha256).hex()
