"""The shapes of a load: how many residents have come by when, for Locust.

A Locust user is one resident who comes once, and stays counted when at home again: so the
number of users is the number who have come, and a shape is an open flow of arrivals that does
not wait for the city. A run ends when everybody is at home, or their patience is over.

Choose one with `--surge`; each is a `LoadTestShape` of its own and easy to add to `SHAPES`.
"""

from __future__ import annotations

import sys
from typing import Any

from locust import LoadTestShape

from loadtests.curves import Curve, Opening, spike, steady, trickle
from loadtests.leading import Leader

SPAWN_AT_ONCE_PER_S = 1e6
"""Whom a tick calls is spawned at once; each resident spreads over the second by itself."""


PROGRESS_EVERY_S = 10.0


class Surge(LoadTestShape):
    """What all shapes share."""

    abstract = True

    def __init__(self, leader: Leader) -> None:
        super().__init__()
        self._leader = leader
        self._curve: Curve | None = None
        self._told_s = 0.0

    def reset_time(self) -> None:
        """Begin a run."""
        super().reset_time()
        self._curve, self._told_s = None, 0.0

    def curve(self, options: Any) -> Curve:
        """Return the arrival curve for the options of this run."""
        raise NotImplementedError

    def tick(self) -> tuple[int, float] | None:
        """Return how many have come by now; None when the run is over."""
        if self._curve is None:
            self._curve = self.curve(self._leader.options)
        run_s = self.get_run_time()
        come = self._curve.come_by(run_s)
        if run_s >= self._told_s + PROGRESS_EVERY_S:
            self._told_s = run_s
            ended = self._leader.ended()
            sys.stderr.write(f"[{run_s:5.0f} s] {come:,} have come, {ended:,} are through\n")
        patience_s = 60 * float(self._leader.options.patience)
        if run_s > self._curve.duration_s and self._leader.ended() >= come:
            return None
        if run_s > self._curve.duration_s + patience_s:
            return None
        return max(1, come), SPAWN_AT_ONCE_PER_S


class OpeningShape(Surge):
    """A release that opens at a fixed hour: `--people` come within `--minutes`."""

    def curve(self, options: Any) -> Curve:
        """Take the hour of the opening from the city itself."""
        within_s = 60 * minutes_of(options)
        return Opening(options.people, min(self._leader.opens_in_s(), within_s), within_s)


class SteadyShape(Surge):
    """As many in every second: `--per-minute` for `--minutes`."""

    def curve(self, options: Any) -> Curve:
        """Return the flow."""
        return steady(options.per_minute / 60, 60 * minutes_of(options))


class SpikeShape(Surge):
    """A steady flow, ten times as strong in between: a third of the time each."""

    def curve(self, options: Any) -> Curve:
        """Return the flow."""
        third_s = 60 * minutes_of(options) / 3
        return spike(options.per_minute / 60, third_s, third_s, third_s)


class SoakShape(SteadyShape):
    """A steady flow for long: half an hour unless `--minutes` says otherwise."""


class TrickleShape(Surge):
    """The night: somebody every three seconds, for `--minutes`."""

    def curve(self, options: Any) -> Curve:
        """Return the flow."""
        return trickle(60 * minutes_of(options))


SHAPES: dict[str, type[Surge]] = {
    "opening": OpeningShape,
    "steady": SteadyShape,
    "spike": SpikeShape,
    "soak": SoakShape,
    "trickle": TrickleShape,
}
MINUTES_USUAL = {"opening": 5.0, "steady": 5.0, "spike": 9.0, "soak": 30.0, "trickle": 5.0}


def minutes_of(options: Any) -> float:
    """Return within how many minutes all come: as asked for, else what is usual for the shape."""
    return float(options.minutes or MINUTES_USUAL[options.surge])


class ChosenShape(LoadTestShape):
    """The shape that `--surge` or the web page names; chosen anew for each run."""

    def __init__(self) -> None:
        super().__init__()
        self.leader: Leader | None = None
        self._shape: Surge | None = None

    def reset_time(self) -> None:
        """Begin a run with the shape that is chosen now."""
        super().reset_time()
        if self.leader is not None:
            self._shape = SHAPES[self.leader.options.surge](self.leader)
            self._shape.reset_time()

    def tick(self) -> tuple[int, float] | None:
        """Ask the chosen shape."""
        return None if self._shape is None else self._shape.tick()
