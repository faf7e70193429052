"""What a draw mixes in, and what is told of it before and after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from waiting_room.draw import RULES_URL, commitment, shuffle_seed
from waiting_room.facts import LineFacts
from waiting_room.lots import NO_SOURCE, draw_facts, lots_of
from waiting_room.plans import ReleasePlan

OPENS_AT = datetime(2026, 12, 1, 0, 0, 0, 123_456, tzinfo=UTC)
PLAN = ReleasePlan(
    "spring", "covid", OPENS_AT - timedelta(hours=1), OPENS_AT, OPENS_AT + timedelta(hours=8)
)
GIVEN = msgspec.structs.replace(PLAN, beacon="0815", beacon_source="lottery")
DEFAULT = "spring|2026-12-01T09:00:00+09:00"
SEED = b"s" * 32
LOBBY = LineFacts(next_index=300)
DRAWN = LineFacts(next_index=300, lobby_count=300, beacon="0815", beacon_source="lottery")


def told(plan: ReleasePlan, facts: LineFacts) -> dict[str, object]:
    document: dict[str, object] = msgspec.to_builtins(draw_facts(plan, facts, SEED))
    assert document.pop("commitment") == commitment(SEED)
    assert document.pop("rules_url") == RULES_URL
    return document


def test_without_a_beacon_the_release_and_its_opening_are_mixed_in() -> None:
    lots = lots_of(PLAN, LOBBY, SEED)
    assert lots is not None
    assert (lots.beacon, lots.source) == (DEFAULT, "")
    assert lots.seed == shuffle_seed(SEED, DEFAULT)


def test_what_was_drawn_is_not_changed_by_a_later_edit() -> None:
    edited = msgspec.structs.replace(GIVEN, beacon="4711", beacon_source="other", queue="fifo")
    for plan in (PLAN, GIVEN, edited):
        lots = lots_of(plan, DRAWN, SEED)
        assert lots is not None
        assert (lots.beacon, lots.source) == ("0815", "lottery")
        assert lots.seed == shuffle_seed(SEED, "0815")


def test_a_line_drawn_before_there_were_beacons_keeps_its_order() -> None:
    lots = lots_of(GIVEN, LineFacts(lobby_count=300), SEED)
    assert lots is not None
    assert lots.seed == SEED
    drawn = {"revealed_seed": SEED.hex(), "lobby_count": 300}
    assert told(GIVEN, LineFacts(lobby_count=300)) == drawn


def test_before_the_draw_a_beacon_is_told_as_soon_as_it_is_given() -> None:
    assert told(PLAN, LOBBY) == {}
    announced = msgspec.structs.replace(PLAN, beacon_source="lottery")
    assert told(announced, LOBBY) == {"beacon_source": "lottery"}
    assert told(GIVEN, LOBBY) == {"beacon": "0815", "beacon_source": "lottery"}


def test_after_the_draw_all_is_told_that_proves_it() -> None:
    assert told(PLAN, DRAWN) == {
        "revealed_seed": SEED.hex(),
        "lobby_count": 300,
        "beacon": "0815",
        "beacon_source": "lottery",
        "shuffle_seed": shuffle_seed(SEED, "0815").hex(),
    }


def test_a_draw_with_the_default_says_plainly_that_it_adds_no_surprise() -> None:
    drawn = LineFacts(next_index=300, lobby_count=300, beacon=DEFAULT)
    document = told(PLAN, drawn)
    assert document["beacon"] == DEFAULT
    assert document["beacon_source"] == NO_SOURCE
    assert "no surprise" in NO_SOURCE
    assert document["beacon_default"] is True


@pytest.mark.parametrize("queue", ["fifo", "none"])
@pytest.mark.parametrize("facts", [LOBBY, LineFacts(next_index=300, lobby_count=0)])
def test_a_line_without_a_draw_says_so_and_shows_no_seed(queue: str, facts: LineFacts) -> None:
    plan = msgspec.convert(
        msgspec.to_builtins(GIVEN, builtin_types=(datetime,)) | {"queue": queue}, ReleasePlan
    )
    assert told(plan, facts) == {"mode": queue}
    assert lots_of(plan, facts, SEED) is None
