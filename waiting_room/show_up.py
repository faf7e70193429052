"""No-shows: how many of those who were called will come, from how many have come.

A called person claims a seat inside until they come, or until their grace time is over. If
a third never comes, a third of these seats would stand empty meanwhile; so only those are
counted of whom it is to be expected that they come. By Little's law (1961: people inside
= people coming in per second x the time each stays) the line then moves at seats / dwell
per second, whoever stays away. Measured over people whose grace time is over.

Rule 1: an estimate is the middle of what is likely, not its safe end: should more come than
expected, the last of them wait a moment at the door (`lua/enter.lua`), and no seat stands empty
for safety's sake. Only a small sample errs on the side of too many: ten more are taken to have
come than did.
Rule 2: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

import math

import msgspec

HISTORY_S = 300.0
SAMPLE_MIN = 30
"""People who must be settled before a measured share is believed."""

PRIOR = 10
"""People who are taken to have come before anything is known of a line."""


class Settled(msgspec.Struct, frozen=True, array_like=True):
    """By the moment `at_s` so many called people's grace was over, and so many had come."""

    at_s: float
    called: int
    came: int


def noted(history: tuple[Settled, ...], now: Settled) -> tuple[Settled, ...]:
    """Add what is known now, and drop all but the last of what is past the history."""
    if not history or (now.called, now.came) != (history[-1].called, history[-1].came):
        history = (*history, now)
    oldest = 0
    while oldest + 1 < len(history) and history[oldest + 1].at_s <= now.at_s - HISTORY_S:
        oldest += 1
    return history[oldest:]


def share(history: tuple[Settled, ...]) -> float:
    """Return which share of the called comes, by the history (1: not known)."""
    if not history:
        return 1.0
    called = history[-1].called - history[0].called
    came = min(called, history[-1].came - history[0].came)
    if called < SAMPLE_MIN or not 0 <= came < called:
        return 1.0
    return (came + PRIOR) / (called + PRIOR)


def expected(called: int, came: int, share: float) -> int:
    """Return how many of the called are still counted as coming, when so many of them came.

    Whoever means to come mostly does so at once: who is still missing late in the grace
    time is mostly a no-show, and is not waited for.
    """
    return max(0, min(called, math.ceil(called * share)) - came)
