"""What can be asked of the allocator: the commands of residents, of the staff, and its own.

Rule 1: a command that is built is within its bounds; whether it is allowed, and what
comes of it, is decided in `allocator.core`.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Shapes: a `contact` is sealed for the booking that it belongs to; the allocator stores
it and cannot read it. `ordered_by` names the account that ordered, never a resident.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Literal
from uuid import UUID

import msgspec

from allocator.model import (
    BOOKINGS_MOVED_MAX,
    CHOICES_MAX,
    CLOSING_WORDS_MAX,
    LOT_LENGTH_MAX,
    REASON_LENGTH_MAX,
    SEATS_ADDED_MAX,
    SLOTS_EDITED_MAX,
    DoseNumber,
    FirstDose,
    Flexible,
    Wish,
)

STAFF_KEY = bytes(16)
"""Stands where a person key would for orders of the staff that are about no one person."""

_DERIVED_VERSION = 8


def _check_choices(wish: Wish) -> None:
    if isinstance(wish, tuple) and not 1 <= len(wish) <= CHOICES_MAX:
        raise ValueError("a request carries 1 to CHOICES_MAX choices")


class Book(msgspec.Struct, frozen=True, gc=False, tag="book"):
    """Both doses, or dose 2 alone when the first was given elsewhere.

    With `first_dose_elsewhere`, a choice's `slot_id` names the slot of dose 2.
    """

    release_id: str
    wish: Wish
    contact: bytes
    language: str
    first_dose_elsewhere: FirstDose | None = None
    reminders: bool = True

    def __post_init__(self) -> None:
        """Refuse to be built over its bounds."""
        _check_choices(self.wish)


class Change(msgspec.Struct, frozen=True, tag="change"):
    """Swap the pair, or dose 2 alone (then a choice's `slot_id` names the slot of dose 2)."""

    campaign_id: str
    doses: Literal["both", "second"]
    wish: Wish

    def __post_init__(self) -> None:
        """Refuse to be built over its bounds."""
        _check_choices(self.wish)


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Give back both seats, or that of dose 2 alone."""

    campaign_id: str
    doses: Literal["both", "second"]


class Remind(msgspec.Struct, frozen=True, tag="remind"):
    """Send mails before each dose from now on, or none."""

    campaign_id: str
    reminders: bool


class Companion(msgspec.Struct, frozen=True):
    """The second of two people who come together. `contact` is sealed for `companion_id`."""

    person_key: bytes
    contact: bytes


class BookTogether(msgspec.Struct, frozen=True, omit_defaults=True, tag="book_together"):
    """Two pairs for two people, at the same time or in adjoining slots: both or neither.

    `reminders` are those of who asks; the companion's begin as anybody's do.
    """

    release_id: str
    wish: Wish
    contact: bytes
    language: str
    companion: Companion
    reminders: bool = True

    def __post_init__(self) -> None:
        """Refuse to be built over its bounds."""
        _check_choices(self.wish)


class Join(msgspec.Struct, frozen=True, tag="join"):
    """Stand on the standby list: to be offered, in order, what others give back."""

    release_id: str
    wish: Flexible
    contact: bytes
    language: str
    first_dose_elsewhere: FirstDose | None = None
    reminders: bool = True


class Accept(msgspec.Struct, frozen=True, tag="accept"):
    """Take the pair that was offered."""

    campaign_id: str


class Expire(msgspec.Struct, frozen=True, tag="expire"):
    """The time to take an offer has run out. Made by the allocator itself, id and all."""

    campaign_id: str
    booking_id: UUID


class CloseSlots(msgspec.Struct, frozen=True, omit_defaults=True, tag="close_slots"):
    """No dose is given in these slots. Who has a dose there gets a new pair, or is listed.

    With `people_max` all slots are closed, and so many people are moved; the rest keep what
    they have until the same is ordered again. `reason` is what the listed ones are told.
    `words` are the city's own, for the mails of everybody who is moved; one line.
    """

    release_id: str
    slot_ids: tuple[int, ...]
    ordered_by: str
    reason: Literal["slot_closed", "supply_cut"] = "slot_closed"
    people_max: int | None = None
    words: str = ""

    def __post_init__(self) -> None:
        """Refuse to be built over its bounds."""
        if len(self.words) > CLOSING_WORDS_MAX or not self.words.isprintable():
            raise ValueError("the city's words are one line of CLOSING_WORDS_MAX characters")
        if not 1 <= len(set(self.slot_ids)) == len(self.slot_ids) <= SLOTS_EDITED_MAX:
            raise ValueError("an order closes 1 to SLOTS_EDITED_MAX different slots")
        if self.people_max is not None and not 1 <= self.people_max <= BOOKINGS_MOVED_MAX:
            raise ValueError("an order moves 1 to BOOKINGS_MOVED_MAX people")


class AddSeats(msgspec.Struct, frozen=True, tag="add_seats"):
    """More seats in a slot, for dose 1 and for dose 2."""

    release_id: str
    slot_id: int
    seats: tuple[int, int]
    ordered_by: str

    def __post_init__(self) -> None:
        """Refuse to be built over its bounds."""
        if not 0 <= min(self.seats) <= max(self.seats) <= SEATS_ADDED_MAX or not any(self.seats):
            raise ValueError("an order adds 1 to SEATS_ADDED_MAX seats for a dose")


class CutSupply(msgspec.Struct, frozen=True, tag="cut_supply"):
    """Only `doses_left` doses (first and second together) can be given there on that day."""

    release_id: str
    venue_id: str
    product_id: str
    day: date
    doses_left: int
    ordered_by: str

    def __post_init__(self) -> None:
        """Refuse to be built over its bounds."""
        if self.doses_left < 0:
            raise ValueError("doses left are not negative")


class MarkDose(msgspec.Struct, frozen=True, omit_defaults=True, tag="mark_dose"):
    """A dose of a person's booking was given; not `given` takes the mark back.

    With `lot` (the number on the vial) it is the record of a venue's desk: a second one is
    refused. `given_on` is the day it was given on, today where it is left out; `reason` says
    why a mark is taken back.
    """

    campaign_id: str
    dose: DoseNumber
    given: bool
    ordered_by: str
    lot: str = ""
    given_on: date | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse to be built over its bounds."""
        if len(self.lot) > LOT_LENGTH_MAX or len(self.reason) > REASON_LENGTH_MAX:
            raise ValueError("a lot or a reason is longer than it may be")


class NotCome(msgspec.Struct, frozen=True, tag="not_come"):
    """A person did not come for a dose: their seats that were not used are given back."""

    campaign_id: str
    dose: DoseNumber
    ordered_by: str


class WalkIn(msgspec.Struct, frozen=True, tag="walk_in"):
    """Somebody without a booking gets a dose in a slot of today, and dose 2 by the rule.

    Whoever has had dose 1 here and holds no dose 2 gets that alone. `lot` is left out of what is
    encoded where nobody gave it, so that earlier requests keep their digests.
    """

    release_id: str
    slot_id: int
    contact: bytes
    language: str
    ordered_by: str
    first_dose_elsewhere: FirstDose | None = None
    lot: str | msgspec.UnsetType = msgspec.UNSET


class Leave(msgspec.Struct, frozen=True, tag="leave"):
    """A person left the roster: what they hold ends, but for doses that were given.

    `reissued`: they have a booking by another ticket.
    """

    campaign_id: str
    reason: Literal["moved_out", "died", "reissued"]
    ordered_by: str


class TakeOver(msgspec.Struct, frozen=True, tag="take_over"):
    """A person got a ticket with another number: it takes over what `former_key` holds.

    The request is about the new ticket's key.
    """

    campaign_id: str
    former_key: bytes
    ordered_by: str


Command = (
    Book
    | Change
    | Cancel
    | Remind
    | BookTogether
    | Join
    | Accept
    | Expire
    | CloseSlots
    | AddSeats
    | CutSupply
    | MarkDose
    | NotCome
    | WalkIn
    | Leave
    | TakeOver
)


class Request(msgspec.Struct, frozen=True, gc=False):
    """A command of one person. The same `request_id` with the same digest is the same request.

    Ids of version 8 (RFC 9562) are the allocator's own: see `derived_id`.
    """

    request_id: UUID
    content_digest: bytes
    person_key: bytes
    command: Command


def derived_id(base: UUID, word: str) -> UUID:
    """Return an id of version 8 that follows from another; no request may bring one like it."""
    digest = sha256(base.bytes + word.encode()).digest()[:16]
    number = int.from_bytes(digest, "big")
    return UUID(int=number & ~(0xF << 76) & ~(0x3 << 62) | (_DERIVED_VERSION << 76) | (2 << 62))


def is_derived(request_id: UUID) -> bool:
    """Say whether an id is one of the allocator's own."""
    return request_id.int >> 76 & 0xF == _DERIVED_VERSION


def companion_id(request_id: UUID) -> UUID:
    """Return the id of the companion's booking."""
    return derived_id(request_id, "companion")
