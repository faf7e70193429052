"""The herald: sends what is due to the agreed contacts, writes the status page, tells of downtime.

It needs neither PostgreSQL nor Redis, and keeps what it has sent in a file of its own: a notice
goes to each contact once, and again each minute to whom it could not be delivered. What
Alertmanager has told (`alert_desk.py`) goes the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import psutil

from monitoring import metrics
from monitoring.bulletin.alert_desk import KEY_PREFIX, AlertDesk, Letter
from monitoring.bulletin.contacts import Contact, Contacts
from monitoring.bulletin.maintenance import Plan, running
from monitoring.bulletin.notices import Notice, due
from monitoring.bulletin.record import Record, RecordFile, write_whole
from monitoring.bulletin.status_page import Frame, write
from monitoring.bulletin.words import incident_notice, plan_notice
from monitoring.logs import get_logger

TRY_AGAIN_AFTER = timedelta(minutes=1)
WRITE_AGAIN_AFTER = timedelta(minutes=1)
"""The page says when it was written: one that is older tells that nobody writes it."""

Send = Callable[[Contact, str, str], bool]
Publish = Callable[[tuple[Plan, ...]], None]

log = get_logger()


class _Sent(msgspec.Struct):
    """What was delivered: the keys of notices, by contact."""

    keys: dict[str, list[str]] = {}


@dataclass
class Herald:
    """What one herald works with. `publish` tells the rest of the system the plans.

    `desk` takes what Alertmanager says; None where there is no Alertmanager.
    """

    folder: Path
    status_folder: Path
    frame: Frame
    send: Send
    publish: Publish
    desk: AlertDesk | None = None
    _failed_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _written: tuple[Record, datetime] | None = None

    def work(self, now: datetime) -> None:
        """Do what is due now."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.desk is not None:
            self.desk.work(now)
        record = RecordFile(self.folder).read()
        self._count(record, now)
        self.publish(
            tuple(one for one in record.plans if one.phase(now) in ("announced", "running"))
        )
        self._write(record, now)
        self._tell(record, now)

    def _write(self, record: Record, now: datetime) -> None:
        if self._written is not None:
            known, at = self._written
            if known == record and now - at < WRITE_AGAIN_AFTER:
                return
        write(record, self.frame, now, self.status_folder)
        self._written = (record, now)

    def _tell(self, record: Record, now: datetime) -> None:
        path = self.folder / "sent.json"
        sent = _read_sent(path)
        letters = self.desk.read().letters if self.desk is not None else ()
        for contact in Contacts(self.folder).read():
            keys = sent.keys.setdefault(contact.name, [])
            for notice in _all_due(record, letters, now, keys):
                is_news = notice.due_at >= contact.added_at
                if not is_news or not self._tries(contact, notice, now):
                    continue
                if self._deliver(record, contact, notice, now):
                    keys[:] = [*_still_known(keys, letters), notice.key]
                    write_whole(path, msgspec.json.encode(sent))

    def _tries(self, contact: Contact, notice: Notice | Letter, now: datetime) -> bool:
        failed_at = self._failed_at.get((contact.name, notice.key))
        return failed_at is None or now - failed_at >= TRY_AGAIN_AFTER

    def _deliver(
        self, record: Record, contact: Contact, notice: Notice | Letter, now: datetime
    ) -> bool:
        title, body = _written_out(record, notice, self.frame)
        if self.send(contact, title, body):
            metrics.NOTICES.labels("sent").inc()
            log.info("notice_sent", kind=notice.kind, about=notice.about)
            return True
        self._failed_at[contact.name, notice.key] = now
        metrics.NOTICES.labels("failed").inc()
        log.warning("notice_failed", kind=notice.kind, about=notice.about)
        return False

    def _count(self, record: Record, now: datetime) -> None:
        open_now = [one for one in record.incidents if not one.is_resolved]
        metrics.OPEN_INCIDENTS.set(len(open_now))
        metrics.OVERDUE_INCIDENTS.set(sum(one.is_overdue(now) for one in open_now))
        metrics.RUNNING_MAINTENANCES.set(running(record.plans, now) is not None)
        disk = psutil.disk_usage(str(self.folder))
        metrics.DISK_SIZE_BYTES.set(disk.total)
        metrics.DISK_FREE_BYTES.set(disk.free)


def _all_due(
    record: Record, letters: Collection[Letter], now: datetime, keys: Collection[str]
) -> list[Notice | Letter]:
    """Return what is due and was not sent, oldest first."""
    found: list[Notice | Letter] = [*due(record.incidents, record.plans, now, keys)]
    found += [one for one in letters if one.key not in keys]
    return sorted(found, key=lambda one: (one.due_at, one.key))


def _still_known(keys: Collection[str], letters: Collection[Letter]) -> Iterator[str]:
    """Yield the keys that may come up again: those of alerts as long as they are kept."""
    kept = {one.key for one in letters}
    return (key for key in keys if key in kept or not key.startswith(KEY_PREFIX))


def _written_out(record: Record, notice: Notice | Letter, frame: Frame) -> tuple[str, str]:
    if isinstance(notice, Letter):
        return notice.title, notice.body
    if notice.about.startswith("m"):
        return plan_notice(notice, record.plan(notice.about), frame.city)
    return incident_notice(notice, record.incident(notice.about), frame.city)


def _read_sent(path: Path) -> _Sent:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Sent)
    except FileNotFoundError:
        return _Sent()
