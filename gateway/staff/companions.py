"""Who comes along with a caller: confirmed as a caller is, booked with them, acted for in the call.

Rule 1: a companion is confirmed as a caller is: the look is noted first, and failures count alike,
so that this is no second door for guessing (R2). They are confirmed once more when the booking
for both is sent.
Rule 2: they are acted for only within the call in which they were confirmed, and only with what
they have booked already: to come in and book for themselves they ring in their own name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args
from uuid import UUID

import msgspec
from starlette.requests import Request

from allocator.reads import Identity
from gateway import drafting, forms, residents, standby, together
from gateway.drafting import Draft
from gateway.fields import FieldError
from gateway.forms import SignInForm
from gateway.identity import Credentials, Visitor, credentials
from gateway.problems import Problem, invalid
from gateway.residents import Answered
from gateway.staff import callers
from gateway.staff.calls import Call
from gateway.staff.guard import came_from, session_of
from gateway.staff.journal import Act
from gateway.staff.parts import StaffParts, parts_of
from gateway.views import StandbyView

Cause = Literal["same_person", "not_confirmed", "turn_used", "not_eligible", "booked", "on_standby"]
CAUSES: tuple[Cause, ...] = get_args(Cause)
"""What can be wrong with a companion; the pages have words for each."""


async def confirm(
    request: Request, call: Call, form: SignInForm, act: Act = "companion_confirmed"
) -> Credentials | Problem:
    """Note the look at the companion, then confirm them.

    Raises as `callers.look_up`.
    """
    parts = parts_of(request)
    who = credentials(parts.keys.identity, form)
    if who.person_key == call.visitor.person_key:
        return invalid([FieldError("ticket_number", "same_person")])
    asked = callers.Asked(session_of(request), form, call.reason, came_from(request))
    confirmed = await callers.confirmed(parts, asked, act)
    if isinstance(confirmed, Problem) and confirmed.code == "identity_not_confirmed":
        return Problem("companion_not_confirmed")
    return confirmed


def beside(parts: StaffParts, call: Call, draft: Draft) -> Call | None:
    """Return the companion who was confirmed in a call, as somebody to act for; None for nobody.

    They hold no seat inside of their own, and can do what whoever has booked can do.
    """
    identity, own = drafting.companion_identity_of(draft), call.visitor.session
    if identity is None or own is None:
        return None
    who = credentials(parts.keys.identity, identity)
    named = Identity(identity.municipality_code, identity.ticket_number, identity.birth_date)
    session = msgspec.structs.replace(own, person_key=who.person_key, kind="booked")
    visitor = Visitor(who.person_key, call.visitor.release_id, named, None, session, None)
    return replace(call, visitor=visitor)


async def book_both(request: Request, call: Call, request_id: UUID, draft: Draft) -> Answered:
    """Ask for both people, who are confirmed once more; the caller's line was noted.

    Raises as `callers.look_up`, and `InboxAway`, `InboxFull`.
    """
    parts = parts_of(request)
    contact, companion = drafting.contact_of(draft), drafting.companion_of(draft)
    choice = drafting.choice_of(draft)
    assert contact is not None, "the time is chosen after the details"
    assert companion is not None, "the time is chosen after the companion's"
    assert choice is not None, "whoever sends has chosen"
    if await together.has_had_its_turn(parts, call.visitor, request_id):
        return Problem("not_inside")
    who = await confirm(request, call, companion.identity, "booking_sent")
    if isinstance(who, Problem):
        return who
    reminders = drafting.reminders_of(draft)
    form = forms.TogetherForm(contact, (choice,), companion, reminders)
    return await together.hand_in(parts, call.visitor, request_id, form, who, draft["language"])


async def cause_of(parts: StaffParts, call: Call, problem: Problem) -> Cause | None:
    """Return what a "no" says of the companion, None if it says nothing of them."""
    match problem.code:
        case "invalid_input" if problem.errors:
            return "same_person"
        case "companion_not_confirmed":
            return "not_confirmed"
        case "not_inside":
            return "turn_used"
        case "not_eligible":
            return "not_eligible"
        case "already_booked":
            is_callers = not isinstance(await residents.held(parts, call.visitor), Problem)
            return None if is_callers else "booked"
        case "on_standby":
            is_callers = isinstance(await standby.on_list(parts, call.visitor), StandbyView)
            return None if is_callers else "on_standby"
    return None
