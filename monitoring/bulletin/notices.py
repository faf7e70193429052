"""Which notices are due to the agreed contacts: each is sent once, in order.

Of an incident: each thing that was said, at once (what the machine says while an alert lasts is
in the alert's own notice: `alerts.py`); and at each moment for which an update was
promised and not given, that it is overdue. Of planned downtime: when it was planned,
seven days and one day before (if planned earlier than that), at its beginning, after its end.
Nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from monitoring.bulletin.incidents import Incident
from monitoring.bulletin.maintenance import Plan

IncidentKind = Literal["opened", "updated", "resolved", "overdue"]
PlanKind = Literal["planned", "reminder", "begins", "over", "cancelled"]
Kind = IncidentKind | PlanKind

BEFORE = (timedelta(days=7), timedelta(days=1))
OVERDUE_AGAIN = timedelta(minutes=10)
"""An update that is overdue is called for again and again, until it is given."""


class Notice(msgspec.Struct, frozen=True):
    """One notice. `key` is the same however often it is worked out; `about` is an id."""

    key: str
    kind: Kind
    about: str
    due_at: datetime
    words: dict[str, str]


def due(
    incidents: Sequence[Incident],
    plans: Sequence[Plan],
    now: datetime,
    sent: Collection[str],
) -> list[Notice]:
    """Return what is due and was not sent, oldest first."""
    found = [notice for incident in incidents for notice in _of_incident(incident, now)]
    found += [notice for plan in plans for notice in _of_plan(plan, now)]
    waiting = [one for one in found if one.due_at <= now and one.key not in sent]
    return sorted(waiting, key=lambda one: (one.due_at, one.key))


def _of_incident(incident: Incident, now: datetime) -> Iterator[Notice]:
    about = incident.incident_id
    for number, entry in enumerate(incident.entries):
        if entry.by_machine and entry.stage != "resolved":
            continue
        yield Notice(f"{about}/{number}", entry.stage, about, entry.said_at, entry.words)
    number, latest = len(incident.entries) - 1, incident.latest
    if latest.next_at is not None and latest.next_at < now:
        times = (now - latest.next_at) // OVERDUE_AGAIN
        due_at = latest.next_at + times * OVERDUE_AGAIN
        yield Notice(f"{about}/{number}/overdue/{times}", "overdue", about, due_at, latest.words)


def _of_plan(plan: Plan, now: datetime) -> Iterator[Notice]:
    """Of a plan that was called off only that, and what had been due before."""

    def notice(name: str, kind: PlanKind, due_at: datetime) -> Notice:
        words = {} if not plan.emergency else {"reason": plan.emergency}
        return Notice(f"{plan.plan_id}/{name}", kind, plan.plan_id, due_at, words)

    yield notice("planned", "planned", plan.planned_at)
    if plan.cancelled_at is not None:
        yield notice("cancelled", "cancelled", plan.cancelled_at)
        return
    for before in BEFORE:
        at = plan.begins_at - before
        if at > plan.planned_at and now < plan.begins_at:
            yield notice(f"before/{before.days}", "reminder", at)
    if now < plan.ends_at:
        yield notice("begins", "begins", max(plan.begins_at, plan.planned_at))
    yield notice("over", "over", plan.ends_at)
