"""What differs between two plans, by day and by term. Nothing here does I/O or reads a clock.

Units: seats are doses, by day, venue and product.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import msgspec

from allocator.limits import Limits, VenueLimits
from allocator.model import Catalogue, Product, Release, Slot, Venue
from allocator.plan_texts import WEEKDAYS
from allocator.release import ReleasePlan


class DayOfPlan(msgspec.Struct, frozen=True):
    """One day of one venue and product: its slots, and the seats of each dose."""

    day: date
    venue_id: str
    product_id: str
    slots: int
    dose_1: int
    dose_2: int


class Difference(msgspec.Struct, frozen=True):
    """A day before and after; None where one plan does not have it."""

    before: DayOfPlan | None
    after: DayOfPlan | None


def days_of(slots: Iterable[Slot]) -> list[DayOfPlan]:
    """Add slots up by day, venue and product, in this order."""
    counts: dict[tuple[date, str, str], list[int]] = {}
    for slot in slots:
        row = counts.setdefault((slot.day, slot.venue_id, slot.product_id), [0, 0, 0])
        for column, number in enumerate((1, *slot.capacities)):
            row[column] += number
    return [DayOfPlan(*key, *row) for key, row in sorted(counts.items())]


def differences(before: Iterable[Slot], after: Iterable[Slot]) -> list[Difference]:
    """Return the days whose slots or seats are not the same."""
    held, wanted = ({_key(day): day for day in days_of(slots)} for slots in (before, after))
    return [
        Difference(held.get(key), wanted.get(key))
        for key in sorted(held.keys() | wanted.keys())
        if held.get(key) != wanted.get(key)
    ]


Said = str | int | float | date | datetime | tuple[str, ...] | tuple[date, ...]
"""What a term can be: weekdays and hours are texts as in a file, a share is a float."""


class Term(msgspec.Struct, frozen=True):
    """What a plan says at a place, before and after; None where it says nothing there.

    A place is written as a file has it, its lists by id: "venues.gym.open.hours". Of days that
    are listed, those that come or go are told alone.
    """

    path: str
    before: Said | None
    after: Said | None


def terms(before: ReleasePlan, after: ReleasePlan) -> list[Term]:
    """Return what is not the same but for slots: whom a release is for, when, and its limits.

    What a file does not say (orders by hand, messages, a beacon) no load changes.
    """
    held, wanted = dict(_terms_of(before)), dict(_terms_of(after))
    return [
        Term(path, *_apart(held.get(path), wanted.get(path)))
        for path in [*held, *(path for path in wanted if path not in held)]
        if held.get(path) != wanted.get(path)
    ]


def base_of(
    catalogue: Catalogue, held: ReleasePlan | None, planned: ReleasePlan
) -> ReleasePlan | None:
    """Return what a load would overwrite: `held`, the release as it is stored, if it is.

    So it would products and venues that are stored for others; of a release that is new these
    alone. None where it would overwrite nothing.
    """
    products = {
        name: catalogue.products[name] for name in planned.products if name in catalogue.products
    }
    venues = {name: catalogue.venues[name] for name in planned.venues if name in catalogue.venues}
    if held is not None:
        return msgspec.structs.replace(
            held, products=held.products | products, venues=held.venues | venues
        )
    if not products and not venues:
        return None
    return ReleasePlan(planned.release, products, venues, (), planned.limits)


def overwritten(base: ReleasePlan, held: ReleasePlan | None, planned: ReleasePlan) -> list[Term]:
    """Return the terms that a load would change upon its `base`; of what is new, none."""
    if held is not None:
        return terms(base, planned)
    products = {name: planned.products[name] for name in base.products}
    venues = {name: planned.venues[name] for name in base.venues}
    return terms(base, msgspec.structs.replace(planned, products=products, venues=venues))


def digest(base: ReleasePlan | None, *, with_orders: bool) -> str:
    """Return 16 characters that are others as soon as something that a load overwrites is.

    `with_orders` looks at what was ordered by hand, too, which no load changes.
    """
    facts: list[Any] = []
    if base is not None:
        slots = (
            (slot.venue_id, slot.product_id, slot.starts_at, slot.ends_at, slot.capacities)
            for slot in base.slots
        )
        facts = [[*_terms_of(base)], sorted(slots)]
        facts += [base.release.state_by_hand] if with_orders else []
    return sha256(msgspec.json.encode(_plain(facts))).hexdigest()[:16]


def _plain(facts: Any) -> Any:
    """Write moments as numbers: a connection may read them in another time zone."""
    if isinstance(facts, (list, tuple)):
        return [_plain(one) for one in facts]
    return facts.timestamp() if isinstance(facts, datetime) else facts


def _apart(before: Said | None, after: Said | None) -> tuple[Said | None, Said | None]:
    held, wanted = (
        [one for one in side if isinstance(one, date)] if isinstance(side, tuple) else []
        for side in (before, after)
    )
    if not held and not wanted:
        return before, after
    gone = tuple(day for day in held if day not in wanted)
    new = tuple(day for day in wanted if day not in held)
    return gone or None, new or None


def _terms_of(plan: ReleasePlan) -> Iterator[tuple[str, Said]]:
    found = [*_of_release(plan.release, plan.limits)]
    for product in plan.products.values():
        found += _of_product(product, plan.limits)
    for venue in plan.venues.values():
        found += _of_venue(venue, plan.limits.venues.get(venue.venue_id, VenueLimits()))
    yield from ((path, value) for path, value in found if value not in (None, ()))


def _of_release(release: Release, limits: Limits) -> Iterator[tuple[str, Any]]:
    yield "release.campaign", release.campaign_id
    yield from _texts("release.names", release.names)
    yield "release.cohort.born_from", release.born_from
    yield "release.cohort.born_to", release.born_to
    for name in ("lobby_at", "opens_at", "closes_at", "cut_off_hours", "queue", "desk_share"):
        yield f"release.{name}", getattr(release, name)
    yield "release.people", limits.people
    for dose, span in limits.days.items():
        yield f"release.days.{dose}.from", span.first
        yield f"release.days.{dose}.to", span.last


def _of_product(product: Product, limits: Limits) -> Iterator[tuple[str, Any]]:
    path = f"products.{product.product_id}"
    yield from _texts(f"{path}.names", product.names)
    yield f"{path}.interval_days.standard", product.interval_days_standard
    yield f"{path}.interval_days.min", product.interval_days_min
    yield f"{path}.interval_days.max", product.interval_days_max
    yield f"{path}.doses_per_vial", product.doses_per_vial
    yield f"{path}.source", product.source
    yield f"{path}.supply.vials", limits.vials.get(product.product_id)
    yield f"{path}.supply.doses", limits.supply.get(product.product_id)


def _of_venue(venue: Venue, limits: VenueLimits) -> Iterator[tuple[str, Any]]:
    path = f"venues.{venue.venue_id}"
    yield from _texts(f"{path}.names", venue.names)
    yield from _texts(f"{path}.addresses", venue.addresses)
    yield f"{path}.open.hours", tuple(f"{_clock(one)}-{_clock(two)}" for one, two in limits.hours)
    yield f"{path}.open.weekdays", tuple(WEEKDAYS[day] for day in limits.weekdays)
    yield f"{path}.open.closed", limits.closed
    yield f"{path}.doses_per_hour_max", limits.doses_per_hour_max


def _texts(path: str, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((f"{path}.{language}", text) for language, text in texts.items())


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _key(day: DayOfPlan) -> tuple[date, str, str]:
    return day.day, day.venue_id, day.product_id
