"""What the writer has in place of `allocator.store.Store` and `allocator.commits`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from allocator.batch import Batch, JournalHead
from allocator.commands import BookTogether, CloseSlots, CutSupply, Request, TakeOver
from allocator.errors import Fenced, StoreAway
from allocator.ledger import Decided, Facts, Ledger
from allocator.model import SITE_TIMEZONE, Outcome
from allocator.seats import Seats
from allocator.standby import Standby, Waiting
from allocator.store import Versions
from tests.simulation.boundary import Boundary
from tests.simulation.tables import Row, Tables, Transaction, booking_of
from tests.simulation.transactions import Transactions

_decode_answer = msgspec.msgpack.Decoder(Outcome).decode
DATABASE = 1


class SimulatedStore:
    """One process's connection for reading (`ports.Tables`), and what the publisher reads."""

    city = "simulated"

    def __init__(self, tables: Tables, transactions: Transactions, boundary: Boundary) -> None:
        self._tables = tables
        self._transactions = transactions
        self._boundary = boundary

    def take_lease(self, holder: str, lease_s: float) -> int | None:
        """As `Store.take_lease`."""

        def work() -> int | None:
            if self._tables.lease_is_free(holder, lease_s):
                self._transactions.wait_for_locks()
            return self._tables.take_lease(holder, lease_s)

        return self._boundary.call("tables", "take_lease", work)

    def keep_lease(self, epoch: int) -> None:
        """As `Store.keep_lease`."""

        def work() -> None:
            if self._tables.content.lease.epoch == epoch:
                self._transactions.wait_for_locks()
            self._tables.keep_lease(epoch)

        self._boundary.call("tables", f"keep_lease {epoch}", work)

    def check_lease(self, epoch: int) -> None:
        """As `Store.check_lease`."""

        def work() -> None:
            if self._tables.content.lease.epoch != epoch:
                raise Fenced

        self._boundary.call("tables", f"check_lease {epoch}", work)

    def give_up_lease(self, epoch: int) -> None:
        """As `Store.give_up_lease`."""

        def work() -> None:
            if self._tables.content.lease.epoch == epoch:
                self._transactions.wait_for_locks()
            self._tables.give_up_lease(epoch)

        self._boundary.call("tables", f"give_up_lease {epoch}", work)

    def versions(self) -> Versions:
        """As `Store.versions`."""

        def work() -> Versions:
            content = self._tables.content
            return Versions(content.version, content.roster_version, DATABASE)

        return self._boundary.call("tables", "versions", work)

    def load(self) -> tuple[Ledger, JournalHead]:
        """As `Store.load`."""
        return self._boundary.call("tables", "load", self._load, lambda loaded: loaded[1])

    def _load(self) -> tuple[Ledger, JournalHead]:
        ledger, head = loaded(self._tables)
        return ledger, head

    def facts_of(self, requests: Sequence[Request]) -> Facts:
        """As `Store.facts_of`: answers first; then a commit may come between."""

        def work() -> Facts:
            facts = Facts()
            read_answers(self._tables, requests, facts)
            self._transactions.go_on()
            read_people(self._tables, requests, facts)
            self._transactions.go_on()
            read_slots(self._tables, requests, facts)
            return facts

        asked = [request.request_id.int for request in requests]
        return self._boundary.call("tables", f"facts_of {asked}", work, _described)

    def roster_after(self, person_key: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """As `Store.roster_after`."""

        def work() -> list[tuple[bytes, bytes]]:
            people = sorted(key for key in self._tables.content.born if key > person_key)
            return [(key, b"check" + key) for key in people[:limit]]

        return self._boundary.call("tables", "roster_after", work, len)

    def holders_after(self, campaign_id: str, person_key: bytes, limit: int) -> list[bytes]:
        """As `Store.holders_after`."""

        def work() -> list[bytes]:
            holders = holders_of(self._tables, campaign_id)
            return [key for key in holders if key > person_key][:limit]

        return self._boundary.call("tables", f"holders_after {campaign_id}", work, len)


class SimulatedCommits:
    """One process's connection for batches (`ports.Commits`)."""

    def __init__(self, transactions: Transactions, boundary: Boundary) -> None:
        self._transactions = transactions
        self._boundary = boundary
        self._started: Transaction | None = None

    def start(self, batch: Batch, epoch: int, decided_at: datetime) -> None:
        """As `Commits.start`: sent, and on its way from now on."""

        def work() -> None:
            assert self._started is None, "two commits would be under way at once"
            self._started = Transaction(batch, epoch, decided_at, self._boundary.name)
            self._transactions.start(self._started)

        numbers = batch.journal["journal_seq"]
        self._boundary.call(None, f"start epoch {epoch} entries {numbers}", work)

    def finish(self) -> None:
        """As `Commits.finish`. A lost connection leaves the transaction to itself."""
        assert self._started is not None, "nothing was started"
        transaction, self._started = self._started, None
        try:
            self._boundary.call("tables", "finish", lambda: self._end(transaction))
        except StoreAway:
            self._transactions.abandon(transaction)
            raise

    def _end(self, transaction: Transaction) -> None:
        self._transactions.settle(transaction)
        if transaction.ended_with is not None:
            raise transaction.ended_with


def loaded(tables: Tables) -> tuple[Ledger, JournalHead]:
    """Read a ledger and the journal's head, as one snapshot."""
    content = tables.content
    catalogue = tables.catalogue()
    rows = [row for row in content.bookings.values() if row["state"] in {"standby", "offered"}]
    standby = Standby(Waiting(row["person_key"], booking_of(row)) for row in rows)
    ledger = Ledger(catalogue, Seats(catalogue, tables.taken()), len(content.bookings), standby)
    if not content.journal:
        return ledger, JournalHead()
    last = content.journal[-1]
    return ledger, JournalHead(last["journal_seq"], last["chain_hash"])


def read_answers(tables: Tables, requests: Sequence[Request], facts: Facts) -> None:
    """As `outcomes_of_requests.sql`."""
    for request in requests:
        row = tables.content.outcomes.get(request.request_id)
        if row is not None:
            facts.decided[request.request_id] = Decided(
                row["content_digest"], row["person_key"], _decode_answer(row["answer"])
            )


def read_people(tables: Tables, requests: Sequence[Request], facts: Facts) -> None:
    """As `roster_of_people.sql` and `bookings_of_people.sql`."""
    people = {person: None for request in requests for person in people_of(request)}
    for person in people:
        if (born := tables.content.born.get(person)) is not None:
            facts.born[person] = born
    for row in tables.live():
        if row["person_key"] in people:
            facts.held[row["campaign_id"], row["person_key"]] = booking_of(row)


def read_slots(tables: Tables, requests: Sequence[Request], facts: Facts) -> None:
    """As `bookings_in_slots.sql`."""
    slot_ids = {slot_id for request in requests for slot_id in _slots_of(tables, request)}
    for row in tables.holding(slot_ids) if slot_ids else ():
        facts.held[row["campaign_id"], row["person_key"]] = booking_of(row)


def people_of(request: Request) -> tuple[bytes, ...]:
    """Return everybody whom a request is about."""
    if isinstance(request.command, BookTogether):
        return request.person_key, request.command.companion.person_key
    if isinstance(request.command, TakeOver):
        return request.person_key, request.command.former_key
    return (request.person_key,)


def holders_of(tables: Tables, campaign_id: str) -> list[bytes]:
    """As `holders_after.sql`, all of them."""
    return sorted(
        row["person_key"]
        for row in tables.live()
        if row["campaign_id"] == campaign_id and _is_holder(row)
    )


def _is_holder(row: Row) -> bool:
    if row["state"] == "standby":
        return bool(msgspec.json.decode(row["standby"])["reason"] != "asked")
    return row["state"] in {"booked", "first_only", "offered"}


def _slots_of(tables: Tables, request: Request) -> list[int]:
    match request.command:
        case CloseSlots() as order:
            return list(order.slot_ids)
        case CutSupply() as order:
            return [
                slot.slot_id
                for slot in tables.content.catalogue.slots.values()
                if (slot.release_id, slot.venue_id, slot.product_id)
                == (order.release_id, order.venue_id, order.product_id)
                and slot.starts_at.astimezone(SITE_TIMEZONE).date() == order.day
            ]
        case _:
            return []


def _described(facts: Facts) -> str:
    held = sorted(booking.booking_number for booking in facts.held.values())
    return f"decided {len(facts.decided)}, held {held}"
