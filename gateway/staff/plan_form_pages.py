"""The forms for the usual edits of a plan: a venue's week, its days off, its extra days.

Rule 1: a form changes the plan's text and nothing else: it is checked, saved with a reason into the
history and approved as what somebody typed there (`gateway.staff.plan_pages`).
Rule 2: nothing typed is lost, and nobody is overwritten: what was typed comes back with what is
wrong at its field, or with what somebody else has saved in the meantime.

Large plans take a second to read and to write: that is done off the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.approval import Refusal
from allocator.finding import Finding
from allocator.plan_diff import DayOfPlan
from allocator.plan_editing import edited
from allocator.plan_store import Edit, Overtaken, read_edits, save
from allocator.plan_texts import WEEKDAYS
from allocator.release_file import read_document
from gateway.answers import answer
from gateway.problems import Problem
from gateway.staff.finding_words import sentence, worded
from gateway.staff.guard import guarded, read_form, see_other, session_of
from gateway.staff.parts import parts_of
from gateway.staff.plan_fields import (
    CLOSED_FIELDS,
    EXTRA_FIELDS,
    WEEK_FIELDS,
    Document,
    days_off,
    extra_days,
    fields_of_days,
    fields_of_week,
    week_fields,
    with_day_off,
    with_extra_day,
    with_week,
    without_day_off,
    without_extra_day,
)
from gateway.staff.plan_pages import Looked, look
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said

SLOT_MINUTES = (5, 10, 15, 20, 30, 60)
_REASONS = {"close": "closed_reason", "extra": "extra_reason", "remove": "remove_reason"}
_WEEK_NAMES = (*WEEK_FIELDS, "follows", "act", "reason")
_DAYS_NAMES = (*CLOSED_FIELDS, *EXTRA_FIELDS, *_REASONS.values(), "remove", "follows", "act")
_DIGITS_MAX = 15


class Base(msgspec.Struct, frozen=True):
    """The edit that a form was made from, and what it says."""

    edit: Edit
    document: Document


class Worked(msgspec.Struct, frozen=True):
    """What became of a form: its text, what that comes to, what is wrong at which field."""

    text: str
    looked: Looked
    errors: dict[str, str]
    is_saved: bool = False


class DayOfWeek(msgspec.Struct, frozen=True):
    """A weekday of a pattern: the most slots and seats of such a day, 0 if it is off."""

    weekday: str
    slots: int
    seats: int


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    week, days = "/plans/weeks/{plan_id}/{number}", "/plans/days/{plan_id}"
    return [
        guarded("GET", week, week_page),
        guarded("POST", week, working_at_week),
        guarded("GET", days, days_page),
        guarded("POST", days, working_at_days),
    ]


async def week_page(request: Request) -> Response:
    """Show a weekly pattern in fields."""
    base = await run_in_threadpool(_base, request, None)
    index = _index(request, base)
    if base is None or index is None:
        return answer(request, Problem("not_found"))
    looked = await run_in_threadpool(look, request, base.edit.text)
    values = week_fields(base.document, index) | {"follows": f"{base.edit.edit_id}"}
    return await run_in_threadpool(
        _week, request, base, index, values, Worked(base.edit.text, looked, {})
    )


async def working_at_week(request: Request) -> Response:
    """Check a weekly pattern, or save it."""
    sent = await read_form(request, _WEEK_NAMES)
    if isinstance(sent, Problem):
        return answer(request, sent)
    values = dict(sent)
    base = await run_in_threadpool(_base, request, values.get("follows", ""))
    index = _index(request, base)
    if base is None or index is None or values.get("act") not in ("check", "save"):
        return answer(request, Problem("bad_request"))
    wanted = with_week(base.document, index, values)
    place = partial(fields_of_week, index=index)
    reason = values.get("reason", "") if values["act"] == "save" else None
    worked = await run_in_threadpool(_work, request, base, wanted, place, reason)
    if worked.is_saved:
        return see_other(f"/plans?plan={base.edit.plan_id}")
    if isinstance(worked, OvertakenBy):
        values["follows"] = f"{worked.newest.edit.edit_id}"
        worked = _with_theirs(worked, base, index, values, language_of(request))
    return await run_in_threadpool(_week, request, base, index, values, worked)


async def days_page(request: Request) -> Response:
    """Show the days off and the extra days."""
    base = await run_in_threadpool(_base, request, None)
    if base is None:
        return answer(request, Problem("not_found"))
    return await run_in_threadpool(_days, request, base, {}, {}, None)


async def working_at_days(request: Request) -> Response:
    """Add a day off or an extra day, or take one away."""
    sent = await read_form(request, _DAYS_NAMES)
    if isinstance(sent, Problem):
        return answer(request, sent)
    values = dict(sent)
    base = await run_in_threadpool(_base, request, values.get("follows", ""))
    if base is None or values.get("act") not in _REASONS:
        return answer(request, Problem("bad_request"))
    field, language = _REASONS[values["act"]], language_of(request)
    wanted = _with_days(base.document, values)
    if wanted is None:
        errors = {"remove": said("releases.choose", language)}
        return await run_in_threadpool(_days, request, base, values, errors, None)
    place = partial(fields_of_days, document=wanted)
    reason = values.get(field, "")
    worked = await run_in_threadpool(_work, request, base, wanted, place, reason)
    if worked.is_saved:
        return see_other(f"/plans?plan={base.edit.plan_id}")
    errors = {field if name == "reason" else name: text for name, text in worked.errors.items()}
    shown = base
    if isinstance(worked, OvertakenBy):
        shown = worked.newest
        values.pop("remove", None)  # It is the number of a session, and may be another's by now.
    return await run_in_threadpool(_days, request, shown, values, errors, worked)


class OvertakenBy(Worked, frozen=True, kw_only=True):
    """Somebody else has saved the plan: nothing was done; this is how it stands now."""

    newest: Base


def _base(request: Request, follows: str | None) -> Base | None:
    """Return the edit that a form follows; without a form the newest."""
    url = parts_of(request).settings.database_url
    for edit in read_edits(url, request.path_params["plan_id"]):
        if follows is None or f"{edit.edit_id}" == follows[:_DIGITS_MAX]:
            document = read_document(edit.text.encode())
            return None if isinstance(document, list) else Base(edit, document)
    return None


def _index(request: Request, base: Base | None) -> int | None:
    """Return the index of the weekly pattern that was asked for, if the plan has it."""
    number = request.path_params["number"]
    weeks = [] if base is None else base.document.get("weeks", [])
    known = {f"{index + 1}": index for index in range(len(weeks))}
    return known.get(number)


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


def _work(
    request: Request,
    base: Base,
    wanted: Document,
    place: Callable[[Finding], Iterable[str]],
    reason: str | None,
) -> Worked:
    """Check what a form wants, and save it if there is a reason and nothing wrong at its fields."""
    language = language_of(request)
    text = edited(base.edit.text, wanted)
    if text is None:
        return Worked("", Looked("", [], []), {"reason": said("plan_form.by_hand", language)})
    looked = look(request, text)
    errors = {
        field: sentence(finding, language)
        for finding in reversed(looked.findings)
        for field in place(finding)
        if finding.severity == "error"
    }
    if not errors and not looked.plan_id:
        errors = {"reason": said("plans.not_readable", language)}
    if errors or reason is None:
        return Worked(text, looked, errors)
    return _save(request, base, text, looked, reason)


def _save(request: Request, base: Base, text: str, looked: Looked, reason: str) -> Worked:
    parts, language = parts_of(request), language_of(request)
    by, follows = session_of(request).login, base.edit.edit_id
    done = save(
        *(parts.settings.database_url, base.edit.plan_id, text, by, reason, follows),
        now=parts.clock(),
    )
    if isinstance(done, Refusal):
        return Worked(text, looked, {"reason": said(f"refusal.{done}", language)})
    if isinstance(done, Overtaken):
        document = read_document(done.newest.text.encode())
        newest = Base(done.newest, base.document if isinstance(document, list) else document)
        login = done.newest.edited_by
        errors = {"reason": said("plan_form.overtaken", language, login=login)}
        return OvertakenBy(text, looked, errors, newest=newest)
    return Worked(text, looked, {}, is_saved=True)


def _with_theirs(
    worked: OvertakenBy, base: Base, index: int, values: dict[str, str], language: str
) -> Worked:
    """Say at each field what somebody else has saved there."""
    weeks = worked.newest.document.get("weeks", [])
    before, here = base.document["weeks"][index], weeks[index] if index < len(weeks) else {}
    if here.get("venue") != before["venue"]:
        values["follows"] = f"{base.edit.edit_id}"
        return Worked(worked.text, worked.looked, {"reason": said("plan_form.moved", language)})
    old, new = week_fields(base.document, index), week_fields(worked.newest.document, index)
    theirs = {
        name: said("plan_form.theirs", language, value=new[name] or "-")
        for name in WEEK_FIELDS
        if new[name] not in (old[name], values.get(name, ""))
    }
    return Worked(worked.text, worked.looked, theirs | worked.errors)


def _week(
    request: Request, base: Base, index: int, values: dict[str, str], worked: Worked
) -> Response:
    document, week = base.document, base.document["weeks"][index]
    return render(
        request,
        "staff_plan_week.html",
        status=422 if worked.errors else 200,
        plan_id=base.edit.plan_id,
        number_of_week=index + 1,
        venue=next(one for one in document["venues"] if one["id"] == week["venue"]),
        products=[product["id"] for product in document["products"]],
        slot_minutes=SLOT_MINUTES,
        weekdays=_by_weekday(worked.looked.days, week["venue"], values.get("product", "")),
        values=values,
        errors=worked.errors,
        findings=worded(worked.looked.findings, language_of(request), worked.text),
    )


def _by_weekday(days: list[DayOfPlan], venue_id: str, product_id: str) -> list[DayOfWeek]:
    most = dict.fromkeys(range(len(WEEKDAYS)), (0, 0))
    for one in days:
        if (one.venue_id, one.product_id) == (venue_id, product_id):
            so_many = (one.slots, one.dose_1 + one.dose_2)
            most[one.day.weekday()] = max(most[one.day.weekday()], so_many)
    return [DayOfWeek(name, *most[number]) for number, name in enumerate(WEEKDAYS)]


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
