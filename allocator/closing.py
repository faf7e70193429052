"""Close a place for a day, or one vaccine there: which orders do it, and what they would come to.

Rule 1: an order closes all slots of the day (or of its vaccine) in one release, so that from its
commit on none of them takes a new booking, and moves so many people; the same order again moves
the next, until one moves nobody. So whoever begins again after a fault goes on where it stopped.
Rule 2: who booked first is placed first. Where they go is for `allocator.rebooking` to say: the
forecast takes the very decisions that the orders would be given, on a ledger to throw away.

Nothing here does I/O, reads a clock or draws a random number. A forecast has counts of people,
never who they are. Work: that of the orders.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from itertools import count
from typing import Literal
from uuid import UUID

import msgspec

from allocator.commands import STAFF_KEY, CloseSlots, Request
from allocator.core import decide_batch
from allocator.ledger import Facts, Ledger, Move
from allocator.model import (
    BOOKINGS_MOVED_MAX,
    CLOSING_WORDS_MAX,
    SITE_TIMEZONE,
    Booking,
    Catalogue,
    DoseNumber,
    Refusal,
    Slot,
)


class Unclosable(StrEnum):
    """Why there is nothing to order."""

    NO_SUCH_VENUE = "no_such_venue"
    NO_SLOTS = "no_slots"
    NO_SLOTS_OF_PRODUCT = "no_slots_of_product"
    TOO_MANY_SLOTS = "too_many_slots"


class Closing(msgspec.Struct, frozen=True):
    """A place that gives no dose on a day: why, and who orders it.

    `words` are what the city itself says to whom it moves (`words_of`), or nothing.
    `product_id` is there where one vaccine alone is not given; the others are.
    """

    venue_id: str
    day: date
    reason: Literal["slot_closed", "supply_cut"]
    ordered_by: str
    people_max: int = BOOKINGS_MOVED_MAX
    words: str = ""
    product_id: str | None = None


class Displaced(msgspec.Struct, frozen=True, order=True):
    """So many people lose a dose at one time, and get it at another (None: at no time yet)."""

    starts_at: datetime
    dose: DoseNumber
    people: int
    new_starts_at: datetime | None


class Forecast(msgspec.Struct, frozen=True):
    """What closing a day would come to now, in people. `displaced` is sorted by time.

    `withdrawn` are offers that are taken back; their people stay on the standby list. Of
    `cancelled` people dose 2 alone is: dose 1 is over and nobody recorded it (`rebooking`, rule 2).
    """

    slots: int
    moved: int
    listed: int
    withdrawn: int
    displaced: tuple[Displaced, ...]
    cancelled: int = 0


class Summary(msgspec.Struct, frozen=True):
    """A forecast in sums: how many lose a dose when, and how many days away they get it.

    `going` has days later, or earlier (below 0), or None for the standby list; nearest first.
    """

    losing: tuple[tuple[datetime, DoseNumber, int], ...]
    going: tuple[tuple[int | None, int], ...]


class Rounds:
    """Which order is given next, and what all came to in people; each till it moves nobody.

    With several releases, each is closed before any has its second round.
    """

    def __init__(self, orders: Sequence[CloseSlots]) -> None:
        self._open = deque(orders)
        self.given = self.moved = self.listed = 0

    @property
    def next(self) -> CloseSlots | None:
        """Return the order to give, or None at the end."""
        return self._open[0] if self._open else None

    def note(self, displaced: Sequence[Booking]) -> None:
        """Take down what the order came to that was given."""
        order = self._open.popleft()
        listed = sum(booking.standby is not None for booking in displaced)
        self.given += 1
        self.listed += listed
        self.moved += len(displaced) - listed
        if displaced:
            self._open.append(order)


def words_of(typed: str) -> str | None:
    """Return what the city says as one line, or None if it is too long or holds what is unseen."""
    line = " ".join(typed.split())
    return line if len(line) <= CLOSING_WORDS_MAX and line.isprintable() else None


def orders_of(catalogue: Catalogue, closing: Closing, now: datetime) -> tuple[CloseSlots, ...]:
    """Return one order for each release that has slots to close which are not over.

    Raises:
        ValueError: a release has more slots on that day than one order may close.
    """
    slot_ids: dict[str, list[int]] = {}
    for slot in sorted(catalogue.slots.values(), key=lambda one: one.slot_id):
        if _closes(closing, slot) and slot.ends_at > now:
            slot_ids.setdefault(slot.release_id, []).append(slot.slot_id)
    return tuple(
        CloseSlots(
            release_id,
            tuple(of_release),
            closing.ordered_by,
            closing.reason,
            closing.people_max,
            closing.words,
        )
        for release_id, of_release in sorted(slot_ids.items())
    )


def _closes(closing: Closing, slot: Slot) -> bool:
    on = slot.starts_at.astimezone(SITE_TIMEZONE).date()
    is_of_day = (slot.venue_id, on) == (closing.venue_id, closing.day)
    return is_of_day and closing.product_id in (None, slot.product_id)


def preview_requests(orders: Sequence[CloseSlots]) -> list[Request]:
    """Return requests by which the facts of the orders can be read; they are never handed in."""
    return [_request(number, order) for number, order in enumerate(orders)]


def forecast(
    ledger: Ledger, facts: Facts, orders: Sequence[CloseSlots], now: datetime
) -> Forecast | Refusal:
    """Foresee what the orders come to. Changes the ledger and the facts: throw them away."""
    starts = {slot_id: slot.starts_at for slot_id, slot in ledger.catalogue.slots.items()}
    numbers = count()
    rows: Counter[tuple[datetime, DoseNumber, datetime | None]] = Counter()
    moved = listed = withdrawn = cancelled = 0
    for order in orders:
        while True:
            request = _request(next(numbers), order)
            (decision,) = decide_batch(ledger, facts, [request], now)
            if isinstance(decision.outcome, Refusal):
                return decision.outcome
            assert isinstance(decision.outcome, tuple), "an order is about several people"
            displaced = decision.moves[: len(decision.outcome)]
            if not displaced:
                break
            for move in displaced:
                rows.update(_rows(move, set(order.slot_ids), starts))
                was_offer = move.before is not None and move.before.state == "offered"
                withdrawn += was_offer
                listed += move.after.standby is not None and not was_offer
                cancelled += move.notice == "cancelled"
                moved += move.after.standby is None and move.notice != "cancelled"
    displaced_rows = [Displaced(at, dose, people, to) for (at, dose, to), people in rows.items()]
    in_order = sorted(
        displaced_rows,
        key=lambda row: (row.starts_at, row.dose, row.new_starts_at or row.starts_at),
    )
    slots = sum(len(order.slot_ids) for order in orders)
    return Forecast(slots, moved, listed, withdrawn, tuple(in_order), cancelled)


def summary(foreseen: Forecast) -> Summary:
    """Add a forecast up."""
    losing: Counter[tuple[datetime, DoseNumber]] = Counter()
    going: Counter[int | None] = Counter()
    for row in foreseen.displaced:
        losing[row.starts_at, row.dose] += row.people
        going[_days_away(row)] += row.people
    going.subtract({None: foreseen.cancelled})
    nearest_first = sorted(
        (+going).items(), key=lambda item: (item[0] is None, abs(item[0] or 0), -(item[0] or 0))
    )
    lost = ((starts_at, dose, people) for (starts_at, dose), people in losing.items())
    return Summary(tuple(lost), tuple(nearest_first))


def _days_away(row: Displaced) -> int | None:
    if row.new_starts_at is None:
        return None
    return (row.new_starts_at.date() - row.starts_at.date()).days


def _request(number: int, order: CloseSlots) -> Request:
    return Request(UUID(int=number), b"", STAFF_KEY, order)


def _rows(
    move: Move, closed: set[int], starts: dict[int, datetime]
) -> Iterator[tuple[datetime, DoseNumber, datetime | None]]:
    """Yield each dose that somebody loses, and when they get it instead."""
    assert move.before is not None, "who is displaced had a booking"
    for dose in move.before.doses:
        if dose.slot_id in closed and dose.dose not in move.before.given:
            to = move.after.slot_of(dose.dose)
            yield starts[dose.slot_id], dose.dose, None if to is None else starts[to]
