"""Whether an act upon a release needs a second person, and who that may be.

Rule 1: what lets people book, or changes what they may book, is proposed by one account and
approved by another; what stops bookings is done by one, at once, with a reason.
Rule 2: a proposal is decided once, and what is carried out is the very text that was approved,
upon the very release that the approver has seen it change.
Rule 3: nothing here does I/O, reads a clock or draws a random number.

A release opens at its moment by itself: with approval on, none is stored that two people have not
seen, so nothing more is asked at the moment.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

Act = Literal["load", "open", "pause", "resume", "close"]
ACTS: tuple[Act, ...] = ("load", "open", "pause", "resume", "close")

Policy = Literal["off", "two_people"]
POLICIES: tuple[Policy, ...] = ("off", "two_people")

Decided = Literal["approved", "rejected"]
ByHand = Literal["none", "paused", "closed"]

ROLES_AT_RELEASES = frozenset({"operator", "supervisor"})
REASON_LENGTH_MAX = 500
MESSAGE_LENGTH_MAX = 500
"""Of what everybody who waits is shown: each of them asks for it again and again."""


class Refusal(StrEnum):
    """Why a proposal or a decision is not taken, in order of precedence."""

    NO_SUCH_ACCOUNT = "no_such_account"
    NOT_THEIR_WORK = "not_their_work"
    NO_REASON = "no_reason"
    REASON_TOO_LONG = "reason_too_long"
    MESSAGE_NO_LINE = "message_no_line"
    NEEDS_SECOND = "needs_second"
    NO_SUCH_PROPOSAL = "no_such_proposal"
    DECIDED_ALREADY = "decided_already"
    OWN_PROPOSAL = "own_proposal"
    CHANGED = "changed"
    CLOSED = "closed"


class Member(msgspec.Struct, frozen=True):
    """One of the staff, as far as releases go."""

    login: str
    role: str
    is_disabled: bool = False


class Proposal(msgspec.Struct, frozen=True):
    """An act that waits for a second person, or did. `text` is the file to load, else empty."""

    proposal_id: int
    release_id: str
    act: Act
    text: str
    message: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    decision: Decided | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    result: Literal["done", "refused"] | None = None


def needs_second(policy: Policy, act: Act, by_hand: ByHand = "none") -> bool:
    """Say whether a second person must approve an act; `by_hand` is how the release stands.

    A pause is taken back by one person: what goes on then is what two have approved. A closing is
    an end, so to open again after it is to open.
    """
    if policy == "off":
        return False
    return act in ("load", "open") or (act == "resume" and by_hand == "closed")


def member_refusal(member: Member | None) -> Refusal | None:
    """Say why somebody may neither propose nor decide; `member` is None for an unknown name."""
    if member is None or member.is_disabled:
        return Refusal.NO_SUCH_ACCOUNT
    return None if member.role in ROLES_AT_RELEASES else Refusal.NOT_THEIR_WORK


def reason_refusal(reason: str) -> Refusal | None:
    """Say what is wrong with a reason."""
    if not reason.strip():
        return Refusal.NO_REASON
    return Refusal.REASON_TOO_LONG if len(reason) > REASON_LENGTH_MAX else None


def message_refusal(message: str | None) -> Refusal | None:
    """Say what is wrong with what everybody who waits is to be shown."""
    is_line = message is None or (len(message) <= MESSAGE_LENGTH_MAX and message.isprintable())
    return None if is_line else Refusal.MESSAGE_NO_LINE


def alone_refusal(policy: Policy, act: Act, by_hand: ByHand) -> Refusal | None:
    """Say why an act cannot be done by one person.

    What is closed is not paused: a pause is taken back by one person, a closing by two.
    """
    if act == "pause" and by_hand == "closed":
        return Refusal.CLOSED
    return Refusal.NEEDS_SECOND if needs_second(policy, act, by_hand) else None


def decision_refusal(proposal: Proposal | None, decision: Decided, login: str) -> Refusal | None:
    """Say why somebody cannot decide a proposal. One's own may be taken back, not approved."""
    if proposal is None:
        return Refusal.NO_SUCH_PROPOSAL
    if proposal.decision is not None:
        return Refusal.DECIDED_ALREADY
    is_own = proposal.proposed_by == login
    return Refusal.OWN_PROPOSAL if is_own and decision == "approved" else None
