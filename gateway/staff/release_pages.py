"""The release desk: how releases stand, orders with a reason, and what waits for a second person.

Rule 1: who does it is the account that is signed in; the rules are `allocator.approval`'s.
Rule 2: an order that needs two people becomes a proposal, with the same form.

The tables are asked off the event loop, each time anew: few people are here, and none may see a
state that has passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal, cast, get_args

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.approval import Act, Decided, Proposal, Refusal, needs_second
from allocator.approval_store import (
    Wanted,
    carry_out,
    decide,
    order_alone,
    propose,
    read_acts,
    read_proposals,
)
from allocator.approval_view import view_of
from allocator.finding import Finding
from allocator.model import Release
from allocator.plan_diff import Difference
from allocator.release import ReleasePlan
from allocator.release_store import read_catalogue, read_plan, read_releases
from gateway.answers import answer
from gateway.problems import Problem
from gateway.staff.finding_words import Worded, worded
from gateway.staff.guard import guarded, read_form, see_other, session_of
from gateway.staff.parts import StaffParts, parts_of
from gateway.staff.rendering import render
from gateway.staff.room_pages import notice_of
from gateway.staff.term_words import WordedTerm, worded_terms
from gateway.staff.words import language_of, said
from gateway.views import words_in
from monitoring.secrets import SecretError, read_secret

ORDERS = ("open", "pause", "resume", "close")
DIFFERENCES_SHOWN_MAX = 100
_ORDER_FIELDS = ("release_id", "act", "message", "reason")
_DIGITS_MAX = 16
_DECISION_FIELDS = ("proposal_id", "decision", "reason", "seen")


Done = Literal["ordered", "proposed", "approved", "rejected"]
DONE: tuple[Done, ...] = get_args(Done)


class Waiting(msgspec.Struct, frozen=True):
    """A proposal that waits, or was not carried out, with what it would change.

    `names` are those of its venues and products, by id; `seen` stands for what is changed.
    """

    proposal: Proposal
    changes: list[Difference]
    terms: list[WordedTerm] | None
    names: Mapping[str, str]
    may_approve: bool
    findings: list[Worded] = []
    seen: str = ""


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", "/releases", releases_page),
        guarded("POST", "/releases/order", ordering),
        guarded("POST", "/releases/decision", deciding),
    ]


async def releases_page(request: Request) -> Response:
    """Show the releases, the proposals and what was done."""
    return await _page(request)


async def ordering(request: Request) -> Response:
    """Open, pause, resume or close: at once, or as a proposal."""
    values = await read_form(request, _ORDER_FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    parts, language = parts_of(request), language_of(request)
    stored = await run_in_threadpool(_stored, parts, values.get("release_id", ""))
    missing: dict[str, str] = {}
    if stored is None:
        missing["release_id"] = said("releases.which_missing", language)
    if values.get("act") not in ORDERS:
        missing["act"] = said("releases.what_missing", language)
    if stored is None or missing:
        return await _page(request, dict(values), missing)
    wanted = Wanted(
        cast(Act, values["act"]),
        session_of(request).login,
        values.get("reason", ""),
        values.get("message") or None,
        release=stored,
    )
    done = await run_in_threadpool(_order, parts, wanted)
    if isinstance(done, Refusal):
        field = "message" if done is Refusal.MESSAGE_NO_LINE else "reason"
        return await _page(request, dict(values), {field: said(f"refusal.{done}", language)})
    if isinstance(done, list):
        return await _page(request, dict(values), {"act": _text(done, language)}, done)
    return see_other(path_after("proposed" if isinstance(done, Proposal) else "ordered"))


async def deciding(request: Request) -> Response:
    """Approve a proposal and carry it out, or reject it."""
    values = await read_form(request, _DECISION_FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    number, decision = (values.get(name, "") for name in ("proposal_id", "decision"))
    is_number = number.isascii() and number.isdecimal() and len(number) < _DIGITS_MAX
    if not is_number or decision not in ("approved", "rejected"):
        return answer(request, Problem("bad_request"))
    parts, login = parts_of(request), session_of(request).login
    reason, language = values.get("reason", ""), language_of(request)
    seen = values.get("seen", "")
    work = partial(_decide, parts, int(number), cast(Decided, decision), login, reason, seen)
    done = await run_in_threadpool(work)
    field = f"reason-{number}"
    if isinstance(done, Refusal):
        return await _page(request, {field: reason}, {field: said(f"refusal.{done}", language)})
    if isinstance(done, list):
        return await _page(request, {field: reason}, {field: _text(done, language)}, done)
    return see_other(path_after(cast(Done, decision)))


def path_after(done: Done) -> str:
    """Return where it is told that something was done."""
    return f"/releases?done={done}"


def _order(parts: StaffParts, wanted: Wanted) -> Release | Proposal | Refusal | list[Finding]:
    assert wanted.release is not None
    url, settings, now = parts.settings.database_url, parts.settings, parts.clock()
    by_hand, key = wanted.release.release.state_by_hand, _roster_key(parts)
    if needs_second(settings.release_approval, wanted.act, by_hand):
        return propose(url, wanted, now, key)
    return order_alone(url, settings.release_approval, wanted, cast(Any, wanted.act), now, key)


def _decide(
    parts: StaffParts, number: int, decision: Decided, login: str, reason: str, seen: str
) -> Proposal | Refusal | list[Finding]:
    url, now = parts.settings.database_url, parts.clock()
    decided = decide(url, number, decision, login, reason, now, seen=seen)
    if isinstance(decided, Refusal) or decision == "rejected":
        return decided
    done = carry_out(url, decided, seen, now, _roster_key(parts))
    return done if isinstance(done, (list, Refusal)) else decided


def _roster_key(parts: StaffParts) -> bytes | None:
    """Return the key of the roster; None if it cannot be read, which is to stop no pause."""
    try:
        return read_secret(parts.settings.secrets_dir, "roster.key")
    except SecretError:
        return None


def _stored(parts: StaffParts, release_id: str) -> ReleasePlan | None:
    """Return a release as it is stored now: the copy here is a moment behind a load."""
    url = parts.settings.database_url
    catalogue = read_catalogue(url)
    return read_plan(url, catalogue, release_id) if release_id in catalogue.releases else None


def _waiting(
    parts: StaffParts, login: str, proposals: list[Proposal], language: str
) -> list[Waiting]:
    return [
        _shown(parts, one, login, language)
        for one in proposals
        if one.decision is None or (one.decision == "approved" and one.result is None)
    ]


def _shown(parts: StaffParts, proposal: Proposal, login: str, language: str) -> Waiting:
    """Return what a proposal would change: days, and terms of what is stored already."""
    view = view_of(parts.settings.database_url, proposal)
    base, planned = view.standing.base, view.standing.planned
    plans = [one for one in (base, planned) if isinstance(one, ReleasePlan)]
    names = {name: text for one in plans for name, text in _names(one, language).items()}
    return Waiting(
        proposal,
        view.changes,
        None if view.terms is None else worded_terms(view.terms, names, language),
        names,
        proposal.proposed_by != login,
        worded(view.findings, language, proposal.text),
        view.standing.seen,
    )


def _names(planned: ReleasePlan, language: str) -> dict[str, str]:
    return {
        name: words_in(item.names, language)
        for items in (planned.products, planned.venues)
        for name, item in items.items()
    }


def _text(findings: list[Finding], language: str) -> str:
    return said("releases.findings", language, count=len(findings))


async def _page(
    request: Request,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    findings: list[Finding] | None = None,
) -> Response:
    parts, login = parts_of(request), session_of(request).login
    url = parts.settings.database_url
    releases = await run_in_threadpool(read_releases, url)
    told = request.query_params.get("done", "")
    proposals = await run_in_threadpool(read_proposals, url)
    return render(
        request,
        "staff_releases.html",
        status=422 if errors else 200,
        releases=[one for one in releases if not one.is_for_probe],
        now=parts.clock(),
        done=told if told in DONE else "",
        states={one.release_id: notice_of(parts, one.release_id).get("state") for one in releases},
        waiting=await run_in_threadpool(_waiting, parts, login, proposals, language_of(request)),
        acts=await run_in_threadpool(read_acts, url),
        orders=ORDERS,
        differences_max=DIFFERENCES_SHOWN_MAX,
        values=values or {},
        errors=errors or {},
        findings=worded(findings or [], language_of(request)),
        is_by_two=parts.settings.release_approval == "two_people",
    )
