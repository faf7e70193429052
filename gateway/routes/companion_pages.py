"""Who comes along, as pages: their ticket and birth date, then how to reach them.

Rule 1: a companion is confirmed as at a sign-in: one answer for every cause, failures counted
alike, so that this is no second door for guessing (R2). They are confirmed once more when the
booking is sent.
Rule 2: every "no" that is about the companion is said on the page that asks for them, beside
the field, with what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import drafting, forms, i18n, residents, standby, together
from gateway.answers import answer, count_security
from gateway.attempting import attempt_of, remember_device
from gateway.fields import FieldError
from gateway.parts import parts_of
from gateway.policies import Policy, visitor_of
from gateway.problems import Problem, detail, field_text, headers_of
from gateway.proofs import in_a_form
from gateway.rendering import render
from gateway.routes.booking_pages import CHOOSE_PATH, COMPANION_PATH, DETAILS_PATH
from gateway.routes.html import error_words, page_route, read_form, see_other, wait_path
from gateway.routes.way_in import date_from_parts
from gateway.seeking import today_of
from gateway.views import StandbyView
from waiting_room.attempts import SLOW_WINDOW_S

COMPANION_DETAILS_PATH = f"{COMPANION_PATH}/details"

_IDENTITY_FIELDS = (
    "ticket_number", "birth_era", "birth_year", "birth_month", "birth_day", "pin", "none",
    "challenge", "proof",
)  # fmt: skip
_CONTACT_FIELDS = ("name", "kana", "phone", "email")
_ON_PAGE = {"birth_date": "birth_year"}
_PLACE = "ticket_number"
"""The field at which a "no" is said that is about the companion as a whole."""

_SAID_AS: Mapping[str, str] = {
    "not_inside": "companion_turn_used",
    "not_eligible": "companion_not_eligible",
}


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    session, identified = Policy.SESSION, Policy.IDENTIFIED
    who, contact = COMPANION_PATH, COMPANION_DETAILS_PATH
    return [
        page_route(who, identity_page, methods=["GET"], policy=session),
        # What somebody typed for longer than their session lasted is kept, not thrown away.
        page_route(who, identity, methods=["POST"], policy=identified),
        page_route(contact, contact_page, methods=["GET"], policy=session),
        page_route(contact, keep_contact, methods=["POST"], policy=identified),
    ]


async def identity_page(request: Request) -> Response:
    """Ask for the companion's ticket number and birth date."""
    draft = await parts_of(request).drafts.load(visitor_of(request).person_key)
    if drafting.contact_of(draft) is None:
        return see_other(DETAILS_PATH)
    return companion_page(request, drafting.companion_typed(draft), {})


async def identity(request: Request) -> Response:
    """Confirm the companion and lead on, or keep that nobody comes along."""
    parts, visitor = parts_of(request), visitor_of(request)
    values = await read_form(request, _IDENTITY_FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    draft = await parts.drafts.load(visitor.person_key)
    if "none" in values:
        await parts.drafts.save(visitor.person_key, drafting.alone(draft))
        return see_other(CHOOSE_PATH)
    given = {
        "ticket_number": values.get("ticket_number", ""),
        "birth_date": date_from_parts(values, "birth"),
        "pin": values.get("pin", ""),
    }
    form = forms.parse_sign_in(given, parts.settings.municipality_code, today_of(parts))
    if isinstance(form, list):
        errors = error_words(request, form, _ON_PAGE)
        return companion_page(request, values, errors, Problem("invalid_input"))
    if visitor.session is None:
        # Nobody is told anything of a ticket without a session: it is kept, and asked again.
        await parts.drafts.save(visitor.person_key, drafting.with_companion(draft, form))
        return see_other(wait_path("companion"))
    if not together.may_bring(visitor):
        return await _refused(request, values, Problem("not_inside"))
    attempt = await attempt_of(request, parts, values.get("proof", ""), values.get("challenge", ""))
    confirmed = await together.confirm(parts, visitor, form, attempt)
    if isinstance(confirmed, Problem):
        return await _refused(request, values, confirmed)
    await parts.drafts.save(visitor.person_key, drafting.with_companion(draft, form))
    response = see_other(COMPANION_DETAILS_PATH)
    # Else a proof could be asked for once more when the booking is sent.
    remember_device(response, parts, attempt, confirmed.person_key)
    return response


async def contact_page(request: Request) -> Response:
    """Ask for the companion's name, phone and e-mail; two often share the last."""
    draft = await parts_of(request).drafts.load(visitor_of(request).person_key)
    if (own := drafting.contact_of(draft)) is None:
        return see_other(DETAILS_PATH)
    if drafting.companion_identity_of(draft) is None:
        return see_other(COMPANION_PATH)
    companion = drafting.companion_of(draft)
    if companion is None:
        return _contact_page(request, {"phone": own.phone, "email": own.email}, {})
    return _contact_page(request, drafting.contact_typed(companion.contact), {})


async def keep_contact(request: Request) -> Response:
    """Keep the companion's name, phone and e-mail."""
    parts, visitor = parts_of(request), visitor_of(request)
    values = await read_form(request, _CONTACT_FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    contact = forms.parse_contact(values)
    if isinstance(contact, list):
        return _contact_page(request, values, error_words(request, contact), status=422)
    draft = await parts.drafts.load(visitor.person_key)
    await parts.drafts.save(visitor.person_key, drafting.with_companion_contact(draft, contact))
    return see_other(CHOOSE_PATH if visitor.session is not None else wait_path("choose"))


async def companion_errors(request: Request, problem: Problem) -> dict[str, str]:
    """Return what a "no" says of the companion, by the field; empty if it is not about them."""
    if "challenge" in problem.params:
        return {}  # Nothing is wrong with what was typed.
    language = i18n.language_of(request)
    if problem.errors:
        return {_PLACE: field_text(problem.errors[0], language)}
    if problem.code in ("companion_not_confirmed", "too_many_attempts"):
        return {_PLACE: detail(problem, language)}
    if (code := await _said_as(request, problem)) is None:
        return {}
    return {_PLACE: field_text(FieldError(_PLACE, code), language)}


async def _said_as(request: Request, problem: Problem) -> str | None:
    """Return the words for a refusal of both that the companion is the cause of."""
    parts, visitor = parts_of(request), visitor_of(request)
    if problem.code == "already_booked":
        is_mine = not isinstance(await residents.held(parts, visitor), Problem)
        return None if is_mine else "companion_booked"
    if problem.code == "on_standby":
        is_mine = isinstance(await standby.on_list(parts, visitor), StandbyView)
        return None if is_mine else "companion_on_standby"
    return _SAID_AS.get(problem.code)


def companion_page(
    request: Request,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    problem: Problem | None = None,
) -> Response:
    """Answer with the page that asks who comes along; `problem` gives its status, and the proof."""
    if problem is not None and "challenge" not in problem.params:
        count_security(problem)
    challenge = None if problem is None else problem.params.get("challenge")
    return render(
        request,
        "companion.html",
        status=200 if problem is None else problem.status,
        headers=None if problem is None else headers_of(problem),
        values=values,
        errors=errors,
        has_pins=parts_of(request).reads.has_pins,
        challenge=in_a_form(challenge) if isinstance(challenge, dict) else "",
        wait_s=SLOW_WINDOW_S,
    )


async def _refused(request: Request, values: Mapping[str, str], problem: Problem) -> Response:
    return companion_page(request, values, await companion_errors(request, problem), problem)


def _contact_page(
    request: Request, values: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> Response:
    return render(request, "companion_details.html", status=status, values=values, errors=errors)
