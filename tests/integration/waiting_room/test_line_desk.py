"""The phone desk's lane and the way back to the front, in a real Redis."""

from __future__ import annotations

import pytest

from tests.integration.waiting_room.town import OPENS_AT, Gateway, Town, session_of
from waiting_room.answers import AtDesk, Entered, NotYourTurn
from waiting_room.errors import NotReady
from waiting_room.line import RETURNS_PER_PERSON_MAX

pytestmark = pytest.mark.anyio

LOBBY = OPENS_AT - 60


async def test_desk_calls_its_people_in_their_order(town: Town, gateway: Gateway) -> None:
    """Far back in the line, they come in at once; the line's places stay as they are."""
    town.offer("spring", desk_share=0.2, queue="fifo")
    town.rules = type(town.rules)(inside_start=20, inside_max=20)
    room = town.room()
    town.tick(room, LOBBY)
    tokens = await gateway.join_all(town.people, LOBBY)
    last_ones = sorted(tokens, key=lambda token: token.index or 0)[-6:]
    for number, token in enumerate(last_ones):
        asked = await gateway.line.ask_desk(token.person_key, "spring", LOBBY + number)
        assert asked == AtDesk(called=False, before=number)
    town.tick(room, OPENS_AT)
    assert town.meta("serving") == 16
    answers = [await gateway.enter(token, OPENS_AT) for token in last_ones]
    assert [isinstance(answer, Entered) for answer in answers] == [True] * 4 + [False] * 2
    assert await gateway.line.ask_desk(last_ones[0].person_key, "spring", OPENS_AT) == AtDesk(
        called=True, before=0
    )
    standing = await gateway.line.standing(last_ones[5], OPENS_AT)
    assert (standing.word, standing.called_by_desk) == ("waiting", False)
    await gateway.line.booked(session_of(last_ones[0].person_key))
    town.tick(room, OPENS_AT + 1)
    assert (await gateway.line.standing(last_ones[4], OPENS_AT + 1)).word == "your_turn"
    assert isinstance(await gateway.enter(last_ones[4], OPENS_AT + 1), Entered)


async def test_share_is_everybodys_when_nobody_rings(town: Town, gateway: Gateway) -> None:
    town.offer("spring", desk_share=0.2)
    town.rules = type(town.rules)(inside_start=20, inside_max=20)
    room = town.room()
    town.tick(room, LOBBY)
    await gateway.join_all(town.people, LOBBY)
    town.tick(room, OPENS_AT)
    assert town.meta("serving") == 20


async def test_share_is_kept_for_the_next_call_while_the_desk_is_at_work(
    town: Town, gateway: Gateway
) -> None:
    town.offer("spring", desk_share=0.2, queue="fifo")
    town.rules = type(town.rules)(inside_start=20, inside_max=20)
    room = town.room()
    town.tick(room, LOBBY)
    tokens = await gateway.join_all(town.people[:50], LOBBY)
    await gateway.line.ask_desk(tokens[40].person_key, "spring", LOBBY)
    town.tick(room, OPENS_AT)
    assert isinstance(await gateway.enter(tokens[40], OPENS_AT), Entered)
    await gateway.line.booked(session_of(tokens[40].person_key))
    town.tick(room, OPENS_AT + 1)
    assert town.meta("serving") == 16
    town.redis.delete("room:spring:desk_at_work")  # As it is five minutes after the last call.
    town.tick(room, OPENS_AT + 2)
    assert town.meta("serving") == 20


async def test_desk_answers_only_when_the_room_is_there(town: Town, gateway: Gateway) -> None:
    with pytest.raises(NotReady):
        await gateway.line.ask_desk(town.people[0], "spring", LOBBY)


async def test_whoever_was_in_comes_in_again_at_the_front(town: Town, gateway: Gateway) -> None:
    """After an error, not at the tail; and so often at most."""
    room = town.room()
    town.tick(room, LOBBY)
    token = await gateway.join(town.people[0], LOBBY)
    town.tick(room, OPENS_AT)
    first = await gateway.enter(token, OPENS_AT)
    assert isinstance(first, Entered)
    assert not first.returned
    second = await gateway.enter(token, OPENS_AT, device=1)
    assert isinstance(second, Entered)
    assert not second.returned, "another device of somebody who is inside"
    for number in range(RETURNS_PER_PERSON_MAX + 1):
        for device in range(2):
            await gateway.line.leave(session_of(token.person_key, device))
        again = await gateway.enter(token, OPENS_AT + number)
        if number < RETURNS_PER_PERSON_MAX:
            assert isinstance(again, Entered)
            assert again.returned
        else:
            assert isinstance(again, NotYourTurn)
