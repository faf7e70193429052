"""A batch is decided while the one before it is committed: on what that one will have left.

A late writer's commits begin when they must be over, so that what is decided meanwhile
can see nothing of them in the tables; each batch is one request.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import msgspec
import psycopg
import pytest

from allocator.audit import audit
from allocator.commands import Cancel, Request
from allocator.errors import Fenced, StoreAway
from allocator.inbox import INBOX_KEY
from allocator.intake import Intake
from allocator.model import Booking, Outcome, Refusal
from allocator.numbering import booking_number
from allocator.sealing import content_digest
from allocator.verify import verify
from tests.integration.allocator.books import Books, turn_until
from tests.integration.allocator.test_cut_short import OTHERS
from tests.integration.allocator.test_writer import answers, hand_in, inbox_is_empty
from tests.waiting import until

JOURNAL = "SELECT count(*) FROM journal"


def never(_wait_s: float) -> bool:
    """Do not stop, and do not wait."""
    return False


def cancelling(books: Books, number: int, who: int) -> Request:
    """Return a request to give back both doses."""
    command, request = Cancel("c1", "both"), books.request(number, who=who)
    digest = content_digest(books.secret("request.key"), command)
    return msgspec.structs.replace(request, command=command, content_digest=digest)


def decided_one_by_one(books: Books, redis: Any, *requests: Request) -> list[Outcome]:
    """Let a late writer decide these, each while the one before is not committed."""
    hand_in(redis, *requests)
    with books.writer(redis, stopped=never, batch_size_max=1, late=True) as writer:
        for committed in range(len(requests)):
            writer.step()
            assert books.rows(JOURNAL) <= [(committed,)]
            assert len(answers(redis)) == committed
        writer.step()
        writer.hand_over()
    assert inbox_is_empty(redis)
    assert audit(books.database_url).in_order
    assert verify(books.database_url).in_order
    told = answers(redis)
    return [told[f"h{number}".encode()] for number in range(len(requests))]


def test_second_command_of_a_person_sees_the_first(books: Books) -> None:
    """I3: booked, refused a second time, cancelled, booked again, none of it in the tables yet."""
    with books.redis() as redis:
        first, second, third, fourth = decided_one_by_one(
            books,
            redis,
            books.request(1),
            books.request(101, who=1),
            cancelling(books, 102, who=1),
            books.request(103, who=1),
        )
    assert isinstance(first, Booking)
    assert second == Refusal.ALREADY_BOOKED
    assert isinstance(third, Booking)
    assert (third.booking_number, third.state) == (first.booking_number, "cancelled")
    assert isinstance(fourth, Booking)
    assert fourth.booking_number == booking_number(2)


def test_repeated_request_gets_the_answer_that_is_not_committed_yet(books: Books) -> None:
    """I5: the same id and content get the same answer; the same id of another is refused."""
    with books.redis() as redis:
        first, same, other = decided_one_by_one(
            books, redis, books.request(1), books.request(1), books.request(1, who=2)
        )
    assert isinstance(first, Booking)
    assert (same, other) == (first, Refusal.ID_REUSED)


def test_batch_decided_on_one_that_was_fenced_is_told_to_nobody(books: Books) -> None:
    """I6: both are thrown away; the next writer decides both."""
    with books.redis() as redis, books.store() as other:
        hand_in(redis, books.request(1), books.request(2))
        with books.writer(redis, stopped=never, batch_size_max=1, late=True) as writer:
            writer.step()
            assert other.take_lease("allocator-1", 0.0) == 2
            with pytest.raises(Fenced):
                writer.step()
        assert books.rows(JOURNAL) == [(0,)]
        assert answers(redis) == {}
        assert redis.xlen(INBOX_KEY) == 2
        books.run_writer(inbox_is_empty, instance="allocator-1")
        told = answers(redis)
    numbers = [outcome.booking_number for outcome in told.values() if isinstance(outcome, Booking)]
    assert numbers == [booking_number(1), booking_number(2)]


def test_batch_decided_on_one_that_failed_is_decided_again(books: Books) -> None:
    """I1, I4: the connection broke at the commit; seats are taken once for each."""
    with books.redis() as redis:
        hand_in(redis, books.request(1), books.request(2), books.request(101, who=1))
        with books.writer(redis, stopped=never, batch_size_max=1, late=True) as writer:
            for _ in range(2):  # One is committed, so that there is a connection to break.
                writer.step()
            with psycopg.connect(books.database_url) as connection:
                connection.execute(OTHERS.encode())
            with pytest.raises(StoreAway):
                writer.step()
            assert len(answers(redis)) == 1
            writer.turn()  # What was read of the broken connections is forgotten.
            turn_until(writer, lambda: inbox_is_empty(redis))
        told = answers(redis)
    assert isinstance(told[b"h1"], Booking)
    assert told[b"h2"] == Refusal.ALREADY_BOOKED
    assert books.rows("SELECT sum(taken) FROM seats") == [(4,)]
    assert verify(books.database_url).in_order


def test_writer_killed_between_commit_and_answer_leaves_the_answer_to_the_next(
    books: Books,
) -> None:
    """I4, I5: what was committed is told by whoever comes, once."""
    with books.redis() as redis:
        hand_in(redis, books.request(1))
        with books.writer(redis, stopped=never, instance="allocator-dead", lease_s=0.0) as writer:
            writer.step()
            until(lambda: books.rows(JOURNAL) == [(1,)])
        assert answers(redis) == {}
        books.run_writer(inbox_is_empty, instance="allocator-next", lease_s=0.0)
        (told,) = answers(redis).values()
    assert isinstance(told, Booking)
    assert books.rows("SELECT count(*) FROM booking") == [(1,)]


def test_requests_that_an_overtaken_writer_took_are_claimed(books: Books) -> None:
    """I9: it hung, woke, and took requests before it found out that another leads."""
    with books.redis() as redis, books.writer(redis, stopped=never) as leader:
        leader.step()
        hand_in(redis, books.request(1))
        overtaken = Intake(redis, "allocator-overtaken", 500)
        assert len(overtaken.take(0)) == 1
        turn_until(leader, lambda: inbox_is_empty(redis))
        assert isinstance(answers(redis)[b"h0"], Booking)


def test_pipelined_writer_in_a_hurry_keeps_the_books(books: Books) -> None:
    """Threads and all: many small batches, each person asking twice, in one go."""
    with books.redis() as redis:
        people = range(1, 25)
        hand_in(
            redis,
            *(books.request(number + again, who=number) for again in (0, 100) for number in people),
        )
        with books.writer(redis, stopped=never, batch_size_max=5) as writer:
            turn_until(writer, lambda: inbox_is_empty(redis))
        told = list(answers(redis).values())
    assert sum(isinstance(outcome, Booking) for outcome in told) == len(people)
    assert told.count(Refusal.ALREADY_BOOKED) == len(people)
    assert verify(books.database_url).in_order


def test_batch_whose_decisions_take_too_long_is_cut_in_parts(books: Books) -> None:
    """I9: the lease is kept between the parts, whatever is asked; all is answered in order."""
    seconds = count(step=1)
    with (
        books.redis() as redis,
        books.writer(redis, stopped=never, monotonic=lambda: float(next(seconds))) as writer,
    ):
        hand_in(redis, *[books.request(number) for number in range(1, 6)])
        turn_until(writer, lambda: inbox_is_empty(redis))
        numbers = [answers(redis)[f"h{number}".encode()] for number in range(5)]
    assert [one.booking_number for one in numbers if isinstance(one, Booking)] == [
        booking_number(sequence) for sequence in range(1, 6)
    ]
    assert books.rows("SELECT count(DISTINCT decided_at) FROM journal") == [(5,)]
