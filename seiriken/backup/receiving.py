"""Bring WAL into the repository within a minute: `pg_receivewal`, sealed segment by segment.

Rule 1: the server keeps, by a replication slot, what was not received yet, as far as its
`max_slot_wal_keep_size` goes. What is lost beyond is said (`wal_lost`), and only a new full
backup helps.
Rule 2: a received segment leaves the spool only when it is sealed and on the repository's disk.

Every few seconds a mark (a commit of nothing) is written. From the marks follows before which
moment all is archived, and a restore to any such moment finds a commit after it. When a mark
has waited for 20 s, the server is told to close its segment. Its own `archive_timeout` does the
same, but not in the first minutes after a start: the checkpointer, begun while the server still
recovers, sleeps until its next checkpoint (seen with PostgreSQL 18.4).
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import scalar_row

from monitoring.logs import get_logger
from seiriken.backup.catalogue import is_wal, lsn_from, segment_end
from seiriken.backup.errors import BackupError
from seiriken.backup.programs import Programs, address_of, environment_for, reason_in
from seiriken.backup.repository import Repository
from seiriken.backup.statements import statement
from seiriken.backup.taking import read_facts
from seiriken.processes import end, running_in

log = get_logger()

LOOK_EVERY_S = 2.0
LOOKS_PER_MARK = 4
CLOSE_AFTER_S = 20.0
"""When something has waited for so long, its segment is closed."""

LOOKS_PER_START = 3
"""So many looks pass between two tries to start, so that a server away is not pressed."""

ARCHIVE_TIMEOUT_S_MAX = 45
"""More, and what was committed is not archived within a minute; the server's setting."""

_MARKS_MAX = 1_000
_WAL_LOST = re.compile(r"has already been removed|can no longer (access|get changes)")


class Receiver:
    """A thread that keeps the archive up to date while it runs."""

    def __init__(
        self,
        database_url: str,
        repository: Repository,
        spool_dir: Path,
        tools: Programs,
        *,
        look_every_s: float = LOOK_EVERY_S,
        close_after_s: float = CLOSE_AFTER_S,
    ) -> None:
        self._database_url, self._repository, self._tools = database_url, repository, tools
        self._spool_dir, self._look_every_s = spool_dir, look_every_s
        self._close_after_s = close_after_s
        self._archived_to = 0
        self._marks: deque[tuple[int, datetime]] = deque(maxlen=_MARKS_MAX)
        self._process: subprocess.Popen[str] | None = None
        self._slot = ""
        self._segment_bytes = 0
        self._looks = 0
        self._may_close = True
        self.through: datetime | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wal", daemon=True)

    @property
    def is_receiving(self) -> bool:
        """Say whether WAL comes in."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Begin, after what an earlier keeper left running was ended."""
        self._spool_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._repository.make()
        self._thread.start()

    def close(self) -> None:
        """End the thread and its program; what is finished in the spool is sealed before."""
        self._stop.set()
        self._thread.join()
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()

    def _run(self) -> None:
        end(running_in(self._spool_dir))
        self._look()
        while not self._stop.wait(self._look_every_s):
            self._look()
        self._sweep()

    def _look(self) -> None:
        """Do one round; whatever is away now is tried again in the next."""
        try:
            if not self.is_receiving and self._looks % LOOKS_PER_START == 0:
                self._begin()
            if self.is_receiving and self._looks % LOOKS_PER_MARK == 0:
                self._mark()
            self._sweep()
        except BackupError as error:
            log.warning("backup_failed", reason=str(error))
        except (OSError, psycopg.Error):
            log.exception("backup_failed")
        self._looks += 1

    def _begin(self) -> None:
        if self._process is not None:
            said = self._process.communicate()[1]
            self._process = None
            if _WAL_LOST.search(said):
                self._forget()
        facts = read_facts(self._database_url)
        self._segment_bytes = facts.segment_bytes
        if not 0 < facts.archive_timeout_s <= ARCHIVE_TIMEOUT_S_MAX:
            log.warning("wal_archived_late", limit=ARCHIVE_TIMEOUT_S_MAX)
        self._slot = re.sub(r"[^a-z0-9_]", "_", f"{facts.database}_backup".lower())
        done = subprocess.run(
            [*self._command(), "--create-slot", "--if-not-exists"],
            check=False,
            capture_output=True,
            text=True,
            env=environment_for(self._database_url),
        )
        if done.returncode != 0:
            raise BackupError(f"pg_receivewal: {reason_in(done.stderr.splitlines())}")
        self._process = subprocess.Popen(
            [*self._command(), "--no-loop", "--directory", str(self._spool_dir)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment_for(self._database_url),
        )
        log.info("wal_receiving_begun")

    def _command(self) -> Sequence[str]:
        return (
            *(self._tools.path("pg_receivewal"), "--dbname", address_of(self._database_url)),
            *("--no-password", f"--slot={self._slot}", "--status-interval=5"),
        )

    def _forget(self) -> None:
        """Begin anew after WAL was lost: without the slot, and without half a segment."""
        log.error("wal_lost")
        with psycopg.connect(self._database_url, connect_timeout=10) as connection:
            connection.execute(statement("slot_dropped"), {"slot_name": self._slot})
        for path in self._spool_dir.glob("*.partial"):
            path.unlink()

    def _mark(self) -> None:
        """Write a mark: all that was committed before this moment lies before it in the WAL."""
        now = datetime.now(UTC)
        with psycopg.connect(
            self._database_url, connect_timeout=10, row_factory=scalar_row
        ) as connection:
            lsn = connection.execute(statement("wal_marked")).fetchone()
            self._marks.append((lsn_from(str(lsn)), now))
            if self._waits_s(now) > self._close_after_s and self._may_close:
                self._close(connection)

    def _waits_s(self, now: datetime) -> float:
        """Return for how long something has been committed that is not archived."""
        waiting = [at for lsn, at in self._marks if lsn > self._archived_to]
        return (now - min(waiting, default=now)).total_seconds()

    def _close(self, connection: psycopg.Connection[Any]) -> None:
        """Have the server close its segment; where we may not, its `archive_timeout` must do."""
        try:
            with connection.transaction():
                connection.execute(statement("wal_switched"))
        except psycopg.errors.InsufficientPrivilege:
            self._may_close = False
            log.warning("wal_left_open")

    def _sweep(self) -> None:
        """Seal every finished segment, in order."""
        for path in sorted(self._spool_dir.iterdir()):
            if not is_wal(path.name):
                continue
            through = None if path.suffix else self._through(path.name)
            self._repository.put_wal(path, through)
            path.unlink()
            if not path.suffix and self._segment_bytes:
                self._archived_to = segment_end(path.name, self._segment_bytes)
            self.through = through or self.through

    def _through(self, name: str) -> datetime | None:
        """Return the moment before which all is in the WAL up to the end of a segment."""
        if not self._segment_bytes:
            return None
        ends_at = segment_end(name, self._segment_bytes)
        return max((at for lsn, at in self._marks if lsn <= ends_at), default=None)
