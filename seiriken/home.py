"""The folder of one stack: what lies where, and what is known of the running one.

`stack.json` is written by `seiriken up` and holds URLs with passwords: mode 0600,
like everything secret here. When started as root the folder itself may be searched
by others (0711), since PostgreSQL refuses to run as root and its data lies inside.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from seiriken.errors import CommandError

PROBE_FILE = "probe-resident.json"
"""The secret of whom the synthetic resident signs in as."""


class StackFile(msgspec.Struct, frozen=True):
    """What `up` did. Times in unix seconds, durations in seconds.

    `start_s` is None until the stack is ready. Server URLs are the owner's. `watch_ports` are
    those of Prometheus and Alertmanager; there are none where these are not started.
    """

    supervisor_pid: int
    run_dir: str
    port: int
    internal_ports: dict[str, int]
    gateways: int
    database_url: str
    redis_url: str
    started_at: float
    start_s: float | None = None
    watch_ports: dict[str, int] = {}
    staff_port: int | None = None

    @property
    def url(self) -> str:
        """Return where residents go."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def staff_url(self) -> str | None:
        """Return where the staff go; None where there is no staff gateway."""
        return None if self.staff_port is None else f"http://127.0.0.1:{self.staff_port}"

    @property
    def watch_urls(self) -> dict[str, str]:
        """Return where Prometheus and Alertmanager are, by their names."""
        return {name: f"http://127.0.0.1:{port}" for name, port in self.watch_ports.items()}

    @property
    def supervisor_socket(self) -> Path:
        """Return the socket by which supervisord is spoken to."""
        return Path(self.run_dir) / "supervisor.sock"


class Home:
    """The folder of one stack and the names inside it."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.secrets_dir = self.path / "secrets"
        self.probe_file = self.secrets_dir / PROBE_FILE
        self.log_dir = self.path / "log"
        self.mail_dir = self.path / "mail"
        self.bulletin_dir = self.path / "bulletin"
        self.status_dir = self.path / "status"
        self.watch_dir = self.path / "watch"
        self.backups_dir = self.path / "backups"
        self.backup_work_dir = self.path / "backup-work"
        self.backup_key_file = self.secrets_dir / "backup.key"
        self.redis_dir = self.path / "redis"
        self.postgres_dir = self.path / "postgres"
        self.stack_file = self.path / "stack.json"
        self.supervisor_file = self.path / "supervisord.conf"
        self.residents_file = self.path / "sample-residents.csv"
        self.release_file = self.path / "release.yaml"

    @property
    def house_dirs(self) -> tuple[Path, ...]:
        """Return the folders that a backup holds besides the database."""
        return (self.secrets_dir, self.bulletin_dir)

    def make(self) -> None:
        """Make the folder and those inside it that belong to us."""
        for folder in (
            self.secrets_dir,
            self.log_dir,
            self.mail_dir,
            self.bulletin_dir,
            self.redis_dir,
        ):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)

    def read(self) -> StackFile | None:
        """Return what the last `up` wrote, or None when there was none or it is unreadable."""
        try:
            return msgspec.json.decode(self.stack_file.read_bytes(), type=StackFile)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def write(self, stack: StackFile) -> None:
        """Replace `stack.json` in one step."""
        text = msgspec.json.format(msgspec.json.encode(stack), indent=2)
        write_private(self.stack_file, text)

    def password(self, name: str) -> str:
        """Return the password kept as `{name}.password`, made at the first call."""
        return password_in(self.secrets_dir, name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one `up` or `down` at a time.

        Raises:
            CommandError: another command holds it.
        """
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CommandError(
                    f"another `seiriken up` or `down` is at work in {self.path}"
                ) from None
            yield

    def wait_for_others(self) -> None:
        """Return once no `up` or `down` is at work here."""
        with (self.path / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)


def password_in(secrets_dir: Path, name: str) -> str:
    """Return the password kept in a folder as `{name}.password`, made at the first call."""
    path = secrets_dir / f"{name}.password"
    if not path.exists():
        write_private(path, secrets.token_hex(24).encode())
    return path.read_text("ascii").strip()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, replacing it in one step."""
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    beside.replace(path)
