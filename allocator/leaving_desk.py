"""What a file of changes to the roster comes to for bookings, read from the tables.

The command and the staff's page both come here: what one orders, so does the other.

Rule 1: nothing here writes. The orders go through the inbox, and the allocator decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from allocator.commands import Leave, TakeOver
from allocator.desk import Desk, open_desk
from allocator.leaving import as_left
from allocator.ledger import Ledger
from allocator.model import Booking
from allocator.roster_changes import Concerned
from allocator.store import Store

PEOPLE_AT_ONCE = 5_000

Item = TypeVar("Item")


@dataclass(frozen=True)
class Ordering:
    """Who is concerned, who orders, and whether of two bookings the old ticket's ends."""

    concerned: Sequence[Concerned]
    ordered_by: str
    end_old: bool


class Ending(NamedTuple):
    """One order, whom it is about, and how many seats come back by it."""

    person_key: bytes
    command: Leave | TakeOver
    seats: int


@dataclass
class Endings:
    """What bookings come to: orders, and open questions.

    `conflicts` are bookings of old tickets whose new ones have a booking of their own.
    """

    orders: list[Ending] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)

    @property
    def ended(self) -> int:
        """Return how many bookings end."""
        return len(self.orders) - self.taken_over

    @property
    def taken_over(self) -> int:
        """Return how many bookings go over to another ticket."""
        return sum(isinstance(order.command, TakeOver) for order in self.orders)

    @property
    def seats(self) -> int:
        """Return how many seats come back."""
        return sum(order.seats for order in self.orders)


def endings_of(database_url: str, ordering: Ordering, now: datetime) -> Endings:
    """Read what the people hold, and say which orders end it or move it to another ticket.

    Raises:
        StoreAway: PostgreSQL does not answer.
    """
    with closing(Store(database_url, roster_key=b"")) as store:
        ledger = store.ledger()
    found = Endings()
    with open_desk(database_url) as desk:
        for some in pieces(ordering.concerned):
            _add_all(found, ordering, some, desk, ledger, now)
    return found


def pieces(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield so many at a time as one statement may name."""
    for start in range(0, len(items), PEOPLE_AT_ONCE):
        yield items[start : start + PEOPLE_AT_ONCE]


def _add_all(
    found: Endings,
    ordering: Ordering,
    some: Sequence[Concerned],
    desk: Desk,
    ledger: Ledger,
    now: datetime,
) -> None:
    keys = [key for one in some for key in (one.person_key, one.new_key) if key is not None]
    held = desk.bookings_of(keys)
    by_person: dict[bytes, list[Booking]] = {}
    for (_, person), booking in held.items():
        by_person.setdefault(person, []).append(booking)
    for one in some:
        for booking in by_person.get(one.person_key, ()):
            is_double = (booking.campaign_id, one.new_key) in held
            after = as_left(ledger, booking, now)
            _add(found, ordering, one, (booking, after), is_double=is_double)


def _add(
    found: Endings,
    ordering: Ordering,
    one: Concerned,
    bookings: tuple[Booking, Booking],
    *,
    is_double: bool,
) -> None:
    """Add what becomes of a booking, given as it is and as it would end.

    `is_double`: the new ticket has a booking of its own.
    """
    held, after = bookings
    if one.change == "returned":
        return
    if one.new_key is not None and not is_double:
        order = TakeOver(held.campaign_id, one.person_key, ordering.ordered_by)
        found.orders.append(Ending(one.new_key, order, 0))
    elif is_double and not ordering.end_old:
        found.conflicts.append(held.booking_number)
    elif after != held:
        leave = Leave(held.campaign_id, one.change, ordering.ordered_by)
        seats = len(held.doses) - len(after.doses)
        found.orders.append(Ending(one.person_key, leave, seats))
