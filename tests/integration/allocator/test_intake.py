"""The allocator's side of the inbox: nothing is taken twice, nothing is left lying."""

from __future__ import annotations

from typing import Any

import msgspec

from allocator.inbox import ALLOCATOR_GROUP, INBOX_KEY, reply_key
from allocator.intake import Handed, Intake
from allocator.model import Outcome, Refusal
from tests.integration.allocator.books import Books

WAITING = 2_600
"""More than two passes of XAUTOCLAIM's cursor."""


def fill(books: Books, redis: Any, count: int) -> None:
    """Append requests to the inbox, of two gateways in turn."""
    raw = msgspec.msgpack.encode(books.request(1))
    pipeline = redis.pipeline(transaction=False)
    for number in range(count):
        pipeline.xadd(INBOX_KEY, {"r": raw, "g": f"g{number % 2}", "h": str(number)})
    pipeline.execute()


def handles(handed: list[Handed]) -> list[int]:
    """Return the numbers of what was taken."""
    return [int(one.handle) for one in handed]


def taken(intake: Intake) -> list[int]:
    """Take until nothing is left."""
    numbers: list[int] = []
    while handed := intake.take(0):
        numbers += handles(handed)
    return numbers


def test_all_that_a_dead_consumer_left_is_claimed_in_order(books: Books) -> None:
    """However many passes of the cursor it takes."""
    with books.redis() as redis:
        dead = Intake(redis, "allocator-dead", 5_000)
        dead.begin()
        fill(books, redis, WAITING)
        assert len(dead.take(0)) == WAITING
        intake = Intake(redis, "allocator-next", 500)
        intake.begin()
        assert taken(intake) == list(range(WAITING))
        owners = redis.xinfo_consumers(INBOX_KEY, ALLOCATOR_GROUP)
        assert {owner["name"]: owner["pending"] for owner in owners} == {
            b"allocator-dead": 0,
            b"allocator-next": WAITING,
        }


def test_what_was_taken_is_given_again_only_after_a_fault(books: Books) -> None:
    """The next batch is taken while the one before waits for its commit."""
    with books.redis() as redis:
        intake = Intake(redis, "allocator-0", 4)
        intake.begin()
        fill(books, redis, 10)
        assert handles(intake.take(0)) == [0, 1, 2, 3]
        assert handles(intake.take(0)) == [4, 5, 6, 7]
        intake.again()
        assert handles(intake.take(0)) == [0, 1, 2, 3]
        assert handles(intake.take(0)) == [4, 5, 6, 7]
        assert handles(intake.take(0)) == [8, 9]
        assert intake.take(0) == []


def test_answers_reach_their_gateways_and_requests_are_gone(books: Books) -> None:
    """More answers than are acknowledged with one command."""
    redis: Any
    with books.redis() as redis:
        intake = Intake(redis, "allocator-0", 5_000)
        intake.begin()
        fill(books, redis, WAITING)
        intake.answer([(one, Refusal.NO_FIRST_DOSE) for one in intake.take(0)])
        told = [redis.xrange(reply_key(gateway_id)) for gateway_id in ("g0", "g1")]
        assert [int(fields[b"h"]) for _, fields in told[1]] == list(range(1, WAITING, 2))
        decoded = {msgspec.msgpack.decode(f[b"o"], type=Outcome) for _, f in told[0] + told[1]}
        assert decoded == {Refusal.NO_FIRST_DOSE}
        assert 0 < redis.ttl(reply_key("g0")) <= 3_600
        assert redis.xlen(INBOX_KEY) == 0
        assert redis.xpending(INBOX_KEY, ALLOCATOR_GROUP)["pending"] == 0
