"""What Alertmanager says, and what follows: incidents that are opened and closed, and notices.

Rule 1: a group of alerts is told of when it begins, whenever Alertmanager repeats it, and when
it is over. Grouping, repeating and holding back are Alertmanager's.
Rule 2: a page opens an incident, or joins the one that is the machine's: one outage, one incident.
Rule 3: the machine resolves its incident when all that belongs to it has been quiet for
`QUIET_FOR`, so that what comes and goes opens no second one; never an incident of which a
person has spoken.
Rule 4: nothing here does I/O, reads a clock or draws a random number.

The messages are those of Alertmanager's webhooks, version 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from monitoring.bulletin.incidents import (
    LANGUAGES,
    NEXT_UPDATE_USUAL,
    TEXT_LENGTH_MAX,
    Incident,
    opened,
    resolved,
    updated,
)

AlertKind = Literal["alert", "alert_again", "alert_over"]

QUIET_FOR = timedelta(minutes=5)
HEARD_WITHIN = timedelta(hours=2)
"""A page is repeated at least each hour: one that was not heard of for so long is over."""
KEPT_FOR = timedelta(days=1)

WATCHDOG = "Watchdog"
"""The alert that always fires: it says that somebody watches, and opens nothing."""

PUBLIC_WORDS = {
    "ja": "予約システムに不具合が起きているおそれがあり、確認しています。",
    "en": "Something may be wrong with the booking system. We are looking into it.",
}
"""What the public is told when a rule has no words of its own for them."""

OVER_WORDS = {
    "ja": "復旧しました。ご迷惑をおかけしました。",
    "en": "The system works again. We are sorry for the trouble.",
}


class Alert(msgspec.Struct, frozen=True, rename="camel"):
    """One alert of a group: a rule's labels and annotations, for one thing."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime

    @property
    def is_page(self) -> bool:
        """Say whether somebody has to act now."""
        return self.labels.get("severity") == "page"

    @property
    def opens_incident(self) -> bool:
        """Say whether the public is told: of every page, unless the rule says no."""
        return self.is_page and self.labels.get("incident") != "no"

    @property
    def public_words(self) -> dict[str, str]:
        """Return what the rule has the public told; little, if that cannot be said."""
        words = {one: self.annotations.get(f"public_{one}", "").strip() for one in LANGUAGES}
        is_sayable = all(0 < len(text) <= TEXT_LENGTH_MAX for text in words.values())
        return words if is_sayable else PUBLIC_WORDS


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """What Alertmanager sends of one group: it fires while any alert of it does."""

    group_key: str
    status: Literal["firing", "resolved"]
    alerts: tuple[Alert, ...]

    @property
    def shown(self) -> tuple[Alert, ...]:
        """Return the alerts that the message is about: those that fire, else all."""
        return tuple(one for one in self.alerts if one.status == "firing") or self.alerts

    @property
    def name(self) -> str:
        """Return the name of the group's rule; empty if it has none."""
        return self.alerts[0].labels.get("alertname", "") if self.alerts else ""


class Group(msgspec.Struct, frozen=True):
    """What is known of a group. `heard_at` is when it ended, once it does not fire."""

    fires: bool
    heard_at: datetime
    incident_id: str = ""

    def is_over(self, now: datetime, since: datetime) -> bool:
        """Say whether it has ended, or was not heard of for so long that it must have."""
        return not self.fires or now - max(self.heard_at, since) > HEARD_WITHIN


Groups = Mapping[str, Group]


class Taken(msgspec.Struct, frozen=True):
    """What follows from a message. `is_said` if the group's `incident` says something new."""

    groups: dict[str, Group]
    kind: AlertKind
    incident: Incident | None
    is_said: bool


def take(groups: Groups, incidents: Sequence[Incident], message: Message, now: datetime) -> Taken:
    """Return what follows from a message that holds at least one alert."""
    known = groups.get(message.group_key)
    was_firing = known is not None and known.fires
    incident_id = known.incident_id if known is not None else ""
    incident = next((one for one in incidents if one.incident_id == incident_id), None)
    is_said, kind = False, _kind(message, was_firing=was_firing)
    if kind == "alert" and message.shown[0].opens_incident:
        before = incident if incident is not None and not incident.is_resolved else None
        incident, is_said = _joined(before, incidents, message, now)
    group = Group(
        fires=message.status == "firing",
        heard_at=now,
        incident_id=incident.incident_id if incident is not None else "",
    )
    return Taken({**groups, message.group_key: group}, kind, incident, is_said)


def settled(
    groups: Groups, incidents: Sequence[Incident], now: datetime, since: datetime
) -> list[Incident]:
    """Return the incidents that the machine resolves now. It has listened since `since`."""
    found = []
    for incident in incidents:
        theirs = [one for one in groups.values() if one.incident_id == incident.incident_id]
        if incident.is_resolved or not incident.is_machines or not theirs:
            continue
        is_over = all(one.is_over(now, since) for one in theirs)
        if is_over and now - max(one.heard_at for one in theirs) >= QUIET_FOR:
            found.append(resolved(incident, OVER_WORDS, now, by_machine=True))
    return found


def kept(groups: Groups, now: datetime) -> dict[str, Group]:
    """Return the groups that may still matter."""
    return {key: one for key, one in groups.items() if one.fires or now - one.heard_at < KEPT_FOR}


def _kind(message: Message, *, was_firing: bool) -> AlertKind:
    if message.status == "resolved":
        return "alert_over"
    return "alert_again" if was_firing else "alert"


def _joined(
    before: Incident | None, incidents: Sequence[Incident], message: Message, now: datetime
) -> tuple[Incident, bool]:
    """Return the incident of a page that begins, and whether something was said of it.

    That is the incident it had before, else the machine's, else a new one. What it tells the
    public is said once.
    """
    words = message.shown[0].public_words
    machines = (one for one in incidents if one.is_machines and not one.is_resolved)
    incident = before or next(machines, None)
    if incident is None:
        return opened(incidents, words, now, NEXT_UPDATE_USUAL, message.name), True
    if not incident.is_machines or any(entry.words == words for entry in incident.entries):
        return incident, False
    return updated(incident, words, now, NEXT_UPDATE_USUAL, by_machine=True), True
