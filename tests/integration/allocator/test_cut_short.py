"""The writer cut short at one chosen moment: nothing is told before it is true."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import msgspec
import psycopg

from allocator.inbox import INBOX_KEY, reply_key
from allocator.model import Booking, Outcome
from allocator.numbering import booking_number
from allocator.publish import PUBLISHED_KEY, ROSTER_KEY, holders_key
from allocator.reads import CATALOGUE_KEY
from tests.integration.allocator.books import PEOPLE, Books, now

GATEWAY = "g9"
NOTICED_WITHIN_S = 60.0
OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def hand_in(books: Books, redis: Any, number: int) -> None:
    """Append one request to the inbox as a gateway would."""
    raw = msgspec.msgpack.encode(books.request(number))
    redis.xadd(INBOX_KEY, {"r": raw, "g": GATEWAY, "h": b"h"})


def answers(redis: Any) -> list[Outcome]:
    """Return what the gateway was told, in order."""
    entries = redis.xrange(reply_key(GATEWAY))
    return [msgspec.msgpack.decode(fields[b"o"], type=Outcome) for _, fields in entries]


def is_taken(redis: Any) -> bool:
    """Say whether a request is being decided: taken and not acknowledged."""
    groups = redis.xinfo_groups(INBOX_KEY) if redis.exists(INBOX_KEY) else []
    return any(group["pending"] > 0 for group in groups)


def test_writer_that_was_overtaken_tells_nobody_anything(books: Books) -> None:
    """I4, I6: fenced at its commit, it has sent no answer and acknowledged no request."""
    overtaken: list[int | None] = []
    with books.redis() as redis, books.store() as other:
        hand_in(books, redis, 1)

        def clock() -> datetime:
            if is_taken(redis) and not overtaken:
                overtaken.append(other.take_lease("allocator-1", 0.0))
            return now()

        with books.writer(redis, clock=clock, stopped=lambda _: bool(overtaken)) as writer:
            writer.run()
        assert overtaken == [2]
        assert answers(redis) == []
        assert redis.xlen(INBOX_KEY) == 1
        assert is_taken(redis)
    assert books.rows("SELECT count(*) FROM booking") == [(0,)]


def test_request_whose_answer_could_not_be_sent_is_answered_later(books: Books) -> None:
    """I4, I9: what was not told is not acknowledged, and is told once Redis takes it."""
    with books.redis() as redis:
        hand_in(books, redis, 1)
        redis.set(reply_key(GATEWAY), "no stream: an answer is refused")

        def stopped(wait_s: float) -> bool:
            if wait_s > 0:
                redis.delete(reply_key(GATEWAY))
            return redis.xlen(INBOX_KEY) == 0

        with books.writer(redis, stopped=stopped) as writer:
            writer.run()
        told = answers(redis)
    assert [type(outcome) for outcome in told] == [Booking]
    assert books.rows("SELECT count(*) FROM booking") == [(1,)]


def test_ledger_of_a_failed_commit_is_thrown_away(books: Books) -> None:
    """I1, I4: decided again after a lost connection, a request takes its seats once."""
    lost: list[bool] = []
    with books.redis() as redis:
        hand_in(books, redis, 1)

        def clock() -> datetime:
            if is_taken(redis) and not lost:
                with psycopg.connect(books.database_url) as connection:
                    connection.execute(OTHERS.encode())
                lost.append(True)
            return now()

        with books.writer(redis, clock=clock, stopped=lambda _: redis.xlen(INBOX_KEY) == 0) as one:
            one.run()
        (told,) = answers(redis)
    assert lost
    assert isinstance(told, Booking)
    assert told.booking_number == booking_number(1)
    assert books.rows("SELECT sum(taken) FROM seats") == [(2,)]


def test_writer_that_runs_on_publishes_again_what_redis_lost(books: Books) -> None:
    """I4: a wipe without an error to notice it by; roster and holders come back by themselves."""
    wiped: list[float] = []
    with books.redis() as redis:
        hand_in(books, redis, 1)

        def stopped(_: float) -> bool:
            published = bool(redis.exists(PUBLISHED_KEY)) and redis.xlen(INBOX_KEY) == 0
            if published and not wiped:
                redis.flushall()
                wiped.append(time.monotonic())
                return False
            return bool(wiped) and (published or time.monotonic() > wiped[0] + NOTICED_WITHIN_S)

        with books.writer(redis, stopped=stopped) as writer:
            writer.run()
        assert wiped
        assert redis.hlen(ROSTER_KEY) == PEOPLE
        assert redis.smembers(holders_key("c1")) == {books.person(1)}
        assert redis.exists(CATALOGUE_KEY)
