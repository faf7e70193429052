"""Where alerts come in: takes Alertmanager's messages, keeps incidents and notices of them.

What it knows is a file beside the record (`alerts.json`), which no other process writes. A message
is answered when both are written, the record first: Alertmanager sends again what was not
answered, and an incident that is there already is joined, not opened twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import RLock

import msgspec

from monitoring.bulletin import alerts, watch
from monitoring.bulletin.alert_words import Letterhead, alert_notice, watch_notice
from monitoring.bulletin.alerts import WATCHDOG, AlertKind, Group, Message, Taken
from monitoring.bulletin.incidents import Incident
from monitoring.bulletin.record import Record, RecordFile, write_whole
from monitoring.bulletin.watch import Watch, WatchKind
from monitoring.logs import get_logger

FILE = "alerts.json"
KEY_PREFIX = "alert/"
"""Begins the key of each notice of an alert; others never begin so."""

log = get_logger()


class Letter(msgspec.Struct, frozen=True):
    """One notice of an alert, written out. It is kept for a day, for whom cannot be reached."""

    key: str
    kind: AlertKind | WatchKind
    about: str
    due_at: datetime
    title: str
    body: str


class Alerts(msgspec.Struct, frozen=True):
    """What is known of alerts: their groups by Alertmanager's key, and what was to be told."""

    groups: dict[str, Group] = {}
    letters: tuple[Letter, ...] = ()


class AlertDesk:
    """Takes messages from the internal port's threads, and works from the herald's loop.

    `silent_after` is how long Alertmanager may say nothing; None if none is expected to.
    """

    def __init__(
        self, folder: Path, head: Letterhead, now: datetime, silent_after: timedelta | None = None
    ) -> None:
        self._path = folder / FILE
        self._record = RecordFile(folder)
        self._head = head
        self._since = now
        self._silent_after = silent_after
        self._watch = Watch(now)
        self._beat_at = now
        self._lock = RLock()

    def read(self) -> Alerts:
        """Return what is known; nothing if nothing ever came.

        Raises:
            msgspec.DecodeError: the file was changed by something else.
        """
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Alerts)
        except FileNotFoundError:
            return Alerts()

    def take(self, body: bytes, now: datetime) -> bool:
        """Take one message; False if it is none.

        Raises:
            OSError: it could not be kept; it must be sent again.
        """
        try:
            message = msgspec.json.decode(body, type=Message)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        if not message.alerts:
            return False
        if message.name == WATCHDOG:
            self._hear(now)
            return True
        self._change(lambda record, known: self._taken(record, known, message, now))
        log.info("alert_told", about=message.name, state=message.status)
        return True

    def work(self, now: datetime) -> None:
        """Resolve the machine's incidents that are over, and notice when nobody watches."""
        known = self.read()
        incidents = self._record.read().incidents
        if alerts.settled(known.groups, incidents, now, self._since):
            self._change(lambda record, known: self._settled(record, known, now))
        if self._silent_after is None:
            return
        with self._lock:
            self._watch, kind = watch.looked(self._watch, now, self._silent_after)
            self._tell_of_watch(kind, now)

    def is_beat_due(self) -> bool:
        """Say, once each time that the watchdog was heard, that the outside may be told."""
        is_due = self._watch.heard_at > self._beat_at
        self._beat_at = self._watch.heard_at
        return is_due

    def _hear(self, now: datetime) -> None:
        with self._lock:
            self._watch, kind = watch.heard(self._watch, now)
            self._tell_of_watch(kind, now)

    def _tell_of_watch(self, kind: WatchKind | None, now: datetime) -> None:
        if kind is None:
            return
        title, body = watch_notice(kind, now - self._watch.heard_at, self._head)
        letter = Letter(_key(now, WATCHDOG), kind, WATCHDOG, now, title, body)
        self._change(lambda record, known: (record, _with_letter(known, letter, now)))
        log.warning("watch_changed", kind=kind)

    def _taken(
        self, record: Record, known: Alerts, message: Message, now: datetime
    ) -> tuple[Record, Alerts]:
        taken = alerts.take(known.groups, record.incidents, message, now)
        letter = self._letter(message, taken, now)
        known = msgspec.structs.replace(known, groups=alerts.kept(taken.groups, now))
        incidents = [taken.incident] if taken.incident is not None and taken.is_said else []
        return _with_incidents(record, incidents), _with_letter(known, letter, now)

    def _settled(self, record: Record, known: Alerts, now: datetime) -> tuple[Record, Alerts]:
        over = alerts.settled(known.groups, record.incidents, now, self._since)
        return _with_incidents(record, over), known

    def _letter(self, message: Message, taken: Taken, now: datetime) -> Letter:
        title, body = alert_notice(message, taken, now, self._head)
        return Letter(_key(now, message.group_key), taken.kind, message.name, now, title, body)

    def _change(self, make: Callable[[Record, Alerts], tuple[Record, Alerts]]) -> None:
        """Replace record and file by what `make` makes of them; others wait meanwhile."""
        with self._lock:
            known = self.read()
            changed = self._record.change(lambda record: make(record, known))
            write_whole(self._path, msgspec.json.encode(changed))


def _key(now: datetime, name: str) -> str:
    return f"{KEY_PREFIX}{now.isoformat()}/{name}"


def _with_letter(known: Alerts, letter: Letter, now: datetime) -> Alerts:
    fresh = [one for one in known.letters if now - one.due_at < alerts.KEPT_FOR]
    return msgspec.structs.replace(known, letters=(*fresh, letter))


def _with_incidents(record: Record, incidents: Sequence[Incident]) -> Record:
    for incident in incidents:
        record = record.with_incident(incident)
    return record
