"""What copies a server and brings the copy back: the wheel's programs, or pgBackRest.

Around it all is the same: what is noted, how many are kept, the drill, the commands. With the
wheel the copy lies sealed in the repository; pgBackRest keeps it in a repository of its own,
and the catalogue holds its label.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from seiriken.backup.catalogue import Backup, SealedFile
from seiriken.backup.programs import Programs
from seiriken.backup.repository import Repository

Progress = Callable[[int], None]
"""Is told of bytes that were read."""


class Draft(msgspec.Struct, frozen=True):
    """A backup that is being made: its folder in the repository, its id, when it began."""

    repository: Repository
    folder: Path
    backup_id: str
    began_at: datetime


class Copied(msgspec.Struct, frozen=True):
    """A copy of a server: from where to where its WAL reaches, and what lies where."""

    timeline: int
    start_lsn: int
    end_lsn: int
    files: dict[str, SealedFile]
    label: str = ""


class Engine(Protocol):
    """One way to copy a server. Everything raises `BackupError`."""

    @property
    def tools(self) -> Programs:
        """Return PostgreSQL's programs, of the server's version."""

    @property
    def has_wal_here(self) -> bool:
        """Say whether WAL lies in our repository, which a receiver then keeps."""

    def restore_command(self, data_dir: Path) -> str | None:
        """Return how a server that recovers gets WAL from elsewhere; None: it is fed by us."""

    def copy(
        self, draft: Draft, database_url: str, *, is_urgent: bool, progress: Progress
    ) -> Copied:
        """Copy the whole server."""

    def unpack(self, repository: Repository, backup: Backup, data_dir: Path) -> None:
        """Bring a copy into a new data folder."""

    def rotate(self, repository: Repository, keep: int) -> list[str]:
        """Remove what is too much; return the ids of the backups that went."""

    def through(self, repository: Repository, backups: Sequence[Backup]) -> datetime | None:
        """Return before which moment all can be restored; None if that is not known."""

    def wrong(self, repository: Repository, backups: Sequence[Backup]) -> list[str]:
        """Say what of these backups, or of the WAL after the newest, is damaged or missing."""
