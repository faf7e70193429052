"""What a plan must stay within: the linter's measure for what a file says (L1-L3).

A slip of the pen is well formed: only what else is known shows it. So a release file may say
how many people it is for, on which days doses are given, how much vaccine comes, and when a
venue is open and how many it can take. What products are known to be: `allocator.product_source`.

Rule 1: what a file does not say limits nothing; what it says is kept with the release, and
looked at again before somebody opens or resumes it (at its moment it opens as it was checked).
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Units: days at the site, both ends included; people and doses are counted; hours are minutes
since midnight.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from allocator.demand import SeatsOfDay, needs
from allocator.finding import Finding, error, warning
from allocator.model import Product, Slot
from allocator.plan_texts import WEEKDAYS, UnreadableText, read_day, read_days, read_hours

TOO_MANY_FACTOR = 2.0
"""Pairs for so many times the people: a digit too many, not a reserve. (Yokosuka: ten times.)"""

TOO_FEW_FACTOR = 10
"""So many times the people as pairs: a digit missing in a capacity, or too many in `people`."""

UNUSUAL_FACTOR = 5.0
"""A slot with so many times the seats of the venue's usual one: a digit too many."""

ADDED_SHARE = 0.75
"""So much of what such a slot has more must be more in all; else the other dose's seats are given
to this one, as on the days of one dose beside days that share their seats between both."""


_DOSES = ("dose_1", "dose_2")


class Span(msgspec.Struct, frozen=True):
    """Days from one to another, both included."""

    first: date
    last: date


class VenueLimits(msgspec.Struct, frozen=True):
    """When a venue is open (minutes since midnight), and how many doses it can give in an hour."""

    hours: tuple[tuple[int, int], ...] = ()
    weekdays: tuple[int, ...] = ()
    closed: tuple[date, ...] = ()
    doses_per_hour_max: int | None = None


class Limits(msgspec.Struct, frozen=True):
    """What the whole plan must stay within: `days` by dose_1 and dose_2, `supply` in doses.

    Supply that comes in vials stands in `vials`, too, and is counted in them.
    """

    people: int | None = None
    days: dict[str, Span] = {}
    supply: dict[str, int] = {}
    venues: dict[str, VenueLimits] = {}
    vials: dict[str, int] = {}


def limits_of(document: Mapping[str, Any]) -> Limits:
    """Return the limits that a release file says.

    Raises:
        UnreadableText: a day does not exist, or hours or days end before they begin.
    """
    days = document["release"].get("days", {})
    holidays = tuple(read_days(document.get("holidays", []), "holidays"))
    return Limits(
        people=document["release"].get("people"),
        days={name: _span(span, f"release.days.{name}") for name, span in days.items()},
        supply={
            product["id"]: supply.get("doses", supply.get("vials", 0) * product["doses_per_vial"])
            for product in document["products"]
            if (supply := product.get("supply"))
        },
        venues={
            venue["id"]: _venue(venue, f"venues[{index}]", holidays)
            for index, venue in enumerate(document["venues"])
        },
        vials={
            product["id"]: product["supply"]["vials"]
            for product in document["products"]
            if "vials" in product.get("supply", {})
        },
    )


def _span(span: Mapping[str, str], path: str) -> Span:
    first, last = read_day(span["from"], f"{path}.from"), read_day(span["to"], f"{path}.to")
    if last < first:
        raise UnreadableText("days_out_of_order", path, "the days end before they start")
    return Span(first, last)


def _venue(venue: Mapping[str, Any], path: str, holidays: tuple[date, ...]) -> VenueLimits:
    opening, minute = venue.get("open", {}), timedelta(minutes=1)
    hours = (
        read_hours(text, f"{path}.open.hours[{index}]", minute)
        for index, text in enumerate(opening.get("hours", []))
    )
    return VenueLimits(
        hours=tuple((_minutes(opens), _minutes(closes)) for opens, closes in hours),
        weekdays=tuple(WEEKDAYS.index(day) for day in opening.get("weekdays", [])),
        closed=(*read_days(opening.get("closed", []), f"{path}.open.closed"), *holidays),
        doses_per_hour_max=venue.get("doses_per_hour_max"),
    )


def limit_findings(
    slots: Sequence[Slot], products: Mapping[str, Product], limits: Limits, pairs: int
) -> Iterator[Finding]:
    """Say where a plan goes beyond its limits; `pairs` is how many people it has seats for."""
    yield from _people(limits, pairs)
    yield from _days(slots, limits)
    yield from _supply(slots, products, limits)
    for venue_id, venue in limits.venues.items():
        at_venue = [slot for slot in slots if slot.venue_id == venue_id]
        yield from _open(venue_id, venue, at_venue)
        yield from _per_hour(venue_id, venue, at_venue)
    yield from _unusual(slots)


def seats_by_hour(slots: Iterable[Slot]) -> Counter[datetime]:
    """Return the seats of both doses by the hour in which they begin."""
    seats: Counter[datetime] = Counter()
    for slot in slots:
        seats[slot.starts_at.replace(minute=0)] += sum(slot.capacities)
    return seats


def _people(limits: Limits, pairs: int) -> Iterator[Finding]:
    if limits.people is not None and pairs > limits.people * TOO_MANY_FACTOR:
        message = f"seats for {pairs:,} people, but it is for {limits.people:,}"
        values = {"pairs": pairs, "people": limits.people}
        yield error("more_pairs_than_people", "sessions", message, **values)
    if limits.people is not None and 0 < pairs * TOO_FEW_FACTOR <= limits.people:
        message = f"seats for {pairs:,} people only, but it is for {limits.people:,}"
        values = {"pairs": pairs, "people": limits.people}
        yield warning("few_pairs_for_people", "sessions", message, **values)


def _days(slots: Sequence[Slot], limits: Limits) -> Iterator[Finding]:
    for name, span in limits.days.items():
        index = _DOSES.index(name)
        days = {slot.day for slot in slots if slot.capacities[index]}
        if wrong := sorted(day for day in days if not span.first <= day <= span.last):
            message = (
                f"{name.replace('_', ' ')} on {_listed(wrong)}: "
                f"its days are {span.first} to {span.last}"
            )
            yield error(
                *("outside_days", "sessions", message),
                dose=name,
                days=wrong,
                first=span.first,
                last=span.last,
            )


def _supply(
    slots: Sequence[Slot], products: Mapping[str, Product], limits: Limits
) -> Iterator[Finding]:
    for product_id, doses in limits.supply.items():
        its = [slot for slot in slots if slot.product_id == product_id]
        seats = sum(sum(slot.capacities) for slot in its)
        if product_id in limits.vials:
            yield from _vials(its, products[product_id], seats, limits.vials[product_id])
        elif seats > doses:
            short = seats - doses
            vials = -(-short // products[product_id].doses_per_vial)
            message = f"{seats:,} seats of {product_id}, but {doses:,} doses: {short:,} too many"
            yield error(
                *("more_seats_than_doses", "sessions", message),
                product=product_id,
                seats=seats,
                doses=doses,
                short=short,
                vials=vials,
            )


def _vials(slots: Sequence[Slot], product: Product, seats: int, vials: int) -> Iterator[Finding]:
    """Count as demand does: a vial is opened at one venue on one day (`allocator.demand`)."""
    by_day: Counter[tuple[date, str]] = Counter()
    for slot in slots:
        by_day[slot.day, slot.venue_id] += sum(slot.capacities)
    name = product.product_id
    days = (SeatsOfDay(*where, name, 1, count, taken=0) for where, count in by_day.items())
    needed = sum(need.vials_for_all_seats for need in needs(days, {name: product.doses_per_vial}))
    if needed > vials:
        message = (
            f"{seats:,} seats of {name} need {needed:,} vials, opened whole each day at each "
            f"venue, but there are {vials:,}"
        )
        yield error(
            *("more_seats_than_vials", "sessions", message),
            product=name,
            seats=seats,
            needed=needed,
            vials=vials,
            short=needed - vials,
        )


def _open(venue_id: str, venue: VenueLimits, slots: Sequence[Slot]) -> Iterator[Finding]:
    def is_open(slot: Slot) -> bool:
        begins, ends = _minutes(slot.starts_at), _minutes(slot.ends_at)
        in_hours = any(opens <= begins and ends <= closes for opens, closes in venue.hours)
        return in_hours or not venue.hours

    shut = {slot.day for slot in slots if slot.day in venue.closed}
    if venue.weekdays:
        shut |= {slot.day for slot in slots if slot.day.weekday() not in venue.weekdays}
    if closed := sorted(shut):
        message = f"{venue_id} is closed on {_listed(closed)}"
        yield error("closed_day", "sessions", message, venue=venue_id, days=closed)
    if outside := [slot for slot in slots if not is_open(slot)]:
        first = outside[0]
        message = (
            f"{len(outside):,} slots at {venue_id} are outside its opening hours, "
            f"the first at {first.starts_at:%F %R}"
        )
        yield error(
            *("outside_hours", "sessions", message),
            venue=venue_id,
            count=len(outside),
            at=first.starts_at,
        )


def _per_hour(venue_id: str, venue: VenueLimits, slots: Sequence[Slot]) -> Iterator[Finding]:
    if venue.doses_per_hour_max is None:
        return
    seats = seats_by_hour(slots)
    over = {hour: count for hour, count in seats.items() if count > venue.doses_per_hour_max}
    if over:
        hour, count = min(over.items())
        message = (
            f"{venue_id} can give {venue.doses_per_hour_max:,} doses an hour, but "
            f"{len(over):,} hours have more, the first {hour:%F %R} with {count:,}"
        )
        yield error(
            *("too_many_an_hour", "sessions", message),
            venue=venue_id,
            most=venue.doses_per_hour_max,
            hours=len(over),
            at=hour,
            count=count,
        )


def _unusual(slots: Sequence[Slot]) -> Iterator[Finding]:
    """Compare each slot with the median slot of its venue, product, dose and length."""
    groups: defaultdict[tuple[str, str, int], list[tuple[float, Slot]]] = defaultdict(list)
    in_all: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for slot in slots:
        for dose, seats in enumerate(slot.capacities, 1):
            if seats:
                key = (slot.venue_id, slot.product_id, dose)
                groups[key].append((_a_minute(slot, seats), slot))
        if sum(slot.capacities):
            in_all[slot.venue_id, slot.product_id].append(_a_minute(slot, sum(slot.capacities)))
    for (venue_id, product_id, dose), rates in groups.items():
        usual = _median([rate for rate, _ in rates])
        usual_in_all = _median(in_all[venue_id, product_id])
        if odd := [
            slot
            for rate, slot in rates
            if rate >= UNUSUAL_FACTOR * usual
            and _a_minute(slot, sum(slot.capacities)) - usual_in_all >= ADDED_SHARE * (rate - usual)
        ]:
            first = odd[0]
            message = (
                f"{len(odd):,} slots at {venue_id} have {UNUSUAL_FACTOR:g} times the usual seats "
                f"for dose {dose}, the first {first.starts_at:%F %R} with "
                f"{first.capacities[dose - 1]:,}"
            )
            yield error(
                *("unusual_capacity", "sessions", message),
                venue=venue_id,
                product=product_id,
                count=len(odd),
                factor=UNUSUAL_FACTOR,
                dose=dose,
                at=first.starts_at,
                seats=first.capacities[dose - 1],
            )


def _a_minute(slot: Slot, seats: int) -> float:
    return seats * 60 / (slot.ends_at - slot.starts_at).total_seconds()


def _median(rates: Sequence[float]) -> float:
    return sorted(rates)[(len(rates) - 1) // 2]


def _listed(days: Sequence[date]) -> str:
    shown = ", ".join(day.isoformat() for day in days[:3])
    return shown if len(days) <= 3 else f"{shown} and {len(days) - 3:,} more days"


def _minutes(moment: datetime | time) -> int:
    return moment.hour * 60 + moment.minute
