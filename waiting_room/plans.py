"""What the room needs of the catalogue: when each release opens, and what was ordered.

The allocator publishes the whole catalogue; the room reads its own words of it and
skips the rest (the two packages meet in Redis alone).

Rule 1: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

import msgspec

from waiting_room.states import ByHand, Phase, State, phase_of

Queue = Literal["draw", "fifo", "none"]
"""The lobby is drawn at the opening; everybody in order of arrival; nobody waits."""


PROBE_CAMPAIGN = "probe"
"""The synthetic resident's campaign (`allocator.model.PROBE_ID`): its line is nobody else's."""


class ReleasePlan(msgspec.Struct, frozen=True):
    """A release as the room sees it. Moments carry an offset."""

    release_id: str
    campaign_id: str
    lobby_at: datetime
    opens_at: datetime
    closes_at: datetime
    state_by_hand: ByHand = "none"
    message: str = ""
    queue: Queue = "draw"
    desk_share: float = 0.0
    messages: dict[str, str] = {}
    beacon: str = ""
    beacon_source: str = ""
    born_from: date = date.min
    born_to: date = date.max

    @property
    def is_for_probe(self) -> bool:
        """Say whether it is the synthetic resident's, and so none for residents."""
        return self.campaign_id == PROBE_CAMPAIGN

    def phase(self, now: datetime) -> Phase:
        """Return which part of its life the clock gives it."""
        return phase_of(now, self.lobby_at, self.opens_at, self.closes_at)


class NextRelease(msgspec.Struct, frozen=True):
    """The release after another one, for those whom that one does not reach."""

    release_id: str
    opens_at: datetime


class _Catalogue(msgspec.Struct, frozen=True):
    releases: dict[str, ReleasePlan]


def decode_plans(catalogue: bytes) -> dict[str, ReleasePlan]:
    """Return the releases of a published catalogue, by id."""
    return msgspec.json.decode(catalogue, type=_Catalogue).releases


def next_release(
    plans: Mapping[str, ReleasePlan], plan: ReleasePlan, now: datetime
) -> ReleasePlan | None:
    """Return the next release to open for the same campaign and for everybody of this one.

    One that is meant for a part of them alone is not promised to all.
    """
    later = [
        other
        for other in plans.values()
        if other.campaign_id == plan.campaign_id
        and other.opens_at > max(now, plan.opens_at)
        and other.state_by_hand != "closed"
        and other.born_from <= plan.born_from
        and other.born_to >= plan.born_to
    ]
    return min(later, key=lambda other: (other.opens_at, other.release_id), default=None)


def current_release(plans: Mapping[str, ReleasePlan], states: Mapping[str, State]) -> str | None:
    """Return the release that `status.json` is about, None when there is none for residents.

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

    theirs = [plan for plan in plans.values() if not plan.is_for_probe]
    return min(theirs, key=rank).release_id if theirs else None
