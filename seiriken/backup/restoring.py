"""Bring a backup back into an empty folder, as the home of a system that `seiriken up` starts.

Rule 1: the folder is filled whole or not at all.
Rule 2: the restored database's epoch lies far above all that there were, so that an allocator of
before, which may still run somewhere, can never commit into it (I6).
Rule 3: Redis is not restored. It must be empty: what it holds of the time after the restored
moment (who booked, what is left) would contradict the tables; what it must know is published
to it again, and the places in line come back from their tokens.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
from psycopg.rows import scalar_row

from seiriken.backup import catalogue
from seiriken.backup.catalogue import Backup, Note, Refused, Restoration
from seiriken.backup.engine import Engine
from seiriken.backup.errors import BackupError
from seiriken.backup.noting import database_away, take_note
from seiriken.backup.programs import Programs
from seiriken.backup.recovery import Folder, Until, recovered
from seiriken.backup.repository import HOUSE, Repository
from seiriken.backup.statements import statement

EPOCHS_SKIPPED = 1_000_000
"""More than there can have been leaders since the moment restored to."""

DATA_DIR = "postgres"


class Restored(msgspec.Struct, frozen=True):
    """What came back. `to` is the moment asked for, `through` how far WAL is known to reach."""

    folder: str
    backup_id: str
    to: datetime | None
    through: datetime | None
    epoch: int
    note: Note


def choose(repository: Repository, to: datetime | None) -> tuple[Restoration, datetime | None]:
    """Return what a restore to a moment takes, and how far it reaches.

    Raises:
        BackupError: the moment is not covered; the text says what is.
    """
    backups, names = repository.backups(), repository.wal_names()
    through = {backup.backup_id: _reached(repository, backup, names) for backup in backups}
    chosen = catalogue.restoration(backups, through, to)
    if isinstance(chosen, Refused):
        raise BackupError(f"{chosen.value}{_covered(backups, through)}")
    return chosen, through[chosen.backup.backup_id]


def restore(repository: Repository, into: Path, to: datetime | None, engine: Engine) -> Restored:
    """Restore to a moment (None: the last there is) into an empty folder.

    Raises:
        BackupError: the folder is not empty, the moment not covered, or the backup damaged.
    """
    _check_empty(into)
    with repository.held(alone=False):
        chosen, through = choose(repository, to)
        is_new = not into.exists()
        into.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            return _restore(repository, into, chosen, through, engine)
        except BaseException:
            _clear(into, is_new=is_new)
            raise


def _restore(
    repository: Repository,
    into: Path,
    chosen: Restoration,
    through: datetime | None,
    engine: Engine,
) -> Restored:
    backup = chosen.backup
    folder = Folder(into / DATA_DIR, backup, engine, is_kept=True)
    engine.unpack(repository, backup, folder.data_dir)
    repository.unpack(backup, HOUSE, into)
    until: Until = "the last" if chosen.to is None else chosen.to
    with recovered(folder, repository, usable(repository, backup), until) as url:
        epoch = _fence(url)
        note = take_note(url)
    return Restored(str(into), backup.backup_id, chosen.to, through, epoch, note)


def _reached(repository: Repository, backup: Backup, names: Sequence[str]) -> datetime | None:
    """Return how far a backup can be rolled forward; with pgBackRest it is seen when tried."""
    if backup.label:
        return datetime.now(UTC)
    return repository.through(catalogue.followed(backup, names))


def usable(repository: Repository, backup: Backup) -> list[str]:
    """Return the WAL that may follow a backup: segments without a gap, and all histories."""
    names = repository.wal_names()
    histories = [name for name in names if name.endswith(".history")]
    return [*histories, *catalogue.followed(backup, names)]


def check_server(tools: Programs, backup: Backup) -> None:
    """See whether our programs are of the server's major version. Raises `BackupError`."""
    shown = subprocess.run(
        [tools.path("postgres"), "--version"], check=False, capture_output=True, text=True
    ).stdout
    major = backup.server_version // 10_000
    if f" {major}." not in shown:
        raise BackupError(
            f"the backup is of PostgreSQL {major}, the programs are not ({shown.strip()}): "
            "name the right ones by BACKUP_POSTGRES_BIN"
        )


def _fence(url: str) -> int:
    try:
        with psycopg.connect(url, connect_timeout=10, row_factory=scalar_row) as connection:
            epoch = connection.execute(
                statement("writers_fenced"), {"step": EPOCHS_SKIPPED}
            ).fetchone()
    except psycopg.Error as error:
        raise database_away(error) from None
    assert epoch is not None, "the migrations made its row"
    return int(epoch)


def _check_empty(into: Path) -> None:
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise BackupError(f"{into} is not empty: restore into a new folder")


def _clear(into: Path, *, is_new: bool) -> None:
    for path in into.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if is_new:
        into.rmdir()


def _covered(backups: list[Backup], through: dict[str, datetime | None]) -> str:
    """Say between which moments a restore is possible."""
    if not backups:
        return ""
    reached = through[backups[-1].backup_id]
    upper = "the last WAL" if reached is None else reached.astimezone().isoformat()
    return f": covered is {backups[0].ended_at.astimezone().isoformat()} to {upper}"
