"""Copy a server with PostgreSQL's own programs: `pg_basebackup`, packed and sealed on its way.

The copy carries the WAL that it needs for itself, so that it stands without the archive.
"""

from __future__ import annotations

import gzip
import re
import subprocess
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from seiriken.backup import catalogue
from seiriken.backup.catalogue import Backup, lsn_from
from seiriken.backup.engine import Copied, Draft, Progress
from seiriken.backup.errors import BackupError
from seiriken.backup.programs import Programs, address_of, environment_for, reason_in
from seiriken.backup.repository import BASE, Repository

_READ_BYTES = 2**20
_COMPRESSION = 1
_START = re.compile(r"log start point: ([0-9A-F]+/[0-9A-F]+) on timeline (\d+)")
_END = re.compile(r"log end point: ([0-9A-F]+/[0-9A-F]+)")


class Wheel:
    """The engine of the one-machine stack; `tools` may be any PostgreSQL's of the right version."""

    has_wal_here = True

    def __init__(self, tools: Programs) -> None:
        self.tools = tools

    def restore_command(self, data_dir: Path) -> str | None:
        """Return none: WAL is fed from our repository."""
        del data_dir
        return None

    def copy(
        self, draft: Draft, database_url: str, *, is_urgent: bool, progress: Progress
    ) -> Copied:
        """Copy the whole server into a sealed, compressed tar."""
        command = [
            *(self.tools.path("pg_basebackup"), "--dbname", address_of(database_url)),
            *("--no-password", "--pgdata=-", "--format=tar", "--wal-method=fetch", "--verbose"),
            *("--manifest-checksums=SHA256", f"--checkpoint={'fast' if is_urgent else 'spread'}"),
        ]
        with (
            draft.repository.sealing(draft.folder, BASE, draft.backup_id, draft.began_at) as out,
            _Copying(command, database_url) as copying,
            gzip.GzipFile(fileobj=out, mode="wb", compresslevel=_COMPRESSION) as packer,
        ):
            while piece := copying.read():
                packer.write(piece)
                progress(len(piece))
            said = copying.end()
        start, end = _START.search(said), _END.search(said)
        if start is None or end is None:
            raise BackupError("pg_basebackup did not say where the WAL of the copy begins and ends")
        return Copied(int(start[2]), lsn_from(start[1]), lsn_from(end[1]), {BASE: out.sealed_file})

    def unpack(self, repository: Repository, backup: Backup, data_dir: Path) -> None:
        """Unpack the tar into a new data folder."""
        data_dir.mkdir(mode=0o700)
        repository.unpack(backup, BASE, data_dir)

    def rotate(self, repository: Repository, keep: int) -> list[str]:
        """Remove what is too much from the repository."""
        return repository.rotate(keep)

    def through(self, repository: Repository, backups: Sequence[Backup]) -> datetime | None:
        """Return how far the WAL reaches."""
        return repository.reach(backups)

    def wrong(self, repository: Repository, backups: Sequence[Backup]) -> list[str]:
        """Compare every file's checksum, and look for missing WAL."""
        findings = [found for one in backups for found in repository.wrong_files(one)]
        names = repository.wal_names()
        gaps = [one.backup_id for one in backups[-1:] if catalogue.has_gap(one, names)]
        return [*findings, *(f"WAL is missing after {backup_id}" for backup_id in gaps)]


class _Copying:
    """A program whose output is the copy, and what it says beside that. It ends with the block."""

    def __init__(self, command: Sequence[str], database_url: str) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment_for(database_url),
        )
        self._said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def read(self) -> bytes:
        """Return the next piece, empty at the end."""
        assert self._process.stdout is not None
        return self._process.stdout.read(_READ_BYTES)

    def end(self) -> str:
        """Return what it said. Raises `BackupError` if it did not end well."""
        code = self._process.wait()
        self._listener.join()
        if code != 0:
            raise BackupError(f"pg_basebackup failed: {reason_in(self._said)}")
        return "".join(self._said)

    def __enter__(self) -> _Copying:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """See to it that nothing is left of it."""
        self._process.kill()
        with self._process:
            self._listener.join()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        self._said.extend(line.decode("utf-8", "replace") for line in self._process.stderr)
