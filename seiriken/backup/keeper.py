"""The keeper: makes the backups and drills that are due, and shows how it stands with them.

Rule 1: what the repository holds is shown, whoever made it (gauges); what this process did
is counted (counters).
Rule 2: a backup or drill that fails leaves the keeper running; the next try follows a pause.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from allocator.model import SITE_TIMEZONE
from monitoring import metrics
from monitoring.logs import get_logger
from seiriken.backup import catalogue
from seiriken.backup.drill import drill
from seiriken.backup.engine import Engine
from seiriken.backup.errors import BackupError
from seiriken.backup.receiving import Receiver
from seiriken.backup.repository import Repository
from seiriken.backup.schedule import Done, Schedule, drill_is_due, full_is_due
from seiriken.backup.taking import Source, take
from seiriken.errors import CommandError

log = get_logger()

SHOW_EVERY_S = 10.0
SILENT_S_MAX = 600.0
"""So long may no order of beat arrive while Redis answers and none is carried out."""


class Keeper:
    """What keeps one repository. Its clock is the site's."""

    def __init__(
        self,
        repository: Repository,
        source: Source,
        engine: Engine,
        schedule: Schedule,
        *,
        keep: int,
        work_dir: Path,
    ) -> None:
        self._repository, self._source, self._engine = repository, source, engine
        self._schedule, self._keep, self._work_dir = schedule, keep, work_dir
        self._since = _now()
        self._failed_at: datetime | None = None

    def work(self) -> str:
        """Do what is due, at most one thing; return what that was ("" for nothing)."""
        now, done = _now(), self._done()
        if full_is_due(self._schedule, done, now, self._since):
            self._note("backup", self._take())
            return "backup"
        if drill_is_due(self._schedule, done, now, self._since):
            self._note("drill", self._drill())
            return "drill"
        return ""

    def show(self) -> None:
        """Copy what the repository holds into the gauges."""
        backups, drills = self._repository.backups(), self._repository.drills()
        good = [drilled.ended_at for drilled in drills if not drilled.findings]
        metrics.KEPT_BACKUPS.set(len(backups))
        if backups:
            metrics.BACKUP_TIMESTAMP_SECONDS.set(backups[-1].ended_at.timestamp())
            metrics.BACKUP_BYTES.set(backups[-1].bytes)
            through = self._engine.through(self._repository, backups)
            metrics.WAL_ARCHIVED_TIMESTAMP_SECONDS.set(through.timestamp() if through else 0)
        if good:
            metrics.DRILL_TIMESTAMP_SECONDS.set(max(good).timestamp())

    def _done(self) -> Done:
        backups, drills = self._repository.backups(), self._repository.drills()
        newest = backups[-1] if backups else None
        return Done(
            full_began_at=newest.began_at if newest else None,
            drill_began_at=drills[-1].began_at if drills else None,
            failed_at=self._failed_at,
            has_gap=newest is not None and catalogue.has_gap(newest, self._repository.wal_names()),
        )

    def _take(self) -> bool:
        began_at = time.monotonic()
        try:
            with self._repository.held(alone=True):
                take(self._repository, self._source, self._engine, is_urgent=False)
                removed = self._engine.rotate(self._repository, self._keep)
        except (CommandError, OSError) as error:
            log.error("backup_failed", reason=_reason(error))
            return False
        log.info("backup_made", duration_s=_since(began_at), count=len(removed))
        return True

    def _drill(self) -> bool:
        began_at = time.monotonic()
        try:
            drilled = drill(self._repository, self._work_dir, self._engine)
        except (CommandError, OSError) as error:
            log.error("drill_failed", reason=_reason(error))
            return False
        for finding in drilled.findings:
            log.error("drill_failed", reason=finding)
        log.info("drill_ended", duration_s=_since(began_at), count=len(drilled.findings))
        return not drilled.findings

    def _note(self, what: str, is_well: bool) -> None:
        counter = metrics.BACKUPS if what == "backup" else metrics.DRILLS
        counter.labels(metrics.bounded("result", "ok" if is_well else "failed")).inc()
        self._failed_at = None if is_well else _now()


class KeeperWatch:
    """Threads beside the keeper: the archive, and once in a while a look at the repository.

    A worker can stop consuming for good when its connection to Redis breaks (celery issue 10302):
    when nothing was ordered for long although Redis answers, `stuck` is called.
    """

    def __init__(
        self,
        keeper: Keeper,
        repository: Repository,
        receiver: Receiver | None,
        *,
        broker_answers: Callable[[], bool],
        stuck: Callable[[], None],
    ) -> None:
        self._keeper, self._repository, self._receiver = keeper, repository, receiver
        self._broker_answers, self._stuck = broker_answers, stuck
        self._ordered_at_s = time.monotonic()
        self._is_at_work = False
        self._is_readable = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._repository.make()
        if self._receiver is not None:
            self._receiver.start()
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join()
        if self._receiver is not None:
            self._receiver.close()

    def note_begun(self) -> None:
        """Note that an order is carried out."""
        self._is_at_work = True

    def note_ended(self) -> None:
        """Note that it was."""
        self._ordered_at_s, self._is_at_work = time.monotonic(), False

    def ready(self) -> Mapping[str, bool]:
        """Say what the keeper has of what it needs."""
        receives = self._receiver is None or self._receiver.is_receiving
        return {"repository": self._is_readable, "wal": receives}

    def look(self) -> None:
        """Look once."""
        try:
            self._keeper.show()
            self._is_readable = True
        except (BackupError, OSError) as error:
            self._is_readable = False
            log.warning("backup_failed", reason=_reason(error))

    def listen(self) -> None:
        """See whether orders still arrive."""
        is_silent = time.monotonic() - self._ordered_at_s > SILENT_S_MAX
        if is_silent and not self._is_at_work and self._broker_answers():
            self._ordered_at_s = time.monotonic()
            self._stuck()

    def _run(self) -> None:
        self.look()
        while not self._stop.wait(SHOW_EVERY_S):
            self.look()
            self.listen()


def _now() -> datetime:
    return datetime.now(SITE_TIMEZONE)


def _since(began_at: float) -> float:
    return round(time.monotonic() - began_at, 1)


def _reason(error: Exception) -> str:
    """Return what to log: our own texts name files and moments, never what is in them."""
    return str(error) if isinstance(error, CommandError) else type(error).__name__
