"""Make a full backup of a running server, and of what its house has besides.

Rule 1: what was noted before and after it stands in the catalogue, so that a drill can compare.
Rule 2: a backup that did not end well leaves nothing in the repository.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from seiriken.backup.catalogue import Backup, Note, backup_id, segment_name
from seiriken.backup.engine import Copied, Draft, Engine, Progress
from seiriken.backup.noting import database_away, open_connection, take_note
from seiriken.backup.repository import HOUSE, Repository
from seiriken.backup.sealing import Sealer
from seiriken.backup.statements import statement

_COMPRESSION = 1
_LEFT_OUT = frozenset({"backup.key"})
"""The key of the repository itself has no place in it."""


@dataclass(frozen=True)
class Source:
    """What is backed up: a server (as the role that may), and folders beside it."""

    database_url: str
    house_dirs: Sequence[Path]


@dataclass(frozen=True)
class Facts:
    """What a server says of itself. 0 for `archive_timeout_s` means never."""

    server_version: int
    segment_bytes: int
    archive_timeout_s: int
    superuser: str
    database: str
    size_bytes: int


def read_facts(database_url: str) -> Facts:
    """Ask the server. Raises `BackupError` when it does not answer."""
    try:
        with open_connection(database_url) as connection:
            row = connection.execute(statement("server_facts")).fetchone()
    except psycopg.Error as error:
        raise database_away(error) from None
    assert row is not None
    return Facts(**row._asdict())


def take(
    repository: Repository,
    source: Source,
    engine: Engine,
    *,
    is_urgent: bool,
    progress: Progress = lambda _: None,
) -> Backup:
    """Make a full backup; `progress` is told of bytes read. Rotation is the caller's.

    With `is_urgent` the server makes its checkpoint at once; else it takes its time.

    Raises:
        BackupError: a server or the repository is away, or the program failed.
    """
    facts, began_at = read_facts(source.database_url), datetime.now(UTC)
    name = backup_id(began_at)
    repository.make()
    with repository.adding(name) as folder:
        draft = Draft(repository, folder, name, began_at)
        before = take_note(source.database_url)
        copied = engine.copy(draft, source.database_url, is_urgent=is_urgent, progress=progress)
        with repository.sealing(folder, HOUSE, name, began_at) as sealer:
            _copy_folders(sealer, source.house_dirs)
        copied.files[HOUSE] = sealer.sealed_file
        backup = _described(facts, draft, copied, before, take_note(source.database_url))
        repository.write_notes(folder, backup)
    return backup


def _described(facts: Facts, draft: Draft, copied: Copied, before: Note, after: Note) -> Backup:
    return Backup(
        backup_id=draft.backup_id,
        began_at=draft.began_at,
        ended_at=datetime.now(UTC),
        server_version=facts.server_version,
        segment_bytes=facts.segment_bytes,
        timeline=copied.timeline,
        first_wal=segment_name(copied.timeline, copied.start_lsn, facts.segment_bytes),
        end_lsn=copied.end_lsn,
        superuser=facts.superuser,
        database=facts.database,
        files=copied.files,
        before=before,
        after=after,
        label=copied.label,
    )


def _copy_folders(sealer: Sealer, folders: Sequence[Path]) -> None:
    """Pack what small files the house has besides its database."""
    with (
        gzip.GzipFile(fileobj=sealer, mode="wb", compresslevel=_COMPRESSION) as packer,
        tarfile.open(fileobj=packer, mode="w") as archive,
    ):
        for folder in folders:
            for path in sorted(folder.iterdir()) if folder.is_dir() else []:
                if path.is_file() and path.name not in _LEFT_OUT:
                    _add(archive, f"{folder.name}/{path.name}", path)


def _add(archive: tarfile.TarFile, name: str, path: Path) -> None:
    content = path.read_bytes()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, int(path.stat().st_mtime)
    archive.addfile(entry, io.BytesIO(content))
