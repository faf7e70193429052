"""Hand WAL to a server that recovers: opened ahead of it, a few segments at a time.

The server runs as another user than we may, and shall see neither the key nor the repository.
So it asks through a folder: its restore_command is a line of shell that names the segment, waits
until that lies there, and copies it. A damaged segment ends the recovery; it is never taken
for the end of the WAL.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from seiriken.backup.errors import BackupError
from seiriken.backup.repository import Repository

AHEAD = 6
BEHIND = 2
LOOK_EVERY_S = 0.02


class Feed:
    """Feeds the segments and histories `names`, in order, through `folder` while the block runs.

    `hand_over` gives a file to the server's user.
    """

    def __init__(
        self,
        repository: Repository,
        names: Sequence[str],
        folder: Path,
        hand_over: Callable[[Path], None],
    ) -> None:
        self.failed: BackupError | None = None
        self._repository, self._names, self._folder = repository, list(names), folder
        self._hand_over = hand_over
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wal-feed", daemon=True)

    @property
    def command(self) -> str:
        """Return the restore_command. Exit code 1: there is no such segment; 126: damaged."""
        folder = shlex.quote(str(self._folder))
        return (
            f"grep -qxF %f {folder}/names || exit 1; echo %f > {folder}/asked; "
            f"until test -e {folder}/%f; do test -e {folder}/failed && exit 126; sleep 0.02; "
            f"done; cp {folder}/%f %p"
        )

    def __enter__(self) -> Feed:
        """Begin."""
        self._folder.mkdir(mode=0o700)
        self._hand_over(self._folder)
        self._write("names", "".join(f"{name}\n" for name in self._names).encode())
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        served = -1
        while not self._stop.wait(LOOK_EVERY_S):
            asked = self._asked()
            if asked in (None, served):
                continue
            try:
                self._serve(asked)
                served = asked
            except (BackupError, OSError) as error:
                self.failed = error if isinstance(error, BackupError) else BackupError(str(error))
                self._write("failed", b"")
                return

    def _asked(self) -> int | None:
        try:
            return self._names.index((self._folder / "asked").read_text("ascii").strip())
        except (FileNotFoundError, ValueError):
            return None

    def _serve(self, asked: int) -> None:
        """Lay out what was asked for first, then what will be; take away what was used."""
        wanted = self._names[max(0, asked - BEHIND) : asked + AHEAD]
        for name in sorted(wanted, key=lambda one: one < self._names[asked]):
            if not (self._folder / name).exists():
                self._write(name, self._repository.read_wal(name))
        for name in self._names:
            if name not in wanted:
                (self._folder / name).unlink(missing_ok=True)

    def _write(self, name: str, content: bytes) -> None:
        draft = self._folder / f".{name}"
        draft.write_bytes(content)
        draft.chmod(0o600)
        self._hand_over(draft)
        draft.rename(self._folder / name)
