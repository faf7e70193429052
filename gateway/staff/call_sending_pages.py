"""Check, send, and hear what was decided for a caller; change, the standby list.

The rules are those of the residents' pages (`gateway.routes.sending_pages`): "booked" is said only
of what the allocator answered, a form that is sent twice is one request, and what is sent is what
the page showed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import after_booking, drafting, forms, residents, standby
from gateway.acting import ActingParts
from gateway.answers import answer
from gateway.drafting import Draft
from gateway.fields import Doses
from gateway.identity import Visitor
from gateway.problems import Problem, detail, title
from gateway.residents import Answered, Undecided
from gateway.routes.sending_pages import CHECKING_REFRESH_S, PASSING
from gateway.seeking import doses_of_choice, offers_for, sought_by, standby_wish
from gateway.staff import call_details, companions
from gateway.staff.call_booking_pages import (
    CHECK_PATH,
    CHOOSE_PATH,
    before_choosing,
)
from gateway.staff.call_companion_pages import companion_errors, companion_page, typed_of_companion
from gateway.staff.call_pages import DONE, Done, show_call
from gateway.staff.calls import CALL_PATH, Call, carried_out, in_call
from gateway.staff.guard import guarded, read_form, see_other
from gateway.staff.journal import Act
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of

Errand = Callable[[ActingParts, Visitor, UUID], Awaitable[Answered]]

DOSES = ("both", "second")


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", CHECK_PATH, in_call(check_page)),
        guarded("POST", CHECK_PATH, in_call(send)),
        guarded("GET", f"{CALL_PATH}/checking/{{request_id}}", in_call(checking)),
        guarded("POST", f"{CALL_PATH}/change", in_call(change)),
        guarded("POST", f"{CALL_PATH}/standby", in_call(join)),
        guarded("POST", f"{CALL_PATH}/standby/accept", in_call(accept)),
        guarded("POST", f"{CALL_PATH}/standby/leave", in_call(leave)),
        guarded("POST", f"{CALL_PATH}/reminders", in_call(remind)),
    ]


async def check_page(request: Request, call: Call) -> Response:
    """Show everything once more, to be read to the caller before it is sent."""
    return await _check_page(request, call, str(uuid4()))


async def _check_page(
    request: Request,
    call: Call,
    request_id: str,
    problem: Problem | None = None,
    *,
    changed: bool = False,
) -> Response:
    parts, language = parts_of(request), language_of(request)
    draft = await call.draft(parts)
    choice = drafting.choice_of(draft)
    if (step := before_choosing(draft)) is not None:
        return see_other(step)
    purpose, catalogue = drafting.purpose_of(draft), parts.reads.catalogue
    doses = () if choice is None else doses_of_choice(catalogue, choice, purpose)
    if not doses:
        return see_other(CHOOSE_PATH)
    return render(
        request,
        "staff_call_check.html",
        status=409 if changed else 200 if problem is None else problem.status,
        purpose=purpose,
        doses=doses,
        product=catalogue.products[doses[0].slot.product_id],
        visitor=call.visitor,
        contact=drafting.contact_of(draft),
        companion=drafting.companion_of(draft) if purpose == "together" else None,
        confirmation=draft.get("confirmation", ""),
        first_dose=drafting.first_dose_of(draft),
        request_id=request_id,
        mark=drafting.mark_of(draft),
        changed=changed,
        problem=None
        if problem is None
        else {"title": title(problem, language), "detail": detail(problem, language)},
    )


async def send(request: Request, call: Call) -> Response:
    """Send the request to the allocator and lead on to its answer."""
    parts = parts_of(request)
    values = await read_form(request, ("request_id", "shown"))
    if isinstance(values, Problem):
        return answer(request, values)
    request_id = forms.parse_request_id(values.get("request_id"))
    if isinstance(request_id, list):
        return answer(request, Problem("bad_request"))
    draft = await call.draft(parts)
    if drafting.choice_of(draft) is None:
        # Sent a second time after its answer came: the draft is gone, the answer is not.
        return see_other(f"{CALL_PATH}/checking/{request_id}")
    if values.get("shown") != drafting.mark_of(draft):
        return await _check_page(request, call, str(uuid4()), changed=True)
    if (step := before_choosing(draft)) is not None:
        return see_other(step)
    act: Act = "change_sent" if "change" in draft else "booking_sent"
    answered = await carried_out(
        request,
        call,
        act,
        lambda: _sent(request, call, request_id, draft),
    )
    if isinstance(answered, Problem) and answered.code in PASSING:
        return await _check_page(request, call, str(request_id), problem=answered)
    return await lead_on(request, call, answered, "changed" if "change" in draft else "booked")


async def _sent(request: Request, call: Call, request_id: UUID, draft: Draft) -> Answered:
    parts = parts_of(request)
    choice, contact = drafting.choice_of(draft), drafting.contact_of(draft)
    assert choice is not None, "whoever sends has chosen"
    if "change" in draft:
        doses: Doses = "both" if draft["change"] == "both" else "second"
        form = forms.ChangeForm(doses, (choice,))
        return await residents.change(parts, call.visitor, request_id, form)
    if drafting.is_accompanied(draft):
        return await companions.book_both(request, call, request_id, draft)
    assert contact is not None, "the time is chosen after the details"
    booking = forms.BookingForm(
        contact, (choice,), drafting.first_dose_of(draft), drafting.reminders_of(draft)
    )
    return await residents.book(parts, call.visitor, request_id, booking, draft["language"])


async def checking(request: Request, call: Call) -> Response:
    """Say that a request is still being decided; lead on as soon as it is."""
    request_id = forms.parse_request_id(request.path_params["request_id"])
    if isinstance(request_id, list):
        return answer(request, Problem("not_found"))
    answered = await residents.outcome(parts_of(request), call.visitor, request_id)
    if isinstance(answered, Undecided):
        return checking_page(request)
    return await lead_on(request, call, answered)


def checking_page(request: Request) -> Response:
    """Say that something is still being decided; the page asks again."""
    return render(request, "staff_call_checking.html", refresh_s=CHECKING_REFRESH_S)


async def lead_on(
    request: Request, call: Call, answered: Answered, done: Done | None = None
) -> Response:
    """Lead to the page that belongs to an answer, which says what is done.

    Refused, what was typed is kept.
    """
    parts = parts_of(request)
    if isinstance(answered, Undecided):
        return see_other(f"{CALL_PATH}/checking/{answered.request_id}")
    draft = await call.draft(parts)
    if isinstance(answered, Problem):
        if drafting.is_accompanied(draft) and (
            errors := await companion_errors(request, call, answered)
        ):
            typed = typed_of_companion(request, draft)
            return companion_page(request, draft, typed, errors, answered)
        await call.keep(parts, drafting.without_choice(draft))
        return await show_call(request, call, answered)
    await call.keep(parts, call_details.to_letter(draft) | ({DONE: done} if done else {}))
    return see_other(CALL_PATH)


async def change(request: Request, call: Call) -> Response:
    """Go and choose another time for both doses, or for the second."""
    parts = parts_of(request)
    values = await read_form(request, ("doses",))
    if isinstance(values, Problem) or values.get("doses") not in DOSES:
        return answer(request, Problem("bad_request"))
    kept = call_details.to_letter(await call.draft(parts))
    await call.keep(parts, kept | drafting.to_change(cast("Doses", values["doses"])))
    return see_other(CHOOSE_PATH)


async def join(request: Request, call: Call) -> Response:
    """Ask for a place on the standby list: for any place and time, since nothing is left."""
    parts = parts_of(request)
    request_id = await _request_id(request)
    if isinstance(request_id, Problem):
        return answer(request, request_id)
    draft = await call.draft(parts)
    if (contact := drafting.contact_of(draft)) is None:
        return see_other(f"{CALL_PATH}/checking/{request_id}")
    sought = await sought_by(parts, call.visitor, draft)
    if isinstance(sought, Problem):
        return see_other(CALL_PATH)
    wish = standby_wish(parts, sought, offers_for(parts, sought))
    if wish is None:
        return see_other(CHOOSE_PATH)
    form = forms.StandbyForm(contact, wish, sought.first, drafting.reminders_of(draft))
    language = draft["language"]
    answered = await carried_out(
        request,
        call,
        "standby_sent",
        lambda: standby.join(parts, call.visitor, request_id, form, language),
    )
    return await lead_on(request, call, answered)


async def accept(request: Request, call: Call) -> Response:
    """Take the pair that is offered to the caller."""
    return await _by_id_alone(request, call, "offer_accepted", standby.accept)


async def leave(request: Request, call: Call) -> Response:
    """Leave the list for the caller."""
    return await _by_id_alone(request, call, "cancel_sent", standby.leave)


async def remind(request: Request, call: Call) -> Response:
    """Turn the caller's reminders on or off; what they are in the middle of stays."""
    parts = parts_of(request)
    values = await read_form(request, ("request_id", "reminders"))
    if isinstance(values, Problem):
        return answer(request, values)
    request_id = forms.parse_request_id(values.get("request_id"))
    wanted = {"yes": True, "no": False}.get(values.get("reminders", ""))
    if isinstance(request_id, list) or wanted is None:
        return answer(request, Problem("bad_request"))
    answered = await carried_out(
        request,
        call,
        "reminders_set",
        lambda: after_booking.remind(parts, call.visitor, request_id, wanted=wanted),
    )
    if isinstance(answered, Problem):
        return await show_call(request, call, answered)
    return see_other(CALL_PATH)


async def _by_id_alone(request: Request, call: Call, act: Act, errand: Errand) -> Response:
    """Send what needs nothing but its id, and lead on to what is answered."""
    parts = parts_of(request)
    request_id = await _request_id(request)
    if isinstance(request_id, Problem):
        return answer(request, request_id)
    answered = await carried_out(
        request, call, act, lambda: errand(parts, call.visitor, request_id)
    )
    return await lead_on(request, call, answered)


async def _request_id(request: Request) -> UUID | Problem:
    values = await read_form(request, ("request_id",))
    if isinstance(values, Problem):
        return values
    request_id = forms.parse_request_id(values.get("request_id"))
    return Problem("bad_request") if isinstance(request_id, list) else request_id
