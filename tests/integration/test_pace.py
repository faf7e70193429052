"""Turns at a provider, as the script in Redis gives them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from redis import Redis

from allocator.errors import PaceAway
from allocator.pace import BURST_S, KEY_PREFIX, Pace

TURN_S = 100
SLOW = 1 / TURN_S
"""Messages a second: so slow that no test lasts a tenth of a turn."""

BURST = 2
"""What is sent at once at first: the turn of now, and one that is not yet over."""


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as connected:
        yield connected


def turns(pace: Pace, lane: str, count: int, *, has_waited: bool = False) -> list[float]:
    return [
        pace.wait_s("mail", lane, has_waited=has_waited)  # type: ignore[arg-type]
        for _ in range(count)
    ]


def make_free(redis: Redis) -> None:
    """Do as if nobody had asked for long."""
    redis.delete(f"{KEY_PREFIX}mail", f"{KEY_PREFIX}mail:reminders")


def test_news_take_turns_in_the_order_in_which_they_ask(redis: Redis) -> None:
    waits = turns(Pace(redis, {"mail": SLOW}), "notices", 5)
    assert waits[0] == 0
    later = waits[1:]
    assert all(90 < after - before < 101 for before, after in pairwise(later))
    assert 80 < later[0] <= TURN_S


def test_turns_of_the_last_seconds_are_made_up_for(redis: Redis) -> None:
    waits = turns(Pace(redis, {"mail": 100.0}), "notices", 100 * BURST_S)
    assert waits == [0.0] * (100 * BURST_S)
    many = turns(Pace(redis, {"mail": 100.0}), "notices", 1_000)
    assert many[-1] > 0


def test_who_has_waited_goes_without_taking_another_turn(redis: Redis) -> None:
    pace = Pace(redis, {"mail": SLOW})
    waits = turns(pace, "notices", 3)
    assert turns(pace, "notices", 3, has_waited=True) == [0.0] * 3
    (after,) = turns(pace, "notices", 1)
    assert 90 < after - waits[-1] < 101


def test_code_goes_at_once_and_those_behind_it_wait_the_longer(redis: Redis) -> None:
    pace = Pace(redis, {"mail": SLOW})
    before = turns(pace, "notices", 5)[-1]
    assert turns(pace, "codes", 3) == [0.0] * 3
    (after,) = turns(pace, "notices", 1)
    assert 380 < after - before < 401


def test_news_never_wait_for_reminders_however_many_there_are(redis: Redis) -> None:
    pace = Pace(redis, {"mail": SLOW})
    waits = turns(pace, "reminders", 1_000)
    assert waits[0] == 0
    assert waits[-1] > 900 * TURN_S, "they queue among themselves"
    (news,) = turns(pace, "notices", 1)
    assert news <= TURN_S, "a turn that one reminder took, at most"


def test_reminder_whose_time_has_come_gives_way_to_news(redis: Redis) -> None:
    pace = Pace(redis, {"mail": SLOW})
    turns(pace, "reminders", 2)
    turns(pace, "notices", 10)
    (waits,) = turns(pace, "reminders", 1, has_waited=True)
    assert waits > 8 * TURN_S
    redis.delete(f"{KEY_PREFIX}mail")
    assert turns(pace, "reminders", 1, has_waited=True) == [0.0]


def test_new_reminder_does_not_overtake_those_that_wait(redis: Redis) -> None:
    pace = Pace(redis, {"mail": SLOW})
    turns(pace, "reminders", 5)
    redis.delete(f"{KEY_PREFIX}mail")
    (new,) = turns(pace, "reminders", 1)
    assert new > 3 * TURN_S
    assert turns(pace, "reminders", 1, has_waited=True) == [0.0]


def test_providers_have_turns_of_their_own_and_one_without_a_limit_takes_all(redis: Redis) -> None:
    pace = Pace(redis, {"sms": SLOW})
    assert turns(pace, "notices", 100) == [0.0] * 100
    assert pace.wait_s("sms", "notices", has_waited=False) == 0
    assert pace.wait_s("sms", "notices", has_waited=False) > 0
    assert redis.keys(f"{KEY_PREFIX}*") == [f"{KEY_PREFIX}sms".encode()]
    assert redis.ttl(f"{KEY_PREFIX}sms") > 3_600


def test_pace_without_redis_says_so() -> None:
    with (
        Redis.from_url("redis://127.0.0.1:9") as nobody,
        pytest.raises(PaceAway),
    ):
        Pace(nobody, {"mail": SLOW}).wait_s("mail", "notices", has_waited=False)
