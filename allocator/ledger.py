"""What decisions are made of: the ledger in memory, the facts of a batch, and what a ruling moves.

Rule 1: a decision is a value: the answer, every booking that it moves from one state
to another, and every capacity that it edits. Nothing else is written anywhere.
Rule 2: `Ledger.apply` is the only place where seats, standby list and facts follow.

Nothing here does I/O, reads a clock or draws a random number. The structures have no
cycles, so that the garbage collector need not look at them (`gc=False`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from allocator.commands import Request
from allocator.model import Booking, Catalogue, DoseNumber, Outcome
from allocator.seats import Seats
from allocator.standby import Standby

HolderKey = tuple[str, bytes]
"""(campaign_id, person_key)"""

Notice = Literal[
    "booked",
    "changed",
    "cancelled",
    "joined",
    "offered",
    "offer_over",
    "moved",
    "listed",
    "closed_moved",
    "closed_listed",
    "left_city",
]
"""What a person is told of a move: see `allocator.mail`."""

IN_THE_CITYS_WORDS: frozenset[Notice] = frozenset({"closed_moved", "closed_listed"})
"""Letters that hold what the city itself says of a closed day."""


class Move(msgspec.Struct, frozen=True, gc=False):
    """One booking before (None: there was none) and after; `notice` is what its person is told.

    `former_key` is whose it was before, where it went over to another ticket of its person.
    `is_parted`: they booked together with somebody, and the city could not place both together.
    """

    person_key: bytes
    before: Booking | None
    after: Booking
    notice: Notice | None
    former_key: bytes | None = None
    is_parted: bool = False


def people_of(move: Move) -> tuple[HolderKey, ...]:
    """Return who holds something else after a move than before."""
    keys = (move.person_key,) if move.former_key is None else (move.former_key, move.person_key)
    return tuple((move.after.campaign_id, key) for key in keys)


class Edit(msgspec.Struct, frozen=True, gc=False):
    """How many seats a slot has for a dose from now on."""

    slot_id: int
    dose: DoseNumber
    capacity: int


class Ruling(msgspec.Struct, frozen=True, gc=False):
    """What a command comes to: the answer, and what it moves and edits (nothing on a refusal)."""

    outcome: Outcome
    moves: tuple[Move, ...] = ()
    edits: tuple[Edit, ...] = ()


class Decided(msgspec.Struct, frozen=True, gc=False):
    """An answer that was given before, and for which content."""

    content_digest: bytes
    person_key: bytes
    outcome: Outcome


class Decision(msgspec.Struct, frozen=True, gc=False):
    """A request with its answer, all bookings it moved (offers to others included), all edits.

    Not `is_new` means that nothing is to be recorded: it had been answered before and
    got that answer, or its id was another's.
    """

    request: Request
    outcome: Outcome
    moves: tuple[Move, ...]
    edits: tuple[Edit, ...]
    is_new: bool


@dataclass
class Facts:
    """What the tables know of the people and requests of one batch.

    `born` has everybody on the roster; `held` the live booking of whoever has one,
    and of everybody with a dose in the slots that the staff's orders are about;
    `decided` the requests that were answered before.
    """

    born: dict[bytes, date] = field(default_factory=dict)
    held: dict[HolderKey, Booking] = field(default_factory=dict)
    decided: dict[UUID, Decided] = field(default_factory=dict)


@dataclass
class Ledger:
    """What is on offer, what is left of it, and who waits for it.

    `bookings_made` numbers the bookings.
    """

    catalogue: Catalogue
    seats: Seats
    bookings_made: int = 0
    standby: Standby = field(default_factory=Standby)

    def apply(self, facts: Facts, moves: Sequence[Move], edits: Sequence[Edit]) -> None:
        """Move seats from the bookings that were to the bookings that are."""
        seats = self.seats
        for move in moves:
            if move.before is not None:
                for dose in move.before.doses:
                    seats.give_back(dose.slot_id, dose.dose)
        if edits:
            self._edit(edits)
        for move in moves:
            for dose in move.after.doses:
                seats.take(dose.slot_id, dose.dose)
            if move.before is None:
                self.bookings_made += 1
            if move.after.standby is not None or (move.before and move.before.standby):
                self.standby.note(move.person_key, move.after)
            _follow(facts, move)

    def _edit(self, edits: Sequence[Edit]) -> None:
        for edit in edits:
            self.seats.resize(edit.slot_id, edit.dose, edit.capacity)
            self.catalogue.slots[edit.slot_id] = self.seats.slots[edit.slot_id].slot
        version = self.catalogue.version + 1
        self.catalogue = msgspec.structs.replace(self.catalogue, version=version)


def _follow(facts: Facts, move: Move) -> None:
    campaign_id = move.after.campaign_id
    if move.former_key is not None:
        del facts.held[campaign_id, move.former_key]
    if move.after.state == "cancelled":
        del facts.held[campaign_id, move.person_key]
    else:
        facts.held[campaign_id, move.person_key] = move.after
