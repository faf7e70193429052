"""What is put on record of a draw, and when."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from waiting_room.draw import commitment, shuffle_seed
from waiting_room.facts import LineFacts
from waiting_room.plans import ReleasePlan
from waiting_room.records import records_due
from waiting_room.states import State

OPENS_AT = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
PLAN = ReleasePlan(
    "spring", "covid", OPENS_AT - timedelta(hours=1), OPENS_AT, OPENS_AT + timedelta(hours=8)
)
SEED = b"s" * 32
DRAWN = LineFacts(next_index=300, lobby_count=300, beacon="0815", beacon_source="lottery")


@pytest.mark.parametrize("state", ["scheduled", "lobby"])
def test_the_commitment_is_due_before_anybody_can_join(state: State) -> None:
    (record,) = records_due(PLAN, state, LineFacts(), SEED)
    assert (record.release_id, record.kind) == ("spring", "commitment")
    assert record.content == {"commitment": commitment(SEED), "rules_version": 2}


def test_the_draw_is_due_once_it_has_happened_and_holds_all_that_was_used() -> None:
    commitment_record, draw_record = records_due(PLAN, "open", DRAWN, SEED)
    assert commitment_record.kind == "commitment"
    assert draw_record.kind == "draw"
    assert draw_record.content == {
        "commitment": commitment(SEED),
        "lobby_count": 300,
        "revealed_seed": SEED.hex(),
        "beacon": "0815",
        "beacon_source": "lottery",
        "shuffle_seed": shuffle_seed(SEED, "0815").hex(),
    }


def test_a_release_that_closed_without_a_draw_leaves_no_record() -> None:
    assert records_due(PLAN, "closed", LineFacts(), SEED) == []
    assert len(records_due(PLAN, "closed", DRAWN, SEED)) == 2


def test_a_line_that_is_not_drawn_leaves_no_record() -> None:
    plan = msgspec.structs.replace(PLAN, queue="fifo")
    assert records_due(plan, "open", LineFacts(lobby_count=0), SEED) == []


def test_the_same_thing_has_the_same_content_whenever_it_is_sent() -> None:
    first = records_due(PLAN, "open", DRAWN, SEED)[1].fields(OPENS_AT)
    again = records_due(PLAN, "paused", DRAWN, SEED)[1].fields(OPENS_AT + timedelta(hours=1))
    assert first["content"] == again["content"]
    assert first["at"] == "2026-12-01T00:00:00.000000+00:00"
    assert list(json.loads(first["content"])) == sorted(json.loads(first["content"]))
