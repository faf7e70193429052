"""How much is measured: the full run, and a tiny one that only shows that every part works."""

from __future__ import annotations

from dataclasses import dataclass

SECTIONS = (
    *("decision", "durable", "latency", "rivals", "startup"),
    *("status", "edge", "sign-in", "room"),
    *("opening", "overload", "soak", "desk", "messages"),
    "profile",
)
"""What `--only` can name."""

LONG = ("opening", "overload", "soak", "desk", "messages", "profile")
"""Run only when they are named, or (but for `profile`) with `--long`: together about an hour."""

USUAL = tuple(name for name in SECTIONS if name not in LONG)

SLOTS_OF_DECISIONS = (1_000, 10_000, 100_000)
BATCH_SIZES = (500, 1_000, 2_000)


@dataclass(frozen=True)
class Options:
    """Sizes of one run of the benchmark: counts in requests, people or slots, times in seconds."""

    runs: int = 5
    runs_of_others: int = 3
    """Of what is compared with ours: rivals, and other batch sizes than the default."""
    sections: tuple[str, ...] = USUAL
    decisions: int = 50_000
    backlog: int = 30_000
    people: int = 60_000
    latency_runs: int = 3
    latency_s: float = 8.0
    calls_alone: int = 200
    rival_s: float = 3.0
    rival_tasks: int = 2_500
    hot_backlog: int = 20_000
    startup_runs: int = 3
    big_roster: int = 1_000_000
    big_slots: int = 100_000
    big_bookings: int = 200_000
    connections: int = 64
    """On which the generator of the waiting room's sections asks, each answer awaited."""
    status_s: float = 3.0
    sign_ins: int = 10_000
    lobby: int = 1_000_000
    openers: int = 1_000
    """People who ask for their place at the opening as soon as they are told of it."""
    ticks: int = 200
    reminders: int = 100_000
    burst: int = 2_000
    """Confirmations at once while reminders go out."""
    tell_s: float = 60.0
    """How long messages are put in one by one, each time."""
    surge_scale: float = 1.0
    """Of the surges and reminders: a tenth is a tenth of the people in a tenth of the time."""


def quick(sections: tuple[str, ...]) -> Options:
    """Return the sizes of a run of which only the rows matter, not the figures."""
    return Options(
        runs=1,
        runs_of_others=1,
        sections=sections,
        decisions=1_000,
        backlog=1_500,
        people=3_000,
        latency_runs=1,
        latency_s=1.0,
        calls_alone=10,
        rival_s=0.5,
        rival_tasks=50,
        hot_backlog=1_000,
        startup_runs=1,
        big_roster=2_000,
        big_slots=1_000,
        big_bookings=500,
        connections=16,
        status_s=0.5,
        sign_ins=200,
        lobby=3_000,
        openers=50,
        ticks=5,
        burst=100,
        tell_s=4.0,
        surge_scale=0.01,
    )
