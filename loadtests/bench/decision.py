"""The pure decision: `decide_batch` alone, on one core, with ever more slots on offer.

Each measurement runs in a process of its own, on a fresh ledger with seats enough, with
the garbage collector as it is in production; what the tables would say of the people
is made beforehand, as it is not part of the decision.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from allocator.commands import Request
from allocator.core import Facts, Ledger, decide_batch
from allocator.model import Booking
from allocator.seats import Seats
from loadtests.bench.errors import BenchStopped
from loadtests.bench.releases import (
    BORN,
    KINDS,
    Kind,
    Wishes,
    catalogue_of,
    now,
    plan_of,
    requests_of,
    seats_for,
)

BATCH_SIZE = 500
_BOOKED_SHARE_MIN = 0.9
_MEASURED_S_MAX = 1.5
"""A measurement ends here even when requests are left: the rate is that of what was decided."""


def decisions_per_s(slots: int, requests: int) -> dict[Kind, float]:
    """Return pairs a second for each kind of wish, with so many slots on offer."""
    catalogue = catalogue_of(plan_of(slots, seats_for(requests, slots)))
    people = [number.to_bytes(16, "big") for number in range(requests)]
    rates: dict[Kind, float] = {}
    for kind in KINDS:
        wishes = Wishes(tuple(catalogue.slots.values()), kind)
        asked = requests_of(people, wishes, contact_key=bytes(32))
        rates[kind] = _rate(Ledger(catalogue, Seats(catalogue, {})), asked)
    return rates


def _rate(ledger: Ledger, asked: Sequence[Request]) -> float:
    batches = [asked[start : start + BATCH_SIZE] for start in range(0, len(asked), BATCH_SIZE)]
    facts = [Facts(born={one.person_key: BORN for one in batch}) for batch in batches]
    moment = now()
    booked, decided, spent_s = 0, 0, 0.0
    for batch, known in zip(batches, facts, strict=True):
        started = time.perf_counter()
        decisions = decide_batch(ledger, known, batch, moment)
        spent_s += time.perf_counter() - started
        booked += sum(isinstance(decision.outcome, Booking) for decision in decisions)
        decided += len(batch)
        if spent_s > _MEASURED_S_MAX:
            break
    if booked < _BOOKED_SHARE_MIN * decided:
        raise BenchStopped(f"only {booked} of {decided} requests found a pair")
    return booked / spent_s
