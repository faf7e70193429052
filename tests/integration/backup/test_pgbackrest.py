"""The other engine, for real: Debian's pgBackRest and its PostgreSQL, with the same commands."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from monitoring.secrets import create_missing
from seiriken.backup.catalogue import Backup
from seiriken.backup.drill import drill
from seiriken.backup.pgbackrest import STANZA, PgBackRest, configuration
from seiriken.backup.programs import Programs
from seiriken.backup.repository import Repository
from seiriken.backup.restoring import restore
from seiriken.backup.sealing import read_key
from seiriken.backup.taking import Source, take
from seiriken.database import create_database, prepare_database
from seiriken.embedded_postgres import SYSTEM_USER, let_in_system_user
from tests.integration.backup.conftest import LATE_S
from tests.waiting import until

ROOT = Path(__file__).parents[3]
KEEP = 2


class Site:
    """A server of another PostgreSQL than the wheel's, which archives by pgBackRest."""

    def __init__(self, folder: Path, bin_dir: Path) -> None:
        self.folder, self.bin_dir = folder, bin_dir
        self.user = SYSTEM_USER if os.geteuid() == 0 else None
        self.data_dir, self.socket_dir = folder / "data", folder / "socket"
        self.theirs = folder / "theirs"
        self.config = folder / "pgbackrest.conf"
        for one in (self.data_dir, self.socket_dir, self.theirs):
            one.mkdir(mode=0o700)
        if self.user is not None:
            owned = [self.data_dir, self.socket_dir, self.theirs]
            let_in_system_user([bin_dir / "postgres"], owned)
        create_missing(folder / "secrets", ["backup.key"])
        key = read_key(folder / "secrets" / "backup.key")
        self.repository = Repository(folder / "ours", key)
        self._write(self.config, self._configuration(key.hex()))
        self.engine = PgBackRest(self.config, Programs(bin_dir), self.url)
        self.source = Source(self.url, (folder / "secrets",))

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/seiriken?host={self.socket_dir}"

    def _configuration(self, passphrase: str) -> str:
        server = {
            "pg1-path": str(self.data_dir),
            "pg1-socket-path": str(self.socket_dir),
            "pg1-user": "postgres",
        }
        return configuration(self.theirs, passphrase, server, KEEP)

    def start(self) -> None:
        self.run(str(self.bin_dir / "initdb"), "--auth=trust", "-U", "postgres", "-D", self.data)
        archive = f"pgbackrest --config={self.config} --stanza={STANZA} archive-push %p"
        settings = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.socket_dir}'",
            "archive_mode": "on",
            "archive_command": f"'{archive}'",
            "archive_timeout": "1s",
        }
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        self._write(self.data_dir / "postgresql.conf", text)
        self.run(
            str(self.bin_dir / "pg_ctl"), "--silent", "-w", "-D", self.data, "-l", self.log, "start"
        )
        self.pgbackrest("stanza-create")
        create_database(self.url.replace("/seiriken?", "/postgres?"), "seiriken")
        prepare_database(self.url, lambda purpose: f"{purpose}-password")

    def stop(self) -> None:
        self.run(
            str(self.bin_dir / "pg_ctl"), "--silent", "-D", self.data, "-m", "immediate", "stop"
        )

    @property
    def data(self) -> str:
        return str(self.data_dir)

    @property
    def log(self) -> str:
        return str(self.socket_dir / "log")

    def pgbackrest(self, command: str) -> None:
        common = ("--log-level-file=off", f"--config={self.config}", f"--stanza={STANZA}")
        self.run("pgbackrest", *common, command)

    def run(self, *command: str) -> None:
        groups: list[int] | None = None if self.user is None else []
        subprocess.run(
            command, check=True, cwd="/", user=self.user, group=self.user, extra_groups=groups
        )

    def add_venue(self, name: str) -> datetime:
        """Commit something; return a moment at which that was done."""
        with psycopg.connect(self.url) as connection:
            connection.execute("INSERT INTO venue VALUES (%s, '{}', '{}')", [name])
        return datetime.now(UTC)

    def take(self) -> Backup:
        with self.repository.held(alone=True):
            made = take(self.repository, self.source, self.engine, is_urgent=True)
            self.engine.rotate(self.repository, KEEP)
        return made

    def archived_at(self) -> datetime | None:
        return self.engine.through(self.repository, [])

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o600)
        if self.user is not None:
            shutil.chown(path, self.user, self.user)


@pytest.fixture
def site(run_dir: Path) -> Iterator[Site]:
    found = subprocess.run(
        ["sh", str(ROOT / "deploy" / "find-pgbackrest.sh")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    folder = run_dir / "site"
    folder.mkdir(mode=0o711)
    made = Site(folder, Path(found.stdout.strip()))
    made.start()
    yield made
    made.stop()
    shutil.rmtree(folder)


def test_pgbackrest_keeps_proves_and_restores_as_the_wheel_does(site: Site) -> None:
    site.repository.make()
    first = site.take()
    site.take()
    site.add_venue("before")
    newest = site.take()
    chosen = site.add_venue("until then")
    site.add_venue("after")
    until(lambda: _is_past(site, chosen), LATE_S)
    kept = site.repository.backups()
    assert len(kept) == KEEP
    assert first not in kept
    assert drill(site.repository, site.folder / "work", site.engine).findings == []

    restored = restore(site.repository, site.folder / "again", chosen, site.engine)
    assert restored.backup_id == newest.backup_id
    assert restored.note.rows["venue"] == 2

    damage(site, newest)
    (finding,) = site.engine.wrong(site.repository, kept)
    assert "pgbackrest verify" in finding
    assert "checksum invalid: 5" in finding


def _is_past(site: Site, moment: datetime) -> bool:
    site.add_venue(f"v{datetime.now(UTC).timestamp()}")
    archived_at = site.archived_at()
    return archived_at is not None and (archived_at - moment).total_seconds() > 2


def damage(site: Site, backup: Backup) -> None:
    """Cut every large file of a copy."""
    files = (site.theirs / "backup" / STANZA / backup.label).rglob("*.gz")
    for path in sorted(files, key=lambda one: one.stat().st_size)[-5:]:
        path.write_bytes(path.read_bytes()[:-100])
