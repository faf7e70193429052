"""The plan's page: its text, what the linter finds in it, its history; from here it is proposed.

Rule 1: nothing typed is lost: a text with faults comes back as it was, and may be saved.
Rule 2: who saves says which edit theirs was made from; if somebody else was faster, both stand
there, and nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.approval import Proposal, Refusal
from allocator.approval_store import Wanted, propose
from allocator.beside_store import look_at_cohort
from allocator.finding import Finding
from allocator.plan_diff import DayOfPlan, days_of
from allocator.plan_store import Edit, Overtaken, read_edits, read_newest, read_plan_ids, save
from allocator.release import ReleasePlan, has_error
from allocator.release_file import read_document, read_release_file
from allocator.release_store import check_load
from gateway.answers import answer
from gateway.problems import Problem
from gateway.staff.body_limits import PLAN_TEXT_KB_MAX, PLANS_PATH
from gateway.staff.finding_words import worded
from gateway.staff.guard import guarded, read_form, see_other, session_of
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said
from monitoring.secrets import read_secret

ACTS = ("check", "save", "propose")
HISTORY_SHOWN_MAX = 30
LINES_SHOWN_MAX = 200
"""Of what one edit changed; the command shows all of it."""
_FIELDS = ("content", "reason", "follows", "act")


class Looked(msgspec.Struct, frozen=True):
    """What a text comes to: its plan's id, its days, its findings."""

    plan_id: str
    days: list[DayOfPlan]
    findings: list[Finding]


class PastEdit(msgspec.Struct, frozen=True):
    """An edit, and the lines that it changed."""

    edit: Edit
    changed: str


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [guarded("GET", PLANS_PATH, plans_page), guarded("POST", PLANS_PATH, working)]


async def plans_page(request: Request) -> Response:
    """Show a plan to work at, and every plan there is."""
    plan_id = request.query_params.get("plan", "")
    url = parts_of(request).settings.database_url
    newest = await run_in_threadpool(read_newest, url, plan_id)
    values = {"content": newest.text, "follows": f"{newest.edit_id}"} if newest else {}
    looked = await run_in_threadpool(look, request, newest.text) if newest else None
    plan = await run_in_threadpool(_plan, newest.text) if newest else None
    return await _page(request, plan_id, values, {}, looked, plan)


async def working(request: Request) -> Response:
    """Check a text, save it, or propose to load it."""
    sent = await read_form(request, _FIELDS)
    if isinstance(sent, Problem):
        return answer(request, sent)
    values = dict(sent) | {"content": sent.get("content", "").replace("\r\n", "\n")}
    if values.get("act") not in ACTS:
        return answer(request, Problem("bad_request"))
    looked = await run_in_threadpool(look, request, values["content"])
    language = language_of(request)
    errors: dict[str, str] = {}
    if values["act"] != "check" and not looked.plan_id:
        errors["content"] = said("plans.not_readable", language)
    elif values["act"] == "save":
        errors = await run_in_threadpool(_save, request, looked.plan_id, values)
    elif values["act"] == "propose":
        errors = await run_in_threadpool(_propose, request, values, looked)
        if not errors:
            return see_other("/releases?done=proposed")
    if values["act"] == "save" and not errors:
        return see_other(f"/plans?plan={looked.plan_id}")
    return await _page(request, looked.plan_id, values, errors, looked)


def look(request: Request, text: str) -> Looked:
    """Return what a text comes to, beside what is loaded and taken, as loading it would say."""
    planned = read_release_file(text.encode())
    if not isinstance(planned, ReleasePlan):
        return Looked("", [], planned)
    settings = parts_of(request).settings
    roster_key = read_secret(settings.secrets_dir, "roster.key")
    findings = [
        *check_load(settings.database_url, planned),
        *look_at_cohort(settings.database_url, roster_key, planned.release),
    ]
    findings.sort(key=lambda finding: finding.severity)
    return Looked(planned.release.release_id, days_of(planned.slots), findings)


def _save(request: Request, plan_id: str, values: dict[str, str]) -> dict[str, str]:
    parts, language = parts_of(request), language_of(request)
    follows = int(number) if (number := values.get("follows", "")[:15]).isdecimal() else None
    done = save(
        parts.settings.database_url,
        plan_id,
        values["content"],
        session_of(request).login,
        values.get("reason", ""),
        follows,
        now=parts.clock(),
    )
    if isinstance(done, Refusal):
        return {"reason": said(f"refusal.{done}", language)}
    if isinstance(done, Overtaken):
        values["follows"] = f"{done.newest.edit_id}"
        who = done.newest.edited_by
        return {"content": said("plans.overtaken", language, login=who)}
    return {}


def _propose(request: Request, values: dict[str, str], looked: Looked) -> dict[str, str]:
    parts, language = parts_of(request), language_of(request)
    if has_error(looked.findings):
        return {"content": said("releases.findings", language, count=len(looked.findings))}
    wanted = Wanted(
        "load", session_of(request).login, values.get("reason", ""), text=values["content"]
    )
    done = propose(parts.settings.database_url, wanted, parts.clock())
    if isinstance(done, Proposal):
        return {}
    if isinstance(done, Refusal):
        return {"reason": said(f"refusal.{done}", language)}
    return {"content": said("releases.findings", language, count=len(done))}


async def _page(
    request: Request,
    plan_id: str,
    values: dict[str, str],
    errors: dict[str, str],
    looked: Looked | None,
    plan: Mapping[str, Any] | None = None,
) -> Response:
    """Show the page. `plan` is the saved one, for its forms; None beside an unsaved text."""
    url = parts_of(request).settings.database_url
    found, text = (looked.findings, values["content"]) if looked else ([], "")
    findings = await run_in_threadpool(worded, found, language_of(request), text)
    return render(
        request,
        "staff_plans.html",
        status=422 if errors else 200,
        plan_ids=await run_in_threadpool(read_plan_ids, url),
        plan_id=plan_id,
        history=await run_in_threadpool(_history, url, plan_id),
        history_max=HISTORY_SHOWN_MAX,
        values=values,
        errors=errors,
        looked=looked,
        plan=plan,
        findings=findings,
        kilobytes=PLAN_TEXT_KB_MAX,
    )


def _plan(text: str) -> Mapping[str, Any] | None:
    """Return what a plan says, if it can be changed in forms."""
    document = read_document(text.encode())
    return None if isinstance(document, list) else document


def _history(url: str, plan_id: str) -> list[PastEdit]:
    edits = read_edits(url, plan_id, most=HISTORY_SHOWN_MAX + 1)
    texts = {one.edit_id: one.text.splitlines() for one in edits}
    return [
        PastEdit(one, _changed(texts.get(one.follows or 0, []), texts[one.edit_id]))
        for one in edits[:HISTORY_SHOWN_MAX]
    ]


def _changed(before: list[str], after: list[str]) -> str:
    """Return what an edit changed, its first lines."""
    lines = list(unified_diff(before, after, lineterm="", n=1))
    return "\n".join([*lines[:LINES_SHOWN_MAX], *(["…"] if len(lines) > LINES_SHOWN_MAX else [])])
