"""What the room reads of the catalogue, and which release is the current one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from allocator.model import PROBE_ID, Catalogue, Release
from waiting_room.plans import (
    PROBE_CAMPAIGN,
    ReleasePlan,
    current_release,
    decode_plans,
    next_release,
)
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


def changed(one: ReleasePlan, **changes: object) -> ReleasePlan:
    return msgspec.structs.replace(one, **changes)


OLD = {"born_from": date(1900, 1, 1), "born_to": date(1946, 4, 1)}
THIS = changed(plan("this", 0), **OLD)


def test_the_next_release_is_the_first_to_open_later() -> None:
    plans = {one.release_id: one for one in (THIS, plan("b", 14), plan("a", 7), plan("z", -7))}
    found = next_release(plans, THIS, DAY)
    assert found is not None
    assert found.release_id == "a"
    found = next_release(plans, THIS, DAY + timedelta(days=7))
    assert found is not None
    assert found.release_id == "b"


@pytest.mark.parametrize(
    "other",
    [
        changed(plan("other", 7), campaign_id="another"),
        changed(plan("other", 7), state_by_hand="closed"),
        changed(plan("other", 7), **OLD | {"born_from": date(1930, 1, 1)}),
        changed(plan("other", 7), **OLD | {"born_to": date(1945, 1, 1)}),
    ],
)
def test_a_release_that_is_not_for_all_of_these_people_is_not_their_next(
    other: ReleasePlan,
) -> None:
    assert next_release({"this": THIS, "other": other}, THIS, DAY) is None


def test_the_room_reads_what_the_allocator_publishes() -> None:
    release = Release(
        release_id="spring",
        campaign_id="covid",
        names={"ja": "春", "en": "Spring"},
        born_from=date(1936, 4, 2),
        born_to=date(1946, 4, 1),
        lobby_at=DAY,
        opens_at=DAY + timedelta(minutes=30),
        closes_at=DAY + timedelta(days=1),
        cut_off_hours=24,
        state_by_hand="paused",
        message="一時停止",
        queue="fifo",
        desk_share=0.3,
        messages={"en": "Paused"},
        beacon="123.45",
        beacon_source="Index at noon",
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
        "fifo",
        0.3,
        {"en": "Paused"},
        "123.45",
        "Index at noon",
        date(1936, 4, 2),
        date(1946, 4, 1),
    )
    assert read.phase(DAY) == "before_opening"


def test_the_synthetic_residents_release_is_never_the_current_one() -> None:
    probes = changed(plan("probe", 9), campaign_id=PROBE_CAMPAIGN)
    plans = {"spring": plan("spring", 1), "probe": probes}
    states: dict[str, State] = {"spring": "closed", "probe": "open"}
    assert current_release(plans, states) == "spring"
    assert current_release({"probe": probes}, states) is None
    assert PROBE_CAMPAIGN == PROBE_ID, "room and allocator mean the same campaign"
