"""An incident: what happened, what was said of it and when, and when more is to be said (R12).

Rule 1: an incident that is not resolved always promises the moment of its next update; one
that was not given by then is overdue, which is itself an alert.
Rule 2: what an alert has opened is the machine's until a person says something of it.
Rule 3: nothing here does I/O, reads a clock or draws a random number.

All that an incident says is public: nothing personal may be in it. Words are kept by
language; `ja` and `en` are always there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from monitoring.errors import MonitoringError

Stage = Literal["opened", "updated", "resolved"]

LANGUAGES = ("ja", "en")
TEXT_LENGTH_MAX = 1_000
NEXT_UPDATE_USUAL = timedelta(minutes=30)
NEXT_UPDATE_MAX = timedelta(hours=24)

Words = Mapping[str, str]
"""One text by language."""


class Entry(msgspec.Struct, frozen=True):
    """One thing that was said. `next_at` is when more was promised; None with `resolved`."""

    stage: Stage
    said_at: datetime
    words: dict[str, str]
    next_at: datetime | None
    by_machine: bool = False


class Incident(msgspec.Struct, frozen=True):
    """What happened. `alert` names the alert that opened it; empty if a person did."""

    incident_id: str
    entries: tuple[Entry, ...]
    alert: str = ""

    @property
    def opened_at(self) -> datetime:
        """Return when it was first told."""
        return self.entries[0].said_at

    @property
    def latest(self) -> Entry:
        """Return what was said last."""
        return self.entries[-1]

    @property
    def is_resolved(self) -> bool:
        """Say whether it is over."""
        return self.latest.stage == "resolved"

    @property
    def is_machines(self) -> bool:
        """Say whether no person has spoken of it yet: the machine may go on and resolve it."""
        return all(entry.by_machine for entry in self.entries)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether an update was promised for a moment that has passed."""
        return self.latest.next_at is not None and self.latest.next_at < now


class NotPossible(MonitoringError):
    """What was asked for breaks a rule; the text says which, for the operator."""


def opened(
    known: Sequence[Incident], words: Words, now: datetime, within: timedelta, alert: str = ""
) -> Incident:
    """Return a new incident; the machine's if an alert opened it.

    Raises:
        NotPossible: a text is missing or too long, or the promise is out of bounds.
    """
    entry = Entry("opened", now, _checked(words), _promised(now, within), alert != "")
    return Incident(_next_id(known, now), (entry,), alert)


def updated(
    incident: Incident,
    words: Words,
    now: datetime,
    within: timedelta,
    *,
    by_machine: bool = False,
) -> Incident:
    """Return the incident with something more said of it. Raises `NotPossible`."""
    entry = Entry("updated", now, _checked(words), _promised(now, within), by_machine)
    return _with(incident, entry)


def resolved(
    incident: Incident, words: Words, now: datetime, *, by_machine: bool = False
) -> Incident:
    """Return the incident as it ended. Raises `NotPossible`."""
    return _with(incident, Entry("resolved", now, _checked(words), None, by_machine))


def _with(incident: Incident, entry: Entry) -> Incident:
    if incident.is_resolved:
        raise NotPossible(f"{incident.incident_id} is resolved; open a new incident")
    return msgspec.structs.replace(incident, entries=(*incident.entries, entry))


def _promised(now: datetime, within: timedelta) -> datetime:
    if not timedelta(minutes=1) <= within <= NEXT_UPDATE_MAX:
        raise NotPossible("the next update is promised within 1 minute to 24 hours")
    return now + within


def _checked(words: Words) -> dict[str, str]:
    for language in LANGUAGES:
        text = words.get(language, "").strip()
        if not text:
            raise NotPossible(f"the text in `{language}` is missing")
        if len(text) > TEXT_LENGTH_MAX:
            raise NotPossible(f"a text has at most {TEXT_LENGTH_MAX:,} characters")
    return {language: text.strip() for language, text in words.items()}


def _next_id(known: Sequence[Incident], now: datetime) -> str:
    """Return the day and a number within it, as people say it on the telephone."""
    day = f"{now:%Y%m%d}"
    used = [one.incident_id for one in known if one.incident_id.startswith(day)]
    return f"{day}-{len(used) + 1}"
