"""Give back what a caller holds, and what the companion holds who was confirmed in the call.

Rule 1: it is chosen whose booking goes: the caller's, the companion's, or both. Each is a request
of its own, with its own line in the journal; the first that is refused ends it, and the page then
shows what still stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import cast
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import forms, residents
from gateway.answers import answer
from gateway.fields import Doses
from gateway.problems import Problem
from gateway.residents import Undecided
from gateway.staff import companions
from gateway.staff.call_sending_pages import DOSES, checking_page, lead_on
from gateway.staff.calls import CALL_PATH, Call, carried_out, in_call
from gateway.staff.guard import guarded, read_form, see_other
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said
from gateway.views import BookingView

WHOSE = ("caller", "companion", "both")
_NO_REQUEST = "none"


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    checking_path = f"{CALL_PATH}/cancelling/{{caller_id}}/{{companion_id}}"
    return [
        guarded("GET", f"{CALL_PATH}/cancel", in_call(cancel_page)),
        guarded("POST", f"{CALL_PATH}/cancel", in_call(cancel)),
        guarded("GET", checking_path, in_call(cancelling)),
    ]


async def cancel_page(request: Request, call: Call) -> Response:
    """Ask whether to give back, whose booking, and how much of it."""
    return await _page(request, call, {})


async def _page(request: Request, call: Call, errors: Mapping[str, str]) -> Response:
    own, theirs = await _held(request, call), None
    if (companion := await _companion(request, call)) is not None:
        theirs = await _held(request, companion)
    if own is None and theirs is None:
        return see_other(CALL_PATH)
    return render(
        request,
        "staff_call_cancel.html",
        status=422 if errors else 200,
        held=own,
        companion=theirs,
        whose=WHOSE if own and theirs else ("caller",) if own else ("companion",),
        may_second=any(_may_second(view) for view in (own, theirs) if view is not None),
        errors=errors,
        request_id=str(uuid4()),
        companion_request_id=str(uuid4()),
    )


async def _companion(request: Request, call: Call) -> Call | None:
    parts = parts_of(request)
    return companions.beside(parts, call, await call.draft(parts))


async def _held(request: Request, call: Call) -> BookingView | None:
    held = await residents.held(parts_of(request), call.visitor)
    return None if isinstance(held, Problem) else held


def _may_second(view: BookingView) -> bool:
    return view.booking.state == "booked" and any(dose.dose == 1 for dose in view.doses)


async def cancel(request: Request, call: Call) -> Response:
    """Give back both doses, or dose 2, of the caller, the companion, or both of them."""
    names = ("request_id", "companion_request_id", "doses", "whose")
    values = await read_form(request, names)
    if isinstance(values, Problem) or values.get("doses") not in DOSES:
        return answer(request, Problem("bad_request"))
    if "whose" not in values and await _companion(request, call) is None:
        values = {**values, "whose": "caller"}  # Nobody else is shown.
    if values.get("whose") not in WHOSE:
        missing = said("companion.whose_missing", language_of(request))
        return await _page(request, call, {"whose-caller": missing})
    errands = await _errands(request, call, values)
    if isinstance(errands, Problem):
        return answer(request, errands)
    parts, doses = parts_of(request), cast("Doses", values["doses"])
    answered: residents.Answered | None = None
    ids = {WHOSE[0]: _NO_REQUEST, WHOSE[1]: _NO_REQUEST}
    for whose, (one, request_id) in errands.items():
        sending = partial(residents.cancel, parts, one.visitor, request_id, doses)
        answered = await carried_out(request, one, "cancel_sent", sending)
        if isinstance(answered, Problem):
            return await lead_on(request, call, answered)
        if isinstance(answered, Undecided):
            ids[whose] = str(request_id)
    if any(one != _NO_REQUEST for one in ids.values()):
        return see_other(f"{CALL_PATH}/cancelling/{ids[WHOSE[0]]}/{ids[WHOSE[1]]}")
    assert answered is not None, "whose names somebody"
    return await lead_on(request, call, answered, "cancelled")


async def _errands(
    request: Request, call: Call, values: Mapping[str, str]
) -> dict[str, tuple[Call, UUID]] | Problem:
    """Return for whom it is sent, under which id, the caller first."""
    errands: dict[str, tuple[Call, UUID]] = {}
    whose = WHOSE[:2] if values["whose"] == "both" else (values["whose"],)
    for one, name in zip(WHOSE[:2], ("request_id", "companion_request_id"), strict=True):
        if one not in whose:
            continue
        who = call if one == "caller" else await _companion(request, call)
        request_id = forms.parse_request_id(values.get(name))
        if isinstance(request_id, list) or who is None:
            return Problem("bad_request")
        errands[one] = (who, request_id)
    return errands


async def cancelling(request: Request, call: Call) -> Response:
    """Say that it is still being decided; lead on as soon as all of it is."""
    people = {"caller_id": call, "companion_id": await _companion(request, call)}
    waits = False
    for name, who in people.items():
        if request.path_params[name] == _NO_REQUEST:
            continue
        request_id = forms.parse_request_id(request.path_params[name])
        if isinstance(request_id, list) or who is None:
            return answer(request, Problem("not_found"))
        answered = await residents.outcome(parts_of(request), who.visitor, request_id)
        if isinstance(answered, Problem):
            return await lead_on(request, call, answered)
        waits = waits or isinstance(answered, Undecided)
    return checking_page(request) if waits else see_other(CALL_PATH)
