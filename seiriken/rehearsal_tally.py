"""What a rehearsal counts and measures, and the report of it.

Units: seconds. A sign-in or an entry is one call, answered; a booking is from its first
sending to its decision, whatever lay between (a lost connection, "still undecided").
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from seiriken.rehearsal_client import Booking

GENERATOR_CPU_SHARE_MAX = 0.85
GENERATOR_LAG_S_MAX = 0.25
"""Beyond either the generator itself was the limit, and times are longer than the system's."""


class Percentiles(msgspec.Struct, frozen=True):
    """Of `count` durations, in seconds."""

    count: int
    p50_s: float
    p95_s: float
    p99_s: float


class Generator(msgspec.Struct, frozen=True):
    """The load generator's own share: of one core, and how late its loop was (99th percentile)."""

    cpu_share: float
    lag_p99_s: float
    was_limit: bool


class Report(msgspec.Struct, frozen=True):
    """A rehearsal's result. `audit` is None when there was no database to look into."""

    people: int
    booked: int
    refused: dict[str, int]
    left: int
    booked_before: int
    unfinished: int
    errors: dict[str, int]
    habits: dict[str, int]
    repeated_calls: int
    duration_s: float
    bookings_per_s: float
    times: dict[str, Percentiles]
    generator: Generator
    audit: dict[str, list[str]] | None
    ok: bool


@dataclass
class Tally:
    """What is counted while it is played."""

    people: int
    booked: list[Booking] = field(default_factory=list)
    booked_at_s: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    left: int = 0
    booked_before: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    habits: Counter[str] = field(default_factory=Counter)
    repeated_calls: int = 0
    sign_in_s: list[float] = field(default_factory=list)
    enter_s: list[float] = field(default_factory=list)
    booking_s: list[float] = field(default_factory=list)
    lag_s: list[float] = field(default_factory=list)
    waiting: int = 0

    @property
    def done(self) -> int:
        """Return how many people have come to an end."""
        ends = len(self.booked) + self.left + self.booked_before
        return ends + self.refused.total() + self.errors.total()

    def report(self, duration_s: float, cpu_s: float, audit: dict[str, list[str]] | None) -> Report:
        """Sum up."""
        lag_p99_s = percentile(sorted(self.lag_s), 0.99)
        cpu_share = cpu_s / duration_s if duration_s else 0.0
        was_limit = cpu_share > GENERATOR_CPU_SHARE_MAX or lag_p99_s > GENERATOR_LAG_S_MAX
        named = {"sign-in": self.sign_in_s, "enter": self.enter_s, "booking": self.booking_s}
        return Report(
            people=self.people,
            booked=len(self.booked),
            refused=dict(self.refused.most_common()),
            left=self.left,
            booked_before=self.booked_before,
            unfinished=self.people - self.done,
            errors=dict(self.errors.most_common()),
            habits=dict(self.habits.most_common()),
            repeated_calls=self.repeated_calls,
            duration_s=round(duration_s, 2),
            bookings_per_s=round(_rate(self.booked_at_s), 1),
            times={name: _percentiles(durations) for name, durations in named.items()},
            generator=Generator(round(cpu_share, 3), round(lag_p99_s, 4), was_limit),
            audit=audit,
            ok=not self.errors and not any((audit or {}).values()),
        )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which that share lies (nearest rank); 0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _percentiles(durations: list[float]) -> Percentiles:
    ordered = sorted(durations)
    return Percentiles(
        len(ordered), *(round(percentile(ordered, share), 4) for share in (0.5, 0.95, 0.99))
    )


def _rate(moments_s: list[float]) -> float:
    """Return events per second from the first to the last."""
    span_s = max(moments_s) - min(moments_s) if len(moments_s) > 1 else 0.0
    return (len(moments_s) - 1) / span_s if span_s else 0.0
