"""Who comes along with a caller, as pages: ticket and birth date, then how to reach them.

Rule 1: every "no" that is about the companion is said on the page that asks for them, at the
field, with what was typed.
Rule 2: the same page finds the second of two who hold bookings already, to see and cancel them.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import drafting
from gateway.answers import FAULTS, answer, count_security
from gateway.fields import FieldError
from gateway.problems import Problem, detail, headers_of, title
from gateway.seeking import today_of
from gateway.staff import call_details, companions, identity_fields
from gateway.staff.call_booking_pages import CHOOSE_PATH, COMPANION_PATH, DETAILS_PATH
from gateway.staff.calls import CALL_PATH, Call, in_call
from gateway.staff.guard import guarded, read_form, see_other
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said

CONTACT_PATH = f"{COMPANION_PATH}/details"

_IDENTITY_FIELDS = (*identity_fields.FIELDS, "none")
_PLACE = "ticket_number"
"""The field at which a "no" is said that is about the companion as a whole."""


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", COMPANION_PATH, in_call(identity_page)),
        guarded("POST", COMPANION_PATH, in_call(identity)),
        guarded("GET", CONTACT_PATH, in_call(contact_page)),
        guarded("POST", CONTACT_PATH, in_call(keep_contact)),
    ]


async def identity_page(request: Request, call: Call) -> Response:
    """Ask for the companion's ticket number and birth date."""
    draft = await call.draft(parts_of(request))
    return companion_page(request, draft, typed_of_companion(request, draft), {})


async def identity(request: Request, call: Call) -> Response:
    """Note the look, confirm the companion and lead on; or keep that nobody comes along."""
    parts = parts_of(request)
    values = await read_form(request, _IDENTITY_FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    draft = await call.draft(parts)
    if "none" in values:
        await call.keep(parts, drafting.without_companion(draft))
        return see_other(CHOOSE_PATH if drafting.is_accompanied(draft) else CALL_PATH)
    form = identity_fields.parse(values, parts.settings.municipality_code, today_of(parts))
    if isinstance(form, list):
        errors = _words(request, form)
        return companion_page(request, draft, values, errors, Problem("invalid_input"))
    try:
        confirmed = await companions.confirm(request, call, form)
    except tuple(FAULTS) as fault:
        confirmed = Problem(FAULTS[type(fault)])
    if isinstance(confirmed, Problem):
        said_of = await companion_errors(request, call, confirmed)
        return companion_page(request, draft, values, said_of, confirmed)
    is_to_book = drafting.is_accompanied(draft)
    kept = drafting.with_companion(draft, form)
    if not is_to_book:
        kept = drafting.without_companion(draft) | drafting.companion_kept(kept)
    await call.keep(parts, kept)
    return see_other(CONTACT_PATH if is_to_book else CALL_PATH)


async def contact_page(request: Request, call: Call) -> Response:
    """Ask how to reach the companion; two often share phone and e-mail."""
    draft = await call.draft(parts_of(request))
    if (own := drafting.contact_of(draft)) is None:
        return see_other(DETAILS_PATH)
    if not drafting.is_accompanied(draft) or drafting.companion_identity_of(draft) is None:
        return see_other(COMPANION_PATH)
    companion = drafting.companion_of(draft)
    if companion is None:
        return _contact_page(request, draft, {"phone": own.phone, "email": own.email}, {})
    return _contact_page(request, draft, drafting.contact_typed(companion.contact), {})


async def keep_contact(request: Request, call: Call) -> Response:
    """Keep how to reach the companion."""
    parts = parts_of(request)
    values = await read_form(request, call_details.COMPANION_FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    draft = await call.draft(parts)
    if not drafting.is_accompanied(draft):
        # An old tab's form: another window has chosen since that nobody comes along.
        return see_other(CALL_PATH)
    contact = call_details.parse_companion(values, draft.get("confirmation", ""))
    if isinstance(contact, list):
        return _contact_page(request, draft, values, _words(request, contact))
    await call.keep(parts, drafting.with_companion_contact(draft, contact))
    return see_other(CHOOSE_PATH)


async def companion_errors(request: Request, call: Call, problem: Problem) -> dict[str, str]:
    """Return what a "no" says of the companion, by the field; empty if it is not about them."""
    language = language_of(request)
    if problem.code == "too_many_attempts":
        return {_PLACE: str(detail(problem, language))}
    cause = await companions.cause_of(parts_of(request), call, problem)
    return {} if cause is None else {_PLACE: said(f"companion.no.{cause}", language)}


def typed_of_companion(request: Request, draft: Mapping[str, str]) -> dict[str, str]:
    """Return who comes along as the fields of this page."""
    typed = drafting.companion_typed(draft)
    if (identity := drafting.companion_identity_of(draft)) is None:
        return typed
    own_code = parts_of(request).settings.municipality_code
    return typed | identity_fields.foreign_code(identity.municipality_code, own_code)


def companion_page(
    request: Request,
    draft: Mapping[str, str],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    problem: Problem | None = None,
) -> Response:
    """Answer with the page that asks who comes along; a problem gives its status."""
    language = language_of(request)
    if problem is not None:
        count_security(problem)
    is_elsewhere = problem is not None and not errors
    return render(
        request,
        "staff_call_companion.html",
        status=200 if problem is None else problem.status,
        headers=None if problem is None else headers_of(problem),
        is_to_book=drafting.is_accompanied(draft),
        is_known=drafting.companion_identity_of(draft) is not None,
        values=values,
        errors=errors,
        has_pins=parts_of(request).reads.has_pins,
        problem={"title": title(problem, language), "detail": detail(problem, language)}
        if problem is not None and is_elsewhere
        else None,
    )


def _contact_page(
    request: Request, draft: Mapping[str, str], values: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    return render(
        request,
        "staff_call_companion_details.html",
        status=422 if errors else 200,
        by_mail=draft.get("confirmation") == "mail",
        values=values,
        errors=errors,
    )


def _words(request: Request, errors: list[FieldError]) -> dict[str, str]:
    return identity_fields.words(errors, language_of(request))
