"""The standby list: who is to be offered what others give back, in order.

Rule 1: whom the city displaced comes before who asked; then the order of joining
(`StandbyPlace.rank`). An offer that ran out puts its person at the end.
Rule 2: an offer holds its seats until it is taken or runs out, so that nobody is told
of a pair that is gone.

Nothing here does I/O or reads a clock. Whom to offer what: `allocator.offering`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from uuid import UUID

import msgspec

from allocator.model import Booking


class Waiting(msgspec.Struct, frozen=True):
    """Somebody on the list: `booking.standby` is there; an offer stands if it says until when."""

    person_key: bytes
    booking: Booking


class _List:
    """One release: two queues, each in order of rank."""

    __slots__ = ("asked", "displaced")

    def __init__(self) -> None:
        self.displaced: dict[UUID, Waiting] = {}
        self.asked: dict[UUID, Waiting] = {}


class Standby:
    """Everybody who waits or has an offer, of all releases."""

    def __init__(self, waiting: Iterable[Waiting] = ()) -> None:
        self._lists: dict[str, _List] = {}
        self._offered: dict[UUID, Waiting] = {}
        for one in sorted(waiting, key=_rank):
            self.note(one.person_key, one.booking)

    def note(self, person_key: bytes, booking: Booking) -> None:
        """Follow a booking that came to the list, changed on it, or left it."""
        of_release = self._lists.setdefault(booking.release_id, _List())
        booking_id, place = booking.booking_id, booking.standby
        self._offered.pop(booking_id, None)
        queue = of_release.asked
        if booking_id in of_release.displaced or (place and place.reason != "asked"):
            queue = of_release.displaced
        before = queue.get(booking_id)
        if before is not None and _rank(before) != (place and place.rank):
            del queue[booking_id]  # Whoever comes back stands at the end.
        if place is None:
            return
        one = Waiting(person_key, booking)
        queue[booking_id] = one
        if place.offered_until is not None:
            self._offered[booking_id] = one

    def is_empty(self) -> bool:
        """Say whether nobody waits anywhere, as is usual."""
        return not any(one.displaced or one.asked for one in self._lists.values())

    def in_order(self, release_id: str) -> Iterator[Waiting]:
        """Yield who waits without an offer, the first first."""
        if (of_release := self._lists.get(release_id)) is None:
            return
        for one in chain(of_release.displaced.values(), of_release.asked.values()):
            if one.booking.booking_id not in self._offered:
                yield one

    def length(self, release_id: str) -> int:
        """Return how many wait or have an offer."""
        of_release = self._lists.get(release_id)
        return 0 if of_release is None else len(of_release.displaced) + len(of_release.asked)

    def people(self) -> int:
        """Return how many wait or have an offer, of all releases."""
        return sum(self.length(release_id) for release_id in self._lists)

    def offered(self) -> int:
        """Return how many have an offer that stands."""
        return len(self._offered)

    def next_rank(self, release_id: str) -> int:
        """Return the rank of whoever comes next: one more than the last one's."""
        of_release = self._lists.get(release_id)
        queues = () if of_release is None else (of_release.displaced, of_release.asked)
        return 1 + max(
            (_rank(queue[next(reversed(queue))]) for queue in queues if queue), default=0
        )

    def run_out(self, now: datetime) -> list[Waiting]:
        """Return whose offer's time is over, the first first."""
        return sorted(
            (one for one in self._offered.values() if _until(one) <= now),
            key=lambda one: (_until(one), _rank(one)),
        )


def _rank(one: Waiting) -> int:
    assert one.booking.standby is not None, "who waits has a place"
    return one.booking.standby.rank


def _until(one: Waiting) -> datetime:
    assert one.booking.standby is not None, "who waits has a place"
    assert one.booking.standby.offered_until is not None, "an offer has an end"
    return one.booking.standby.offered_until
