"""Does anybody watch? The dead man's switch: an alert that always fires must keep coming.

Rule 1: when it was not heard for a while, the contacts are told, and again each half hour, and
when it is back.
Rule 2: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

WatchKind = Literal["watch_silent", "watch_back"]

SILENT_AGAIN = timedelta(minutes=30)


class Watch(msgspec.Struct, frozen=True):
    """When it was heard last, or else began to be listened for; how often silence was told."""

    heard_at: datetime
    told: int = 0

    def is_silent(self, now: datetime, silent_after: timedelta) -> bool:
        """Say whether it should have been heard."""
        return now - self.heard_at >= silent_after


def heard(watch: Watch, now: datetime) -> tuple[Watch, WatchKind | None]:
    """Return what is known now that it was heard, and what is to be told."""
    return Watch(now), "watch_back" if watch.told else None


def looked(watch: Watch, now: datetime, silent_after: timedelta) -> tuple[Watch, WatchKind | None]:
    """Return what is known now that time has passed, and what is to be told."""
    if not watch.is_silent(now, silent_after):
        return watch, None
    due = 1 + (now - watch.heard_at - silent_after) // SILENT_AGAIN
    if watch.told >= due:
        return watch, None
    return Watch(watch.heard_at, due), "watch_silent"
