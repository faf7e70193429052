"""Check, send, and hear what was decided, as pages.

Rule 1: "booked" is said only when the allocator has answered so (L5); until then the page says
that it is being checked, and asks again.
Rule 2: the form carries the request's id: a second press, or the same form sent again after a
fault, is the same request and gets the same answer (I5).
Rule 3: what is sent is what the page showed. The draft is one for all windows of a person, so
the form carries a mark of it; if another window has changed it since, it is shown once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.model import Choice
from gateway import after_booking, drafting, forms, i18n, residents
from gateway.answers import FAULTS, answer
from gateway.attempting import attempt_of
from gateway.masking import masked
from gateway.parts import parts_of
from gateway.policies import Policy, visitor_of
from gateway.problems import Problem
from gateway.rendering import render
from gateway.residents import Answered, Undecided
from gateway.routes.booking_pages import (
    CHOOSE_PATH,
    DETAILS_PATH,
    MY_BOOKING_PATH,
    STANDBY_PATH,
)
from gateway.routes.companion_pages import companion_errors, companion_page
from gateway.routes.html import page_route, problem_shown, read_form, see_other
from gateway.seeking import doses_of_choice, sought_by
from gateway.step_up import is_texted
from gateway.together import book_together
from gateway.views import BookingView, StandbyView, TogetherView

CHECK_PATH = "/check"
CHECKING_REFRESH_S = 3

PASSING = frozenset({"busy", "away", "not_ready"})
"""Problems after which the same form may be sent again."""

_CHANGES: tuple[drafting.Purpose, ...] = ("change_both", "change_second")

_LEADS_TO: Mapping[str, str] = {
    "already_booked": "my-booking",
    "on_standby": "my-booking",
    "no_offer": "my-booking",
    "dose_given": "my-booking",
    "past_cut_off": "my-booking",
    "no_booking": "start",
    "not_eligible": "start",
    "release_closed": "start",
}
"""Where a refusal leads; back to choosing when it is not named here."""


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    session = Policy.SESSION
    return [
        page_route(CHECK_PATH, check_page, methods=["GET"], policy=session),
        page_route(CHECK_PATH, send, methods=["POST"], policy=session),
        page_route("/checking/{request_id}", checking, methods=["GET"], policy=session),
        page_route("/booked/{request_id}", booked_together, methods=["GET"], policy=session),
        page_route("/booked", booked, methods=["GET"], policy=session),
        page_route("/changed", changed, methods=["GET"], policy=session),
    ]


async def check_page(request: Request) -> Response:
    """Show everything once more before it is sent."""
    return await _check_page(request, str(uuid4()))


async def send(request: Request) -> Response:
    """Send the request to the allocator and lead on to its answer."""
    parts, visitor = parts_of(request), visitor_of(request)
    values = await read_form(request, ("request_id", "shown", "purpose"))
    if isinstance(values, Problem):
        return answer(request, values)
    request_id = forms.parse_request_id(values.get("request_id"))
    if isinstance(request_id, list):
        return answer(request, Problem("bad_request"))
    draft = await parts.drafts.load(visitor.person_key)
    if (choice := drafting.choice_of(draft)) is None:
        # Sent a second time after its answer came: the draft is gone, the answer is not.
        asked = "?of=change" if values.get("purpose", "") in _CHANGES else ""
        return see_other(f"/checking/{request_id}{asked}")
    if values.get("shown") != drafting.mark_of(draft):
        return await _check_page(request, str(uuid4()), changed=True)
    answered: Answered
    try:
        if "change" in draft:
            change = forms.ChangeForm("both" if draft["change"] == "both" else "second", (choice,))
            answered = await residents.change(parts, visitor, request_id, change)
        elif drafting.is_accompanied(draft):
            answered = await _book_together(request, request_id, draft, choice)
        elif (contact := drafting.contact_of(draft)) is not None:
            form = forms.BookingForm(
                contact, (choice,), drafting.first_dose_of(draft), drafting.reminders_of(draft)
            )
            language = i18n.language_of(request)
            answered = await residents.book(parts, visitor, request_id, form, language)
        else:
            return see_other(DETAILS_PATH)
    except tuple(FAULTS) as fault:
        answered = Problem(FAULTS[type(fault)])
    if isinstance(answered, Problem) and answered.code in PASSING:
        return await _check_page(request, str(request_id), problem=answered)
    return await lead_on(request, answered, is_change="change" in draft)


async def _book_together(
    request: Request, request_id: UUID, draft: Mapping[str, str], choice: Choice
) -> Answered:
    """Ask for both people; what is missing is asked for where the draft left off."""
    parts = parts_of(request)
    contact, companion = drafting.contact_of(draft), drafting.companion_of(draft)
    if contact is None or companion is None:
        return Problem("not_found")
    return await book_together(
        parts,
        visitor_of(request),
        request_id,
        forms.TogetherForm(contact, (choice,), companion, drafting.reminders_of(draft)),
        attempt=await attempt_of(request, parts),
        language=i18n.language_of(request),
    )


async def checking(request: Request) -> Response:
    """Say that a request is still being decided; lead on as soon as it is."""
    request_id = forms.parse_request_id(request.path_params["request_id"])
    if isinstance(request_id, list):
        return answer(request, Problem("not_found"))
    answered = await residents.outcome(parts_of(request), visitor_of(request), request_id)
    if isinstance(answered, Undecided):
        return render(request, "checking.html", refresh_s=CHECKING_REFRESH_S)
    return await lead_on(request, answered, is_change=request.query_params.get("of") == "change")


async def booked(request: Request) -> Response:
    """Show the number, both dates, the place and what happens next."""
    return await _held_page(request, "book")


async def booked_together(request: Request) -> Response:
    """Show one's own booking, and what was booked with it for the companion.

    Each booking then goes its own way: once one's own has changed, it alone is shown.
    """
    request_id = forms.parse_request_id(request.path_params["request_id"])
    if isinstance(request_id, list):
        return answer(request, Problem("not_found"))
    parts, visitor = parts_of(request), visitor_of(request)
    answered = await residents.outcome(parts, visitor, request_id)
    kept = await after_booking.kept(parts, visitor)
    if isinstance(kept, Problem) or not isinstance(answered, TogetherView):
        return see_other(MY_BOOKING_PATH)
    mine, theirs = answered.views
    if kept.view.booking.doses != mine.booking.doses:
        return see_other(MY_BOOKING_PATH)
    return _booked_page(request, kept, "together", theirs)


async def changed(request: Request) -> Response:
    """Show the booking after a change."""
    return await _held_page(request, "change")


async def lead_on(request: Request, answered: Answered, *, is_change: bool = False) -> Response:
    """Lead to the page that belongs to an answer.

    `is_change`: it was a change, which the draft may tell no more: the same request, sent a
    moment before (a double click without JavaScript), has dropped it.
    """
    parts, visitor = parts_of(request), visitor_of(request)
    if isinstance(answered, Undecided):
        return see_other(f"/checking/{answered.request_id}")
    draft = await parts.drafts.load(visitor.person_key)
    if isinstance(answered, Problem):
        return await _refused(request, answered, draft)
    await parts.drafts.drop(visitor.person_key)
    if isinstance(answered, StandbyView):
        return see_other("/cancelled" if answered.booking.standby is None else STANDBY_PATH)
    if isinstance(answered, TogetherView):
        return see_other(f"/booked/{answered.views[0].booking.booking_id}")
    if answered.booking.state != "booked":
        return see_other("/cancelled")
    return see_other("/changed" if is_change or "change" in draft else "/booked")


async def _refused(request: Request, problem: Problem, draft: Mapping[str, str]) -> Response:
    """Say why not, and lead back to choosing with everything typed kept."""
    if problem.code == "not_found":
        # An old tab's form: the draft that it belonged to has been sent from another one.
        return see_other(CHOOSE_PATH)
    parts, visitor = parts_of(request), visitor_of(request)
    if drafting.is_accompanied(draft):
        errors = await companion_errors(request, problem)
        if errors or "challenge" in problem.params:
            return companion_page(request, drafting.companion_typed(draft), errors, problem)
    leads_to = _LEADS_TO.get(problem.code, "choose")
    if leads_to == "choose":
        await parts.drafts.save(visitor.person_key, drafting.without_choice(draft))
    return render(
        request,
        "refused.html",
        status=problem.status,
        refused=problem_shown(request, problem),
        leads_to=leads_to,
        old_stands="change" in draft,
    )


async def _held_page(request: Request, purpose: str) -> Response:
    parts = parts_of(request)
    kept = await after_booking.kept(parts, visitor_of(request))
    if isinstance(kept, Problem):
        return see_other(MY_BOOKING_PATH)
    return _booked_page(request, kept, purpose)


def _booked_page(
    request: Request,
    kept: after_booking.Kept,
    purpose: str,
    companion: BookingView | None = None,
) -> Response:
    doses = kept.view.doses + (() if companion is None else companion.doses)
    return render(
        request,
        "booked.html",
        held=kept.view,
        contact=masked(kept.held.contact),
        by_text=is_texted(kept.held.contact, has_texts=parts_of(request).settings.short_messages),
        maps=after_booking.maps_of(parts_of(request), doses),
        purpose=purpose,
        companion=companion,
    )


async def _check_page(
    request: Request, request_id: str, problem: Problem | None = None, *, changed: bool = False
) -> Response:
    parts, visitor = parts_of(request), visitor_of(request)
    draft = await parts.drafts.load(visitor.person_key)
    purpose = drafting.purpose_of(draft)
    choice = drafting.choice_of(draft)
    if (step := drafting.next_step(draft)) != CHECK_PATH:
        return see_other(step)
    catalogue = parts.reads.catalogue
    doses = () if choice is None else doses_of_choice(catalogue, choice, purpose)
    if not doses:
        return see_other(CHOOSE_PATH)
    sought = await sought_by(parts, visitor, draft)
    if isinstance(sought, Problem):
        return see_other(MY_BOOKING_PATH)
    return render(
        request,
        "check.html",
        status=409 if changed else 200 if problem is None else problem.status,
        purpose=purpose,
        problem=None if problem is None else problem_shown(request, problem),
        changed=changed,
        request_id=request_id,
        mark=drafting.mark_of(draft),
        first_dose_day=None if sought.first is None else sought.first.day,
        doses=doses,
        product=catalogue.products[doses[0].slot.product_id],
        resident=visitor.identity,
        contact=drafting.contact_of(draft),
        companion=drafting.companion_of(draft),
        reminders=drafting.reminders_of(draft),
    )
