"""Turn values into the staff's pages: the residents' frame of style and parts, words of their own.

Rule 1: as in `gateway.rendering`: a template is given all that it shows, and every page works
without JavaScript, holding neither script nor style of its own.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway import rendering
from gateway.problems import Problem, detail, headers_of, title
from gateway.rendering import own_path
from gateway.staff.access import pages_of
from gateway.staff.accounts import StaffSession
from gateway.staff.parts import StaffParts, parts_of
from gateway.staff.words import LANGUAGE_NAMES, language_of, said

PAGES_DIRECTORY = Path(__file__).parent / "pages"
FORM_TOKEN = "form_token"  # noqa: S105 (the name of a field)


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
    content = (
        environment(language)
        .get_template(template)
        .render(
            city=settings.city_name_ja if language == "ja" else settings.city_name_en,
            path=own_path(request),
            may_switch=request.method == "GET",
            session=session,
            pages=pages_of(session.role) if session is not None and signed_in else (),
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


def error_page(request: Request, problem: Problem) -> Response:
    """Answer a problem with a page."""
    language = language_of(request)
    return render(
        request,
        "staff_error.html",
        status=problem.status,
        headers=headers_of(problem),
        title=title(problem, language),
        detail=detail(problem, language),
    )


async def fault_page(request: Request, problem: Problem) -> Response:
    """Answer a fault with a page."""
    return error_page(request, problem)


def forbidden_page(request: Request) -> Response:
    """Say that the account's role may not do this."""
    language = language_of(request)
    return render(
        request,
        "staff_error.html",
        status=403,
        title=said("forbidden.title", language),
        detail=said("forbidden.detail", language),
    )


def session_or_none(request: Request) -> StaffSession | None:
    """Return the live session that came with a request."""
    session = request.scope.get("seiriken.staff")
    return session if isinstance(session, StaffSession) else None


def form_token_of(request: Request) -> str:
    """Return what each form of a session carries; empty without a session."""
    token = request.scope.get("seiriken.staff_token")
    return form_token(parts_of(request), token) if isinstance(token, str) else ""


def form_token(parts: StaffParts, session_token: str) -> str:
    """Return the token of a session's forms: a foreign page cannot know it."""
    return hmac.digest(parts.keys.staff, b"form|" + session_token.encode(), hashlib.sha256).hex()
