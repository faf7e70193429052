"""What the room remembers of each line, so that it can be rebuilt after Redis was wiped.

Rule 1: numbers that were given out are never given out again: after a wipe, arrivals
count on from beyond every number that may be in somebody's hands.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

The facts are the fields of the HASH `room:{release}:meta` (there with `state`, `campaign`
and `seed` besides).
"""

from __future__ import annotations

from typing import Final

import msgspec

from waiting_room.gaps import Gap

FIELDS: Final = (
    "next_index",
    "lobby_count",
    "serving",
    "entered",
    "booked",
    "limit",
    "claimed",
    "gaps",
    "beacon",
    "beacon_source",
)
MARGIN_MIN = 200


class LineFacts(msgspec.Struct, frozen=True):
    """What is known of one line.

    `lobby_count` is -1 until the lobby is drawn; `serving` is a place; `entered` counts people
    who came in and `booked` those of them who booked; `joined_at_once` is the
    greatest number of people who joined between two ticks. `beacon` and its source are what
    the draw mixed in ("" before it, and without one; the default has no source).
    """

    next_index: int = 0
    lobby_count: int = -1
    serving: int = 0
    entered: int = 0
    booked: int = 0
    limit: float = 0.0
    claimed: int = 0
    gaps: tuple[Gap, ...] = ()
    joined_at_once: int = 0
    beacon: str = ""
    beacon_source: str = ""

    @property
    def opened(self) -> bool:
        """Say whether the lobby is drawn."""
        return self.lobby_count >= 0


def facts_from(values: list[bytes | None]) -> LineFacts | None:
    """Return the facts that Redis holds (values of `FIELDS`), None when it holds none."""
    if values[0] is None:
        return None
    *amounts, beacon, beacon_source = values
    next_index, lobby_count, serving, entered, booked, limit, claimed, gaps = (
        value or b"0" for value in amounts
    )
    return LineFacts(
        next_index=int(next_index),
        lobby_count=int(lobby_count),
        serving=int(serving),
        entered=int(entered),
        booked=int(booked),
        limit=float(limit),
        claimed=int(claimed),
        gaps=msgspec.json.decode(gaps, type=tuple[Gap, ...]),
        beacon=(beacon or b"").decode(),
        beacon_source=(beacon_source or b"").decode(),
    )


def rebuilt(facts: LineFacts, *, to_be_drawn: bool = True) -> LineFacts:
    """Return what the line goes on with after a wipe: beyond all numbers in people's hands.

    Once the lobby is drawn, the numbers jumped over are a gap that nobody waits for.
    In a lobby that is `to_be_drawn` they are drawn like others, and written off when they do
    not come.
    """
    margin = MARGIN_MIN + 2 * facts.joined_at_once
    in_order = facts.opened or not to_be_drawn
    gaps = (*facts.gaps, Gap(facts.next_index, margin)) if in_order else facts.gaps
    return msgspec.structs.replace(facts, next_index=facts.next_index + margin, gaps=gaps)


def as_fields(facts: LineFacts) -> list[str]:
    """Return the facts as names and values for `lua/restore.lua`."""
    values = (
        facts.next_index,
        facts.lobby_count,
        facts.serving,
        facts.entered,
        facts.booked,
        facts.limit,
        facts.claimed,
        msgspec.json.encode(facts.gaps).decode(),
        facts.beacon,
        facts.beacon_source,
    )
    return [text for pair in zip(FIELDS, values, strict=True) for text in map(str, pair)]
