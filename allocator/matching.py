"""Which first doses of a plan find a second one within the interval (L2).

Seats are counted per (venue, product), since dose 2 is given where dose 1 was, on the
standard day or later, up to the longest interval (`allocator.pairing`). Seats are matched by day:
which of a day's first doses lack a second one is for the residents to decide. The slots that are
named are those left over if each day's slots fill from its first one on.

Rule 1: nothing here does I/O, reads a clock or draws a random number.

Units: days are days at the site, capacity is in seats.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from allocator.finding import Finding, error
from allocator.model import Product, Slot

_DAYS_NAMED = 5
_SLOTS_NAMED = 5


class Matched(msgspec.Struct, frozen=True):
    """How many first doses of a venue and product have a second one; by day, how many have none."""

    venue_id: str
    product_id: str
    pairs: int
    short: Mapping[date, int]


def matched(slots: Iterable[Slot], products: Mapping[str, Product]) -> Iterator[Matched]:
    """Yield what each (venue, product) comes to.

    Windows of later days end later, so giving each first day the earliest second
    seats within its window finds the largest matching.
    """
    seats: defaultdict[tuple[str, str], tuple[Counter[date], Counter[date]]] = defaultdict(
        lambda: (Counter(), Counter())
    )
    for slot in slots:
        for by_day, capacity in zip(
            seats[slot.venue_id, slot.product_id], slot.capacities, strict=True
        ):
            by_day[slot.day] += capacity
    for key, (firsts, seconds) in sorted(seats.items()):
        product = products[key[1]]
        pairs, short = 0, {}
        for day in sorted(firsts):
            wanted = firsts[day]
            for interval in range(product.interval_days_standard, product.interval_days_max + 1):
                given = min(wanted, seconds[day + timedelta(days=interval)])
                seconds[day + timedelta(days=interval)] -= given
                wanted -= given
            pairs += firsts[day] - wanted
            if wanted:
                short[day] = wanted
        yield Matched(*key, pairs, short)


def short_findings(slots: Sequence[Slot], products: Mapping[str, Product]) -> Iterator[Finding]:
    """Say where first doses have no second one within the interval."""
    for found in matched(slots, products):
        if not found.short:
            continue
        short, firsts = found.short, found.pairs + sum(found.short.values())
        lacking = _slots_short(slots, found)
        message = (
            f"{found.product_id} at {found.venue_id}: {firsts:,} first doses but second doses for "
            f"{found.pairs:,}; none within the interval for some or all of "
            f"{_listed([f'{day} ({missing:,})' for day, missing in short.items()], _DAYS_NAMED)}"
            f"{' days' if len(short) > _DAYS_NAMED else ''}; if each day fills from its first "
            f"slot on, these lack them: {_listed([f'{at:%F %R}' for at in lacking], _SLOTS_NAMED)}"
            f"{' slots' if len(lacking) > _SLOTS_NAMED else ''}"
        )
        yield error(
            *("second_doses_short", "sessions", message),
            product=found.product_id,
            venue=found.venue_id,
            firsts=firsts,
            pairs=found.pairs,
            days=[*short],
            slots=lacking,
        )


def _slots_short(slots: Iterable[Slot], found: Matched) -> list[datetime]:
    """Return when the slots start that lack second doses if each day's fill in their order."""
    left = dict(found.short)
    its = (slot for slot in slots if _is_of(slot, found) and slot.capacities[0])
    lacking = []
    for slot in sorted(its, key=lambda slot: slot.starts_at, reverse=True):
        if left.get(slot.day, 0) > 0:
            lacking.append(slot.starts_at)
            left[slot.day] -= slot.capacities[0]
    return lacking[::-1]


def _is_of(slot: Slot, found: Matched) -> bool:
    return (slot.venue_id, slot.product_id) == (found.venue_id, found.product_id)


def _listed(texts: Sequence[str], most: int) -> str:
    named = ", ".join(texts[:most])
    return named if len(texts) <= most else f"{named} and {len(texts) - most:,} more"
