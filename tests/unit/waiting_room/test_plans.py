"""What the room reads of the catalogue, and which release is the current one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from allocator.model import Catalogue, Release
from waiting_room.plans import ReleasePlan, current_release, decode_plans
from waiting_room.states import State

DAY = datetime(2026, 12, 1, tzinfo=UTC)


def plan(release_id: str, day: int) -> ReleasePlan:
    opens_at = DAY + timedelta(days=day)
    return ReleasePlan(
        release_id, "c", opens_at - timedelta(hours=1), opens_at, opens_at + timedelta(hours=8)
    )


@pytest.mark.parametrize(
    ("states", "current"),
    [
        ({"a": "closed", "b": "open", "c": "lobby"}, "b"),
        ({"a": "open", "b": "paused", "c": "lobby"}, "b"),
        ({"a": "closed", "b": "scheduled", "c": "lobby"}, "b"),
        ({"a": "closed", "b": "closed", "c": "closed"}, "c"),
    ],
)
def test_the_current_release_is_the_open_one_else_the_next_else_the_last(
    states: dict[str, State], current: str
) -> None:
    plans = {name: plan(name, day) for day, name in enumerate(states)}
    assert current_release(plans, states) == current


def test_without_releases_there_is_no_current_one() -> None:
    assert current_release({}, {}) is None


def test_the_room_reads_what_the_allocator_publishes() -> None:
    release = Release(
        release_id="spring",
        campaign_id="covid",
        names={"ja": "春", "en": "Spring"},
        born_from=DAY.date(),
        born_to=DAY.date(),
        lobby_at=DAY,
        opens_at=DAY + timedelta(minutes=30),
        closes_at=DAY + timedelta(days=1),
        cut_off_hours=24,
        state_by_hand="paused",
        message="一時停止",
    )
    catalogue = Catalogue(3, {}, {}, {"spring": release}, {})
    read = decode_plans(msgspec.json.encode(catalogue))["spring"]
    assert read == ReleasePlan(
        "spring",
        "covid",
        release.lobby_at,
        release.opens_at,
        release.closes_at,
        "paused",
        "一時停止",
    )
    assert read.phase(DAY) == "before_opening"
