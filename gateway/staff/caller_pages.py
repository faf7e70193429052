"""The clerk's pages: find who rings, and give them their place in the line.

Rule 1: nothing of a caller stands in a URL, and what is shown is nowhere kept: to look again is
another look, with its own line in the journal.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.model import SITE_TIMEZONE
from gateway.answers import answer
from gateway.forms import SignInForm
from gateway.problems import Problem
from gateway.staff import identity_fields
from gateway.staff.callers import Asked, Caller, look_up, take_place
from gateway.staff.calls import CALLS_LOST
from gateway.staff.guard import came_from, guarded, read_form, session_of
from gateway.staff.journal import REASONS
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said

_FIELDS = (*identity_fields.FIELDS, "reason")


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", "/caller", caller_page),
        guarded("POST", "/caller", looking_up),
        guarded("POST", "/caller/place", taking_place),
    ]


async def caller_page(request: Request) -> Response:
    """Ask who rings, and why they are looked up."""
    lost = request.query_params.get("call", "")
    return _form_page(request, {}, {}, lost=lost if lost in CALLS_LOST else "")


async def looking_up(request: Request) -> Response:
    """Note the look, and show how the caller stands."""
    asked = await asked_in(request)
    if isinstance(asked, Response):
        return asked
    return shown(request, asked, await look_up(parts_of(request), asked))


async def taking_place(request: Request) -> Response:
    """Note the act, and give the caller their place."""
    asked = await asked_in(request)
    if isinstance(asked, Response):
        return asked
    return shown(request, asked, await take_place(parts_of(request), asked))


async def asked_in(request: Request) -> Asked | Response:
    """Read who is asked about; a page that says what is wrong, where something is."""
    parts, language = parts_of(request), language_of(request)
    values = await read_form(request, _FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    today = parts.clock().astimezone(SITE_TIMEZONE).date()
    form = identity_fields.parse(values, parts.settings.municipality_code, today)
    errors = identity_fields.words(form if isinstance(form, list) else (), language)
    reason = values.get("reason", "")
    if reason not in REASONS:
        errors["reason"] = said("caller.reason_missing", language)
    if errors or not isinstance(form, SignInForm):
        return _form_page(request, dict(values), errors)
    return Asked(session_of(request), form, reason, came_from(request))


def _form_page(
    request: Request,
    values: dict[str, str],
    errors: dict[str, str],
    refused: str = "",
    status: int = 200,
    lost: str = "",
) -> Response:
    return render(
        request,
        "staff_caller.html",
        status=422 if errors else status,
        values=values,
        errors=errors,
        refused=refused,
        lost=lost,
        reasons=REASONS,
        has_pins=parts_of(request).reads.has_pins,
    )


def shown(request: Request, asked: Asked, found: Caller | Problem) -> Response:
    """Show how a caller stands; where they were not confirmed, the form with what was typed."""
    if isinstance(found, Caller):
        return render(request, "staff_found.html", caller=found, reason=asked.reason)
    if found.code not in ("identity_not_confirmed", "too_many_attempts"):
        return answer(request, found)
    born = asked.form.birth_date
    values = {
        "ticket_number": asked.form.ticket_number,
        "birth_year": str(born.year),
        "birth_month": str(born.month),
        "birth_day": str(born.day),
        "reason": asked.reason,
        **identity_fields.foreign_code(
            asked.form.municipality_code, parts_of(request).settings.municipality_code
        ),
    }
    language = language_of(request)
    if found.code == "too_many_attempts":
        return _form_page(request, values, {}, said("caller.too_many", language), status=429)
    refused = said("caller.not_confirmed", language)
    return _form_page(request, values, {}, refused, status=404)
