"""What happened in one simulated history: every event goes into one hash, the last are kept."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from hashlib import sha256

LAST_EVENTS = 20
SHOWN_CHARACTERS_MAX = 180


class Violation(Exception):
    """A promise was broken; the text says which, in one line."""


class History:
    """The events of one seed, in order."""

    def __init__(self) -> None:
        self.events = 0
        self.trace: list[str] | None = None
        self._hash = sha256()
        self._last: deque[str] = deque(maxlen=LAST_EVENTS)

    def add(self, at: datetime, actor: str, call: str, result: object = "") -> None:
        """Write an event down."""
        event = f"{at:%d %H:%M:%S.%f} {actor} {call} {result}"
        self.events += 1
        self._hash.update(event.encode())
        self._last.append(event)
        if self.trace is not None:
            self.trace.append(event)

    @property
    def digest(self) -> str:
        """The hash of everything that happened so far."""
        return self._hash.hexdigest()

    def last(self) -> list[str]:
        """The last events, each shortened to a line."""
        return [_shortened(event) for event in self._last]


def _shortened(event: str) -> str:
    line = event.replace("\n", " ")
    return line if len(line) <= SHOWN_CHARACTERS_MAX else line[: SHOWN_CHARACTERS_MAX - 1] + "…"
