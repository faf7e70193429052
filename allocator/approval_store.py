"""Keep what is proposed for releases, who decided it, and what was done.

Rule 1: lines are added, never changed; the tables themselves refuse a self-approval.
Rule 2: a decision is stored before it is carried out. One that was approved and not carried out
(a process died between) is carried out by approving it again, by anybody who might have.

All raise `StoreAway` when the database does not answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from allocator.approval import (
    Act,
    Decided,
    Member,
    Policy,
    Proposal,
    Refusal,
    alone_refusal,
    decision_refusal,
    member_refusal,
    message_refusal,
    reason_refusal,
)
from allocator.approval_view import standing_of
from allocator.finding import Finding
from allocator.model import Release
from allocator.release import ReleasePlan, has_error
from allocator.release_file import read_release_file
from allocator.release_orders import Order, findings_against, give_sound_order
from allocator.release_store import (
    Loaded,
    Overtaken,
    check_load,
    load_unchanged,
    transaction,
)
from allocator.statements import statement


class DoneAct(msgspec.Struct, frozen=True):
    """A line of what was done to releases."""

    act_id: int
    release_id: str
    act: Act
    reason: str
    done_by: str | None
    proposal_id: int | None
    result: str
    done_at: datetime


class Wanted(msgspec.Struct, frozen=True):
    """What somebody wants done: `text` to load, or an order for `release`."""

    act: Act
    by: str
    reason: str
    message: str | None = None
    text: str = ""
    release: ReleasePlan | None = None


def propose(
    database_url: str, wanted: Wanted, now: datetime, roster_key: bytes | None = None
) -> Proposal | Refusal | list[Finding]:
    """Store a proposal, if its plan has no error. `roster_key` opens the roster, for an opening."""
    if refusal := _refusal(database_url, wanted):
        return refusal
    planned = read_release_file(wanted.text.encode()) if wanted.act == "load" else wanted.release
    if not isinstance(planned, ReleasePlan):
        return planned or []
    if wanted.act == "load":
        findings = check_load(database_url, planned)
        against = findings if has_error(findings) else []
    else:
        against = findings_against(database_url, planned, wanted.act, now, roster_key)
    if against:
        return against
    row = {
        "release_id": planned.release.release_id,
        "act": wanted.act,
        "text": wanted.text,
        "message": wanted.message or "",
        "reason": wanted.reason.strip(),
        "by": wanted.by,
        "now": now,
    }
    with transaction(database_url) as connection:
        made = connection.execute(_sql("proposal_made"), row).fetchone()
    assert made is not None
    proposal = read_proposal(database_url, made.proposal_id)
    assert proposal is not None
    return proposal


def decide(
    database_url: str,
    proposal_id: int,
    decision: Decided,
    by: str,
    reason: str,
    now: datetime,
    *,
    seen: str = "",
) -> Proposal | Refusal:
    """Store a decision; return the proposal as it is then, not carried out yet.

    `seen` is what an approver has looked at (`allocator.approval_view`).
    """
    if refusal := member_refusal(read_member(database_url, by)):
        return refusal
    if decision == "rejected" and (refusal := reason_refusal(reason)):
        return refusal
    proposal = read_proposal(database_url, proposal_id)
    is_again = proposal is not None and _is_unfinished(proposal) and decision == "approved"
    asked = msgspec.structs.replace(proposal, decision=None) if is_again and proposal else proposal
    if refusal := decision_refusal(asked, decision, by):
        return refusal
    assert proposal is not None
    if decision == "approved" and standing_of(database_url, proposal).seen != seen:
        return Refusal.CHANGED
    if is_again:
        return proposal
    row = {
        "proposal_id": proposal_id,
        "proposed_by": proposal.proposed_by,
        "decision": decision,
        "by": by,
        "reason": reason.strip(),
        "now": now,
    }
    with transaction(database_url) as connection:
        is_first = connection.execute(_sql("decision_made"), row).fetchone() is not None
    if not is_first:
        return Refusal.DECIDED_ALREADY
    return msgspec.structs.replace(proposal, decision=decision, decided_by=by, decided_at=now)


def carry_out(
    database_url: str,
    proposal: Proposal,
    seen: str,
    now: datetime,
    roster_key: bytes | None = None,
) -> Loaded | Release | list[Finding] | Refusal:
    """Do what was approved, and note it; findings where the world has changed since.

    A refusal, and nothing is noted, where the release is not as its approver has seen it: it can
    be looked at, and approved, again. Pressed twice, it is done once: one waits for the other.
    """
    assert proposal.decision == "approved", "only what two people agreed upon is done"
    with transaction(database_url) as turn:
        turn.execute(_sql("proposal_turn"), {"proposal_id": proposal.proposal_id})
        now_is = read_proposal(database_url, proposal.proposal_id)
        if now_is is None or not _is_unfinished(now_is):
            return Refusal.DECIDED_ALREADY
        return _carried_out(database_url, proposal, seen, now, roster_key)


def _carried_out(
    database_url: str, proposal: Proposal, seen: str, now: datetime, roster_key: bytes | None
) -> Loaded | Release | list[Finding] | Refusal:
    standing = standing_of(database_url, proposal)
    if standing.seen != seen:
        return Refusal.CHANGED
    done: Loaded | Release | Overtaken | list[Finding]
    if proposal.act != "load":
        if standing.held is None:
            return Refusal.NO_SUCH_PROPOSAL
        message = proposal.message or None
        done = give_sound_order(database_url, standing.held, proposal.act, message, now, roster_key)
    elif isinstance(standing.planned, ReleasePlan):
        done = load_unchanged(database_url, standing.planned, standing.version)
    else:
        done = standing.planned or []
    if isinstance(done, Overtaken):
        return Refusal.CHANGED
    note_act(
        database_url,
        DoneAct(
            act_id=0,
            release_id=proposal.release_id,
            act=proposal.act,
            reason=proposal.reason,
            done_by=proposal.decided_by,
            proposal_id=proposal.proposal_id,
            result="refused" if isinstance(done, list) else "done",
            done_at=now,
        ),
    )
    return done


def order_alone(
    database_url: str,
    policy: Policy,
    wanted: Wanted,
    order: Order,
    now: datetime,
    roster_key: bytes | None = None,
) -> Release | Refusal | list[Finding]:
    """Do what one person may do, and note who and why; findings where it would let people book."""
    assert wanted.release is not None
    release = wanted.release.release
    if refusal := _refusal(database_url, wanted):
        return refusal
    if refusal := alone_refusal(policy, order, release.state_by_hand):
        return refusal
    ordered = give_sound_order(database_url, wanted.release, order, wanted.message, now, roster_key)
    if isinstance(ordered, Overtaken):
        return Refusal.CHANGED
    if isinstance(ordered, list):
        return ordered
    reason = wanted.reason.strip()
    note_act(
        database_url,
        DoneAct(0, release.release_id, order, reason, wanted.by, None, "done", now),
    )
    return ordered


def note_act(database_url: str, act: DoneAct) -> None:
    """Add a line of what was done; its number is the table's."""
    row = {
        "release_id": act.release_id,
        "act": act.act,
        "reason": act.reason,
        "by": act.done_by,
        "proposal_id": act.proposal_id,
        "result": act.result,
        "now": act.done_at,
    }
    with transaction(database_url) as connection:
        connection.execute(_sql("act_noted"), row)


def read_proposal(database_url: str, proposal_id: int) -> Proposal | None:
    """Return one proposal."""
    found = _proposals(database_url, proposal_id)
    return found[0] if found else None


def read_proposals(database_url: str) -> list[Proposal]:
    """Return the newest 200, the newest first."""
    return _proposals(database_url, None)


def read_acts(database_url: str) -> list[DoneAct]:
    """Return the newest 200 lines of what was done, the newest first."""
    with transaction(database_url) as connection:
        return [DoneAct(**row._asdict()) for row in connection.execute(_sql("acts"))]


def read_member(database_url: str, login: str) -> Member | None:
    """Return who has an account name."""
    with transaction(database_url) as connection:
        row = connection.execute(_sql("member"), {"login": login}).fetchone()
    return None if row is None else Member(**row._asdict())


def _refusal(database_url: str, wanted: Wanted) -> Refusal | None:
    """Say what is wrong with who wants something, why, and what they say to who waits."""
    return (
        member_refusal(read_member(database_url, wanted.by))
        or reason_refusal(wanted.reason)
        or message_refusal(wanted.message)
    )


def _is_unfinished(proposal: Proposal) -> bool:
    return proposal.decision == "approved" and proposal.result is None


def _proposals(database_url: str, proposal_id: int | None) -> list[Proposal]:
    with transaction(database_url) as connection:
        rows = connection.execute(_sql("proposals"), {"proposal_id": proposal_id}).fetchall()
    return [_proposal(row._asdict()) for row in rows]


def _proposal(row: dict[str, Any]) -> Proposal:
    return Proposal(text=row.pop("content"), **row)


def _sql(name: str) -> bytes:
    return statement(name).encode()
