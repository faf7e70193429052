"""Redis wiped or away: places come back from the tokens, and nobody gains by it."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.waiting_room.town import (
    OPENS_AT,
    Gateway,
    Town,
    birth_check,
    token_of,
)
from waiting_room.answers import (
    Entered,
    SignedIn,
    SignInAnswer,
    Standing,
)
from waiting_room.errors import NotReady, RoomAway
from waiting_room.line import Line

pytestmark = pytest.mark.anyio

LOBBY = OPENS_AT - 60
STRANGER = b"?" * 16


async def sign_in(
    line: Line, person: bytes, check: bytes, network: str = "net", *, now: float = LOBBY
) -> SignInAnswer:
    return await line.sign_in(person, check, network, ["spring"], now)


async def test_after_a_wipe_nothing_is_ready_until_roster_and_line_are_back(
    town: Town, gateway: Gateway
) -> None:
    room = town.room()
    town.tick(room, OPENS_AT)
    token = await gateway.join(town.people[0], OPENS_AT)
    assert await gateway.line.ready()
    town.redis.flushall()
    assert not await gateway.line.ready()
    for _ in range(2):  # first without the roster, then without the line
        with pytest.raises(NotReady):
            await gateway.join(town.people[1], OPENS_AT)
        with pytest.raises(NotReady):
            await gateway.line.standing(token, OPENS_AT)
        with pytest.raises(NotReady):
            await gateway.enter(token, OPENS_AT)
        town.publish()
    town.tick(room, OPENS_AT + 1)
    assert await gateway.line.ready()
    assert isinstance(await gateway.enter(token, OPENS_AT + 1), Entered)


async def test_after_a_wipe_tokens_bring_every_place_back_and_newcomers_stand_behind(
    town: Town, gateway: Gateway
) -> None:
    town.rules = type(town.rules)(inside_start=5, inside_min=1, inside_max=5)
    room = town.room()
    town.tick(room, LOBBY)
    tokens = await gateway.join_all(town.people[:20], LOBBY)
    town.tick(room, OPENS_AT)
    tokens += await gateway.join_all(town.people[20:40], OPENS_AT)
    places = [(await gateway.line.standing(t, OPENS_AT)).place for t in tokens]
    town.redis.flushall()
    town.publish()
    now = town.tick(room, OPENS_AT + 1)
    newcomer = await gateway.stand(town.people[49], now)
    assert newcomer.place is not None
    assert newcomer.place > max(p for p in places if p)
    back = await asyncio.gather(*(gateway.line.standing(t, now) for t in reversed(tokens)))
    assert [s.place for s in reversed(back)] == places
    assert (await gateway.stand(town.people[48], now)).place == newcomer.place + 1


async def test_who_signs_in_with_an_old_token_after_a_wipe_gets_that_place_back(
    town: Town, gateway: Gateway
) -> None:
    room = town.room()
    town.tick(room, OPENS_AT)
    first, second = await gateway.join_all(town.people[:2], OPENS_AT)
    town.redis.flushall()
    town.publish()
    town.tick(room, OPENS_AT + 1)

    async def index_of(person: bytes, held: bytes) -> int | None:
        token = first if held == first.person_key else second
        answer = await gateway.line.sign_in(
            person, birth_check(person), "n", ["spring"], OPENS_AT, held=token
        )
        assert isinstance(answer, SignedIn)
        assert answer.standing is not None
        return answer.standing.index

    assert await index_of(first.person_key, first.person_key) == 0
    other = await index_of(town.people[2], second.person_key)
    assert other is not None
    assert other > 1, "another person's token gave its place away"


async def test_the_older_of_two_places_counts_but_two_drawn_ones_cannot_be_chosen_from(
    town: Town, gateway: Gateway
) -> None:
    room = town.room()
    town.tick(room, LOBBY)
    tokens = await gateway.join_all(town.people[:10], LOBBY)
    person = tokens[3].person_key
    higher = type(tokens[3])("spring", 9, person, b"sealed", int(LOBBY))
    lower = type(tokens[3])("spring", 1, person, b"sealed", int(LOBBY))
    assert (await gateway.line.standing(higher, LOBBY)).index == tokens[3].index
    assert (await gateway.line.standing(lower, LOBBY)).index == 1
    town.tick(room, OPENS_AT)
    zero = type(lower)("spring", 0, person, b"sealed", int(LOBBY))
    assert (await gateway.line.standing(zero, OPENS_AT)).index == 1
    late = await gateway.join(town.people[20], OPENS_AT)
    drawn = type(late)("spring", 5, late.person_key, b"sealed", int(LOBBY))
    assert (await gateway.line.standing(drawn, OPENS_AT)).index == 5


async def test_a_token_beyond_all_numbers_raises_what_comes_next(
    town: Town, gateway: Gateway
) -> None:
    town.tick(town.room(), LOBBY)
    person = town.people[0]
    token = token_of(person, standing_with(5_000))
    assert (await gateway.line.standing(token, LOBBY)).index == 5_000
    assert (await gateway.stand(town.people[1], LOBBY)).index == 5_001


def standing_with(index: int) -> Standing:
    return Standing(
        "spring", "campaign-of-spring", "lobby", index, None, 0, inside=False, booked=False
    )


async def test_redis_away_is_said_and_lets_nobody_in(redis_url: str) -> None:
    nowhere = redis_url.replace("redis.sock", "nobody.sock")
    assert nowhere != redis_url
    async with Gateway(nowhere) as gateway:
        token = token_of(STRANGER, standing_with(0))
        line = gateway.line
        for call in (
            lambda: sign_in(line, STRANGER, STRANGER),
            lambda: line.standing(token, LOBBY),
            lambda: line.enter(token, STRANGER, LOBBY),
            lambda: line.touch(STRANGER, LOBBY),
            lambda: line.booked(STRANGER),
            lambda: line.leave(STRANGER),
            lambda: line.keep_draft(STRANGER, b"sealed"),
            lambda: line.draft(STRANGER),
            line.current,
            lambda: line.status("spring"),
        ):
            with pytest.raises(RoomAway):
                await call()
        assert not await line.ready()


async def test_scripts_that_redis_forgot_are_loaded_again(town: Town, gateway: Gateway) -> None:
    town.tick(town.room(), OPENS_AT)
    await gateway.join(town.people[0], OPENS_AT)
    town.redis.script_flush()
    token = await gateway.join(town.people[1], OPENS_AT)
    assert isinstance(await gateway.enter(token, OPENS_AT), Entered)
