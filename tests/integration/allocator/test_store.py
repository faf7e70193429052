"""One batch is one transaction; the schema is the second wall (I1, I2, I3, I6)."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from allocator.batch import Batch, batch_of
from allocator.core import decide_batch
from allocator.errors import Fenced, StoreAway, StoreContradicts
from allocator.model import Booking
from allocator.statements import statement
from allocator.store import Store
from tests.integration.allocator.books import CONTACT, Books, now
from tests.waiting import until

LONG_S = 60.0
"""A lease that outlasts every test."""


def decided(books: Books, store: Store, *numbers: int) -> Batch:
    """Decide these requests on a freshly loaded ledger, and write nothing."""
    ledger, head = store.load()
    requests = [books.request(number) for number in numbers]
    moment = now()
    decisions = decide_batch(ledger, store.facts_of(requests), requests, moment)
    assert all(isinstance(decision.outcome, Booking) for decision in decisions)
    return batch_of(decisions, ledger.catalogue, head, moment)


@pytest.mark.parametrize("pipelined", [True, False])
def test_what_is_written_is_what_is_loaded(books: Books, pipelined: bool) -> None:
    """I4: a new writer finds seats, bookings, answers and the journal's head."""
    with books.store(pipelined=pipelined) as store:
        epoch = store.take_lease("a", 4.0)
        assert epoch is not None
        batch = decided(books, store, 1, 2)
        store.write(batch, epoch, now())
    with books.store() as store:
        ledger, head = store.load()
        known = store.facts_of([books.request(1), books.request(3)])
    assert (ledger.bookings_made, head) == (2, batch.journal_head)
    taken = sum(sum(s.slot.capacities) - sum(s.free) for s in ledger.seats.slots.values())
    assert taken == 4
    assert set(known.decided) == {books.request(1).request_id}
    assert set(known.held) == {("c1", books.person(1))}
    assert set(known.born) == {books.person(1), books.person(3)}


def test_lease_is_taken_by_one(books: Books) -> None:
    """A standby waits while the leader is seen; the same instance comes back at once."""
    with books.store() as leader, books.store() as standby:
        assert leader.take_lease("a", LONG_S) == 1
        assert standby.take_lease("b", LONG_S) is None
        assert leader.take_lease("a", LONG_S) == 2
        leader.give_up_lease(2)
        assert standby.take_lease("b", LONG_S) == 3


def test_stale_writer_commits_nothing(books: Books) -> None:
    """I6: once another has taken over, a batch is refused whole."""
    with books.store() as stale, books.store() as other:
        epoch = stale.take_lease("a", 4.0)
        assert epoch is not None
        batch = decided(books, stale, 1)
        assert other.take_lease("b", 0.0) == epoch + 1
        with pytest.raises(Fenced):
            stale.write(batch, epoch, now())
        with pytest.raises(Fenced):
            stale.keep_lease(epoch)
    assert books.rows("SELECT count(*) FROM booking") == [(0,)]
    assert books.rows("SELECT sum(taken) FROM seats") == [(0,)]


def oversold(rows: Batch) -> None:
    """Give out more seats than there are."""
    rows.seats_moved["count"][:] = [count + 1_000 for count in rows.seats_moved["count"]]


def half_a_pair(rows: Batch) -> None:
    """Leave dose 2 out."""
    rows.bookings_inserted["dose2_slot_id"][0] = None
    rows.bookings_inserted["dose2_on"][0] = None


def too_early(rows: Batch) -> None:
    """Claim an interval that the days do not keep."""
    rows.bookings_inserted["interval_days_min"][0] = 22


def wrong_day(rows: Batch) -> None:
    """Name a day that is not the slot's."""
    rows.bookings_inserted["dose2_on"][0] += timedelta(days=1)


def two_bookings(rows: Batch) -> None:
    """Book one person twice."""
    people = rows.bookings_inserted["person_key"]
    people[1] = people[0]


WALLS: list[tuple[Callable[[Batch], None], str]] = [
    (oversold, "seats_taken_within_capacity"),
    (half_a_pair, "booking_has_both_doses_or_neither"),
    (too_early, "booking_interval_is_met"),
    (wrong_day, "booking_dose2_slot_has_product_and_day"),
    (two_bookings, "booking_one_per_person_and_campaign"),
]


@pytest.mark.parametrize(("spoil", "constraint"), WALLS, ids=[wall[1] for wall in WALLS])
def test_schema_refuses_what_the_core_must_not_do(
    books: Books, spoil: Callable[[Batch], None], constraint: str
) -> None:
    """The whole batch is refused, the constraint named, and no row shown (I10)."""
    with books.store() as store:
        epoch = store.take_lease("a", 4.0)
        assert epoch is not None
        batch = decided(books, store, 1, 2)
        spoil(batch)
        with pytest.raises(StoreContradicts, match=constraint) as caught:
            store.write(batch, epoch, now())
    text = "".join(traceback.format_exception(caught.value))
    assert books.person(1).hex() not in text
    assert CONTACT.email not in text
    assert books.rows("SELECT count(*) FROM journal") == [(0,)]


def test_store_away_is_said_in_our_words(books: Books, tmp_path: Any) -> None:
    """No address, user or statement in the fault."""
    store = Store(f"postgresql://nobody@/none?host={tmp_path}", roster_key=bytes(32))
    with pytest.raises(StoreAway) as caught:
        store.load()
    assert "nobody" not in "".join(traceback.format_exception(caught.value))


SCANS = """
    SELECT relname, seq_scan FROM pg_stat_user_tables
    WHERE relname IN ('booking', 'journal', 'outcome', 'outbox', 'roster') ORDER BY relname
"""


OTHERS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
    AND pid <> pg_backend_pid()
"""


def scans(books: Books) -> list[Any]:
    """Return how often each table was read whole; a session has told when it is gone."""
    with psycopg.connect(books.database_url, autocommit=True) as connection:
        until(lambda: connection.execute(OTHERS).fetchone() is None)
        return connection.execute(SCANS).fetchall()


def test_batches_never_read_a_whole_table(books: Books) -> None:
    """Not even by plans that were made while the tables were empty: they are kept."""
    with books.store() as store:
        epoch = store.take_lease("a", 4.0)
        assert epoch is not None
        batches = [decided(books, store, 1, 2)]
    before = scans(books)
    with books.store() as store:
        for number in range(1, 10):
            store.facts_of([books.request(number)])
        store.write(batches[0], epoch, now())
        known = store.facts_of([books.request(number) for number in range(1, 10)])
    assert len(known.held) == 2
    assert len(before) == 5
    assert scans(books) == before


def test_leader_that_hangs_in_the_middle_of_a_pipeline_loses_its_locks(books: Books) -> None:
    """I6: the server waits for the next message, and does not count the session as idle."""
    with books.store(pipelined=True) as leader, books.store() as standby:
        epoch = leader.take_lease("a", 2.0)
        assert epoch is not None
        with pytest.raises(StoreAway):
            _hang(leader, epoch, lambda: until(lambda: _taken_over(standby)))


def _hang(leader: Store, epoch: int, meanwhile: Callable[[], object]) -> None:
    """Begin a batch, and do something else in the middle of it."""
    held = statement("batch_held").encode()
    with leader._transaction() as connection, connection.pipeline() as pipeline:
        assert connection.execute(held, {"epoch": epoch, "decided_at": now()}).fetchone()
        pipeline.sync()
        connection.execute("SELECT 1").fetchone()
        meanwhile()
        connection.execute("SELECT 1").fetchone()


def _taken_over(standby: Store) -> int | None:
    """Try to lead; a lock that is not had in time counts as no."""
    try:
        return standby.take_lease("b", 2.0)
    except StoreAway:
        return None
