"""The draw in a real Redis: what is mixed in, what is kept of it, and what is put on record."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.waiting_room.town import DRAW_KEY, OPENS_AT, Gateway, Town
from waiting_room.answers import Standing
from waiting_room.draw import commitment, default_beacon, place_of, seed_of, shuffle_seed
from waiting_room.memory import MemoryFile
from waiting_room.status import site_time
from waiting_room.tickets import PlaceToken

EARLY = OPENS_AT - 7_200
LOBBY = OPENS_AT - 60
SEED = seed_of(DRAW_KEY, "spring")
GIVEN: dict[str, Any] = {"beacon": "第1234回 0815", "beacon_source": "宝くじ ナンバーズ4"}
MIXED = shuffle_seed(SEED, "第1234回 0815")


@pytest.fixture
def people() -> int:
    return 4_000


def draw_told(town: Town) -> dict[str, Any]:
    raw = town.redis.get("room:spring:status")
    assert isinstance(raw, bytes)
    told: dict[str, Any] = json.loads(raw)["draw"]
    return told


def records(town: Town) -> list[dict[bytes, bytes]]:
    """Return what the room has put on record, the first first."""
    found: Any = town.redis.xrange("room:records")
    return [fields for _, fields in found]


def kinds(town: Town) -> list[bytes]:
    return [fields[b"kind"] for fields in records(town)]


def standings(redis_url: str, people: list[bytes], now: float) -> list[Standing]:
    """Sign people in, all at once; return where they stand."""

    async def story() -> list[Standing]:
        async with Gateway(redis_url) as gateway:
            return list(await asyncio.gather(*(gateway.stand(p, now) for p in people)))

    return asyncio.run(story())


def places_of(redis_url: str, tokens: list[PlaceToken], now: float) -> list[int | None]:
    async def story() -> list[int | None]:
        async with Gateway(redis_url) as gateway:
            return [(await gateway.line.standing(t, now)).place for t in tokens]

    return asyncio.run(story())


def drawn(town: Town, redis_url: str, people: int = 40, **changes: Any) -> list[int | None]:
    """Draw a lobby of so many; return their places in order of arrival."""
    town.offer("spring", **changes)
    room = town.room()
    town.tick(room, LOBBY)
    found = standings(redis_url, town.people[:people], LOBBY)
    order = sorted(zip(found, town.people, strict=False), key=lambda pair: pair[0].index or 0)
    town.tick(room, OPENS_AT)
    return [s.place for s in standings(redis_url, [p for _, p in order], OPENS_AT)]


def test_the_beacon_that_was_given_makes_the_order(town: Town, redis_url: str) -> None:
    places = drawn(town, redis_url, **GIVEN)
    assert places == [place_of(index, 40, MIXED) for index in range(40)]
    told = draw_told(town)
    assert told["revealed_seed"] == SEED.hex()
    assert told["shuffle_seed"] == MIXED.hex()
    assert (told["beacon"], told["beacon_source"]) == (GIVEN["beacon"], GIVEN["beacon_source"])
    assert "beacon_default" not in told


def test_without_a_beacon_the_default_makes_the_order_and_is_said_to_be_one(
    town: Town, redis_url: str
) -> None:
    places = drawn(town, redis_url)
    opens_at = site_time(datetime.fromtimestamp(OPENS_AT, UTC)).isoformat()
    mixed = shuffle_seed(SEED, default_beacon("spring", opens_at))
    assert places == [place_of(index, 40, mixed) for index in range(40)]
    assert draw_told(town)["beacon_default"] is True


def test_before_the_draw_the_beacon_is_told_and_the_seed_is_in_no_key(town: Town) -> None:
    town.offer("spring", **GIVEN)
    town.tick(town.room(), LOBBY)
    assert draw_told(town) == GIVEN | {
        "commitment": commitment(SEED),
        "rules_url": "/draw-rules.txt",
    }
    assert town.redis.hget("room:spring:meta", "seed") == b""


def test_a_later_edit_changes_nothing_of_a_draw(town: Town, redis_url: str) -> None:
    places = drawn(town, redis_url, **GIVEN)
    told, room = draw_told(town), town.room()
    town.offer("spring", beacon="4711", beacon_source="another", queue="fifo")
    town.tick(room, OPENS_AT + 2, times=3)
    assert draw_told(town) == told
    again = standings(redis_url, town.people[:40], OPENS_AT + 5)
    assert sorted(s.place or 0 for s in again) == sorted(p or 0 for p in places)
    assert {s.place for s in again} == set(range(1, 41))


def test_a_draw_outlives_redis_and_the_process_together_whatever_is_edited(
    town: Town, redis_url: str, tmp_path: Path
) -> None:
    town.offer("spring", **GIVEN)
    room = town.room(MemoryFile(tmp_path / "room"))
    town.tick(room, LOBBY)

    async def join() -> list[PlaceToken]:
        async with Gateway(redis_url) as gateway:
            return await gateway.join_all(town.people[:40], LOBBY)

    tokens = asyncio.run(join())
    town.tick(room, OPENS_AT)
    told, places = draw_told(town), places_of(redis_url, tokens, OPENS_AT)
    town.redis.flushall()
    town.offer("spring", beacon="4711", beacon_source="another")
    town.tick(town.room(MemoryFile(tmp_path / "room")), OPENS_AT + 1)
    assert draw_told(town) == told
    assert places_of(redis_url, tokens, OPENS_AT + 1) == places


@pytest.mark.parametrize("queue", ["fifo", "none"])
def test_a_line_in_order_of_arrival_is_not_drawn(town: Town, redis_url: str, queue: str) -> None:
    places = drawn(town, redis_url, queue=queue, **GIVEN)
    assert places == list(range(1, 41))
    assert town.meta("lobby_count") == 0
    assert draw_told(town) == {
        "commitment": commitment(SEED),
        "rules_url": "/draw-rules.txt",
        "mode": queue,
    }
    assert records(town) == []


def test_the_commitment_is_on_record_before_the_lobby_and_the_draw_after_it(
    town: Town, redis_url: str
) -> None:
    town.offer("spring", **GIVEN)
    room = town.room()
    town.tick(room, EARLY, times=3)
    (committed,) = records(town)
    assert (committed[b"release"], committed[b"kind"]) == (b"spring", b"commitment")
    assert json.loads(committed[b"content"])["commitment"] == draw_told(town)["commitment"]
    town.tick(room, LOBBY, times=3)
    standings(redis_url, town.people[:40], LOBBY)
    town.tick(room, OPENS_AT, times=3)
    assert kinds(town) == [b"commitment", b"draw"]
    assert json.loads(records(town)[1][b"content"]) == GIVEN | {
        "commitment": commitment(SEED),
        "lobby_count": 40,
        "revealed_seed": SEED.hex(),
        "shuffle_seed": MIXED.hex(),
    }


def test_records_are_sent_again_after_a_wipe_or_a_restart_and_else_never(town: Town) -> None:
    room = town.room()
    town.tick(room, OPENS_AT, times=3)
    first = [fields[b"content"] for fields in records(town)]
    assert len(first) == 2
    town.redis.flushall()
    town.publish()
    town.tick(room, OPENS_AT + 5, times=3)
    assert [fields[b"content"] for fields in records(town)] == first
    town.tick(town.room(), OPENS_AT + 9, times=3)
    assert [fields[b"content"] for fields in records(town)] == first * 2


def commands_of_opening(town: Town, redis_url: str, people: list[bytes]) -> dict[str, int]:
    """Draw a lobby of these people; return how often the tick that did it gave each command."""
    town.redis.flushall()
    town.publish()
    room = town.room()
    town.tick(room, LOBBY, times=3)

    async def story() -> None:
        async with Gateway(redis_url) as gateway:
            for first in range(0, len(people), 500):
                await gateway.join_all(people[first : first + 500], LOBBY)

    asyncio.run(story())
    town.tick(room, LOBBY + 3)
    town.redis.config_resetstat()
    town.tick(room, OPENS_AT)
    commands: dict[str, Any] = town.redis.info("commandstats")
    return {name: stat["calls"] for name, stat in commands.items()}


def test_the_opening_is_the_same_work_for_a_lobby_of_any_size(town: Town, redis_url: str) -> None:
    small = commands_of_opening(town, redis_url, town.people[:50])
    large = commands_of_opening(town, redis_url, town.people)
    assert town.meta("lobby_count") == 4_000
    assert small == large
    per_crowd = {"hgetall", "hkeys", "hvals", "hscan", "zrange", "zscan", "smembers", "keys"}
    assert {name.removeprefix("cmdstat_") for name in large} & per_crowd == set()
    found = standings(redis_url, town.people, OPENS_AT)
    assert sorted(s.place or 0 for s in found) == list(range(1, 4_001))
