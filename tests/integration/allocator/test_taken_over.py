"""Who leads, who stands by, and what is on offer: held from the first statement of a batch."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any

import msgspec
import psycopg
import pytest
from prometheus_client import REGISTRY

from allocator.batch import batch_of
from allocator.core import decide_batch
from allocator.errors import Fenced, Outdated, StoreAway
from allocator.migrate import create_login_roles, role_url
from allocator.model import Booking
from allocator.release_store import Loaded, load_release, read_catalogue
from allocator.statements import statement
from allocator.store import Store
from tests.integration.allocator.books import Books, now, turn_until
from tests.integration.allocator.test_pipelined import JOURNAL, never
from tests.integration.allocator.test_store import LONG_S, decided
from tests.integration.allocator.test_writer import answers, hand_in, inbox_is_empty
from tests.integration.city import make_plan
from tests.waiting import until

WAITING_FOR_A_LOCK = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def leading() -> float | None:
    """Return what the metric says."""
    return REGISTRY.get_sample_value("seiriken_leading_allocators")


def load_without(books: Books, slot_id: int) -> None:
    """Load the release again, without any seat in one slot."""
    stored, plan = read_catalogue(books.database_url).slots[slot_id], make_plan()
    slots = tuple(
        msgspec.structs.replace(slot, capacities=(0, 0))
        if (slot.venue_id, slot.starts_at) == (stored.venue_id, stored.starts_at)
        else slot
        for slot in plan.slots
    )
    assert isinstance(
        load_release(books.database_url, msgspec.structs.replace(plan, slots=slots)), Loaded
    )


# The lease


def test_fenced_writer_stands_by_and_commits_nothing(books: Books) -> None:
    """I6: it forgets its epoch, and leads again only once the lease is free."""
    with (
        books.redis() as redis,
        books.store() as other,
        books.writer(redis, stopped=never, lease_s=LONG_S) as one,
    ):
        one.turn()
        assert (one.is_ready(), leading()) == (True, 1)
        assert other.take_lease("allocator-1", 0.0) == 2
        hand_in(redis, books.request(1))
        turn_until(one, lambda: not one.is_ready())
        assert leading() == 0
        for _ in range(20):
            one.turn()
        other.keep_lease(2)
        assert books.rows(JOURNAL) == [(0,)]
        assert answers(redis) == {}
        other.give_up_lease(2)
        turn_until(one, lambda: inbox_is_empty(redis))
    assert books.rows("SELECT epoch FROM journal") == [(3,)]


def test_fenced_writer_claims_nothing(books: Books) -> None:
    """I9: what the new leader has taken stays with it while the old one finds out."""
    with (
        books.redis() as redis,
        books.store() as other,
        books.writer(redis, stopped=never, lease_s=LONG_S) as one,
    ):
        one.turn()
        assert other.take_lease("allocator-1", 0.0) == 2
        with books.writer(redis, stopped=never, instance="allocator-1", late=True) as new:
            hand_in(redis, books.request(1))
            new.turn()
            turn_until(one, lambda: not one.is_ready())
            owners = redis.xpending_range("inbox", "allocator", "-", "+", 10)
            assert [owner["consumer"] for owner in owners] == [b"allocator-1"]


def test_commit_whose_connection_was_lost_is_waited_for(books: Books) -> None:
    """I4: its transaction may still run; nothing is read before it is over."""
    with books.store() as store, psycopg.connect(books.database_url) as ghost:
        epoch = store.take_lease("a", 4.0)
        ghost.execute(statement("batch_held").encode(), {"epoch": epoch})
        with pytest.raises(StoreAway):
            store.keep_lease(1)
        ghost.rollback()
        store.keep_lease(1)


# What is on offer


def test_batch_decided_on_an_offer_that_was_edited_is_refused(books: Books) -> None:
    """Whole, as one whose epoch was passed."""
    with books.store() as store:
        epoch = store.take_lease("a", 4.0)
        assert epoch is not None
        batch = decided(books, store, 1)
        load_without(books, batch.seats_moved["slot_id"][0])
        with pytest.raises(Outdated):
            store.write(batch, epoch, now())
    assert books.rows("SELECT count(*) FROM booking") == [(0,)]


def test_batch_waits_for_the_edit_under_way_and_sees_it(books: Books) -> None:
    """An edit that came first is never overlooked."""
    faults: list[Exception] = []
    with books.store() as store, psycopg.connect(books.database_url) as edit:
        epoch = store.take_lease("a", 4.0)
        assert epoch is not None
        batch = decided(books, store, 1)
        edit.execute(statement("catalogue_hold").encode())

        def write() -> None:
            while not faults:
                try:
                    store.write(batch, epoch, now())
                except Outdated as fault:
                    faults.append(fault)
                except StoreAway:
                    continue  # It waited as long as it may, which is less than a slow edit takes.

        thread = threading.Thread(target=write)
        thread.start()
        until(lambda: books.rows(WAITING_FOR_A_LOCK) == [(1,)])
        edit.execute(statement("catalogue_raised").encode())
        edit.commit()
        thread.join()
    assert [type(fault) for fault in faults] == [Outdated]


def test_edit_meanwhile_makes_the_writer_decide_again(books: Books) -> None:
    """Its slot was taken out of the offer between decision and commit: another is given."""
    with books.redis() as redis:
        hand_in(redis, books.request(1))
        with books.writer(redis, stopped=never, late=True) as writer, books.store() as store:
            writer.turn()
            given_up = decided(books, store, 1).seats_moved["slot_id"][0]
            load_without(books, given_up)
            turn_until(writer, lambda: inbox_is_empty(redis))
        (told,) = answers(redis).values()
    assert isinstance(told, Booking)
    assert given_up not in [dose.slot_id for dose in told.doses]
    assert books.rows("SELECT max(taken) FROM seats JOIN slot USING (slot_id)") == [(1,)]


def test_import_of_a_roster_lets_bookings_go_on(books: Books) -> None:
    """However long it takes: it holds the roster alone."""
    with books.store() as store, psycopg.connect(books.database_url) as importing:
        epoch = store.take_lease("a", 4.0)
        assert epoch is not None
        importing.execute(statement("roster_hold").encode())
        store.write(decided(books, store, 1), epoch, now())
    assert books.rows("SELECT count(*) FROM booking") == [(1,)]


def test_role_of_the_allocator_may_do_all_that_a_batch_needs(books: Books) -> None:
    """Hold the offer and the lease, read, and write."""
    create_login_roles(books.database_url, {"allocator": "allocator-password"})
    url = role_url(books.database_url, "allocator", "allocator-password")
    with closing(Store(url, roster_key=books.secret("roster.key"))) as store:
        epoch = store.take_lease("a", 4.0)
        assert epoch is not None
        requests = [books.request(1)]
        ledger, head = store.load()
        decisions = decide_batch(ledger, store.facts_of(requests), requests, now())
        batch = batch_of(decisions, ledger.catalogue, head, now())
        store.write(batch, epoch, now())
        store.keep_lease(epoch)
        with pytest.raises(Fenced):
            store.write(batch, epoch - 1, now())
    assert books.rows("SELECT count(*) FROM booking") == [(1,)]


def test_standby_of_another_name_waits_for_the_end_of_the_lease(books: Books) -> None:
    """A lease that was not renewed for its length is free."""
    redis: Any
    with books.redis() as redis, books.store() as leader:
        assert leader.take_lease("allocator-1", LONG_S) == 1
        hand_in(redis, books.request(1))
        with books.writer(redis, stopped=never, lease_s=LONG_S) as standby:
            standby.turn()
            assert not standby.is_ready()
            with psycopg.connect(books.database_url) as owner:
                owner.execute("UPDATE writer SET seen_at = seen_at - interval '61 seconds'")
            turn_until(standby, lambda: inbox_is_empty(redis))
        with pytest.raises(Fenced):
            leader.keep_lease(1)
