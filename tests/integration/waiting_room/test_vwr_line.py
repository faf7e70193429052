"""The AWS-compatible line on a real Redis: positions, calls, tokens, and what is forgotten."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
import redis.asyncio
from redis import Redis

from tests.integration.waiting_room.town import Town
from waiting_room.errors import NotReady, RoomAway
from waiting_room.vwr import (
    POSITION_KEPT_S,
    Counters,
    InletRules,
    NotServed,
    Served,
    Spent,
    Unknown,
    grant_of,
    position_of,
    waiting,
)
from waiting_room.vwr_line import SPENT_CALLS_CLEARED_MAX, VwrInlet, VwrLine

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
EXPIRY_S = 900
VALIDITY_S = 3_600


@pytest.fixture
def server(redis_url: str) -> Iterator[Redis]:
    """A client of the (empty) Redis."""
    with Redis.from_url(redis_url, protocol=2) as client:
        yield client


class Tick:
    """The room's side: each call is a tick, `elapsed_s` after the one before."""

    def __init__(self, server: Redis, per_minute: int = 60, expiry_s: int = EXPIRY_S) -> None:
        self.inlet = VwrInlet(server, "Sample", InletRules(per_minute, expiry_s))
        self.at_s = 0.0

    def __call__(self, now: float = NOW, elapsed_s: float = 1.0) -> None:
        """Run one tick."""
        self.at_s += elapsed_s
        self.inlet.run(now, self.at_s)


@pytest.fixture
def tick(server: Redis) -> Tick:
    """The tick of a room that has just begun to serve one position a second."""
    tick = Tick(server)
    tick()
    return tick


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """A gateway's client."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        redis_url, protocol=2, max_connections=50, timeout=60
    )
    client = redis.asyncio.Redis.from_pool(pool)
    yield client
    await client.aclose(close_connection_pool=True)


def line_of(client: redis.asyncio.Redis, waiting_max: int = 1_000) -> VwrLine:
    return VwrLine(client, "Sample", token_validity_s=VALIDITY_S, waiting_max=waiting_max)


@pytest.fixture
def line(client: redis.asyncio.Redis) -> VwrLine:
    """A gateway's side of the line."""
    return line_of(client)


async def joined(line: VwrLine, count: int = 1, now: int = NOW) -> list[str]:
    """Give out positions, one after the other; return the request ids."""
    ids = [str(uuid4()) for _ in range(count)]
    for request_id in ids:
        assert await line.assign(request_id, now) is not None
    return ids


# Positions


async def test_positions_are_given_out_in_order_and_one_to_a_request(
    tick: Tick, line: VwrLine
) -> None:
    ids = await joined(line, 3)
    assert [await line.assign(request_id, NOW + 9) for request_id in ids] == [1, 2, 3]
    assert [(await line.look_up(request_id)).entered_at for request_id in ids] == [NOW] * 3
    assert (await line.counters()).given == 3


async def test_one_request_that_asks_at_once_a_hundred_times_gets_one_position(
    tick: Tick, line: VwrLine
) -> None:
    request_id = str(uuid4())
    numbers = await asyncio.gather(*(line.assign(request_id, NOW) for _ in range(100)))
    assert set(numbers) == {1}
    assert (await line.counters()).given == 1


async def test_many_requests_at_once_get_each_number_once(tick: Tick, line: VwrLine) -> None:
    numbers = await asyncio.gather(*(line.assign(str(uuid4()), NOW) for _ in range(200)))
    assert sorted(number or 0 for number in numbers) == list(range(1, 201))


async def test_full_line_gives_out_nothing_until_somebody_is_served(
    tick: Tick, client: redis.asyncio.Redis
) -> None:
    line = line_of(client, waiting_max=2)
    (first, _) = await joined(line, 2)
    assert await line.assign(str(uuid4()), NOW) is None
    assert await line.assign(first, NOW) == 1
    tick()
    assert await line.assign(str(uuid4()), NOW) is not None


async def test_unknown_request_has_no_position(tick: Tick, line: VwrLine) -> None:
    for facts in (await line.look_up(str(uuid4())), await line.grant(str(uuid4()), NOW)):
        assert position_of(facts, NOW) == Unknown()
        assert grant_of(facts) is None


# Calls


async def test_line_is_called_at_its_rate_and_no_further_than_it_reaches(
    server: Redis, line: VwrLine
) -> None:
    tick = Tick(server, per_minute=120)
    tick()
    await joined(line, 5)
    served = []
    for second in range(4):
        tick(NOW + second)
        served.append((await line.counters()).serving)
    assert served == [2, 4, 5, 5]


async def test_newcomer_to_an_idle_line_is_called_by_the_next_tick(
    tick: Tick, line: VwrLine
) -> None:
    tick(NOW + 60, elapsed_s=60)
    (request_id,) = await joined(line, now=NOW + 60)
    tick(NOW + 60, elapsed_s=0)
    assert position_of(await line.look_up(request_id), NOW + 60) == Served(EXPIRY_S)


async def test_counter_goes_on_where_it_stood_when_the_room_starts_again(
    tick: Tick, server: Redis, line: VwrLine
) -> None:
    await joined(line, 5)
    tick(elapsed_s=3)
    again = Tick(server)
    again()
    assert (await line.counters()).serving == 3
    again()
    assert (await line.counters()).serving == 4


async def test_calls_of_one_second_are_one_step(tick: Tick, server: Redis, line: VwrLine) -> None:
    ids = await joined(line, 3)
    for _ in range(3):
        tick(NOW + 5)
    assert server.zrange("vwr:Sample:steps", 0, -1) == [b"0:3:%d" % (NOW + 5)]
    for request_id in ids:
        assert position_of(await line.look_up(request_id), NOW + 5) == Served(EXPIRY_S)


# Tokens


async def test_token_is_given_when_it_is_ones_turn_and_not_before(
    tick: Tick, line: VwrLine
) -> None:
    first, second = await joined(line, 2)
    tick()
    early = await line.grant(second, NOW)
    assert grant_of(early) is None
    assert position_of(early, NOW) == NotServed()
    grant = grant_of(await line.grant(first, NOW + 7))
    assert grant is not None
    assert (grant.number, grant.issued_at, grant.expires_at) == (1, NOW + 7, NOW + 7 + VALIDITY_S)
    assert waiting(await line.counters()) == 1


async def test_hundred_calls_at_once_note_one_token(tick: Tick, line: VwrLine) -> None:
    (request_id,) = await joined(line)
    tick()
    answers = await asyncio.gather(*(line.grant(request_id, NOW + n) for n in range(100)))
    assert len(Counter(grant_of(facts) for facts in answers)) == 1
    assert (await line.counters()).tokens == 1


async def test_position_is_spent_after_its_period_and_a_token_is_not(
    tick: Tick, line: VwrLine
) -> None:
    late, quick = await joined(line, 2)
    tick(elapsed_s=2)
    granted = grant_of(await line.grant(quick, NOW + EXPIRY_S))
    assert granted is not None
    facts = await line.grant(late, NOW + EXPIRY_S + 1)
    assert grant_of(facts) is None
    assert position_of(facts, NOW + EXPIRY_S + 1) == Spent()
    assert grant_of(await line.grant(quick, NOW + EXPIRY_S + 1)) == granted
    assert position_of(await line.look_up(quick), NOW + EXPIRY_S + 1) == Spent()


async def test_script_gives_a_token_exactly_when_the_rule_says_that_it_is_ones_turn(
    server: Redis, line: VwrLine
) -> None:
    for expiry_s in (0, EXPIRY_S):
        server.flushall()
        tick = Tick(server, per_minute=120, expiry_s=expiry_s)
        tick()
        ids = [*await joined(line, 3, NOW - 5), *await joined(line, 3, NOW + 400), str(uuid4())]
        tick(NOW)
        tick(NOW + 300)
        for moment in (NOW, NOW + 899, NOW + 900, NOW + 901, NOW + 1_300, NOW + 1_301):
            for request_id in ids:
                seen = await line.look_up(request_id)
                due = isinstance(position_of(seen, moment), Served)
                facts = await line.grant(request_id, moment)
                assert (grant_of(facts) is not None) is due, (expiry_s, moment, seen)
                server.hdel(f"vwr:Sample:request:{request_id}", "issued_at", "expires_at")


async def test_spent_positions_are_counted_once_and_those_with_a_token_are_not(
    tick: Tick, server: Redis, line: VwrLine
) -> None:
    ids = await joined(line, 4)
    tick(elapsed_s=2)
    tick(NOW + 1, elapsed_s=1)
    await line.grant(ids[0], NOW + 1)
    for seconds, spent in ((900, 0), (901, 1), (901, 1), (902, 2), (903, 2)):
        tick(NOW + seconds, elapsed_s=0)
        assert (await line.counters()).spent == spent
    assert await line.counters() == Counters(given=4, serving=3, tokens=1, spent=2)
    assert waiting(await line.counters()) == 1
    assert server.exists("vwr:Sample:steps", "vwr:Sample:taken") == 0
    assert position_of(await line.look_up(ids[1]), NOW + 903) == Spent()


async def test_positions_of_a_line_without_expiry_are_never_spent(
    server: Redis, line: VwrLine
) -> None:
    tick = Tick(server, expiry_s=0)
    tick()
    (request_id,) = await joined(line)
    tick(NOW + 1)
    tick(NOW + 80_000)
    assert server.exists("vwr:Sample:steps") == 0
    assert grant_of(await line.grant(request_id, NOW + 80_000)) is not None


# What is kept, and for how long


async def test_everything_in_redis_runs_out(tick: Tick, server: Redis, line: VwrLine) -> None:
    (first, _) = await joined(line, 2)
    tick()
    await line.grant(first, NOW)
    names = sorted(bytes(name).decode() for name in server.scan_iter("vwr:*"))
    assert len(names) == 5
    assert all(0 < server.ttl(name) <= 30 * 86_400 for name in names)
    assert server.ttl(f"vwr:Sample:request:{first}") <= POSITION_KEPT_S


async def test_token_is_remembered_as_long_as_it_is_valid(
    tick: Tick, server: Redis, line: VwrLine
) -> None:
    (request_id,) = await joined(line)
    tick()
    name = f"vwr:Sample:request:{request_id}"
    server.expire(name, 60)
    await line.grant(request_id, NOW)
    assert VALIDITY_S - 5 <= server.ttl(name) <= VALIDITY_S


async def test_a_tick_clears_no_more_than_its_share(
    tick: Tick, server: Redis, line: VwrLine
) -> None:
    calls = SPENT_CALLS_CLEARED_MAX + 5
    server.zadd("vwr:Sample:steps", {f"{n}:{n + 1}:{NOW}": n + 1 for n in range(calls)})
    for left in (5, 0):
        tick(NOW + EXPIRY_S + 1, elapsed_s=0)
        assert server.zcard("vwr:Sample:steps") == left
    assert (await line.counters()).spent == calls


# Away


async def test_line_that_the_room_does_not_serve_gives_nothing(
    server: Redis, line: VwrLine, client: redis.asyncio.Redis
) -> None:
    request_id = str(uuid4())
    for call in (
        line.assign(request_id, NOW),
        line.look_up(request_id),
        line.grant(request_id, NOW),
        line.counters(),
    ):
        with pytest.raises(NotReady):
            await call
    assert server.dbsize() == 0


async def test_wiped_line_begins_anew_and_its_visitors_are_unknown(
    tick: Tick, server: Redis, line: VwrLine
) -> None:
    (request_id,) = await joined(line)
    server.flushall()
    with pytest.raises(NotReady):
        await line.grant(request_id, NOW)
    tick()
    assert position_of(await line.look_up(request_id), NOW) == Unknown()
    assert await line.assign(str(uuid4()), NOW) == 1


async def test_redis_away_is_told_as_such() -> None:
    client = redis.asyncio.Redis.from_url("unix:///nonexistent/redis.sock")
    line = line_of(client)
    for call in (line.assign("x", NOW), line.look_up("x"), line.grant("x", NOW), line.counters()):
        with pytest.raises(RoomAway):
            await call
    await client.aclose()


async def test_residents_lines_are_untouched(town: Town, line: VwrLine) -> None:
    room, tick = town.room(), Tick(town.redis)
    town.tick(room)
    before = town.redis.hgetall("room:spring:meta")
    tick()
    await joined(line, 3)
    tick()
    assert town.redis.hgetall("room:spring:meta") == before
