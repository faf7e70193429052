"""The folder that backups are kept in: sealed files, and of each backup what was noted.

    fulls/20210820T170000.000Z/base.sealed     the database, a compressed tar
    fulls/20210820T170000.000Z/house.sealed    secrets and the record of incidents, the same
    fulls/20210820T170000.000Z/backup.json     what was noted (`catalogue.Backup`), in plain
    wal/000000010000000000000003.sealed    one segment, compressed
    drills.json                            how the last drills ended

Rule 1: a file appears whole or not at all, and is on the disk before anything relies on it.
Rule 2: whoever removes holds the folder alone; whoever reads holds it with other readers.
Nothing in plain is personal; what is sealed is never in plain on this disk.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from seiriken.backup import catalogue
from seiriken.backup.catalogue import Backup, SealedFile
from seiriken.backup.errors import BackupError, Damaged, WrongKey
from seiriken.backup.sealing import Opener, Sealer, header_of, key_id

BASE, HOUSE, NOTES = "base", "house", "backup.json"
DRILLS_KEPT = 30
_SUFFIX = ".sealed"
_READ_BYTES = 2**20
_COMPRESSION = 1


class Drilled(msgspec.Struct, frozen=True):
    """How one drill ended. `backups` are the ids it restored."""

    began_at: datetime
    ended_at: datetime
    backups: list[str]
    findings: list[str]


class Repository:
    """One repository. `key` may be None where nothing sealed is opened or made."""

    def __init__(self, folder: Path, key: bytes | None) -> None:
        self.folder = folder
        self._key = key
        self.fulls_dir = folder / "fulls"
        self.wal_dir = folder / "wal"
        self.drills_file = folder / "drills.json"

    @property
    def key(self) -> bytes:
        """Return the key. It was asked for where it is needed."""
        assert self._key is not None, "this repository was opened without its key"
        return self._key

    def make(self) -> None:
        """Make the folders, and see that what is there already has the same key.

        Raises:
            BackupError: it cannot be made, or belongs to another key.
        """
        try:
            for folder in (self.folder, self.fulls_dir, self.wal_dir):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _not_usable(self.folder, error) from None
        for path in [*self.fulls_dir.glob(f"*/{HOUSE}{_SUFFIX}")][-1:]:
            if header_of(path, HOUSE).key_id != key_id(self.key):
                raise WrongKey(f"the backups in {self.folder} have another key: keep them apart")

    @contextmanager
    def held(self, *, alone: bool) -> Iterator[None]:
        """Hold the repository, alone (to add and remove backups) or with other readers.

        Raises:
            BackupError: it cannot be read, or another command is at work.
        """
        try:
            descriptor = os.open(self.folder, os.O_RDONLY)
        except OSError as error:
            raise _not_usable(self.folder, error) from None
        try:
            _lock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH, self.folder)
            yield
        finally:
            os.close(descriptor)

    # Backups

    def backups(self) -> list[Backup]:
        """Return the backups, the oldest first.

        Raises:
            BackupError: the folder, or a note in it, cannot be read.
        """
        try:
            folders = [one for one in self.fulls_dir.iterdir() if not one.name.startswith(".")]
        except FileNotFoundError:
            raise BackupError(f"there are no backups in {self.folder}") from None
        found = [_read_notes(folder / NOTES) for folder in folders]
        return sorted(found, key=lambda backup: backup.began_at)

    @contextmanager
    def adding(self, backup_id: str) -> Iterator[Path]:
        """Give a folder to fill; it becomes the backup of that id when the block ends well.

        What a killed backup left half done is removed; so whoever adds holds the folder alone.
        """
        for leftover in self.fulls_dir.glob(".*"):
            shutil.rmtree(leftover)
        draft = self.fulls_dir / f".{backup_id}"
        draft.mkdir(mode=0o700)
        try:
            yield draft
            draft.rename(self.fulls_dir / backup_id)
            _sync_folder(self.fulls_dir)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def write_notes(self, folder: Path, backup: Backup) -> None:
        """Write what was noted of a backup into its folder."""
        with _whole(folder / NOTES) as file:
            file.write(msgspec.json.format(msgspec.json.encode(backup), indent=2))

    def remove(self, backup: Backup) -> None:
        """Remove a backup: first out of sight, then from the disk."""
        gone = self.fulls_dir / f".{backup.backup_id}.gone"
        (self.fulls_dir / backup.backup_id).rename(gone)
        shutil.rmtree(gone)

    @contextmanager
    def sealing(self, folder: Path, kind: str, backup_id: str, now: datetime) -> Iterator[Sealer]:
        """Give a writer whose stream becomes one sealed file of a backup."""
        with _whole(folder / f"{kind}{_SUFFIX}") as file:
            sealer = Sealer(file, self.key, f"{backup_id}/{kind}", now)
            yield sealer
            sealer.finish()

    @contextmanager
    def opened(self, backup: Backup, kind: str) -> Iterator[Opener]:
        """Give a reader of one sealed file. Raises `BackupError` (damaged, wrong key, missing)."""
        try:
            file = self._path(backup, kind).open("rb")
        except OSError as error:
            raise _not_usable(self._path(backup, kind), error) from None
        with file:
            yield Opener(file, self.key, f"{backup.backup_id}/{kind}")

    def unpack(self, backup: Backup, kind: str, into: Path) -> None:
        """Unpack one sealed file into a folder; what it makes there is ours alone.

        Raises:
            BackupError: it is damaged or missing, or the key is another one.
        """
        try:
            with (
                self.opened(backup, kind) as opener,
                gzip.GzipFile(fileobj=opener, mode="rb") as packed,
                tarfile.open(fileobj=packed, mode="r|") as archive,
            ):
                archive.extractall(into, filter="data")
                while opener.read(_READ_BYTES):
                    pass  # What follows the archive's end is proved, too.
        except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error):
            raise Damaged(f"{backup.backup_id}/{kind} is damaged: it cannot be unpacked") from None
        for path in into.iterdir():
            if path.is_dir():
                path.chmod(0o700)

    def wrong_files(self, backup: Backup) -> list[str]:
        """Say which files of a backup are not, byte for byte, what was written. Needs no key."""
        findings = []
        for kind, noted in backup.files.items():
            try:
                found = _sealed_file(self._path(backup, kind))
            except OSError:
                findings.append(f"{backup.backup_id}/{kind} is missing or cannot be read")
                continue
            if found != noted:
                findings.append(f"{backup.backup_id}/{kind} is damaged: its checksum differs")
        return findings

    def _path(self, backup: Backup, kind: str) -> Path:
        return self.fulls_dir / backup.backup_id / f"{kind}{_SUFFIX}"

    # WAL

    def wal_names(self) -> list[str]:
        """Return the names of the segments and histories that are kept, in order."""
        try:
            names = [path.name for path in self.wal_dir.iterdir() if path.suffix == _SUFFIX]
        except FileNotFoundError:
            return []
        return sorted(name.removesuffix(_SUFFIX) for name in names if name[0] != ".")

    def put_wal(self, path: Path, through: datetime | None) -> None:
        """Seal one segment (or history) under its own name, replacing what is there."""
        with _whole(self.wal_dir / f"{path.name}{_SUFFIX}") as file, path.open("rb") as plain:
            sealer = Sealer(file, self.key, path.name, datetime.now(UTC), through)
            packer = zlib.compressobj(_COMPRESSION)
            while piece := plain.read(_READ_BYTES):
                sealer.write(packer.compress(piece))
            sealer.write(packer.flush())
            sealer.finish()

    def read_wal(self, name: str) -> bytes:
        """Return one segment (or history). Raises `BackupError` (damaged, wrong key, missing)."""
        try:
            file = (self.wal_dir / f"{name}{_SUFFIX}").open("rb")
        except OSError as error:
            raise _not_usable(self.wal_dir / name, error) from None
        with file:
            packed = Opener(file, self.key, name).readall()
        try:
            return zlib.decompress(packed or b"")
        except zlib.error:
            raise Damaged(f"{name} is damaged: it cannot be unpacked") from None

    def through(self, names: Iterable[str]) -> datetime | None:
        """Return the moment before which all is in these segments; None if none of them says so."""
        for name in reversed(list(names)):
            if (found := header_of(self.wal_dir / f"{name}{_SUFFIX}", name).through) is not None:
                return found
        return None

    def reach(self, backups: Sequence[Backup]) -> datetime | None:
        """Return before which moment all can be restored; the newest may have no WAL yet."""
        names = self.wal_names()
        for backup in reversed(backups):
            if found := self.through(catalogue.followed(backup, names)):
                return found
        return None

    def remove_wal(self, names: Iterable[str]) -> None:
        """Remove segments."""
        for name in names:
            (self.wal_dir / f"{name}{_SUFFIX}").unlink(missing_ok=True)

    def rotate(self, keep: int) -> list[str]:
        """Remove the backups that are too many, and WAL that none needs; return their ids."""
        too_many = catalogue.to_remove(self.backups(), keep)
        for backup in too_many:
            self.remove(backup)
        self.remove_wal(catalogue.wal_to_remove(self.wal_names(), self.backups()))
        return [backup.backup_id for backup in too_many]

    # Drills

    def drills(self) -> list[Drilled]:
        """Return how the last drills ended, the oldest first."""
        try:
            return msgspec.json.decode(self.drills_file.read_bytes(), type=list[Drilled])
        except FileNotFoundError:
            return []
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise BackupError(f"{self.drills_file} cannot be read") from None

    def add_drill(self, drilled: Drilled) -> None:
        """Put one drill on record."""
        with _whole(self.drills_file) as file:
            file.write(msgspec.json.encode([*self.drills(), drilled][-DRILLS_KEPT:]))


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that takes its name, on the disk, when the block ends well."""
    draft = path.with_name(f".{path.name}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _lock(descriptor: int, kind: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BackupError(f"another backup, drill or restore is at work in {folder}") from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_notes(path: Path) -> Backup:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Backup)
    except OSError as error:
        raise _not_usable(path, error) from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Damaged(f"{path} is damaged") from None


def _sealed_file(path: Path) -> SealedFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return SealedFile(file.tell(), digest.hexdigest())


def _not_usable(path: Path, error: OSError) -> BackupError:
    return BackupError(f"{path}: {os.strerror(error.errno) if error.errno else 'not usable'}")
