"""A call, as pages: come in for a caller, see what they hold, print their letter, end the call."""

from __future__ import annotations

from typing import Literal
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import after_booking, standby
from gateway.answers import answer
from gateway.languages import LANGUAGES
from gateway.problems import Problem, detail, title
from gateway.seeking import today_of
from gateway.staff import calls, companions
from gateway.staff.caller_pages import asked_in, shown
from gateway.staff.callers import look_up
from gateway.staff.calls import CALL_PATH, CALLER_PATH, END_PATH, Call, in_call
from gateway.staff.guard import guarded, see_other
from gateway.staff.parts import StaffParts, parts_of
from gateway.staff.rendering import render, render_letter
from gateway.staff.words import language_of, said
from gateway.step_up import is_texted
from gateway.views import StandbyView

Done = Literal["booked", "changed", "cancelled"]
DONE = "done"
"""In a call's draft: what was decided a moment ago, to be said once."""


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("POST", f"{CALLER_PATH}/begin", beginning),
        guarded("GET", CALL_PATH, in_call(call_page)),
        guarded("POST", END_PATH, in_call(ending)),
        guarded("GET", f"{CALL_PATH}/letter", in_call(letter_page)),
    ]


async def beginning(request: Request) -> Response:
    """Come in for a caller who was called; else show how they stand."""
    asked = await asked_in(request)
    if isinstance(asked, Response):
        return asked
    begun = await calls.begin(request, asked)
    if isinstance(begun, Problem):
        if begun.code == "not_your_turn":
            return shown(request, asked, await look_up(parts_of(request), asked))
        return shown(request, asked, begun)
    response = see_other(CALL_PATH)
    calls.set_cookie(response, parts_of(request).settings, begun)
    return response


async def call_page(request: Request, call: Call) -> Response:
    """Show what the caller holds, and what can be done for them."""
    return await show_call(request, call)


async def show_call(request: Request, call: Call, problem: Problem | None = None) -> Response:
    """Show the same, with why something was refused."""
    parts, language = parts_of(request), language_of(request)
    kept = await after_booking.kept(parts, call.visitor)
    place = await standby.on_list(parts, call.visitor) if isinstance(kept, Problem) else None
    held = None if isinstance(kept, Problem) else kept
    has_first = held is not None and any(dose.dose == 1 for dose in held.view.doses)
    draft = await call.draft(parts)
    if done := draft.pop(DONE, ""):
        await call.keep(parts, draft)
    companion = companions.beside(parts, call, draft)
    return render(
        request,
        "staff_call.html",
        status=200 if problem is None else problem.status,
        visitor=call.visitor,
        kept=held,
        has_first=has_first,
        may_second=has_first
        or (held is not None and held.view.booking.first_dose_elsewhere is not None),
        place=place if isinstance(place, StandbyView) else None,
        companion=None if companion is None else companion.visitor,
        companion_kept=await _kept_beside(parts, companion),
        has_reminders=held is not None and _can_be_reminded(parts, held),
        done=done,
        wants_letter=draft.get("confirmation") == "letter",
        request_id=str(uuid4()),
        problem=None
        if problem is None
        else {"title": title(problem, language), "detail": detail(problem, language)},
    )


def _can_be_reminded(parts: StaffParts, held: after_booking.Kept) -> bool:
    contact = held.held.contact
    return bool(contact.email) or is_texted(contact, has_texts=parts.settings.short_messages)


async def _kept_beside(parts: StaffParts, companion: Call | None) -> after_booking.Kept | None:
    """Return what the companion holds, None for nothing or nobody."""
    if companion is None:
        return None
    kept = await after_booking.kept(parts, companion.visitor)
    return None if isinstance(kept, Problem) else kept


async def ending(request: Request, call: Call) -> Response:
    """End the call."""
    await calls.end(request, call)
    response = see_other(CALLER_PATH)
    calls.set_cookie(response, parts_of(request).settings, "")
    return response


async def letter_page(request: Request, call: Call) -> Response:
    """Show the confirmation as a letter of one sheet, in the caller's language, for both of two."""
    parts = parts_of(request)
    kept = await after_booking.kept(parts, call.visitor)
    if isinstance(kept, Problem):
        return see_other(CALL_PATH)
    draft = await call.draft(parts)
    wanted = request.query_params.get("in", draft.get("language", "ja"))
    if wanted not in LANGUAGES:
        return answer(request, Problem("not_found"))
    await calls.note(request, call, "letter_shown")
    companion = companions.beside(parts, call, draft)
    theirs = await _kept_beside(parts, companion)
    if companion is not None and theirs is not None:
        await calls.note(request, companion, "letter_shown")
    language = language_of(request)
    return render_letter(
        request,
        wanted,
        held=kept.view,
        name=kept.held.contact.name,
        companion=None if theirs is None else theirs.view,
        companion_name="" if theirs is None else theirs.held.contact.name,
        today=today_of(parts),
        back=said("call.back", language),
        how=said("call.letter_how", language),
        choose=said("call.letter_language", language),
    )
