"""What the room puts on record of a draw: the commitment before it, and the draw itself.

The tick appends records to a stream in Redis; the jobs move them to PostgreSQL, into a chain
of hashes (`allocator.record_store`). What a beacon was is recorded there by the command that
gives it.

Rule 1: a record of the same thing has the same content however often it is sent, and is
kept once: sending it again after a restart or a wipe does no harm.
Rule 2: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from waiting_room.draw import RULES_VERSION, commitment
from waiting_room.facts import LineFacts
from waiting_room.lots import lots_of
from waiting_room.plans import ReleasePlan
from waiting_room.states import State

Content = dict[str, str | int]


class Record(msgspec.Struct, frozen=True):
    """One thing to keep for good. `content` names no person."""

    release_id: str
    kind: Literal["commitment", "draw"]
    content: Content

    def fields(self, at: datetime) -> dict[str, str]:
        """Return it as the stream's fields; `at` is when it is sent, with an offset."""
        return {
            "release": self.release_id,
            "kind": self.kind,
            "at": at.isoformat(timespec="microseconds"),
            "content": msgspec.json.encode(self.content, order="sorted").decode(),
        }


def records_due(plan: ReleasePlan, state: State, facts: LineFacts, seed: bytes) -> list[Record]:
    """Return what must be on record of a release by now; `seed` is its secret seed.

    Nothing of a line that is not drawn, and of a closed release nothing but its draw.
    """
    lots = lots_of(plan, facts, seed)
    if lots is None:
        return []
    due = []
    if state != "closed" or facts.opened:
        due.append(_record(plan, "commitment", {"rules_version": RULES_VERSION}, seed))
    if facts.opened:
        drawn: Content = {
            "lobby_count": facts.lobby_count,
            "revealed_seed": seed.hex(),
            "beacon": lots.beacon,
            "beacon_source": lots.source,
            "shuffle_seed": lots.seed.hex(),
        }
        due.append(_record(plan, "draw", drawn, seed))
    return due


def _record(
    plan: ReleasePlan, kind: Literal["commitment", "draw"], content: Content, seed: bytes
) -> Record:
    return Record(plan.release_id, kind, {"commitment": commitment(seed), **content})
