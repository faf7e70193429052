"""What the room needs of the catalogue: when each release opens, and what was ordered.

The allocator publishes the whole catalogue; the room reads its own words of it and
skips the rest (the two packages meet in Redis alone).

Rule 1: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from waiting_room.states import ByHand, Phase, State, phase_of


class ReleasePlan(msgspec.Struct, frozen=True):
    """A release as the room sees it. Moments carry an offset."""

    release_id: str
    campaign_id: str
    lobby_at: datetime
    opens_at: datetime
    closes_at: datetime
    state_by_hand: ByHand = "none"
    message: str = ""

    def phase(self, now: datetime) -> Phase:
        """Return which part of its life the clock gives it."""
        return phase_of(now, self.lobby_at, self.opens_at, self.closes_at)


class _Catalogue(msgspec.Struct, frozen=True):
    releases: dict[str, ReleasePlan]


def decode_plans(catalogue: bytes) -> dict[str, ReleasePlan]:
    """Return the releases of a published catalogue, by id."""
    return msgspec.json.decode(catalogue, type=_Catalogue).releases


def current_release(plans: Mapping[str, ReleasePlan], states: Mapping[str, State]) -> str | None:
    """Return the release that `status.json` is about, None when there is none.

    Of those open or paused the one opened last, else the next to open, else the one
    closed last.
    """

    def rank(plan: ReleasePlan) -> tuple[int, float, str]:
        state = states[plan.release_id]
        if state in ("open", "paused"):
            return 0, -plan.opens_at.timestamp(), plan.release_id
        if state in ("lobby", "scheduled"):
            return 1, plan.opens_at.timestamp(), plan.release_id
        return 2, -plan.closes_at.timestamp(), plan.release_id

    return min(plans.values(), key=rank).release_id if plans else None
