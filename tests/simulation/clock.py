"""The time of a simulated world: it passes only when something is done."""

from __future__ import annotations

from datetime import datetime, timedelta


class SimulatedClock:
    """One clock for all; `seconds` counts from the beginning."""

    def __init__(self, begins_at: datetime) -> None:
        self._begins_at = begins_at
        self.seconds = 0.0

    @property
    def now(self) -> datetime:
        """The present moment, in whole microseconds."""
        return self._begins_at + timedelta(seconds=round(self.seconds, 6))

    def let_pass(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds = round(self.seconds + seconds, 6)
