"""Sign in and stand in line, in a real Redis: one place a person, whatever races."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest
from redis import Redis

from tests.integration.waiting_room.town import (
    OPENS_AT,
    Gateway,
    Town,
    birth_check,
    token_of,
)
from waiting_room.answers import (
    NotConfirmed,
    NotYourTurn,
    SignedIn,
    SignInAnswer,
    TooManyAttempts,
)
from waiting_room.attempts import Limits
from waiting_room.draw import default_beacon, place_of, seed_of, shuffle_seed
from waiting_room.line import Line
from waiting_room.status import site_time

pytestmark = pytest.mark.anyio

LOBBY = OPENS_AT - 60
STRANGER = b"?" * 16


async def sign_in(
    line: Line, person: bytes, check: bytes, network: str = "net", *, now: float = LOBBY
) -> SignInAnswer:
    return await line.sign_in(person, check, network, ["spring"], now)


async def test_a_person_gets_one_place_on_every_device(town: Town, gateway: Gateway) -> None:
    town.tick(town.room(), LOBBY)
    person = town.people[0]
    standings = await asyncio.gather(*(gateway.stand(person, LOBBY) for _ in range(50)))
    assert {s.index for s in standings} == {0}
    assert (await gateway.stand(town.people[1], LOBBY)).index == 1
    assert town.meta("next_index") == 2


async def test_concurrent_sign_ins_get_each_their_own_answer(town: Town, gateway: Gateway) -> None:
    town.tick(town.room(), LOBBY)
    people = town.people[:50]
    wrong = people[::2]
    answers = await asyncio.gather(
        *(sign_in(gateway.line, p, STRANGER if p in wrong else birth_check(p)) for p in people)
    )
    for person, answer in zip(people, answers, strict=True):
        assert isinstance(answer, NotConfirmed if person in wrong else SignedIn)
    indices = [a.standing.index for a in answers if isinstance(a, SignedIn) and a.standing]
    assert sorted(i for i in indices if i is not None) == list(range(25))


async def test_an_unknown_ticket_and_a_wrong_birth_date_get_one_answer(
    town: Town, gateway: Gateway
) -> None:
    town.tick(town.room(), LOBBY)
    await sign_in(gateway.line, town.people[1], STRANGER, "first of the city")
    commands = []
    for network, person in (("one", STRANGER), ("other", town.people[0])):
        before = Counter(calls_of_scripts(town.redis))
        answer = await sign_in(gateway.line, person, b"wrong birth date", network)
        assert answer == NotConfirmed()
        commands.append(Counter(calls_of_scripts(town.redis)) - before)
    assert commands[0] == commands[1], "the two causes cost Redis different commands"
    assert town.redis.hlen("room:spring:places") == 0


def calls_of_scripts(redis: Redis) -> dict[str, int]:
    """Return how often each command ran."""
    stats: dict[str, dict[str, int]] = redis.info("commandstats")
    watched = ("get", "mget", "hget", "incr", "expire", "ttl", "hset", "hincrby", "sismember")
    return {name: stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in watched}


async def test_failures_of_a_ticket_stop_even_the_right_birth_date(
    town: Town, gateway: Gateway
) -> None:
    town.tick(town.room(), LOBBY)
    person = town.people[0]
    for number in range(10):
        answer = await sign_in(gateway.line, person, STRANGER, f"net{number}")
        assert answer == NotConfirmed()
    answer = await sign_in(gateway.line, person, birth_check(person), "another")
    assert isinstance(answer, TooManyAttempts)
    assert 3_500 < answer.retry_after_s <= 3_600
    assert isinstance(
        await sign_in(gateway.line, town.people[1], birth_check(town.people[1])), SignedIn
    )


async def test_failures_of_a_network_stop_it_and_no_other(town: Town, redis_url: str) -> None:
    town.tick(town.room(), LOBBY)
    async with Gateway(redis_url) as gateway:
        limits = Limits(network_hour_max=20)
        line = Line(gateway.redis, session_idle_s=9, session_absolute_s=9, limits=limits)
        for number in range(20):
            await sign_in(line, b"%016d" % number, STRANGER, "bad")
        person = town.people[0]
        assert isinstance(await sign_in(line, person, birth_check(person), "bad"), TooManyAttempts)
        assert isinstance(await sign_in(line, person, birth_check(person), "good"), SignedIn)


async def test_success_does_not_count_and_does_not_forgive(town: Town, gateway: Gateway) -> None:
    town.tick(town.room(), LOBBY)
    person = town.people[0]
    for _ in range(30):
        await gateway.stand(person, LOBBY)
    for _ in range(5):
        await sign_in(gateway.line, person, STRANGER)
        await gateway.stand(person, LOBBY)
    assert town.redis.get(b"failures:ticket:" + person) == b"5"


async def test_before_the_lobby_identity_is_confirmed_and_no_place_given(
    town: Town, gateway: Gateway
) -> None:
    early = OPENS_AT - 7_200
    town.tick(town.room(), early)
    standing = await gateway.stand(town.people[0], early)
    assert (standing.word, standing.index) == ("not_open_yet", None)
    assert isinstance(await gateway.enter(token_of(town.people[0], standing), early), NotYourTurn)
    assert town.meta("next_index") == 0


async def test_in_the_lobby_people_join_and_nobody_enters(town: Town, gateway: Gateway) -> None:
    town.tick(town.room(), LOBBY)
    token = await gateway.join(town.people[0], LOBBY)
    assert (await gateway.line.standing(token, LOBBY)).word == "lobby"
    assert await gateway.enter(token, LOBBY) == NotYourTurn(None, 0, "lobby")


async def test_the_order_of_the_lobby_is_the_published_permutation(
    town: Town, gateway: Gateway
) -> None:
    room = town.room()
    town.tick(room, LOBBY)
    tokens = await gateway.join_all(town.people[:40], LOBBY)
    town.tick(room, OPENS_AT)
    late = await gateway.stand(town.people[40], OPENS_AT)
    beacon = default_beacon("spring", site_time(datetime.fromtimestamp(OPENS_AT, UTC)).isoformat())
    seed = shuffle_seed(seed_of(b"d" * 32, "spring"), beacon)
    for token in tokens:
        assert token.index is not None
        standing = await gateway.line.standing(token, OPENS_AT)
        assert standing.place == place_of(token.index, 40, seed)
    assert (late.index, late.place) == (40, 41)


async def test_of_several_releases_the_first_that_can_be_joined_counts(
    town: Town, gateway: Gateway
) -> None:
    for name, by_hand in [("early", "closed"), ("summer", "none"), ("autumn", "none")]:
        town.offer(name, state_by_hand=by_hand)
    town.tick(town.room(), LOBBY)
    person = town.people[0]

    async def release_of(*release_ids: str) -> str | None:
        answer = await gateway.line.sign_in(person, birth_check(person), "n", release_ids, LOBBY)
        assert isinstance(answer, SignedIn)
        return answer.standing.release_id if answer.standing else None

    assert await release_of("early", "autumn", "summer") == "autumn"
    assert await release_of("early") == "early"
    assert await release_of() is None
    town.redis.sadd("holders:campaign-of-summer", person)
    assert await release_of("autumn", "summer") == "summer"
