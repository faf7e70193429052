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
)
MARGIN_MIN = 200


class LineFacts(msgspec.Struct, frozen=True):
    """What is known of one line.

    `lobby_count` is -1 until the lobby is drawn; `serving` is a place; `entered` counts people
    who came in and `booked` those of them who booked; `joined_at_once` is the
    greatest number of people who joined between two ticks.
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

    @property
    def opened(self) -> bool:
        """Say whether the lobby is drawn."""
        return self.lobby_count >= 0


def facts_from(values: list[bytes | None]) -> LineFacts | None:
    """Return the facts that Redis holds (values of `FIELDS`), None when it holds none."""
    if values[0] is None:
        return None
    next_index, lobby_count, serving, entered, booked, limit, claimed, gaps = (
        value or b"0" for value in values
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
    )


def rebuilt(facts: LineFacts) -> LineFacts:
    """Return what the line goes on with after a wipe: beyond all numbers in people's hands.

    Once the lobby is drawn, the numbers jumped over are a gap that nobody waits for.
    In a lobby they are drawn like others, and written off when they do not come.
    """
    margin = MARGIN_MIN + 2 * facts.joined_at_once
    gaps = (*facts.gaps, Gap(facts.next_index, margin)) if facts.opened else facts.gaps
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
    )
    return [text for pair in zip(FIELDS, values, strict=True) for text in map(str, pair)]
