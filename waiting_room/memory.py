"""The room's memory on disk: it outlives the loss of Redis and of this process together.

Without a file, that case begins the line anew: people who hold tokens are put back at
their index when they come, but newcomers count from 0 until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from monitoring.logs import get_logger
from waiting_room.facts import LineFacts

log = get_logger()


class MemoryFile:
    """The facts of all lines in a file, replaced whole; without a path, nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._written = b""
        self._failing = False

    def read(self) -> dict[str, LineFacts]:
        """Return what was kept; empty when there is no file, or none that can be read."""
        if self._path is None or not self._path.exists():
            return {}
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, LineFacts])
        except msgspec.DecodeError:
            return {}

    def write(self, lines: Mapping[str, LineFacts]) -> None:
        """Keep the facts if they changed. A full disk does not stop the line; it is logged."""
        content = msgspec.json.encode(lines)
        if self._path is None or content == self._written:
            return
        draft = self._path.with_suffix(".new")
        try:
            draft.write_bytes(content)
            draft.replace(self._path)
        except OSError as error:
            if not self._failing:
                log.warning("memory_not_written", error=type(error).__name__)
            self._failing = True
            return
        self._written, self._failing = content, False
