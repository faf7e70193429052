"""Compare what the tables hold with what is on offer, and with what residents were told.

Nothing here does I/O. A line of the tables is a reference and the moment of one dose.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from loadtests.peers.doors.visiting import Told
from loadtests.peers.scene import Scene

Held = tuple[str, datetime]


@dataclass(frozen=True)
class Audit:
    """What was found. All but `bookings` ought to be 0."""

    bookings: int
    oversold_seats: int
    half_pairs: int
    told_not_stored: int
    stored_not_told: int

    @property
    def wrong(self) -> int:
        """Return how much is wrong altogether."""
        return self.oversold_seats + self.half_pairs + self.told_not_stored + self.stored_not_told


def audit(scene: Scene, held: Iterable[Held], told: Iterable[Told]) -> Audit:
    """Return what is wrong with the tables. A dose at a moment without a slot is oversold."""
    seats = {slot.starts_at: (slot.number, 1, slot.capacity) for slot in scene.slots}
    seats |= {slot.second_starts_at: (slot.number, 2, slot.capacity) for slot in scene.slots}
    taken: Counter[datetime] = Counter()
    doses: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for reference, starts_at in held:
        taken[starts_at] += 1
        number, dose, _ = seats.get(starts_at, (-1, 0, 0))
        doses[reference].append((number, dose))
    oversold = sum(
        max(0, count - seats.get(moment, (0, 0, 0))[2]) for moment, count in taken.items()
    )
    pairs = {
        reference: found[0][0]
        for reference, found in doses.items()
        if sorted(found) == [(found[0][0], 1), (found[0][0], 2)]
    }
    heard = Counter((one.reference, one.slot) for one in told)
    stored = Counter(pairs.items())
    return Audit(
        bookings=len(doses),
        oversold_seats=oversold,
        half_pairs=len(doses) - len(pairs),
        told_not_stored=(heard - stored).total(),
        stored_not_told=(stored - heard).total(),
    )
