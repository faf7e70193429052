"""The tick on a real Redis: states, draw, calling, documents, and lines rebuilt after a wipe."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from redis import Redis, RedisError

from tests.integration.waiting_room.town import OPENS_AT, Gateway, Town, session_of
from waiting_room import scripts
from waiting_room.admission import AdmissionRules
from waiting_room.answers import Entered
from waiting_room.draw import RULES, commitment
from waiting_room.errors import RoomAway
from waiting_room.memory import MemoryFile
from waiting_room.orders import set_cap, set_rate
from waiting_room.tickets import PlaceToken

LOBBY = OPENS_AT - 60


def document(town: Town, release_id: str = "spring") -> dict[str, object]:
    raw = town.redis.get(f"room:{release_id}:status")
    assert isinstance(raw, bytes)
    decoded: dict[str, object] = json.loads(raw)
    return decoded


def joined(town: Town, redis_url: str, now: float, count: int, first: int = 0) -> list[PlaceToken]:
    """Sign so many people in at once; return their tokens."""

    async def story() -> list[PlaceToken]:
        async with Gateway(redis_url) as gateway:
            return await gateway.join_all(town.people[first : first + count], now)

    return asyncio.run(story())


def entered(redis_url: str, tokens: list[PlaceToken], now: float) -> int:
    """Let all try to enter; return how many are in."""

    async def story() -> int:
        async with Gateway(redis_url) as gateway:
            answers = await asyncio.gather(*(gateway.enter(t, now) for t in tokens))
            return sum(isinstance(a, Entered) for a in answers)

    return asyncio.run(story())


def test_a_release_goes_through_its_states_by_clock_and_by_hand(town: Town) -> None:
    room = town.room()
    seen = []
    for now, by_hand in [
        (OPENS_AT - 7_200, "none"),
        (LOBBY, "none"),
        (OPENS_AT, "none"),
        (OPENS_AT + 1, "paused"),
        (OPENS_AT + 2, "none"),
        (OPENS_AT + 3, "closed"),
        (OPENS_AT + 36_000, "none"),
    ]:
        town.offer(state_by_hand=by_hand)
        town.tick(room, now)
        seen.append(document(town)["state"])
    assert seen == ["scheduled", "lobby", "open", "paused", "open", "closed", "closed"]


def test_an_opening_that_is_put_off_after_the_draw_pauses_the_release(town: Town) -> None:
    room = town.room()
    town.tick(room, OPENS_AT)
    later = "2027-06-01T00:00:00+00:00"
    town.offer(lobby_at=later, opens_at=later, closes_at="2027-06-02T00:00:00+00:00")
    town.tick(room, OPENS_AT + 1)
    assert document(town)["state"] == "paused"


def test_the_draw_is_committed_to_before_and_revealed_at_the_opening(
    town: Town, redis_url: str
) -> None:
    room = town.room()
    town.tick(room, OPENS_AT - 7_200)
    before = document(town)["draw"]
    town.tick(room, LOBBY)
    joined(town, redis_url, LOBBY, 30)
    town.tick(room, LOBBY + 1)
    assert document(town)["draw"] == before
    assert town.redis.hget("room:spring:meta", "seed") == b"", "the seed could be read early"
    town.tick(room, OPENS_AT)
    joined(town, redis_url, OPENS_AT, 10, first=30)
    town.tick(room, OPENS_AT + 1)
    draw = document(town)["draw"]
    assert isinstance(draw, dict)
    assert isinstance(before, dict)
    assert draw["lobby_count"] == 30
    assert commitment(bytes.fromhex(draw["revealed_seed"]), RULES) == before["commitment"]


def test_the_crowd_is_called_in_turn_and_never_more_are_inside_than_the_limit(
    town: Town, redis_url: str
) -> None:
    """2,000 in the lobby; each tick all who are called enter, and all leave ten ticks later."""
    town.rules = AdmissionRules(inside_start=100, inside_max=300)
    room = town.room()
    town.tick(room, LOBBY)
    tokens = joined(town, redis_url, LOBBY, 2_000)
    inside_most, now = 0, OPENS_AT

    async def story() -> None:
        nonlocal inside_most, now
        async with Gateway(redis_url) as gateway:
            standings = [await gateway.line.standing(t, LOBBY) for t in tokens]
            assert {s.place for s in standings} == {None}
            town.tick(room, OPENS_AT)
            standings = [await gateway.line.standing(t, OPENS_AT) for t in tokens]
            order = sorted(zip(standings, tokens, strict=True), key=lambda pair: pair[0].place or 0)
            assert [s.place for s, _ in order] == list(range(1, 2_001))
            entries: list[list[PlaceToken]] = []
            in_so_far = 0
            while in_so_far < 2_000:
                called = [t for _, t in order[in_so_far : town.meta("serving")]]
                answers = await asyncio.gather(*(gateway.enter(t, now) for t in called))
                assert all(isinstance(a, Entered) for a in answers)
                in_so_far += len(called)
                entries.append(called)
                for token in entries.pop(0) if len(entries) > 10 else []:
                    await gateway.line.booked(session_of(token.person_key))
                inside_most = max(inside_most, town.redis.zcard("room:spring:inside"))
                assert len(entries) < 10 or in_so_far, "the line stands still"
                now = town.tick(room, now + 0.5, every_s=0.5)

    asyncio.run(story())
    assert 250 < inside_most <= 300
    assert now - OPENS_AT < 120


def test_an_old_undecided_request_makes_the_limit_shrink(town: Town, redis_url: str) -> None:
    room = town.room()
    town.tick(room, OPENS_AT)
    tokens = joined(town, redis_url, OPENS_AT, 150)
    assert entered(redis_url, tokens, OPENS_AT) == 150
    town.tick(room, OPENS_AT + 1)
    seconds, _ = town.redis.time()
    town.redis.xadd("inbox", {"r": b"request"}, id=f"{(seconds - 10) * 1000}-0")
    town.tick(room, OPENS_AT + 2, times=4)
    assert town.meta("limit") < 200
    town.redis.delete("inbox")
    shrunk = town.meta("limit")
    town.tick(room, OPENS_AT + 10, times=2)
    assert town.meta("limit") > shrunk


def test_a_slow_commit_lowers_the_limit_and_one_of_long_ago_does_not(
    town: Town, redis_url: str
) -> None:
    room = town.room()
    town.tick(room, LOBBY)
    town.tick(room, OPENS_AT)
    tokens = joined(town, redis_url, OPENS_AT, 150)
    assert entered(redis_url, tokens, OPENS_AT) == 150
    seconds, _ = town.redis.time()
    town.redis.set("commit", f"3.0 {seconds - 60}")
    town.tick(room, OPENS_AT + 1)
    assert town.meta("limit") >= 200
    town.redis.set("commit", f"3.0 {seconds}")
    town.tick(room, OPENS_AT + 2, times=4)
    assert town.meta("limit") < 200


def test_the_operators_rate_is_kept_and_outlives_a_wipe(town: Town, redis_url: str) -> None:
    room = town.room()
    town.tick(room, LOBBY)
    joined(town, redis_url, LOBBY, 500)
    set_rate(town.redis, "spring", 60)
    now = town.tick(room, OPENS_AT, times=31)
    assert 29 <= town.meta("serving") <= 33
    assert document(town)["eta"]
    town.redis.flushall()
    town.publish()
    town.tick(room, now + 1, times=2)
    assert town.redis.get("room:spring:rate") == b"60"
    assert town.meta("serving") <= 36
    set_rate(town.redis, "spring", None)
    town.tick(room, now + 3, times=3)
    assert town.redis.get("room:spring:rate") == b"auto"


def test_the_operators_cap_is_kept_and_outlives_a_wipe(town: Town, redis_url: str) -> None:
    room = town.room()
    town.tick(room, LOBBY)
    joined(town, redis_url, LOBBY, 500)
    set_cap(town.redis, "spring", 30)
    now = town.tick(room, OPENS_AT, times=5)
    assert town.meta("serving") == 30
    town.redis.flushall()
    town.publish()
    town.tick(room, now + 1, times=2)
    assert town.redis.get("room:spring:cap") == b"30"
    for cap in (0, 100_001):
        with pytest.raises(ValueError, match="a cap is between"):
            set_cap(town.redis, "spring", cap)


def test_a_release_without_a_queue_lets_everybody_in(town: Town, redis_url: str) -> None:
    town.offer("spring", queue="none")
    room = town.room()
    town.tick(room, LOBBY)
    tokens = joined(town, redis_url, LOBBY, 600)
    town.tick(room, OPENS_AT)
    assert entered(redis_url, tokens, OPENS_AT) == 600


def test_messages_in_several_languages_are_published(town: Town) -> None:
    town.offer("spring", message="お待ちください", messages={"en": "Please wait"})
    town.tick(town.room(), LOBBY)
    assert document(town)["message"] == "お待ちください"
    assert document(town)["messages"] == {"en": "Please wait"}


def test_a_rate_out_of_bounds_is_refused(town: Town) -> None:
    for per_minute in (-1, 0, 100_001):
        with pytest.raises(ValueError, match="people per minute"):
            set_rate(town.redis, "spring", per_minute)


def test_a_wipe_never_calls_the_line_back_and_never_draws_again(town: Town, redis_url: str) -> None:
    room = town.room()
    town.tick(room, LOBBY)
    joined(town, redis_url, LOBBY, 1_000)
    now = town.tick(room, OPENS_AT, times=5)
    before = document(town)
    town.redis.flushall()
    town.tick(room, now + 1)  # the catalogue is not back yet: the room goes on from memory
    town.publish()
    after = document(town)
    assert after["serving"] == before["serving"] == 200
    assert after["draw"] == before["draw"]
    assert after["waiting"] == before["waiting"] == 800
    assert town.meta("next_index") >= 1_200


def test_after_a_wipe_seats_are_kept_for_those_inside_but_not_for_long(
    town: Town, redis_url: str
) -> None:
    room = town.room()
    town.tick(room, LOBBY)
    tokens = joined(town, redis_url, LOBBY, 1_000)
    now = town.tick(room, OPENS_AT)
    assert entered(redis_url, tokens, now) == 200
    town.redis.flushall()
    town.publish()
    now = town.tick(room, now + 1, times=10)
    assert town.meta("serving") == 200
    now = town.tick(room, now + 1, times=10)
    assert town.meta("serving") > 200, "nobody came back, and their seats stayed empty"
    assert entered(redis_url, tokens, now) == 200, "all come at once: the others wait at the door"


def test_a_line_is_rebuilt_after_redis_came_back_with_older_data(
    town: Town, redis_url: str
) -> None:
    room = town.room()
    town.tick(room, LOBBY)
    joined(town, redis_url, LOBBY, 10)
    old: dict[Any, Any] = dict(town.redis.hgetall("room:spring:meta"))
    joined(town, redis_url, LOBBY, 10, first=10)
    town.tick(room, OPENS_AT)
    draw = document(town)["draw"]
    town.redis.delete("room:spring:meta")
    town.redis.hset("room:spring:meta", mapping=old)
    town.tick(room, OPENS_AT + 1)
    assert document(town)["draw"] == draw
    assert town.meta("lobby_count") == 20
    assert town.meta("next_index") >= 220


def test_a_tick_writes_nothing_into_a_line_that_is_gone(town: Town) -> None:
    """A wipe between reading and writing must not leave half a line that begins at 0."""
    advance = town.redis.register_script(scripts.ADVANCE)
    arguments: list[Any] = ["spring", "open", "campaign", 50, 200.0, 0, "1", "00", "", "", "", -1]
    assert advance(args=arguments) is None
    assert town.redis.exists("room:spring:meta") == 0


def test_a_new_process_goes_on_with_the_line_in_redis(town: Town, redis_url: str) -> None:
    room = town.room()
    town.tick(room, LOBBY)
    tokens = joined(town, redis_url, LOBBY, 1_000)
    now = town.tick(room, OPENS_AT)
    assert entered(redis_url, tokens, now) == 200
    before = town.redis.hgetall("room:spring:meta")
    again = town.room()
    town.tick(again, now + 1)
    after = town.redis.hgetall("room:spring:meta")
    assert {f: after[f] for f in (b"serving", b"lobby_count", b"seed", b"next_index")} == {
        f: before[f] for f in (b"serving", b"lobby_count", b"seed", b"next_index")
    }


def test_with_a_file_the_line_outlives_redis_and_the_process_together(
    town: Town, redis_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "room.json"
    room = town.room(MemoryFile(path))
    town.tick(room, LOBBY)
    joined(town, redis_url, LOBBY, 50)
    town.tick(room, OPENS_AT)
    before = document(town)
    town.redis.flushall()
    town.publish()
    town.tick(town.room(MemoryFile(path)), OPENS_AT + 1)
    after = document(town)
    assert after["draw"] == before["draw"]
    assert isinstance(before["serving"], int)
    assert isinstance(after["serving"], int)
    assert after["serving"] >= before["serving"]
    assert town.meta("next_index") >= 250


def test_a_memory_that_cannot_be_read_or_written_does_not_stop_the_line(
    town: Town, tmp_path: Path
) -> None:
    path = tmp_path / "room.json"
    path.write_text("{half a fi")
    assert MemoryFile(path).read() == {}
    town.tick(town.room(MemoryFile(tmp_path / "no such folder" / "room.json")), OPENS_AT)
    assert document(town)["state"] == "open"


def test_every_release_has_its_document_and_one_is_current(town: Town) -> None:
    town.offer("over", state_by_hand="closed")
    town.offer("summer", opens_at="2099-01-01T00:00:00+00:00", closes_at="2099-01-02T00:00:00Z")
    room = town.room()
    town.tick(room, OPENS_AT)
    assert {r: document(town, r)["state"] for r in ("over", "spring", "summer")} == {
        "over": "closed",
        "spring": "open",
        "summer": "lobby",
    }
    assert town.redis.get("room:current") == b"spring"
    town.releases.clear()
    town.publish()
    town.tick(room, OPENS_AT + 5)
    assert town.redis.get("room:current") is None


def test_the_work_of_a_tick_does_not_grow_with_the_crowd(town: Town, redis_url: str) -> None:
    def commands() -> int:
        return int(town.redis.info("stats")["total_commands_processed"])

    room = town.room()
    town.tick(room, LOBBY, times=3)
    costs = []
    for first in (0, 1_900):
        joined(town, redis_url, LOBBY, 50 if first else 1_900, first=first)
        town.tick(room, LOBBY + 1)
        before = commands()
        town.tick(room, LOBBY + 2)
        costs.append(commands() - before)
    assert costs[0] == costs[1]


def test_redis_away_is_raised(redis_url: str) -> None:
    with Redis.from_url(redis_url.replace("redis.sock", "nobody.sock")) as nowhere:
        town = Town(nowhere)
        with pytest.raises(RedisError):
            town.tick(town.room())
        with pytest.raises(RoomAway):
            set_rate(nowhere, "spring", 60)


def test_the_document_that_a_gateway_reads_is_the_current_releases(
    town: Town, redis_url: str
) -> None:
    async def told(release_id: str | None = None) -> bytes | None:
        async with Gateway(redis_url) as gateway:
            return await gateway.line.status(release_id)

    assert asyncio.run(told()) is None
    town.tick(town.room(), OPENS_AT)
    assert asyncio.run(told()) == town.redis.get("room:spring:status")
    assert asyncio.run(told("spring")) == asyncio.run(told())
    assert asyncio.run(told("winter")) is None
