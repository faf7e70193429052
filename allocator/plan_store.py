"""Keep every text of a plan: who saved it, when and why.

Rule 1: an edit is added, never changed; the newest of a plan is the plan.
Rule 2: an edit says which one it follows, so that nobody's work is overwritten unseen.

A plan with errors may be saved, so that work in hand is kept; it cannot be proposed.
All raise `StoreAway` when the database does not answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from allocator.approval import Refusal, member_refusal, reason_refusal
from allocator.approval_store import read_member
from allocator.release_store import transaction
from allocator.statements import statement

EDITS_READ_MAX = 200


class Edit(msgspec.Struct, frozen=True):
    """One text of a plan. `follows` is the edit that it was made from, None for the first."""

    edit_id: int
    plan_id: str
    follows: int | None
    text: str
    reason: str
    edited_by: str
    edited_at: datetime


class Overtaken(msgspec.Struct, frozen=True):
    """Somebody else has saved the plan in between: this is the newest."""

    newest: Edit


def save(
    database_url: str,
    plan_id: str,
    text: str,
    by: str,
    reason: str,
    follows: int | None,
    *,
    now: datetime,
) -> Edit | Overtaken | Refusal:
    """Add an edit of a plan that follows another one, or None for the first."""
    if refusal := member_refusal(read_member(database_url, by)) or reason_refusal(reason):
        return refusal
    newest = read_newest(database_url, plan_id)
    if newest is not None and newest.edit_id != follows:
        return Overtaken(newest)
    row = {
        "plan_id": plan_id,
        "follows": follows if newest is not None else None,
        "text": text,
        "reason": reason.strip(),
        "by": by,
        "now": now,
    }
    with transaction(database_url) as connection:
        connection.execute(statement("plan_edited").encode(), row)
    saved = read_newest(database_url, plan_id)
    assert saved is not None
    return saved if (saved.edited_by, saved.edited_at) == (by, now) else Overtaken(saved)


def read_newest(database_url: str, plan_id: str) -> Edit | None:
    """Return a plan as it is now."""
    edits = read_edits(database_url, plan_id, most=1)
    return edits[0] if edits else None


def read_plan_ids(database_url: str) -> list[str]:
    """Return the id of every plan that is kept, sorted."""
    with transaction(database_url) as connection:
        rows = connection.execute(statement("plan_ids").encode()).fetchall()
    return [row.plan_id for row in rows]


def read_edits(database_url: str, plan_id: str, most: int = EDITS_READ_MAX) -> list[Edit]:
    """Return the newest edits of a plan, the newest first."""
    with transaction(database_url) as connection:
        asked = {"plan_id": plan_id.replace("\0", ""), "most": most}  # No text has it there.
        rows = connection.execute(statement("plan_edits").encode(), asked).fetchall()
    return [_edit(row._asdict()) for row in rows]


def _edit(row: dict[str, Any]) -> Edit:
    return Edit(text=row.pop("content"), **row)
