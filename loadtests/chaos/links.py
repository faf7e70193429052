"""Put a proxy between residents and gateways, and between each process and its servers.

The city is told of them by its own settings (`GATEWAY_REDIS_URL` and the like), which are
chosen before it starts; where the real servers are is known once it runs. Between processes
they are unix sockets, so that the process at the other end is known by its number.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from loadtests.chaos.proxy import Mode, Proxy

DATABASE = "seiriken"
PREFIXES = {"gateway": "GATEWAY_", "room": "ROOM_", "allocator": "ALLOCATOR_", "jobs": "JOBS_"}
"""Each kind of process, and how its settings begin."""

_WITHOUT_DATABASE = frozenset({"room"})
_POSTGRES_SOCKET = ".s.PGSQL.5432"


class Links:
    """All proxies of one city. `folder` holds their sockets and must have a short path."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._folder = folder
        self._home = home
        self._servers: dict[str, str] = {}
        self.gateways: list[str] = []
        self.residents = Proxy("127.0.0.1:0", lambda: self.gateways)
        self._proxies: dict[str, Proxy] = {"residents": self.residents}
        for kind in PREFIXES:
            self._add(f"{kind}-redis", str(folder / f"{kind}.sock"))
            if kind not in _WITHOUT_DATABASE:
                self._add(f"{kind}-postgres", str(folder / kind / _POSTGRES_SOCKET))

    def _add(self, name: str, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        server = name.rpartition("-")[2]
        self._proxies[name] = Proxy(path, lambda: self._upstreams(server))

    def _upstreams(self, server: str) -> list[str]:
        """Return where a server listens; nowhere before the city has started it."""
        if not self._servers:
            try:
                stack = json.loads((self._home / "stack.json").read_text("utf-8"))
            except (FileNotFoundError, ValueError):
                return []
            self._servers = {
                "redis": unquote(urlsplit(stack["redis_url"]).path),
                "postgres": f"{_host_in(stack['database_url'])}/{_POSTGRES_SOCKET}",
            }
        return [self._servers[server]]

    def settings(self) -> dict[str, str]:
        """Return the settings by which the city's processes go through the proxies."""
        settings = {}
        for kind, prefix in PREFIXES.items():
            settings[f"{prefix}REDIS_URL"] = f"unix://{self._folder / kind}.sock?db=0"
            if kind not in _WITHOUT_DATABASE:
                user = f"{DATABASE}_{kind}_login:{self._password(kind)}"
                address = f"{DATABASE}?host={self._folder / kind}"
                settings[f"{prefix}DATABASE_URL"] = f"postgresql://{user}@/{address}"
        return settings

    async def start(self) -> None:
        """Listen, before the city starts: its parts wait for each other."""
        for proxy in self._proxies.values():
            await proxy.start()

    async def close(self) -> None:
        """Stop all of them."""
        await asyncio.gather(*(proxy.close() for proxy in self._proxies.values()))

    def set(self, name: str, mode: Mode, delay_s: float = 0.0, pid: int | None = None) -> None:
        """Have one link behave so from now on."""
        self._proxies[name].set(mode, delay_s, pid)

    def _password(self, kind: str) -> str:
        """Return the password of a role: the city keeps one that it finds in its folder."""
        folder = self._home / "secrets"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{kind}.password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(24), "ascii")
        return path.read_text("ascii")


def _host_in(database_url: str) -> str:
    return parse_qs(urlsplit(database_url).query)["host"][0]
