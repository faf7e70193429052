"""Planned downtime stops the line, and lets it go on where it was."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from monitoring.bulletin.maintenance import REDIS_KEY, Plan
from tests.integration.waiting_room.test_tick import document
from tests.integration.waiting_room.town import OPENS_AT, Town


def test_planned_downtime_pauses_a_release_and_the_line_goes_on_where_it_was(town: Town) -> None:
    room = town.room()
    town.tick(room, OPENS_AT)
    begins, ends = (datetime.fromtimestamp(OPENS_AT + s, UTC) for s in (10, 60))
    plan = Plan("m1", begins, ends, begins)
    town.redis.set(REDIS_KEY, msgspec.json.encode([plan]))
    seen = []
    for after_s in (5, 10, 30, 59, 60):
        town.tick(room, OPENS_AT + after_s)
        seen.append((document(town)["state"], document(town)["serving"]))
    states = [state for state, _ in seen]
    assert states == ["open", "paused", "paused", "paused", "open"]
    assert len({serving for _, serving in seen[:4]}) == 1

    town.redis.set(REDIS_KEY, msgspec.json.encode([plan]))
    town.tick(room, OPENS_AT + 20)
    town.redis.delete(REDIS_KEY)
    town.tick(room, OPENS_AT + 22)
    assert document(town)["state"] == "paused"
