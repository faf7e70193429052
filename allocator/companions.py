"""Who of those that lose a place booked together: they are moved as one, where they can be.

Rule 1: two who booked together are named by their bookings' ids alone (`companion_id`), and their
numbers follow each other.
Rule 2: whoever went a way of their own since (another day, one dose alone) is placed alone.

Nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from allocator.commands import companion_id
from allocator.model import Booking, DoseNumber
from allocator.seats import Seats

Holder = tuple[bytes, Booking]
Loss = tuple[Holder, tuple[DoseNumber, ...]]
Losses = dict[str, Loss]
"""By booking number: who loses which doses."""


def come_together(seats: Seats, one: Booking, other: Booking) -> bool:
    """Say whether two booked together and still hold pairs that can be moved as one."""
    if companion_id(one.booking_id) != other.booking_id:
        return False
    if not one.state == other.state == "booked" or one.product_id != other.product_id:
        return False
    firsts = one.slot_of(1), other.slot_of(1)
    days = [seats.slots[slot_id].day for slot_id in firsts if slot_id is not None]
    return len(days) == len(firsts) and days[0] == days[1]


def companions_follow(losses: Sequence[Loss], seats: Seats) -> Iterator[bool]:
    """Yield for each whether the next is who came with them, and loses the same."""
    for ((_, held), lost), ((_, follower), lost_too) in pairwise(losses):
        yield lost == lost_too and come_together(seats, held, follower)
    if losses:
        yield False


def first_of(losses: Losses, people_max: int | None) -> Losses:
    """Return so many, or one less where the last would be parted from who booked with them."""
    first = list(islice(losses.items(), people_max))
    if 1 < len(first) < len(losses):
        (_, last), _ = first[-1][1]
        (_, follower), _ = next(islice(losses.values(), len(first), None))
        if companion_id(last.booking_id) == follower.booking_id:
            first.pop()
    return dict(first)
