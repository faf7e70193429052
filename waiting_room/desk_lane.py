"""The phone desk's lane: its share of the places inside, and whom it calls next.

Whoever rings the desk keeps the place that they have in the line, or gets one; and they
stand in the desk's own lane besides, in order of their calls. While the desk is at work
a share of the inside limit is kept for this lane (L6), so that people without a device
are served as fast as the others; when nobody rings, all of it is everybody's.

Rule 1: desk and line together never claim more than the limit: a place that the line
still holds is not given to the desk, but the line gets no more until it is free.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Units: people inside or called in. A person whom the desk calls claims a place until
they have booked, left, or `CALL_KEPT_S` is over.
"""

from __future__ import annotations

import math

import msgspec

AT_WORK_S = 300
"""So long after a call the desk counts as being at work."""

CALL_KEPT_S = 900
"""A telephone call with an old person takes its time (seconds)."""


class DeskLane(msgspec.Struct, frozen=True):
    """What the tick measured of the lane.

    `share` of the places inside (0 to 0.9) is the desk's while it is `at_work`; `claimed`
    counts people called in by it, `inside` those of them who are in, `waiting` those not yet
    called.
    """

    share: float = 0.0
    at_work: bool = False
    claimed: int = 0
    inside: int = 0
    waiting: int = 0


def kept(lane: DeskLane, ceiling: int) -> int:
    """Return how many of the places inside are not for the line.

    Where there is but one place, it is kept only while somebody of the lane waits for it.
    """
    reserve = math.ceil(ceiling * lane.share) if lane.at_work else 0
    if lane.waiting == 0:
        reserve = min(reserve, ceiling - 1)
    return max(reserve, lane.claimed)


def calls(lane: DeskLane, ceiling: int, claimed_by_line: int) -> int:
    """Return how many the desk may call in now."""
    free = ceiling - claimed_by_line - lane.claimed
    return max(0, min(lane.waiting, kept(lane, ceiling) - lane.claimed, free))
