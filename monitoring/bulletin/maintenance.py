"""Planned downtime: announced a week ahead (R13), shown on all pages, and kept to.

Rule 1: a plan with less than seven days' notice is refused, unless it is declared an
emergency, with its reason.
Rule 2: while a plan runs nobody is let in and nobody loses a place; the line goes on
where it was.
Rule 3: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from monitoring.bulletin.incidents import NotPossible

Phase = Literal["announced", "running", "over", "cancelled"]

NOTICE_MIN = timedelta(days=7)
LASTS_MAX = timedelta(hours=72)
REASON_LENGTH_MAX = 500

REDIS_KEY = "maintenance"
"""Where gateways and waiting room find the plans that are not over (a JSON list of `Plan`)."""


class Plan(msgspec.Struct, frozen=True):
    """One time in which the system is away. `emergency`: why the notice is short; else empty."""

    plan_id: str
    begins_at: datetime
    ends_at: datetime
    planned_at: datetime
    emergency: str = ""
    cancelled_at: datetime | None = None

    def phase(self, now: datetime) -> Phase:
        """Return where the plan stands. The end belongs to what comes after."""
        if self.cancelled_at is not None:
            return "cancelled"
        if now < self.begins_at:
            return "announced"
        return "running" if now < self.ends_at else "over"


def planned(
    known: Sequence[Plan],
    begins_at: datetime,
    ends_at: datetime,
    now: datetime,
    emergency: str = "",
) -> Plan:
    """Return a new plan.

    Raises:
        NotPossible: too short a notice, a span that is none or too long, or one that
            overlaps another plan.
    """
    reason = emergency.strip()
    if len(reason) > REASON_LENGTH_MAX:
        raise NotPossible(f"a reason has at most {REASON_LENGTH_MAX} characters")
    if begins_at < now and not reason:
        raise NotPossible("it would begin in the past")
    if not now < ends_at:
        raise NotPossible("it would end in the past")
    if not timedelta(0) < ends_at - begins_at <= LASTS_MAX:
        raise NotPossible("it lasts more than nothing and at most 72 hours")
    if begins_at - now < NOTICE_MIN and not reason:
        raise NotPossible(
            "residents are told at least 7 days before (R13); "
            "if it cannot wait, declare it: --emergency REASON"
        )
    for other in known:
        overlaps = other.begins_at < ends_at and begins_at < other.ends_at
        if overlaps and other.phase(now) in ("announced", "running"):
            raise NotPossible(f"it overlaps {other.plan_id}")
    same_day = [one for one in known if one.plan_id.startswith(f"m{begins_at:%Y%m%d}")]
    plan_id = f"m{begins_at:%Y%m%d}-{len(same_day) + 1}"
    return Plan(plan_id, begins_at, ends_at, now, reason)


def cancelled(plan: Plan, now: datetime) -> Plan:
    """Return the plan as called off, also while it runs: then the system is back early.

    Raises:
        NotPossible: it is over, or was called off before.
    """
    if plan.phase(now) in ("over", "cancelled"):
        raise NotPossible(f"{plan.plan_id} is {plan.phase(now)}")
    return msgspec.structs.replace(plan, cancelled_at=now)


def running(plans: Iterable[Plan], now: datetime) -> Plan | None:
    """Return the plan that runs now."""
    return next((plan for plan in plans if plan.phase(now) == "running"), None)


def announced(plans: Iterable[Plan], now: datetime) -> Plan | None:
    """Return the next plan that residents are to be told of."""
    coming = (plan for plan in plans if plan.phase(now) == "announced")
    return min(coming, key=lambda plan: plan.begins_at, default=None)
