"""Prove the tables from the journal: what follows from every decision must be what is stored.

Rule 1: the journal is believed only as far as its chain of hashes holds, from the
first entry to the last, without a gap in the numbers.
Rule 2: bookings and seats are rebuilt from the entries alone, and compared.

A finding names entries, booking numbers and slots, never a person. Nothing here
does I/O. Memory: one booking of the model per booking made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec

from allocator.batch import FIRST_CHAIN_HASH, chained
from allocator.model import Booking, Outcome

FINDINGS_MAX = 20
"""So many findings are named; more say the same."""


class JournalEntry(msgspec.Struct, frozen=True):
    """One row of the journal."""

    journal_seq: int
    entry: str
    chain_hash: bytes


class StoredBooking(msgspec.Struct, frozen=True):
    """One row of the booking table: whose it is, and what is held."""

    person_key: bytes
    booking: Booking


class _Moved(msgspec.Struct):
    """One booking that a decision moved, and whose it is."""

    booking: Booking
    person: str


class _Decided(msgspec.Struct):
    """What an entry says of its decision; the rest of it is for readers.

    `moves` is there when more was moved than the answer to the person says.
    """

    outcome: Outcome
    person: str
    moves: list[_Moved] | None = None

    def moved(self) -> list[_Moved]:
        """Return every booking that the decision moved, in order."""
        if self.moves is not None:
            return self.moves
        return [_Moved(self.outcome, self.person)] if isinstance(self.outcome, Booking) else []


class Proof:
    """Reads a journal in order, then compares it with what is stored."""

    def __init__(self) -> None:
        self.findings: list[str] = []
        self.entries = 0
        self._chain_hash = FIRST_CHAIN_HASH
        self._bookings: dict[UUID, StoredBooking] = {}

    @property
    def in_order(self) -> bool:
        """Say whether nothing was found."""
        return not self.findings

    def read(self, row: JournalEntry) -> None:
        """Take the next entry of the journal."""
        self.entries += 1
        if row.journal_seq != self.entries:
            self._find(f"journal: entry {self.entries} is missing, {row.journal_seq} follows")
            self.entries = row.journal_seq
        if chained(self._chain_hash, row.entry) != row.chain_hash:
            self._find(f"journal: the chain breaks at entry {row.journal_seq}")
        self._chain_hash = row.chain_hash
        try:
            decided = msgspec.json.decode(row.entry, type=_Decided)
            moved = [StoredBooking(bytes.fromhex(m.person), m.booking) for m in decided.moved()]
        except (msgspec.DecodeError, ValueError):
            self._find(f"journal: entry {row.journal_seq} cannot be read")
            return
        self._bookings.update((told.booking.booking_id, told) for told in moved)

    def compare(
        self,
        stored: Iterable[StoredBooking],
        taken: Mapping[tuple[int, int], int],
        answers: int,
    ) -> None:
        """Compare bookings, seats taken by (slot_id, dose), and the number of stored answers."""
        if answers != self.entries:
            self._find(f"answers: {answers} are stored for {self.entries} decisions")
        self._compare_bookings(stored)
        held: Counter[tuple[int, int]] = Counter()
        for row in self._bookings.values():
            held.update((dose.slot_id, dose.dose) for dose in row.booking.doses)
        for slot_id, dose in sorted({*held, *taken}):
            expected, found = held[(slot_id, dose)], taken.get((slot_id, dose), 0)
            if expected != found:
                self._find(f"seats: slot {slot_id} dose {dose} has {found} taken, not {expected}")

    def _compare_bookings(self, stored: Iterable[StoredBooking]) -> None:
        missing = dict(self._bookings)
        for row in stored:
            number = row.booking.booking_number
            expected = missing.pop(row.booking.booking_id, None)
            if expected is None:
                self._find(f"booking {number} is in no entry of the journal")
            elif _comparable(expected) != _comparable(row):
                self._find(f"booking {number} is not as the journal left it")
        for lost in missing.values():
            self._find(f"booking {lost.booking.booking_number} is in the journal and not stored")

    def _find(self, finding: str) -> None:
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)


def _comparable(row: StoredBooking) -> StoredBooking:
    """A cancelled booking's row no longer says where dose 1 was given."""
    if row.booking.state != "cancelled":
        return row
    booking = msgspec.structs.replace(row.booking, first_dose_elsewhere=None)
    return StoredBooking(row.person_key, booking)
