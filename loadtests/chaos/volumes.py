"""Small volumes on which a city's Redis and PostgreSQL live, so that a disk can run full.

They are in memory (tmpfs) and mounted by root alone. What is kept there is gone when they are
unmounted, which is the end of the city. Sizes in bytes.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

MEBIBYTE = 2**20
SIZES: Mapping[str, int] = {"redis": 96 * MEBIBYTE, "postgres": 512 * MEBIBYTE}
_TRIES_MAX = 5
_FILLER = "chaos-filler"


class Volumes:
    """The folders of a city's servers, each on a volume of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def fill(self, name: str) -> int:
        """Take all the space that is left; return how much that was."""
        folder = self._home / name
        taken = 0
        with (folder / _FILLER).open("wb") as file:
            for _ in range(_TRIES_MAX):
                free = _free(folder)
                # The server may take space in between: then there is less than we saw.
                with suppress(OSError):
                    os.posix_fallocate(file.fileno(), taken, max(1, free))
                    taken += free
        return taken

    def empty(self, name: str) -> None:
        """Give the space back."""
        (self._home / name / _FILLER).unlink(missing_ok=True)


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bfree * found.f_bsize


def may_mount() -> bool:
    """Say whether we are allowed to mount: as root, and not in a sandbox that forbids it."""
    if os.geteuid() != 0:
        return False
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


@contextmanager
def mounted(home: Path) -> Iterator[Volumes]:
    """Mount a volume for each server in a city's folder before it starts, and unmount it after."""
    done: list[Path] = []
    try:
        for name, size in SIZES.items():
            folder = home / name
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            options = f"size={size},mode=0700"
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", options, "chaos", str(folder)], check=True
            )
            done.append(folder)
        yield Volumes(home)
    finally:
        for folder in done:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
