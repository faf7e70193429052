"""Prove the backups: restore the newest and the oldest, and compare them with what was noted.

The oldest is restored as it was at its own end; the newest is rolled forward through all WAL
there is, which proves the archive too. Both must hold the journal that was noted, their tables
must follow from it (`seiriken verify`), and all other backups must be whole on the disk.

Rule: nothing restored outlives the drill, whatever happens.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil

from allocator.errors import StoreAway
from seiriken.backup import catalogue
from seiriken.backup.catalogue import Backup
from seiriken.backup.engine import Engine
from seiriken.backup.errors import BackupError
from seiriken.backup.noting import take_note, wrong_heads
from seiriken.backup.recovery import Folder, Until, recovered
from seiriken.backup.repository import HOUSE, Drilled, Repository
from seiriken.backup.restoring import DATA_DIR, check_server, usable
from seiriken.processes import end, running_in
from seiriken.proving import findings_in

Say = Callable[[str], None]


class _Listed(msgspec.Struct, rename="pascal"):
    """One file of a manifest, by its SHA-256."""

    path: str
    checksum: str


class _Manifest(msgspec.Struct):
    """The part of a manifest that is compared."""

    files: list[_Listed] = msgspec.field(name="Files")


def drill(
    repository: Repository, work_dir: Path, engine: Engine, say: Say = lambda _: None
) -> Drilled:
    """Restore newest and oldest, compare, and put the result on record.

    What is wrong with a backup is a finding, not an exception.

    Raises:
        BackupError: there is no backup, or no folder to restore into.
    """
    began_at = datetime.now(UTC)
    clear_leftovers(work_dir)
    with repository.held(alone=False):
        backups = repository.backups()
        if not backups:
            raise BackupError(f"there are no backups in {repository.folder}")
        restored = {backups[0].backup_id: backups[0], backups[-1].backup_id: backups[-1]}
        findings = engine.wrong(repository, backups)
        for backup in restored.values():
            say(f"restoring {backup.backup_id}")
            is_newest = backup is backups[-1]
            found = _prove(repository, backup, work_dir, engine, rolled_forward=is_newest)
            findings += [f"{backup.backup_id}: {finding}" for finding in found]
    drilled = Drilled(began_at, datetime.now(UTC), list(restored), findings)
    repository.add_drill(drilled)
    return drilled


def clear_leftovers(work_dir: Path) -> None:
    """Remove what drills that were killed left behind, and end their servers."""
    for scratch in work_dir.glob("drill-*-*"):
        if psutil.pid_exists(int(scratch.name.split("-")[1])):
            continue
        end(running_in(scratch / DATA_DIR))
        shutil.rmtree(scratch, ignore_errors=True)


def _prove(
    repository: Repository,
    backup: Backup,
    work_dir: Path,
    engine: Engine,
    *,
    rolled_forward: bool,
) -> list[str]:
    work_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
    scratch = Path(tempfile.mkdtemp(prefix=f"drill-{os.getpid()}-", dir=work_dir))
    try:
        scratch.chmod(0o711)
        check_server(engine.tools, backup)
        folder = Folder(scratch / DATA_DIR, backup, engine, is_kept=False)
        engine.unpack(repository, backup, folder.data_dir)
        findings = [] if backup.label else _wrong_in_manifest(folder.data_dir)
        with repository.opened(backup, HOUSE) as opener:
            opener.readall()
        names = usable(repository, backup) if rolled_forward else []
        until: Until = "the last" if rolled_forward else "its end"
        with recovered(folder, repository, names, until) as url:
            note = take_note(url)
            findings += catalogue.differences(backup, note, rolled_forward=rolled_forward)
            known = catalogue.known_heads(backup, rolled_forward=rolled_forward)
            return [*findings, *wrong_heads(url, known), *findings_in(url)]
    except BackupError as error:
        return [str(error)]
    except StoreAway:
        return ["the restored database does not answer"]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _wrong_in_manifest(data_dir: Path) -> list[str]:
    """Compare the files with the manifest that PostgreSQL wrote as it sent them.

    (The wheel's pg_verifybackup ends with a segmentation fault.)
    """
    try:
        manifest = msgspec.json.decode((data_dir / "backup_manifest").read_bytes(), type=_Manifest)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return ["its manifest cannot be read"]
    wrong = [one.path for one in manifest.files if not _is_as_listed(data_dir / one.path, one)]
    return [f"{len(wrong)} of its files are not as in its manifest"] if wrong else []


def _is_as_listed(path: Path, listed: _Listed) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == listed.checksum
    except OSError:
        return False
