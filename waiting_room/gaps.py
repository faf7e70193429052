"""Places that nobody holds: what a wipe leaves in the line.

After Redis lost its data, arrivals are counted on from beyond every number that may
have been given out. The numbers jumped over are a gap. Admission counts people, so
that nobody waits for the gap to pass; everybody else counts places.

Rule 1: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Gap(msgspec.Struct, frozen=True, array_like=True):
    """The places `after` + 1 to `after` + `size` were never given out."""

    after: int
    size: int


def people_up_to(place: int, gaps: Iterable[Gap]) -> int:
    """Return how many places up to this one somebody can hold."""
    return place - sum(min(gap.size, max(0, place - gap.after)) for gap in gaps)


def place_after(people: int, gaps: Iterable[Gap]) -> int:
    """Return the greatest place that has so many held ones up to it; gaps it touches are passed.

    `gaps` are in order of place and do not overlap.
    """
    place = people
    for gap in gaps:
        if place >= gap.after:
            place += gap.size
    return place
