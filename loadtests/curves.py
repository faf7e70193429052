"""When residents come: arrival curves.

Rule 1: a curve is a number of people who have come by a moment; it never falls.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Units: seconds from the beginning of the run; people. A pace of 4 means that people come
and think four times as fast; what they do stays the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LOBBY_SHARE = 0.5
"""Of those who come to an opening at a fixed hour, so many are there before it: the draw gives
each of them the same chance, and the hour was announced."""

RUSH_SHARE = 0.3
"""So many come in the rush that the hour itself sets off; the others over the rest."""

LOBBY_POWER = 1.5
"""The lobby fills faster and faster."""

RUSH_SPAN_SHARE = 1 / 2
"""The rush fades with this part of the time after the opening as its time constant."""


@dataclass(frozen=True)
class Opening:
    """A release that opens at a fixed hour: the lobby fills, the hour strikes, some come late.

    `lead_s` is the time from the beginning to the opening (0: it is open already), and
    `within_s` the time from the beginning until everybody has come.
    """

    people: int
    lead_s: float
    within_s: float

    @property
    def duration_s(self) -> float:
        """Return when the last one has come."""
        return self.within_s

    def come_by(self, at_s: float) -> int:
        """Return how many have come by a moment."""
        if at_s >= self.within_s:
            return self.people
        return math.floor(self.people * self._share(max(0.0, at_s)))

    def _share(self, at_s: float) -> float:
        lead_s = min(self.lead_s, self.within_s)
        lobby = LOBBY_SHARE if lead_s > 0 else 0.0
        if at_s < lead_s:
            return float(lobby * (at_s / lead_s) ** LOBBY_POWER)
        rest_s = self.within_s - lead_s
        since_s = at_s - lead_s
        constant_s = rest_s * RUSH_SPAN_SHARE
        whole = 1 - math.exp(-rest_s / constant_s)
        rush = (1 - math.exp(-since_s / constant_s)) / whole
        rushing = RUSH_SHARE + LOBBY_SHARE - lobby
        return lobby + rushing * rush + (1 - lobby - rushing) * since_s / rest_s


@dataclass(frozen=True)
class Phase:
    """So many people a second for so long."""

    lasts_s: float
    per_s: float


@dataclass(frozen=True)
class Phases:
    """One phase after the other."""

    phases: Sequence[Phase]

    @property
    def duration_s(self) -> float:
        """Return when the last one has come."""
        return sum(phase.lasts_s for phase in self.phases)

    def come_by(self, at_s: float) -> int:
        """Return how many have come by a moment."""
        people, begin_s = 0.0, 0.0
        for phase in self.phases:
            people += phase.per_s * min(max(0.0, at_s - begin_s), phase.lasts_s)
            begin_s += phase.lasts_s
        return math.floor(people + 1e-9)


Curve = Opening | Phases

SPIKE_FACTOR = 10.0
TRICKLE_PER_S = 1 / 3


def steady(per_s: float, lasts_s: float) -> Phases:
    """Return the same number of people in every second."""
    return Phases([Phase(lasts_s, per_s)])


def spike(per_s: float, before_s: float, spike_s: float, after_s: float) -> Phases:
    """Return a steady flow that becomes ten times as strong for a while."""
    return Phases(
        [Phase(before_s, per_s), Phase(spike_s, SPIKE_FACTOR * per_s), Phase(after_s, per_s)]
    )


def trickle(lasts_s: float) -> Phases:
    """Return the night: somebody every three seconds."""
    return Phases([Phase(lasts_s, TRICKLE_PER_S)])
