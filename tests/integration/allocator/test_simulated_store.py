"""The simulation's tables are honest: the same batches leave the same rows, here and in PostgreSQL.

What is refused is refused by both, and for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from random import Random
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from allocator.batch import Batch, batch_of
from allocator.commands import Book, Request
from allocator.core import Ledger, decide_batch
from allocator.errors import AllocatorError, Fenced, Outdated, StoreContradicts
from allocator.ledger import Facts
from allocator.model import SITE_TIMEZONE, Booking, Choice
from allocator.sealing import Identity, seal_identity
from allocator.store import Store
from tests.simulation.city import City, make_city
from tests.simulation.clock import SimulatedClock
from tests.simulation.errands import Errands
from tests.simulation.simulated_store import (
    holders_of,
    loaded,
    read_answers,
    read_people,
    read_slots,
)
from tests.simulation.tables import Tables, Transaction
from tests.simulation.wishes import Wishes

ROSTER_KEY = bytes(32)
LEASE_S = 60.0
BATCHES = 40
SEED_WITH_ROOM = 2
"""A city in which two people can book pairs."""
ORDERED = {
    "booking": "booking_id",
    "seats": "slot_id, dose",
    "journal": "journal_seq",
    "outcome": "request_id",
    "outbox": "outbox_id",
}


class Twins:
    """One city twice: in PostgreSQL and in the simulated tables."""

    def __init__(self, database_url: str, store: Store, seed: int) -> None:
        rng = Random(seed)  # noqa: S311 - a seed is to be repeated
        self.rng = rng
        self.city = make_city(rng)
        self.clock = SimulatedClock(self.city.begins_at)
        self.tables = Tables(self.city.catalogue, self.city.born, self.clock)
        self.store = store
        self.database_url = database_url
        self.errands = Errands(rng)
        self.wishes = Wishes(rng, self.city, self.tables, self.clock)
        with psycopg.connect(database_url) as connection:
            fill(connection, self.city)
        real, simulated = store.take_lease("a", LEASE_S), self.tables.take_lease("a", LEASE_S)
        assert real == simulated == 1
        self.ledger, self.head = loaded(self.tables)

    def batch(self, requests: Sequence[Request], now: datetime) -> Batch:
        """Decide on what both know of these requests, which must be the same."""
        facts = Facts()
        for read in (read_answers, read_people, read_slots):
            read(self.tables, requests, facts)
        assert self.store.facts_of(requests) == facts
        decisions = decide_batch(self.ledger, facts, requests, now)
        return batch_of(decisions, self.ledger.catalogue, self.head, now)

    def write(self, batch: Batch, epoch: int, now: datetime) -> tuple[str, str]:
        """Write a batch to both; return what each says to that."""
        transaction = Transaction(batch, epoch, now, "a")
        if self.tables.hold(transaction):
            self.tables.commit(transaction)
        try:
            self.store.write(batch, epoch, now)
        except AllocatorError as fault:
            return said(fault), said(transaction.ended_with)
        return said(None), said(transaction.ended_with)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the real rows of a table, in order."""
        statement = f"SELECT * FROM {table} ORDER BY {ORDERED[table]}"  # noqa: S608
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            return connection.execute(statement.encode()).fetchall()

    def check(self) -> None:
        """Compare all rows, and what is loaded from them."""
        content = self.tables.content
        simulated: dict[str, list[dict[str, Any]]] = {
            "booking": [as_stored(row) for _, row in sorted(content.bookings.items())],
            "seats": [
                {"slot_id": slot_id, "dose": dose, "capacity": s.capacity, "taken": s.taken}
                for (slot_id, dose), s in sorted(content.seats.items())
            ],
            "journal": content.journal,
            "outcome": [row for _, row in sorted(content.outcomes.items())],
            "outbox": content.outbox,
        }
        for table, expected in simulated.items():
            found = self.rows(table)
            names = expected[0].keys() if expected else ()
            assert [{name: row[name] for name in names} for row in found] == expected
        assert self.store.versions().catalogue == content.version
        assert summary(*self.store.load()) == summary(*loaded(self.tables))
        for campaign_id in {r.campaign_id for r in self.city.catalogue.releases.values()}:
            holders = self.store.holders_after(campaign_id, b"", 1_000)
            assert holders == holders_of(self.tables, campaign_id)


def fill(connection: psycopg.Connection[Any], city: City) -> None:
    """Store a city as its operators would, with the numbers that its slots have."""

    def insert(table: str, **values: Any) -> None:
        names, marks = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        statement = f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({marks})"  # noqa: S608
        connection.execute(statement.encode(), values)

    catalogue = city.catalogue
    for product in catalogue.products.values():
        insert("product", **with_names(product))
    for venue in catalogue.venues.values():
        insert("venue", **with_names(venue))
    for release in catalogue.releases.values():
        insert("release", **with_names(release))
    for slot in catalogue.slots.values():
        row = msgspec.structs.asdict(slot)
        capacities = row.pop("capacities")
        insert("slot", **row)
        for dose in (1, 2):
            insert("seats", slot_id=slot.slot_id, dose=dose, capacity=capacities[dose - 1])
    for person, born in city.born.items():
        sealed = seal_identity(ROSTER_KEY, Identity("131016", "1", born), person)
        insert("roster", person_key=person, birth_check=person, sealed=sealed)


def with_names(one: msgspec.Struct) -> dict[str, Any]:
    """Return the columns of a struct, names by language as JSON."""
    columns = msgspec.structs.asdict(one)
    return {k: Jsonb(v) if isinstance(v, dict) else v for k, v in columns.items()}


def as_stored(row: dict[str, Any]) -> dict[str, Any]:
    """Return a simulated row with its JSON read, as psycopg reads it."""
    standby = row["standby"]
    return row | {"standby": None if standby is None else msgspec.json.decode(standby)}


def summary(ledger: Ledger, head: object) -> tuple[object, ...]:
    """Return what can be compared of a ledger."""
    free = {slot_id: list(seats.free) for slot_id, seats in sorted(ledger.seats.slots.items())}
    waiting = [
        (
            release_id,
            list(ledger.standby.in_order(release_id)),
            ledger.standby.next_rank(release_id),
        )
        for release_id in sorted(ledger.catalogue.releases)
    ]
    ends = datetime.max.replace(tzinfo=SITE_TIMEZONE)
    offered = ledger.standby.run_out(ends)
    return ledger.catalogue, free, waiting, offered, ledger.bookings_made, head


def said(fault: AllocatorError | None) -> str:
    """Describe what a store said to a batch."""
    return "committed" if fault is None else f"{type(fault).__name__} {fault}"


@pytest.fixture
def twins_of(database_url: str) -> Iterator[Callable[[int], Twins]]:
    """Make a city twice."""
    with closing(Store(database_url, roster_key=ROSTER_KEY)) as store:
        yield lambda seed: Twins(database_url, store, seed)


@pytest.mark.parametrize("seed", range(1, 7))
def test_same_batches_leave_the_same_rows(twins_of: Callable[[int], Twins], seed: int) -> None:
    """Any commands in batches of any size: rows, answers, versions, standby lists."""
    twins = twins_of(seed)
    for _ in range(BATCHES):
        twins.clock.let_pass(twins.rng.choice((1.0, 600.0, 9_000.0, 60_000.0)))
        ask = [twins.wishes.of_somebody] * 9 + [twins.wishes.of_staff]
        requests = [
            twins.errands.begin(*twins.rng.choice(ask)()).request
            for _ in range(twins.rng.randint(1, 8))
        ]
        batch = twins.batch(requests, twins.clock.now)
        real, simulated = twins.write(batch, 1, twins.clock.now)
        assert real == simulated
        if real == "committed":
            twins.head = batch.journal_head
        else:
            twins.ledger, twins.head = loaded(twins.tables)
    twins.check()
    assert len(twins.tables.content.journal) > BATCHES


Spoil = Callable[[Batch], None]


def put(columns: str, name: str, value: Any, row: int = 0) -> Spoil:
    """Write a value where it does not belong."""

    def spoil(batch: Batch) -> None:
        getattr(batch, columns)[name][row] = value

    return spoil


def too_many(batch: Batch) -> None:
    """Give out more seats than there are."""
    batch.seats_moved["count"][0] += 100


def same_person(batch: Batch) -> None:
    """Book one person twice."""
    people = batch.bookings_inserted["person_key"]
    people[1] = people[0]


def same_number(batch: Batch) -> None:
    """Give a number twice."""
    numbers = batch.bookings_inserted["booking_number"]
    numbers[1] = numbers[0]


def unknown_state(batch: Batch) -> None:
    """Leave somebody in a state that there is not, without dose 2."""
    for name, value in (("state", "wished"), ("dose2_slot_id", None), ("dose2_on", None)):
        batch.bookings_inserted[name][0] = value


SPOILED: dict[str, Spoil] = {
    "seats_taken_within_capacity": too_many,
    "booking_one_per_person_and_campaign": same_person,
    "booking_number_is_unique": same_number,
    "booking_interval_is_met": put("bookings_inserted", "interval_days_min", 40),
    "booking_state_is_known": unknown_state,
    "booking_standby_has_a_place": put("bookings_inserted", "standby", "{}"),
    "booking_given_doses_are_held": put("bookings_inserted", "dose2_given", True),
    "booking_has_both_doses_or_neither": put("bookings_inserted", "dose2_slot_id", None),
    "booking_dose1_slot_has_product_and_day": put("bookings_inserted", "dose1_slot_id", 999),
    "booking_dose2_slot_has_product_and_day": put("bookings_inserted", "dose2_slot_id", 999),
    "journal_chain_hash_is_32_bytes": put("journal", "chain_hash", b"short"),
    "outcome_content_digest_is_16_bytes": put("outcomes", "content_digest", b"short"),
    "outbox_kind_is_known": put("outbox", "kind", "sung"),
}


def two_booked(twins: Twins) -> Batch:
    """Decide two bookings, one after the other, of the first people and slots that can be had."""
    release_of = {s.slot_id: s.release_id for s in twins.city.catalogue.slots.values()}
    now = max(r.opens_at for r in twins.city.catalogue.releases.values())
    requests = [
        twins.errands.begin(person, Book(release_id, (Choice(slot_id),), b"", "ja")).request
        for slot_id, release_id in release_of.items()
        for person in twins.city.people
    ]
    facts = Facts()
    read_people(twins.tables, requests, facts)
    decisions = decide_batch(twins.ledger, facts, requests, now)
    booked = [made for made in decisions if isinstance(made.outcome, Booking)][:2]
    assert len(booked) == 2, "this city has room for two"
    return batch_of(booked, twins.city.catalogue, twins.head, now)


@pytest.mark.parametrize("constraint", SPOILED)
def test_both_refuse_for_the_same_reason(twins_of: Callable[[int], Twins], constraint: str) -> None:
    """The schema's second wall stands in the simulation, too."""
    twins = twins_of(SEED_WITH_ROOM)
    batch = two_booked(twins)
    SPOILED[constraint](batch)
    real, simulated = twins.write(batch, 1, twins.clock.now)
    assert real == simulated == said(StoreContradicts(constraint))
    twins.check()


def test_both_tell_an_old_epoch_and_an_old_offer(twins_of: Callable[[int], Twins]) -> None:
    """I6: fenced and outdated batches commit nothing; the lease passes in the same way."""
    twins = twins_of(SEED_WITH_ROOM)
    batch = two_booked(twins)
    old = msgspec.structs.replace(batch, catalogue_version=batch.catalogue_version - 1)
    assert twins.write(old, 1, twins.clock.now) == (said(Outdated()), said(Outdated()))
    for holder in ("b", "a", "b"):
        taken = twins.store.take_lease(holder, LEASE_S), twins.tables.take_lease(holder, LEASE_S)
        assert taken in {(None, None), (2, 2)}
    assert twins.write(batch, 1, twins.clock.now) == (said(Fenced()), said(Fenced()))
    twins.store.give_up_lease(2)
    twins.tables.give_up_lease(2)
    assert twins.store.take_lease("b", LEASE_S) == twins.tables.take_lease("b", LEASE_S) == 3
    assert twins.write(batch, 3, twins.clock.now) == ("committed", "committed")
    assert twins.write(batch, 3, twins.clock.now)[0].startswith("StoreContradicts")
    twins.check()
