"""How a resident's way through a release can end."""

from __future__ import annotations

from enum import StrEnum


class Ending(StrEnum):
    """How it ended; the value is what tables show."""

    BOOKED = "booked"
    BOOKED_BEFORE = "booked before"
    LEFT = "left by own will"
    SOLD_OUT = "told inside that nothing is left"
    TOLD_NONE_LEFT = "told in the line that nothing is left"
    TOLD_UNLIKELY = "told that it is unlikely, and went home"
    TOLD_CLOSED = "told that the release is closed"
    ALWAYS_TAKEN = "what was wished for was taken again and again"
    STILL_WAITING = "still waiting when the run ended"
    WENT_WRONG = "went wrong"


HONEST = frozenset(Ending) - {Ending.WENT_WRONG, Ending.STILL_WAITING}
"""Endings that are a clear answer."""
