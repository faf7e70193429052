"""Copy a server with pgBackRest, which keeps copies and WAL in an encrypted repository of its own.

How many full backups stay is said in its configuration (`retention-full`, by count), which
`configuration` writes; WAL comes by the server's archive_command. Programs run as the user whom
the server runs as; started by root that is the wheel's (`SYSTEM_USER`), else the one we are.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import psycopg

from seiriken.backup.catalogue import Backup, lsn_from
from seiriken.backup.engine import Copied, Draft, Progress
from seiriken.backup.errors import BackupError
from seiriken.backup.noting import database_away, open_connection
from seiriken.backup.programs import Programs, reason_in
from seiriken.backup.repository import Repository
from seiriken.backup.statements import statement
from seiriken.embedded_postgres import SYSTEM_USER, let_in_system_user

STANZA = "seiriken"


class _Span(msgspec.Struct):
    """From where to where something reaches."""

    start: str
    stop: str


class _Copy(msgspec.Struct):
    """One backup, as pgBackRest lists it."""

    label: str
    lsn: _Span
    archive: _Span


class _Stanza(msgspec.Struct):
    """What pgBackRest knows of one server."""

    backup: list[_Copy]


class PgBackRest:
    """The engine where pgBackRest is installed; `config` is its configuration file.

    With `database_url` the server is asked how far its WAL is archived.
    """

    has_wal_here = False

    def __init__(self, config: Path, tools: Programs, database_url: str = "") -> None:
        self._config, self.tools, self._database_url = config, tools, database_url

    def restore_command(self, data_dir: Path) -> str | None:
        """Return how a server that recovers gets WAL from pgBackRest's repository."""
        command = [*self._command("archive-get"), f"--pg1-path={data_dir}"]
        return f"{shlex.join(command)} %f %p"

    def copy(
        self, draft: Draft, database_url: str, *, is_urgent: bool, progress: Progress
    ) -> Copied:
        """Make a full backup; it may wait for the server's next checkpoint."""
        del draft, database_url, progress
        start = "--start-fast" if is_urgent else "--no-start-fast"
        self._run("backup", "--type=full", start)
        newest = self._copies()[-1]
        return Copied(
            timeline=int(newest.archive.start[:8], 16),
            start_lsn=lsn_from(newest.lsn.start),
            end_lsn=lsn_from(newest.lsn.stop),
            files={},
            label=newest.label,
        )

    def unpack(self, repository: Repository, backup: Backup, data_dir: Path) -> None:
        """Restore the files of a copy; the recovery is ours to run."""
        del repository
        data_dir.mkdir(mode=0o700)
        if _user() is not None:
            let_in_system_user([], [data_dir])
        options = (f"--set={backup.label}", f"--pg1-path={data_dir}", "--type=none")
        self._run("restore", *options)

    def rotate(self, repository: Repository, keep: int) -> list[str]:
        """Forget the backups that pgBackRest has removed, as its configuration says."""
        del keep
        labels = {copy.label for copy in self._copies()}
        gone = [one for one in repository.backups() if one.label not in labels]
        for backup in gone:
            repository.remove(backup)
        return [backup.backup_id for backup in gone]

    def through(self, repository: Repository, backups: Sequence[Backup]) -> datetime | None:
        """Return when the server archived last, if it can be asked."""
        del repository, backups
        if not self._database_url:
            return None
        try:
            with open_connection(self._database_url) as connection:
                row = connection.execute(statement("archived_last")).fetchone()
        except psycopg.Error as error:
            raise database_away(error) from None
        return None if row is None else row.last_archived_time

    def wrong(self, repository: Repository, backups: Sequence[Backup]) -> list[str]:
        """Have pgBackRest read its whole repository, and compare our own files' checksums."""
        findings = [found for one in backups for found in repository.wrong_files(one)]
        try:
            told = self._run("verify", "--output=text")
        except BackupError as error:
            return [*findings, str(error)]
        # It ends with 0 whatever it finds.
        if "status: error" in told:
            findings.append(f"pgbackrest verify: {' '.join(told.split())}")
        return findings

    def _copies(self) -> list[_Copy]:
        listed = self._run("info", "--output=json")
        (stanza,) = msgspec.json.decode(listed, type=list[_Stanza])
        return stanza.backup

    def _run(self, command: str, *options: str) -> str:
        done = subprocess.run(
            [*self._command(command), *options],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            user=_user(),
            group=_user(),
            extra_groups=None if _user() is None else [],
        )
        if done.returncode != 0:
            said = done.stderr.splitlines() or done.stdout.splitlines()
            raise BackupError(f"pgbackrest {command} failed: {reason_in(said)}")
        return done.stdout

    def _command(self, command: str) -> Sequence[str]:
        common = ("--log-level-file=off", "--log-level-console=off", "--log-level-stderr=error")
        return ("pgbackrest", f"--config={self._config}", f"--stanza={STANZA}", *common, command)


def _user() -> str | None:
    return SYSTEM_USER if os.geteuid() == 0 else None


def configuration(
    repository_dir: Path, passphrase: str, server: Mapping[str, str], keep: int
) -> str:
    """Return the text of pgBackRest's configuration; `server` are its `pg1-…` settings."""
    general = {
        "repo1-path": str(repository_dir),
        "repo1-cipher-type": "aes-256-cbc",
        "repo1-cipher-pass": passphrase,
        "repo1-retention-full-type": "count",
        "repo1-retention-full": str(keep),
        "archive-async": "n",
        "archive-timeout": "60",
        "lock-path": str(repository_dir / "lock"),
        "spool-path": str(repository_dir / "spool"),
    }
    sections = {"global": general, STANZA: server}
    return "\n".join(
        "\n".join([f"[{name}]", *(f"{key}={value}" for key, value in values.items()), ""])
        for name, values in sections.items()
    )


def server_settings(config: str = "/etc/pgbackrest.conf") -> Sequence[str]:
    """Return what the server's settings must say; a segment is archived within a minute."""
    return (
        "archive_mode = on",
        f"archive_command = 'pgbackrest --config={config} --stanza={STANZA} archive-push %p'",
        "archive_timeout = 30s",
    )
