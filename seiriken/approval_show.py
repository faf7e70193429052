"""What a proposal would change, in lines: what the staff's page shows to whoever approves it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from allocator.model import SITE_TIMEZONE

if TYPE_CHECKING:
    from allocator.approval import Proposal
    from allocator.approval_view import View
    from allocator.plan_diff import DayOfPlan, Said, Term


def clock(moment: datetime) -> str:
    """Return a moment as the clock at the site shows it."""
    return f"{moment.astimezone(SITE_TIMEZONE):%F %R %Z}"


def view_document(proposal: Proposal, view: View) -> dict[str, object]:
    """Return what programs get."""
    return {
        "proposal": proposal,
        "changes": view.changes,
        "terms": view.terms,
        "findings": view.findings,
        "seen": view.standing.seen,
    }


def view_lines(proposal: Proposal, view: View) -> list[str]:
    """Return who proposes what and why, and what it would change."""
    from seiriken.release_commands import finding_lines

    number, act, release_id = proposal.proposal_id, proposal.act, proposal.release_id
    lines = [
        f"proposal {number}: {act} {release_id}",
        f"by {proposal.proposed_by}, {clock(proposal.proposed_at)}: {proposal.reason}",
        *_term_lines(view.terms or ()),
    ]
    for change in view.changes:
        day = change.after or change.before
        assert day is not None
        before, after = (_seats(side) for side in (change.before, change.after))
        lines.append(f"  {day.day} {day.venue_id} {day.product_id}: {before} → {after}")
    if act == "load" and len(lines) == len(("what", "who")):
        lines.append("  it is what is loaded already: nothing changes")
    return [*lines, *finding_lines(view.findings), f"seen: {view.standing.seen}"]


def _term_lines(terms: Iterable[Term]) -> list[str]:
    return [f"  {one.path}: {_value(one.before)} → {_value(one.after)}" for one in terms]


def _seats(side: DayOfPlan | None) -> str:
    if side is None:
        return "none"
    return f"{side.slots:,} slots with {side.dose_1:,} first and {side.dose_2:,} second doses"


def _value(value: Said | None) -> str:
    if value is None:
        return "none"
    return ", ".join(f"{one}" for one in value) if isinstance(value, tuple) else f"{value}"
