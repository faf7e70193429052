"""Take, decide, commit, answer, acknowledge: cut short anywhere, nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from allocator.batch import FIRST_CHAIN_HASH, batch_of, chained
from allocator.commands import Request
from allocator.core import decide_batch
from allocator.errors import InboxFull
from allocator.inbox import ALLOCATOR_GROUP, INBOX_KEY, Inbox, reply_key
from allocator.intake import Intake
from allocator.model import Booking, Outcome, Refusal
from allocator.publish import Publisher, holders_key
from tests.integration.allocator.books import PEOPLE, Books, now
from tests.integration.city import ticket
from tests.waiting import until


def hand_in(redis: Any, *requests: Request) -> None:
    """Append requests to the inbox as a gateway would."""
    for number, request in enumerate(requests):
        fields = {"r": msgspec.msgpack.encode(request), "g": "g9", "h": f"h{number}"}
        redis.xadd(INBOX_KEY, fields)


def answers(redis: Any, gateway_id: str = "g9") -> dict[bytes, Outcome]:
    """Return the answers on a gateway's stream, by handle."""
    return {
        fields[b"h"]: msgspec.msgpack.decode(fields[b"o"], type=Outcome)
        for _, fields in redis.xrange(reply_key(gateway_id))
    }


def inbox_is_empty(redis: Any) -> bool:
    """Say whether every request is decided and acknowledged."""
    group = redis.exists(INBOX_KEY) and redis.xinfo_groups(INBOX_KEY)
    return bool(group) and redis.xlen(INBOX_KEY) == 0 and group[0]["pending"] == 0


def test_requests_are_booked_recorded_and_answered(books: Books) -> None:
    """One pass leaves bookings, seats, outcomes, a journal that chains, and an outbox."""
    with books.redis() as redis:
        hand_in(redis, *[books.request(number) for number in range(1, 11)])
        books.run_writer(inbox_is_empty)
        given = answers(redis)
    assert len(given) == 10
    assert all(isinstance(outcome, Booking) for outcome in given.values())
    assert books.rows("SELECT sum(taken) FROM seats") == [(20,)]
    assert books.rows("SELECT count(*) FROM outcome") == [(10,)]
    assert books.rows("SELECT count(*) FROM outbox WHERE kind = 'booked'") == [(10,)]
    before = FIRST_CHAIN_HASH
    for entry, chain_hash in books.rows(
        "SELECT entry, chain_hash FROM journal ORDER BY journal_seq"
    ):
        before = chained(before, entry)
        assert before == chain_hash


def test_batch_that_was_committed_and_not_answered_is_answered_once(books: Books) -> None:
    """I4, I5: killed between COMMIT and the answer, the next writer tells the same."""
    requests = [books.request(number) for number in (1, 2)]
    with books.redis() as redis, books.store() as store:
        intake = Intake(redis, "allocator-dead", 500)
        intake.begin()
        hand_in(redis, *requests)
        taken = [one.request for one in intake.take(1.0)]
        assert taken == requests
        epoch = store.take_lease("allocator-dead", 4.0)
        assert epoch is not None
        ledger, head = store.load()
        decisions = decide_batch(ledger, store.facts_of(taken), taken, now())
        store.write(batch_of(decisions, ledger.catalogue, head, now()), epoch, now())
        books.run_writer(inbox_is_empty, instance="allocator-next", lease_s=0.0)
        given = answers(redis)
    assert list(given.values()) == [decision.outcome for decision in decisions]
    assert books.rows("SELECT count(*) FROM booking") == [(2,)]


def test_room_is_told_how_long_the_latest_commit_took(books: Books) -> None:
    """And when, since an old one says nothing."""
    with books.redis() as redis:
        hand_in(redis, books.request(1))
        books.run_writer(inbox_is_empty)
        told = redis.get("commit")
    assert isinstance(told, bytes)
    took_s, at_s = map(float, told.split())
    assert 0 < took_s < 30
    assert abs(now().timestamp() - at_s) < 60


def test_holders_are_known_though_the_writer_died_before_it_could_say_so(books: Books) -> None:
    """A committed booking that was not noted is noted with the answer; a cancelled one is not."""
    request = books.request(1)
    with books.redis() as redis, books.store() as store:
        intake = Intake(redis, "allocator-dead", 500)
        intake.begin()
        hand_in(redis, request)
        taken = [one.request for one in intake.take(1.0)]
        epoch = store.take_lease("allocator-dead", 4.0)
        assert epoch is not None
        ledger, head = store.load()
        decisions = decide_batch(ledger, store.facts_of(taken), taken, now())
        store.write(batch_of(decisions, ledger.catalogue, head, now()), epoch, now())
        publisher = Publisher(redis, store, 0.05)
        publisher.note(decide_batch(ledger, facts := store.facts_of(taken), taken, now()), facts)
        assert redis.smembers(holders_key("c1")) == {books.person(1)}
        facts.held.clear()
        publisher.note(decisions, facts)
        assert redis.smembers(holders_key("c1")) == set()


def test_batch_that_was_taken_and_not_committed_is_decided_by_the_next(books: Books) -> None:
    """Killed before COMMIT, the requests are claimed and decided."""
    with books.redis() as redis:
        dead = Intake(redis, "allocator-dead", 500)
        dead.begin()
        hand_in(redis, books.request(1))
        assert len(dead.take(1.0)) == 1
        books.run_writer(inbox_is_empty)
        assert isinstance(answers(redis)[b"h0"], Booking)


def test_unreadable_entry_does_not_stop_the_queue(books: Books) -> None:
    """Whatever somebody writes into the stream, the next request is decided."""
    with books.redis() as redis:
        redis.xadd(INBOX_KEY, {"r": b"\xc1", "g": "g9", "h": "x"})
        redis.xadd(INBOX_KEY, {"nothing": "known"})
        hand_in(redis, books.request(1))
        books.run_writer(inbox_is_empty)
        assert list(answers(redis)) == [b"h0"]


def test_requests_survive_the_loss_of_all_redis_data(books: Books) -> None:
    """I4, I9: the gateway hands in again what Redis has lost."""

    async def book_through_a_wipe(inbox: Inbox) -> Outcome | None:
        asked = asyncio.create_task(books.book(inbox, 1))
        with books.redis() as redis:
            await asyncio.to_thread(until, lambda: redis.xlen(INBOX_KEY) == 1)
            redis.flushall()
            thread = threading.Thread(target=books.run_writer, args=(_one_is_booked(books),))
            thread.start()
            outcome = await asked
            await asyncio.to_thread(thread.join)
        return outcome

    assert isinstance(books.ask(book_through_a_wipe), Booking)
    assert books.rows("SELECT count(*) FROM booking") == [(1,)]


def _one_is_booked(books: Books) -> Callable[[Any], bool]:
    return lambda redis: inbox_is_empty(redis) and books.rows("SELECT 1 FROM booking") == [(1,)]


def test_parallel_calls_with_one_id_get_one_answer(books: Books) -> None:
    """I5: a double click is one booking and two identical answers; another's id is refused."""

    async def click(inbox: Inbox) -> list[Outcome | None]:
        first = asyncio.create_task(books.book(inbox, 1))
        with books.redis() as redis:
            await asyncio.to_thread(until, lambda: redis.xlen(INBOX_KEY) == 1)
            more = [books.book(inbox, 1) for _ in range(4)]
            waiting = asyncio.gather(first, *more, books.book(inbox, 1, who=2))
            # Else the writer would end after the first, and answer none of the others.
            await asyncio.to_thread(until, lambda: redis.xlen(INBOX_KEY) == 6)
        thread = threading.Thread(target=books.run_writer, args=(_one_is_booked(books),))
        thread.start()
        given = await waiting
        await asyncio.to_thread(thread.join)
        return list(given)

    *same, other = books.ask(click)
    assert isinstance(same[0], Booking)
    assert all(outcome == same[0] for outcome in same)
    assert other == Refusal.ID_REUSED


def test_full_inbox_refuses_and_drops_nothing(books: Books) -> None:
    """Over its length the inbox says so; what is in it stays."""

    async def fill(inbox: Inbox) -> None:
        assert await books.book(inbox, 1) is None
        assert await books.book(inbox, 2) is None
        with pytest.raises(InboxFull):
            await books.book(inbox, 3)

    books.ask(fill, length_max=2, reply_wait_s=0.05)
    with books.redis() as redis:
        assert redis.xlen(INBOX_KEY) == 2


def test_roster_of_another_city_is_replaced_whole(books: Books) -> None:
    """A Redis that served another city, or another database, lets none of its people in."""
    redis: Any
    with books.redis() as redis:
        redis.set("published", "another-1-2")
        redis.hset("roster", b"x" * 16, b"y" * 16)
        books.run_writer(lambda r: r.get("published") not in (None, b"another-1-2"))
        people = set(redis.hkeys("roster"))
    assert people == {books.person(number) for number in range(PEOPLE)}


def test_redis_holds_nothing_personal(books: Books) -> None:
    """I10: neither names nor numbers stand in clear in any value."""
    redis: Any
    with books.redis() as redis:
        books.ask(lambda inbox: books.book(inbox, 2**70, who=7), reply_wait_s=0.05)
        redis.config_set("rdbcompression", "no")
        raw = redis.dump(INBOX_KEY)
        books.run_writer(lambda r: inbox_is_empty(r) and bool(r.exists("published")))
        raw += b"".join(redis.dump(key) for key in redis.scan_iter())
        assert redis.xinfo_groups(INBOX_KEY)[0]["name"] == ALLOCATOR_GROUP.encode()
    for secret in ("試験", "08098765432", "yuri.7", ticket(7)):
        assert secret.encode() not in raw
