"""Enter, stay, book and leave, in a real Redis: nobody before their turn, whatever races."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.waiting_room.town import (
    OPENS_AT,
    Gateway,
    Town,
    session_of,
    token_of,
)
from waiting_room import scripts
from waiting_room.answers import (
    Entered,
    NotYourTurn,
    ReleaseClosed,
)

pytestmark = pytest.mark.anyio

LOBBY = OPENS_AT - 60
STRANGER = b"?" * 16


async def test_nobody_enters_before_their_place_is_called(town: Town, gateway: Gateway) -> None:
    town.rules = type(town.rules)(inside_start=10, inside_min=1, inside_max=10)
    room = town.room()
    town.tick(room, LOBBY)
    tokens = await gateway.join_all(town.people[:60], LOBBY)
    town.tick(room, OPENS_AT)
    answers = await asyncio.gather(*(gateway.enter(t, OPENS_AT) for t in tokens * 3))
    entered = {a.session.person_key for a in answers if isinstance(a, Entered)}
    assert len(entered) == 10
    assert town.redis.zcard("room:spring:inside") == 10
    for answer in answers:
        if isinstance(answer, NotYourTurn):
            assert answer.place is not None
            assert answer.place > answer.serving == 10
    assert town.meta("entered") == 10


async def test_without_a_crowd_a_newcomer_is_let_straight_in(town: Town, gateway: Gateway) -> None:
    town.tick(town.room(), OPENS_AT)
    standing = await gateway.stand(town.people[0], OPENS_AT)
    assert standing.word == "your_turn"
    answer = await gateway.enter(token_of(town.people[0], standing), OPENS_AT)
    assert isinstance(answer, Entered)
    assert answer.session.kind == "inside"
    assert answer.session.until == OPENS_AT + 900
    assert answer.session.ends_at == OPENS_AT + 3_600


async def test_who_lost_the_session_enters_again_at_once(town: Town, gateway: Gateway) -> None:
    room = town.room()
    town.tick(room, OPENS_AT)
    token = await gateway.join(town.people[0], OPENS_AT)
    assert isinstance(await gateway.enter(token, OPENS_AT), Entered)
    await gateway.line.leave(session_of(token.person_key))
    assert not town.seat_held(token.person_key)
    assert isinstance(await gateway.enter(token, OPENS_AT + 5), Entered)
    assert town.meta("entered") == 1, "coming in again was counted as another person"


async def test_while_paused_nobody_enters_and_those_inside_go_on(
    town: Town, gateway: Gateway
) -> None:
    room = town.room()
    town.tick(room, OPENS_AT)
    inside, outside = await gateway.join_all(town.people[:2], OPENS_AT)
    await gateway.enter(inside, OPENS_AT)
    town.offer(state_by_hand="paused")
    now = town.tick(room, OPENS_AT + 5)
    assert isinstance(await gateway.enter(outside, now), NotYourTurn)
    assert (await gateway.line.standing(outside, now)).word == "waiting"
    assert await gateway.line.touch(session_of(inside.person_key), now) is not None
    assert isinstance(await gateway.enter(inside, now, device=1), Entered)
    assert (await gateway.stand(town.people[2], now)).index == 2
    later = now + 3_600
    assert (await gateway.line.standing(inside, later)).word == "waiting"
    assert isinstance(await gateway.enter(inside, later), NotYourTurn), "the seat had ended"


async def test_a_closed_release_lets_nobody_join_or_enter(town: Town, gateway: Gateway) -> None:
    room = town.room()
    town.tick(room, OPENS_AT)
    token = await gateway.join(town.people[0], OPENS_AT)
    town.offer(state_by_hand="closed")
    now = town.tick(room, OPENS_AT + 5)
    assert await gateway.enter(token, now) == ReleaseClosed()
    standing = await gateway.stand(town.people[1], now)
    assert (standing.word, standing.index) == ("closed", None)


async def test_the_holder_of_a_booking_comes_in_without_a_place_in_any_state(
    town: Town, gateway: Gateway
) -> None:
    early = OPENS_AT - 7_200
    town.tick(town.room(), early)
    person = town.people[0]
    town.redis.sadd("holders:campaign-of-spring", person)
    standing = await gateway.stand(person, early)
    assert (standing.word, standing.index) == ("booked", None)
    answer = await gateway.enter(token_of(person, standing), early)
    assert isinstance(answer, Entered)
    assert answer.session.kind == "booked"
    assert not town.seat_held(person)


async def test_a_session_ends_when_it_is_not_used_and_in_any_case(
    town: Town, redis_url: str
) -> None:
    town.tick(town.room(), OPENS_AT)
    async with Gateway(redis_url, idle_s=100, absolute_s=250) as gateway:
        token = await gateway.join(town.people[0], OPENS_AT)
        digest = session_of(token.person_key)
        await gateway.enter(token, OPENS_AT)
        for offset_s, until_s in [(90, 190), (180, 250), (249, 250)]:
            session = await gateway.line.touch(digest, OPENS_AT + offset_s)
            assert session is not None
            assert session.until == OPENS_AT + until_s
            assert town.redis.zscore("room:spring:inside", token.person_key) == session.until
        assert await gateway.line.touch(digest, OPENS_AT + 250) is None
        await gateway.enter(token, OPENS_AT + 300)
        assert await gateway.line.touch(digest, OPENS_AT + 400) is None
        assert await gateway.line.touch(digest, OPENS_AT + 301) is None, "it came back to life"


async def test_who_was_not_seen_for_long_gives_the_seat_on_and_takes_it_again_with_a_click(
    town: Town, gateway: Gateway
) -> None:
    """A twentieth who go away without a word would hold half of all seats for 15 minutes."""
    town.rules = type(town.rules)(inside_start=10, inside_min=1, inside_max=10, seat_idle_s=180)
    room = town.room()
    town.tick(room, LOBBY)
    tokens = await gateway.join_all(town.people[:20], LOBBY)
    town.tick(room, OPENS_AT)
    standings = [await gateway.line.standing(token, OPENS_AT) for token in tokens]
    first = [t for t, s in zip(tokens, standings, strict=True) if (s.place or 0) <= 10]
    sessions = [session_of(token.person_key) for token in first]
    for token in first:
        assert isinstance(await gateway.enter(token, OPENS_AT), Entered)
    for session in sessions[:4]:
        assert await gateway.line.touch(session, OPENS_AT + 170) is not None
    town.tick(room, OPENS_AT + 179)
    assert town.meta("serving") == 10
    town.tick(room, OPENS_AT + 181)
    assert town.meta("serving") == 16
    assert await gateway.line.touch(sessions[-1], OPENS_AT + 182) is not None
    assert town.redis.zcard("room:spring:active") == 5
    await gateway.line.booked(sessions[-1])
    await gateway.line.leave(sessions[0])
    assert town.redis.zcard("room:spring:active") == 3


async def test_a_session_holds_what_the_gateway_gave_it(town: Town, gateway: Gateway) -> None:
    town.tick(town.room(), OPENS_AT)
    token = await gateway.join(town.people[0], OPENS_AT)
    answer = await gateway.enter(token, OPENS_AT)
    assert isinstance(answer, Entered)
    assert await gateway.line.touch(session_of(token.person_key), OPENS_AT) == answer.session
    assert answer.session.identity == b"sealed"
    assert answer.session.campaign_id == "campaign-of-spring"
    assert 0 < town.redis.ttl(f"session:{session_of(token.person_key).hex()}") <= 900


async def test_a_booking_frees_the_seat_inside_once_and_on_every_device(
    town: Town, gateway: Gateway
) -> None:
    town.tick(town.room(), OPENS_AT)
    token = await gateway.join(town.people[0], OPENS_AT)
    for device in (0, 1):
        await gateway.enter(token, OPENS_AT, device)
    for _ in range(2):
        await gateway.line.booked(session_of(token.person_key, 1))
    assert not town.seat_held(token.person_key)
    assert town.meta("booked") == 1
    for device in (0, 1):
        session = await gateway.line.touch(session_of(token.person_key, device), OPENS_AT + 1)
        assert session is not None
        assert session.kind == "booked"
    assert not town.seat_held(token.person_key), "a holder's session took a seat inside"
    await gateway.line.booked(session_of(STRANGER))


async def test_the_seat_is_free_when_the_last_device_leaves(town: Town, gateway: Gateway) -> None:
    town.tick(town.room(), OPENS_AT)
    token = await gateway.join(town.people[0], OPENS_AT)
    for device in (0, 1):
        await gateway.enter(token, OPENS_AT, device)
    await gateway.line.leave(session_of(token.person_key, 0))
    assert town.seat_held(token.person_key)
    await gateway.line.leave(session_of(token.person_key, 1))
    assert not town.seat_held(token.person_key)
    await gateway.line.leave(session_of(token.person_key, 1))


async def test_a_person_has_few_sessions_and_the_oldest_ends(town: Town, gateway: Gateway) -> None:
    town.tick(town.room(), OPENS_AT)
    token = await gateway.join(town.people[0], OPENS_AT)
    for device in range(7):
        await gateway.enter(token, OPENS_AT, device)
    alive = [
        await gateway.line.touch(session_of(token.person_key, device), OPENS_AT) is not None
        for device in range(7)
    ]
    assert alive == [False, False, True, True, True, True, True]


async def test_a_draft_is_kept_as_long_as_a_session_can_last(town: Town, gateway: Gateway) -> None:
    assert await gateway.line.draft(STRANGER) is None
    await gateway.line.keep_draft(STRANGER, b"sealed")
    assert await gateway.line.draft(STRANGER) == b"sealed"
    assert 3_590 < town.redis.ttl(f"draft:{STRANGER.hex()}") <= 3_600


async def test_redis_holds_nothing_that_the_browser_shows(town: Town, gateway: Gateway) -> None:
    """A digest of the session token, never the token; no birth date, no ticket number."""
    town.tick(town.room(), OPENS_AT)
    token = await gateway.join(town.people[0], OPENS_AT)
    await gateway.enter(token, OPENS_AT)
    names = {bytes(key) for key in town.redis.scan_iter()}
    assert f"session:{session_of(token.person_key).hex()}".encode() in names


async def test_a_place_that_is_not_the_persons_any_more_opens_nothing(town: Town) -> None:
    """Between looking the place up and entering, a token brought an older index back."""
    town.tick(town.room(), OPENS_AT)
    person = town.people[0]
    town.redis.hset("room:spring:places", person, "4")
    enter = town.redis.register_script(scripts.ENTER)
    for index, word in [("7", b"moved"), ("4", b"entered")]:
        answer = enter(
            args=[OPENS_AT, "spring", person, index, 5, "digest", b"sealed", 900, 3_600, 5]
        )
        assert answer[0] == word
        assert town.seat_held(person) == (word == b"entered")
