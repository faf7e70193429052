"""Run a restored data folder through its recovery, and let it be asked, with nobody else near.

Rule 1: the server listens on a unix socket in a folder of ours alone (0700); whoever is in
there is let in as its superuser.
Rule 2: nothing that the folder's own settings say holds here (least of all an archive_command).
Rule 3: the server ends with the block, whatever happens.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg
from psycopg.rows import scalar_row

from seiriken.backup.catalogue import Backup
from seiriken.backup.engine import Engine
from seiriken.backup.errors import BackupError
from seiriken.backup.feeding import Feed
from seiriken.backup.repository import Repository
from seiriken.backup.statements import statement
from seiriken.embedded_postgres import SYSTEM_USER, let_in_system_user

Until = datetime | Literal["its end", "the last"]
"""How far: to a moment, to the end of the backup itself, or to the end of the WAL."""

_FAULT = re.compile(r"(FATAL|PANIC):(?!.*the database system is)")
"""A line that says why a server ended; those that answer to us while it starts do not."""

_ENDED_EARLY = "recovery ended before configured recovery target was reached"
_LOOK_EVERY_S = 0.05
_STOP_S_MAX = 60
_RUN_FOLDER = Path("/tmp")  # noqa: S108 (a unix socket's path must be short)


@dataclass(frozen=True)
class Folder:
    """A restored data folder, of which backup it is, and by which engine it came.

    With `is_kept` it is to live on: what is written is synced to the disk.
    """

    data_dir: Path
    backup: Backup
    engine: Engine
    is_kept: bool

    @property
    def user(self) -> str | None:
        """Return the system user it must run as, or None for the one we are."""
        return SYSTEM_USER if os.geteuid() == 0 else None

    def hand_over(self, path: Path) -> None:
        """Give a file or folder to that user."""
        if self.user is not None:
            shutil.chown(path, self.user, self.user)

    def prepare(self) -> None:
        """Make all of it that user's."""
        if self.user is None:
            return
        let_in_system_user([Path(self.engine.tools.path("postgres"))], [self.data_dir])
        for folder, _, files in os.walk(self.data_dir):
            self.hand_over(Path(folder))
            for name in files:
                os.chown(Path(folder) / name, *_ids(self.data_dir), follow_symlinks=False)


@contextmanager
def recovered(
    folder: Folder, repository: Repository, names: Sequence[str], until: Until
) -> Iterator[str]:
    """Recover a folder; give the superuser's URL of its database once it may be written to.

    `names` are the segments and histories that may be used.

    Raises:
        BackupError: the recovery failed; the text says why, as PostgreSQL does.
    """
    folder.prepare()
    run_dir = Path(tempfile.mkdtemp(prefix="seiriken-", dir=_RUN_FOLDER))
    feed_dir = folder.data_dir.with_name("wal-feed")
    try:
        folder.hand_over(run_dir)
        with Feed(repository, names, feed_dir, folder.hand_over) as feed:
            server = _started(folder, run_dir, feed, until)
        try:
            yield _url(folder, run_dir)
        finally:
            _stop(server)
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)
        shutil.rmtree(feed_dir, ignore_errors=True)


def _started(folder: Folder, run_dir: Path, feed: Feed, until: Until) -> subprocess.Popen[bytes]:
    """Start the server and wait until it was promoted."""
    restore_command = folder.engine.restore_command(folder.data_dir) or feed.command
    server = _start(folder, run_dir, restore_command, until)
    try:
        said = _wait(server, folder, run_dir)
        if _ENDED_EARLY in said and _has_all(folder, feed) and isinstance(until, datetime):
            # Nothing was committed after that moment: all there is, is what was asked for.
            server = _start(folder, run_dir, restore_command, "the last")
            said = _wait(server, folder, run_dir)
        _check(said, feed)
    except BaseException:
        _stop(server)
        raise
    return server


def _has_all(folder: Folder, feed: Feed) -> bool:
    """Say whether the WAL that was given is all that there is: of our own repository we know."""
    return folder.engine.has_wal_here and feed.failed is None


def _check(said: str, feed: Feed) -> None:
    if said:
        raise feed.failed or BackupError(f"the backup does not come up: {said}")


def _start(
    folder: Folder, run_dir: Path, restore_command: str, until: Until
) -> subprocess.Popen[bytes]:
    settings = {
        **_SETTINGS,
        "config_file": _file(folder, run_dir / "postgresql.conf", ""),
        "hba_file": _file(folder, run_dir / "pg_hba.conf", "local all all trust\n"),
        "ident_file": _file(folder, run_dir / "pg_ident.conf", ""),
        "unix_socket_directories": str(run_dir),
        "fsync": "on" if folder.is_kept else "off",
        "restore_command": restore_command,
        **_target(until),
    }
    _file(folder, folder.data_dir / "recovery.signal", "")
    options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    with (run_dir / "server.log").open("wb") as log:
        return subprocess.Popen(
            [folder.engine.tools.path("postgres"), "-D", str(folder.data_dir), *options],
            cwd=folder.data_dir,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=folder.user,
            group=folder.user,
            extra_groups=None if folder.user is None else [],
            env={"PATH": os.environ["PATH"], "TZ": "UTC"},
            start_new_session=True,
        )


_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "archive_mode": "off",
    "hot_standby": "off",
    "shared_preload_libraries": "",
    "shared_buffers": "64MB",
    "max_connections": "20",
    "huge_pages": "off",
    "ssl": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "lc_messages": "C",
    # A row or a statement in the log could hold what must not be there.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "recovery_target_action": "promote",
}


def _target(until: Until) -> Mapping[str, str]:
    if isinstance(until, datetime):
        return {"recovery_target_time": until.astimezone(UTC).isoformat(sep=" ")}
    return {"recovery_target": "immediate"} if until == "its end" else {}


def _wait(server: subprocess.Popen[bytes], folder: Folder, run_dir: Path) -> str:
    """Wait until the server was promoted (return nothing) or has ended (return why)."""
    while server.poll() is None:
        if _is_promoted(_url(folder, run_dir)):
            return ""
        time.sleep(_LOOK_EVERY_S)
    said = (run_dir / "server.log").read_text("utf-8", "replace").splitlines()
    faults = [line for line in said if _FAULT.search(line)]
    return [*faults[:1], *said[-1:], "it said nothing"][0]


def _is_promoted(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5, row_factory=scalar_row) as connection:
            return bool(connection.execute(statement("is_promoted")).fetchone())
    except psycopg.OperationalError:
        return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End it in order (its data is written), else at once."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(_STOP_S_MAX)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()


def _url(folder: Folder, run_dir: Path) -> str:
    address = quote(str(run_dir), safe="/")
    user, database = quote(folder.backup.superuser), quote(folder.backup.database, safe="")
    return f"postgresql://{user}@/{database}?host={address}"


def _file(folder: Folder, path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    folder.hand_over(path)
    return str(path)


def _ids(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid
