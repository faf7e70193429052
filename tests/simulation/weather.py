"""Which faults strike when: all drawn from the seed, none after the storm is over."""

from __future__ import annotations

from enum import Enum
from random import Random
from typing import Literal

Dependency = Literal["tables", "redis"]


class Fault(Enum):
    """What can happen at one call of a writer."""

    CRASH_BEFORE = "crashed before"
    CRASH_AFTER = "crashed after"
    PAUSE_BEFORE = "paused before"
    PAUSE_AFTER = "paused after"
    LOST_BEFORE = "connection lost before"
    LOST_AFTER = "answer lost"
    WIPE = "Redis wiped"


_USUAL = {
    Fault.CRASH_BEFORE: 3,
    Fault.CRASH_AFTER: 4,
    Fault.PAUSE_BEFORE: 3,
    Fault.PAUSE_AFTER: 4,
    Fault.LOST_BEFORE: 4,
    Fault.LOST_AFTER: 6,
    Fault.WIPE: 2,
}


class Weather:
    """How bad it is in this history; `calm` ends all faults."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.storm = rng.choice((0.0, 0.003, 0.01, 0.01, 0.03))
        """The chance of a fault at each call."""
        self.weights = [weight * rng.choice((0, 1, 1, 4)) for weight in _USUAL.values()]
        if not any(self.weights):
            self.storm = 0.0
        self.skew_s = rng.choice((0.0, 0.0, 1.5))
        """By how much a writer's clock may be wrong."""
        self.away_until: dict[Dependency, float] = {"tables": 0.0, "redis": 0.0}

    def calm(self) -> None:
        """End the storm."""
        self.storm = 0.0
        self.away_until = {"tables": 0.0, "redis": 0.0}

    def is_away(self, dependency: Dependency, seconds: float) -> bool:
        """Say whether a server cannot be reached at this moment."""
        return seconds < self.away_until[dependency]

    def strike(self) -> Fault | None:
        """Draw what happens at a call: mostly nothing."""
        if self.storm == 0.0 or self._rng.random() >= self.storm:
            return None
        return self._rng.choices(list(_USUAL), self.weights)[0]

    def chance(self, share: float) -> bool:
        """Draw yes or no; never yes once it is calm."""
        return self.storm > 0.0 and self._rng.random() < share
