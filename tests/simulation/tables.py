"""A simulated PostgreSQL: tables as dictionaries, changed by whole transactions.

Rule 1: a transaction first holds catalogue and lease (`batch_held.sql`); while it holds
them, whoever wants one of them waits. It is applied whole, or not at all.
Rule 2: what the schema checks is checked here (`constraints`), under the same names.

`tests/integration/allocator/test_simulated_store.py` compares this with the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec

from allocator.batch import Batch, Columns
from allocator.errors import AllocatorError, Fenced, Outdated, StoreAway
from allocator.model import Booking, Catalogue, DoseNumber, Release, Slot
from allocator.rows import booking_from_row
from tests.simulation.clock import SimulatedClock
from tests.simulation.constraints import check_rows

Row = dict[str, Any]
SeatKey = tuple[int, int]


@dataclass
class Lease:
    """The row of `writer`. `seen_at_s` is minus infinity once it was given up."""

    epoch: int = 0
    holder: str = ""
    seen_at_s: float = float("-inf")


@dataclass
class Seat:
    """A row of `seats`."""

    capacity: int
    taken: int = 0


@dataclass
class Content:
    """What is committed. `outcomes` are rows by request id; `journal` is in order."""

    catalogue: Catalogue
    born: dict[bytes, date]
    version: int = 1
    roster_version: int = 1
    lease: Lease = field(default_factory=Lease)
    bookings: dict[UUID, Row] = field(default_factory=dict)
    seats: dict[SeatKey, Seat] = field(default_factory=dict)
    journal: list[Row] = field(default_factory=list)
    outcomes: dict[UUID, Row] = field(default_factory=dict)
    outbox: list[Row] = field(default_factory=list)


class Transaction:
    """The transaction of one batch, on its way. `ended_with` is its fault, if it had one."""

    def __init__(self, batch: Batch, epoch: int, decided_at: datetime, owner: str) -> None:
        self.batch = batch
        self.epoch = epoch
        self.decided_at = decided_at
        self.owner = owner
        self.is_orphaned = False
        self.has_ended = False
        self.ended_with: AllocatorError | None = None

    def end(self, fault: AllocatorError | None = None) -> None:
        """Say how it ended."""
        self.has_ended, self.ended_with = True, fault


class Tables:
    """One database. `committed` is called after each commit."""

    def __init__(
        self, catalogue: Catalogue, born: dict[bytes, date], clock: SimulatedClock
    ) -> None:
        seats = {
            (slot.slot_id, dose): Seat(slot.capacities[dose - 1])
            for slot in catalogue.slots.values()
            for dose in (1, 2)
        }
        self.content = Content(catalogue, born, catalogue.version, seats=seats)
        self.clock = clock
        self.held_by: Transaction | None = None
        self.committed: Callable[[Transaction], None] = lambda _: None
        self.edits_by_hand: list[tuple[int, Release]] = []
        """Releases that operators edited, each with the number of decisions before."""

    # Transactions of batches

    def hold(self, transaction: Transaction) -> bool:
        """Begin: take the locks, and check epoch and version. False: it has ended."""
        assert self.held_by is None, "the locks are another's"
        if transaction.epoch != self.content.lease.epoch:
            transaction.end(Fenced())
        elif transaction.batch.catalogue_version != self.content.version:
            transaction.end(Outdated())
        else:
            self.held_by = transaction
        return not transaction.has_ended

    def roll_back(self, transaction: Transaction) -> None:
        """End a transaction without effect; its connection is gone."""
        if self.held_by is transaction:
            self.held_by = None
        transaction.end(StoreAway())

    def commit(self, transaction: Transaction) -> None:
        """Apply a transaction that holds the locks."""
        assert self.held_by is transaction, "it holds the locks"
        self.held_by = None
        try:
            self._apply(transaction.batch, transaction.epoch, transaction.decided_at)
        except AllocatorError as fault:
            transaction.end(fault)
            return
        transaction.end()
        self.committed(transaction)

    def _apply(self, batch: Batch, epoch: int, decided_at: datetime) -> None:
        """Make the next content, check it, and let it be the content."""
        old = self.content
        bookings, seats = dict(old.bookings), dict(old.seats)
        for row in _rows(batch.bookings_changed):
            if row["booking_id"] in bookings:
                bookings[row["booking_id"]] = bookings[row["booking_id"]] | row
        inserted = _rows(batch.bookings_inserted)
        for moved in _rows(batch.seats_moved):
            key = (moved["slot_id"], moved["dose"])
            if (seat := seats.get(key)) is not None:
                capacity = seat.capacity if moved["capacity"] is None else moved["capacity"]
                seats[key] = Seat(capacity, seat.taken + moved["count"])
        journal = [row | {"epoch": epoch, "decided_at": decided_at} for row in _rows(batch.journal)]
        outcomes = _rows(batch.outcomes)
        outbox = [row | {"created_at": decided_at} for row in _rows(batch.outbox)]
        check_rows(old, bookings, inserted, seats, journal, outcomes, outbox)
        bookings.update((row["booking_id"], row) for row in inserted)
        self.content = Content(
            old.catalogue,
            old.born,
            old.version + batch.catalogue_edits,
            old.roster_version,
            Lease(epoch, old.lease.holder, self.clock.seconds),
            bookings,
            seats,
            old.journal + journal,
            old.outcomes | {row["request_id"]: row for row in outcomes},
            old.outbox + outbox,
        )

    # What else is changed, each by itself

    def take_lease(self, holder: str, lease_s: float) -> int | None:
        """As `lease_taken.sql`; nobody holds the locks."""
        lease = self.content.lease
        if not self.lease_is_free(holder, lease_s):
            return None
        self.content.lease = Lease(lease.epoch + 1, holder, self.clock.seconds)
        return lease.epoch + 1

    def lease_is_free(self, holder: str, lease_s: float) -> bool:
        """Say whether somebody may take the lease."""
        lease = self.content.lease
        return lease.holder == holder or lease.seen_at_s < self.clock.seconds - lease_s

    def keep_lease(self, epoch: int) -> None:
        """As `lease_kept.sql`."""
        lease = self.content.lease
        if lease.epoch != epoch:
            raise Fenced
        self.content.lease = Lease(epoch, lease.holder, self.clock.seconds)

    def give_up_lease(self, epoch: int) -> None:
        """As `lease_given_up.sql`."""
        lease = self.content.lease
        if lease.epoch == epoch:
            self.content.lease = Lease(epoch, lease.holder)

    def edit_release(self, release: Release) -> None:
        """Let an operator order something by hand."""
        content = self.content
        releases = content.catalogue.releases | {release.release_id: release}
        content.catalogue = msgspec.structs.replace(content.catalogue, releases=releases)
        content.version += 1
        self.edits_by_hand.append((len(content.journal), release))

    # What is read

    def catalogue(self) -> Catalogue:
        """Return what is on offer, with the capacities of the seats."""
        content = self.content
        slots = {slot_id: self._slot(slot) for slot_id, slot in content.catalogue.slots.items()}
        return msgspec.structs.replace(content.catalogue, version=content.version, slots=slots)

    def _slot(self, slot: Slot) -> Slot:
        seats = self.content.seats
        capacities = (seats[slot.slot_id, 1].capacity, seats[slot.slot_id, 2].capacity)
        return msgspec.structs.replace(slot, capacities=capacities)

    def taken(self) -> dict[tuple[int, int], int]:
        """As `seats_taken.sql`."""
        return {key: seat.taken for key, seat in self.content.seats.items() if seat.taken > 0}

    def live(self) -> list[Row]:
        """Return the rows of everybody who holds something."""
        return [row for row in self.content.bookings.values() if row["state"] != "cancelled"]

    def holding(self, slot_ids: set[int]) -> list[Row]:
        """As `bookings_in_slots.sql`."""
        return [
            row
            for row in self.content.bookings.values()
            if row["dose1_slot_id"] in slot_ids or row["dose2_slot_id"] in slot_ids
        ]

    def free(self, slot_id: int, dose: DoseNumber) -> int:
        """Return how many seats nobody has."""
        seat = self.content.seats[slot_id, dose]
        return seat.capacity - seat.taken


def booking_of(row: Row) -> Booking:
    """Return a row as the model's word, read as the real store reads it."""
    standby = None if row["standby"] is None else msgspec.json.decode(row["standby"])
    return booking_from_row(SimpleNamespace(**row | {"standby": standby}))


def _rows(columns: Columns) -> list[Row]:
    names = list(columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
