"""The form of a plan's days off and extra days.

Its rules are those of every form of a plan (`gateway.staff.plan_working`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.answers import answer
from gateway.problems import Problem
from gateway.staff.finding_words import worded
from gateway.staff.guard import guarded, read_form, see_other
from gateway.staff.plan_day_fields import (
    CLOSED_FIELDS,
    EXTRA_FIELDS,
    days_off,
    extra_days,
    fields_of_days,
    with_day_off,
    with_extra_day,
    without_day_off,
    without_extra_day,
)
from gateway.staff.plan_fields import Document
from gateway.staff.plan_working import SLOT_MINUTES, Base, OvertakenBy, Worked, base_of, work
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said

_REASONS = {"close": "closed_reason", "extra": "extra_reason", "remove": "remove_reason"}
_DAYS = {"close": "closed_day", "extra": "extra_day"}
_NAMES = (*CLOSED_FIELDS, *EXTRA_FIELDS, *_REASONS.values(), "remove", "follows", "act")


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    days = "/plans/days/{plan_id}"
    return [guarded("GET", days, days_page), guarded("POST", days, working_at_days)]


async def days_page(request: Request) -> Response:
    """Show the days off and the extra days."""
    base = await run_in_threadpool(base_of, request, None)
    if base is None:
        return answer(request, Problem("not_found"))
    return await run_in_threadpool(_days, request, base, {}, {}, None)


async def working_at_days(request: Request) -> Response:
    """Add a day off or an extra day, or take one away."""
    sent = await read_form(request, _NAMES)
    if isinstance(sent, Problem):
        return answer(request, sent)
    values = dict(sent)
    base = await run_in_threadpool(base_of, request, values.get("follows", ""))
    if base is None or values.get("act") not in _REASONS:
        return answer(request, Problem("bad_request"))
    field, language = _REASONS[values["act"]], language_of(request)
    day = _DAYS.get(values["act"], "")
    missing = {day: said("venue.day_wrong", language)} if day and not values.get(day) else {}
    if "closed_day" in missing:
        return await run_in_threadpool(_days, request, base, values, missing, None)
    wanted = _with_days(base.document, values)
    if wanted is None:
        errors = {"remove": said("releases.choose", language)}
        return await run_in_threadpool(_days, request, base, values, errors, None)
    placed = partial(fields_of_days, document=wanted)
    reason = values.get(field, "")
    worked = await run_in_threadpool(work, request, base, wanted, placed, reason)
    if worked.is_saved:
        return see_other(f"/plans?plan={base.edit.plan_id}")
    errors = {field if name == "reason" else name: text for name, text in worked.errors.items()}
    errors |= missing
    shown = base
    if isinstance(worked, OvertakenBy):
        shown = worked.newest
        values.pop("remove", None)  # It is the number of a session, and may be another's by now.
    return await run_in_threadpool(_days, request, shown, values, errors, worked)


def _with_days(document: Document, values: Mapping[str, str]) -> Document | None:
    """Return the plan as a form of days wants it; None if nothing was chosen to be taken away."""
    if values["act"] == "close":
        return with_day_off(document, values)
    if values["act"] == "extra":
        return with_extra_day(document, values)
    for off in days_off(document):
        if values.get("remove") == f"off {off.venue_id} {off.day}":
            return without_day_off(document, off)
    for extra in extra_days(document):
        if values.get("remove") == f"extra {extra.index}":
            return without_extra_day(document, extra.index)
    return None


def _days(
    request: Request,
    base: Base,
    values: dict[str, str],
    errors: dict[str, str],
    worked: Worked | None,
) -> Response:
    document = base.document
    findings = [] if worked is None else worked.looked.findings
    return render(
        request,
        "staff_plan_days.html",
        status=422 if errors else 200,
        plan_id=base.edit.plan_id,
        venues=document["venues"],
        products=[product["id"] for product in document["products"]],
        slot_minutes=SLOT_MINUTES,
        days_off=days_off(document),
        extra_days=extra_days(document),
        values=values | {"follows": f"{base.edit.edit_id}"},
        errors=errors,
        findings=worded(findings, language_of(request), worked.text if worked else ""),
    )
