"""The draw of one release: what is mixed in, and what is told of it in public.

Rule 1: before the draw the plan says what is going to be mixed in; after it the line's own
facts say what was, so that an edit or a wipe afterwards changes nothing.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

A line without a draw (in order of arrival, or no line) publishes its commitment all the
same: nobody need know beforehand which release is going to be drawn.
"""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from waiting_room.draw import RULES_URL, commitment, default_beacon, shuffle_seed
from waiting_room.facts import LineFacts
from waiting_room.plans import ReleasePlan

SITE_TIMEZONE = ZoneInfo("Asia/Tokyo")
NO_SOURCE = "none was given: release and opening time, which add no surprise"


class DrawFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What proves the draw, as `status.json` has it; seeds are hexadecimal.

    The secret seed, the number and the shuffle's seed are there only once the lobby is drawn.
    `beacon_default` says that no beacon was given by then. `mode` is there without a draw.
    """

    commitment: str
    rules_url: str
    mode: Literal["fifo", "none"] | msgspec.UnsetType = msgspec.UNSET
    revealed_seed: str | msgspec.UnsetType = msgspec.UNSET
    lobby_count: int | msgspec.UnsetType = msgspec.UNSET
    beacon: str | msgspec.UnsetType = msgspec.UNSET
    beacon_source: str | msgspec.UnsetType = msgspec.UNSET
    beacon_default: bool = False
    shuffle_seed: str | msgspec.UnsetType = msgspec.UNSET


class Lots(msgspec.Struct, frozen=True):
    """How a lobby is drawn: what is mixed in, and where it is from ("" for the default)."""

    beacon: str
    source: str
    seed: bytes


def lots_of(plan: ReleasePlan, facts: LineFacts, seed: bytes) -> Lots | None:
    """Return how the lobby was drawn, or would be now; None for a line that is not drawn.

    `seed` is the release's secret seed. A line that was drawn before there were beacons
    (rules version 1) keeps the order it has: its shuffle's seed is the secret seed.
    """
    if facts.opened and facts.beacon:
        return Lots(facts.beacon, facts.beacon_source, shuffle_seed(seed, facts.beacon))
    if plan.queue != "draw":
        return None
    if facts.opened:
        return Lots("", "", seed)
    if plan.beacon:
        return Lots(plan.beacon, plan.beacon_source, shuffle_seed(seed, plan.beacon))
    opens_at = plan.opens_at.astimezone(SITE_TIMEZONE).replace(microsecond=0)
    beacon = default_beacon(plan.release_id, opens_at.isoformat())
    return Lots(beacon, "", shuffle_seed(seed, beacon))


def draw_facts(plan: ReleasePlan, facts: LineFacts, seed: bytes) -> DrawFacts:
    """Return what is told of the draw in public; `seed` is told only once it is drawn."""
    published = DrawFacts(commitment(seed), RULES_URL)
    lots = lots_of(plan, facts, seed)
    if lots is None:
        mode: Literal["fifo", "none"] = "fifo" if plan.queue == "fifo" else "none"
        return msgspec.structs.replace(published, mode=mode)
    if not facts.opened:
        # A source may be named before its value is known.
        return msgspec.structs.replace(
            published,
            beacon=plan.beacon or msgspec.UNSET,
            beacon_source=plan.beacon_source or msgspec.UNSET,
        )
    drawn = msgspec.structs.replace(
        published, revealed_seed=seed.hex(), lobby_count=facts.lobby_count
    )
    if not lots.beacon:
        return drawn
    return msgspec.structs.replace(
        drawn,
        beacon=lots.beacon,
        beacon_source=lots.source or NO_SOURCE,
        beacon_default=not lots.source,
        shuffle_seed=lots.seed.hex(),
    )
