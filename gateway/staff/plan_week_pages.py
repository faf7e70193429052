"""The forms of a plan's weekly patterns: change one, add one, take one away.

Their rules are those of every form of a plan (`gateway.staff.plan_working`).
A pattern has no name: it is known by its number, and by its venue and product, which show whether
somebody else has moved it in the meantime.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.finding import Finding
from allocator.plan_diff import DayOfPlan
from allocator.plan_texts import WEEKDAYS
from gateway.answers import answer
from gateway.problems import Problem
from gateway.staff.finding_words import worded
from gateway.staff.guard import guarded, read_form, see_other
from gateway.staff.plan_pages import look
from gateway.staff.plan_week_fields import (
    NEW_WEEK_FIELDS,
    WEEK_FIELDS,
    fields_of_new_week,
    fields_of_week,
    new_week_fields,
    week_fields,
    with_new_week,
    with_week,
    without_week,
)
from gateway.staff.plan_working import (
    ACTS,
    SLOT_MINUTES,
    Base,
    OvertakenBy,
    Worked,
    base_of,
    theirs,
    unworked,
    work,
)
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said

LIKE_NONE = "0"
"""The number of no pattern: a new one is made of usual values."""

_SENT = ("follows", "act", "reason")


class DayOfWeek(msgspec.Struct, frozen=True):
    """A weekday of a pattern: the most slots and seats of such a day, 0 if it is off."""

    weekday: str
    slots: int
    seats: int


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    week, new = "/plans/weeks/{plan_id}/{number}", "/plans/new-week/{plan_id}/{number}"
    return [
        guarded("GET", week, week_page),
        guarded("POST", week, working_at_week),
        guarded("GET", new, new_week_page),
        guarded("POST", new, working_at_new_week),
        guarded("GET", f"{week}/remove", removal_page),
        guarded("POST", f"{week}/remove", removing),
    ]


async def week_page(request: Request) -> Response:
    """Show a weekly pattern in fields."""
    base = await run_in_threadpool(base_of, request, None)
    index = _index(request, base)
    if base is None or index is None:
        return answer(request, Problem("not_found"))
    looked = await run_in_threadpool(look, request, base.edit.text)
    values = week_fields(base.document, index) | {"follows": f"{base.edit.edit_id}"}
    worked = Worked(base.edit.text, looked, {})
    return await run_in_threadpool(_week, request, base, index, values, worked)


async def working_at_week(request: Request) -> Response:
    """Check a weekly pattern, or save it."""
    sent = await read_form(request, (*WEEK_FIELDS, *_SENT))
    if isinstance(sent, Problem):
        return answer(request, sent)
    values = dict(sent)
    base = await run_in_threadpool(base_of, request, values.get("follows", ""))
    index = _index(request, base)
    if base is None or index is None or values.get("act") not in ACTS:
        return answer(request, Problem("bad_request"))
    wanted = with_week(base.document, index, values)
    placed = partial(fields_of_week, index=index)
    reason = values.get("reason", "") if values["act"] == "save" else None
    worked = await run_in_threadpool(work, request, base, wanted, placed, reason)
    if worked.is_saved:
        return _back(base)
    if isinstance(worked, OvertakenBy):
        worked = _with_theirs(worked, base, index, values, language_of(request))
    return await run_in_threadpool(_week, request, base, index, values, worked)


async def new_week_page(request: Request) -> Response:
    """Show a new pattern in fields: another's values, or usual ones."""
    base = await run_in_threadpool(base_of, request, None)
    index = _index(request, base)
    if base is None or not _is_like_known(request, base):
        return answer(request, Problem("not_found"))
    values = new_week_fields(base.document, index) | {"follows": f"{base.edit.edit_id}"}
    return await run_in_threadpool(_week, request, base, None, values, unworked(base))


async def working_at_new_week(request: Request) -> Response:
    """Check a new pattern, or save the plan with it."""
    sent = await read_form(request, (*NEW_WEEK_FIELDS, *_SENT))
    if isinstance(sent, Problem):
        return answer(request, sent)
    values = dict(sent)
    base = await run_in_threadpool(base_of, request, values.get("follows", ""))
    if base is None or not _is_like_known(request, base) or values.get("act") not in ACTS:
        return answer(request, Problem("bad_request"))
    wanted = with_new_week(base.document, values)
    placed = partial(fields_of_new_week, document=wanted)
    reason = values.get("reason", "") if values["act"] == "save" else None
    worked = await run_in_threadpool(work, request, base, wanted, placed, reason)
    if worked.is_saved:
        return _back(base)
    if isinstance(worked, OvertakenBy):
        base = worked.newest
        values["follows"] = f"{base.edit.edit_id}"
    return await run_in_threadpool(_week, request, base, None, values, worked)


async def removal_page(request: Request) -> Response:
    """Show a pattern that is to go, and what would be wrong without it."""
    base = await run_in_threadpool(base_of, request, None)
    index = _index(request, base)
    if base is None or index is None:
        return answer(request, Problem("not_found"))
    wanted = without_week(base.document, index)
    worked = await run_in_threadpool(work, request, base, wanted, _nowhere, None)
    values = {"follows": f"{base.edit.edit_id}"}
    return await run_in_threadpool(_removal, request, base, index, values, worked)


async def removing(request: Request) -> Response:
    """Take a pattern away."""
    sent = await read_form(request, _SENT)
    if isinstance(sent, Problem):
        return answer(request, sent)
    values = dict(sent)
    base = await run_in_threadpool(base_of, request, values.get("follows", ""))
    index = _index(request, base)
    if base is None or index is None or values.get("act") != "remove":
        return answer(request, Problem("bad_request"))
    wanted, reason = without_week(base.document, index), values.get("reason", "")
    worked = await run_in_threadpool(work, request, base, wanted, _nowhere, reason)
    if worked.is_saved:
        return _back(base)
    if isinstance(worked, OvertakenBy):
        if _is_moved(base, worked.newest, index):
            errors = {"reason": said("plan_form.moved", language_of(request))}
            worked = Worked(worked.text, worked.looked, errors)
        else:
            base = worked.newest
            values["follows"] = f"{base.edit.edit_id}"
    return await run_in_threadpool(_removal, request, base, index, values, worked)


def _back(base: Base) -> Response:
    return see_other(f"/plans?plan={base.edit.plan_id}")


def _index(request: Request, base: Base | None) -> int | None:
    """Return the index of the weekly pattern that was asked for, if the plan has it."""
    number = request.path_params["number"]
    weeks = [] if base is None else base.document.get("weeks", [])
    known = {f"{index + 1}": index for index in range(len(weeks))}
    return known.get(number)


def _is_like_known(request: Request, base: Base) -> bool:
    """Say whether the plan has the pattern that a new one is to be like."""
    number = request.path_params["number"]
    return number == LIKE_NONE or _index(request, base) is not None


def _nowhere(finding: Finding) -> tuple[str, ...]:
    """A pattern that goes has no fields: what is wrong without it is shown, and stops nothing."""
    return ()


def _is_moved(base: Base, newest: Base, index: int) -> bool:
    """Say whether another pattern, or none, stands there now."""
    weeks = newest.document.get("weeks", [])
    now: Mapping[str, Any] = weeks[index] if index < len(weeks) else {}
    before = base.document["weeks"][index]
    return any(now.get(name) != before[name] for name in ("venue", "product"))


def _with_theirs(
    worked: OvertakenBy, base: Base, index: int, values: dict[str, str], language: str
) -> Worked:
    """Say at each field what somebody else has saved there."""
    newest = worked.newest
    weeks, venue = newest.document.get("weeks", []), base.document["weeks"][index]["venue"]
    if index >= len(weeks) or weeks[index]["venue"] != venue:
        return Worked(worked.text, worked.looked, {"reason": said("plan_form.moved", language)})
    values["follows"] = f"{newest.edit.edit_id}"
    before, now = week_fields(base.document, index), week_fields(newest.document, index)
    told = theirs(before, now, values, language)
    return Worked(worked.text, worked.looked, told | worked.errors)


def _week(
    request: Request, base: Base, index: int | None, values: dict[str, str], worked: Worked
) -> Response:
    """Show a pattern's form; without an index that of a new one."""
    document, days = base.document, worked.looked.days
    venue_id = values.get("venue", "") if index is None else document["weeks"][index]["venue"]
    return render(
        request,
        "staff_plan_week.html",
        status=422 if worked.errors else 200,
        plan_id=base.edit.plan_id,
        number_of_week=request.path_params["number"],
        is_new=index is None,
        venue_id=venue_id,
        venues=document["venues"],
        products=[product["id"] for product in document["products"]],
        slot_minutes=SLOT_MINUTES,
        has_days=bool(days),
        weekdays=_by_weekday(days, venue_id, values.get("product", "")),
        values=values,
        errors=worked.errors,
        findings=worded(worked.looked.findings, language_of(request), worked.text),
    )


def _removal(
    request: Request, base: Base, index: int, values: dict[str, str], worked: Worked
) -> Response:
    document, week = base.document, base.document["weeks"][index]
    return render(
        request,
        "staff_plan_week_remove.html",
        status=422 if request.method == "POST" else 200,
        plan_id=base.edit.plan_id,
        number_of_week=index + 1,
        week=week,
        venues=document["venues"],
        weekdays=[day for day in WEEKDAYS if day in week["hours"]],
        values=values,
        errors=worked.errors if request.method == "POST" else {},
        findings=worded(worked.looked.findings, language_of(request), worked.text),
    )


def _by_weekday(days: list[DayOfPlan], venue_id: str, product_id: str) -> list[DayOfWeek]:
    most = dict.fromkeys(range(len(WEEKDAYS)), (0, 0))
    for one in days:
        if (one.venue_id, one.product_id) == (venue_id, product_id):
            so_many = (one.slots, one.dose_1 + one.dose_2)
            most[one.day.weekday()] = max(most[one.day.weekday()], so_many)
    return [DayOfWeek(name, *most[number]) for number, name in enumerate(WEEKDAYS)]
