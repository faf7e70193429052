"""Turn a release file into what is stored, and find what is wrong with it.

Rule 1: a release with an error is not loaded and not opened; a warning is shown.
Rule 2: nothing here does I/O or reads a clock.

A finding says where in the file and what, in the words of the file.
Units: days are days at the site, capacity is in seats.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from allocator.finding import Finding as Finding
from allocator.finding import Value, error, warning
from allocator.held_against import Beside, beside_findings, roster_findings
from allocator.limits import Limits, limit_findings, limits_of
from allocator.matching import matched, short_findings
from allocator.model import (
    PROBE_BORN,
    PROBE_ID,
    SITE_TIMEZONE,
    Product,
    Release,
    Slot,
    Venue,
)
from allocator.plan_texts import UnreadableText, read_day, read_days, read_hours, read_moment
from allocator.product_source import KnownProduct, product_findings
from allocator.week_plan import sessions_of

SLOTS_MAX = 100_000
DESK_SHARE_USUAL = 0.2
"""L6: in Yokohama 38 of 2,588 bookings were made by phone."""

CUT_OFF_HOURS_USUAL = 24


class ReleasePlan(msgspec.Struct, frozen=True):
    """A release with all that it needs, and what it must stay within.

    Slots are numbered from 1, in the file's order.
    """

    release: Release
    products: dict[str, Product]
    venues: dict[str, Venue]
    slots: tuple[Slot, ...]
    limits: Limits = Limits()


def plan(document: Mapping[str, Any]) -> ReleasePlan | list[Finding]:
    """Make a plan of a document that the schema accepts, or say why that cannot be."""
    findings: list[Finding] = []
    products = _by_id(document["products"], "products", _product, findings)
    venues = _by_id(document["venues"], "venues", _venue, findings)
    slots: list[Slot] = []
    release_id = document["release"]["id"]
    sessions, wrong_weeks = sessions_of(document)
    findings += wrong_weeks
    for path, session in sessions:
        findings += _unknown(session, path, products, venues)
        try:
            stretches = _stretches(session, path, SLOTS_MAX - len(slots))
        except UnreadableText as wrong:
            findings.append(wrong.finding)
            continue
        slots += [
            _slot(session, len(slots) + number, release_id, start, end)
            for number, (start, end) in enumerate(stretches, 1)
        ]
    try:
        release = _release(document["release"])
        limits = limits_of(document)
    except UnreadableText as wrong:
        return [*findings, wrong.finding]
    # Several sessions of one week have one place in the file: what is wrong there is said once.
    once = {(found.path, found.message): found for found in findings}
    return [*once.values()] or ReleasePlan(release, products, venues, tuple(slots), limits)


def findings_of(
    planned: ReleasePlan,
    known: Sequence[KnownProduct] = (),
    others: Iterable[Beside] = (),
    roster: int = 0,
) -> list[Finding]:
    """Return what is wrong, or odd, about a plan: errors first.

    `known` are products of which something is known, `others` the other releases that are loaded,
    `roster` is how many people are on the roster.
    """
    limits, pairs = planned.limits, pairs_possible(planned)
    found = [
        *_moments(planned.release),
        *_reserved(planned),
        *_intervals(planned.products),
        *_slots(planned),
        *_seats(planned),
        *short_findings(planned.slots, planned.products),
        *product_findings(planned.products, known),
        *limit_findings(planned.slots, planned.products, limits, pairs),
        *roster_findings(limits, pairs, roster),
        *beside_findings(planned.release, planned.slots, limits, others),
    ]
    return sorted(found, key=lambda finding: finding.severity)


def has_error(findings: Sequence[Finding]) -> bool:
    """Say whether a release with these findings must not be loaded or opened."""
    return any(finding.severity == "error" for finding in findings)


def pairs_possible(planned: ReleasePlan) -> int:
    """Return how many people can get both doses when nothing is taken yet."""
    return sum(found.pairs for found in matched(planned.slots, planned.products))


# From the document to the plan.


Thing = TypeVar("Thing")


def _by_id(
    items: list[Mapping[str, Any]],
    where: str,
    build: Callable[[Mapping[str, Any]], Thing],
    findings: list[Finding],
) -> dict[str, Thing]:
    built: dict[str, Thing] = {}
    for index, item in enumerate(items):
        if item["id"] in built:
            message = f"the id {item['id']} stands there twice"
            findings.append(error("duplicate_id", f"{where}[{index}].id", message, id=item["id"]))
        built[item["id"]] = build(item)
    return built


def _product(item: Mapping[str, Any]) -> Product:
    interval = item["interval_days"]
    return Product(
        product_id=item["id"],
        names=dict(item["names"]),
        interval_days_standard=interval["standard"],
        interval_days_min=interval["min"],
        interval_days_max=interval["max"],
        doses_per_vial=item["doses_per_vial"],
        source=item["source"],
    )


def _venue(item: Mapping[str, Any]) -> Venue:
    return Venue(item["id"], dict(item["names"]), dict(item["addresses"]))


def _release(item: Mapping[str, Any]) -> Release:
    return Release(
        release_id=item["id"],
        campaign_id=item["campaign"],
        names=dict(item["names"]),
        born_from=read_day(item["cohort"]["born_from"], "release.cohort.born_from"),
        born_to=read_day(item["cohort"]["born_to"], "release.cohort.born_to"),
        lobby_at=read_moment(item["lobby_at"], "release.lobby_at"),
        opens_at=read_moment(item["opens_at"], "release.opens_at"),
        closes_at=read_moment(item["closes_at"], "release.closes_at"),
        cut_off_hours=item.get("cut_off_hours", CUT_OFF_HOURS_USUAL),
        queue=item.get("queue", "draw"),
        desk_share=item.get("desk_share", DESK_SHARE_USUAL),
    )


def _slot(
    session: Mapping[str, Any], slot_id: int, release_id: str, start: datetime, end: datetime
) -> Slot:
    return Slot(
        slot_id=slot_id,
        release_id=release_id,
        venue_id=session["venue"],
        product_id=session["product"],
        starts_at=start,
        ends_at=end,
        capacities=(session["capacity"]["dose_1"], session["capacity"]["dose_2"]),
    )


def _unknown(
    session: Mapping[str, Any],
    path: str,
    products: Mapping[str, Product],
    venues: Mapping[str, Venue],
) -> Iterator[Finding]:
    for field, known in (("venue", venues), ("product", products)):
        if session[field] not in known:
            message = f"there is no {field} {session[field]} in this file"
            yield error(f"unknown_{field}", f"{path}.{field}", message, id=session[field])


def _stretches(
    session: Mapping[str, Any], path: str, count_max: int
) -> list[tuple[datetime, datetime]]:
    length = timedelta(minutes=session["slot_minutes"])
    hours = [
        read_hours(text, f"{path}.hours[{index}]", length)
        for index, text in enumerate(session["hours"])
    ]
    stretches: list[tuple[datetime, datetime]] = []
    for day in read_days(session["days"], f"{path}.days"):
        for opens, closes in hours:
            start = datetime.combine(day, opens, SITE_TIMEZONE)
            last_end = datetime.combine(day, closes, SITE_TIMEZONE)
            while start + length <= last_end:
                stretches.append((start, start + length))
                start += length
    if len(stretches) > count_max:
        message = f"more than {SLOTS_MAX:,} slots in all"
        raise UnreadableText("too_many_slots", path, message, most=SLOTS_MAX)
    return stretches


# The linter.


def _moments(release: Release) -> Iterator[Finding]:
    if release.born_from > release.born_to:
        message = "the cohort ends before it starts, so nobody may book"
        yield error("cohort_reversed", "release.cohort", message)
    if release.opens_at.date() < release.born_from <= release.born_to:
        message = f"on {release.opens_at.date()}, when it opens, nobody of the cohort is born"
        yield error("cohort_unborn", "release.cohort", message, day=release.opens_at.date())
    if release.lobby_at > release.opens_at:
        message = "the lobby would start after the opening"
        yield error("lobby_after_opening", "release.lobby_at", message)
    if release.opens_at >= release.closes_at:
        message = "the release would close before it opens"
        yield error("closes_before_opening", "release.closes_at", message)


def _reserved(planned: ReleasePlan) -> Iterator[Finding]:
    """Keep residents and the synthetic resident out of each other's releases."""
    release = planned.release
    reaches = release.born_from <= PROBE_BORN <= release.born_to
    if release.is_for_probe:
        if (release.born_from, release.born_to) != (PROBE_BORN, PROBE_BORN):
            message = f"the campaign {PROBE_ID} is the synthetic resident's alone"
            yield error("reserved", "release.campaign", message, kind="campaign", id=PROBE_ID)
        return
    if reaches:
        message = f"{PROBE_BORN} is the synthetic resident's day of birth: let it begin later"
        yield error("reserved", "release.cohort", message, kind="cohort", day=PROBE_BORN)
    if PROBE_ID in {release.release_id, *planned.products, *planned.venues}:
        message = f"the id {PROBE_ID} is the synthetic resident's"
        yield error("reserved", "", message, kind="id", id=PROBE_ID)


def _intervals(products: Mapping[str, Product]) -> Iterator[Finding]:
    for index, product in enumerate(products.values()):
        days = (
            product.interval_days_min,
            product.interval_days_standard,
            product.interval_days_max,
        )
        if list(days) != sorted(days):
            message = "min, standard and max must be in this order, got {} {} {}".format(*days)
            path = f"products[{index}].interval_days"
            names = ("min", "standard", "max")
            yield error(
                "interval_out_of_order", path, message, **dict(zip(names, days, strict=True))
            )


def _slots(planned: ReleasePlan) -> Iterator[Finding]:
    at_once = Counter((s.venue_id, s.product_id, s.starts_at) for s in planned.slots)
    for (venue_id, product_id, starts_at), count in at_once.items():
        if count > 1:
            message = f"{count} slots of {product_id} at {venue_id} start at {starts_at:%F %R}"
            yield error(
                *("slot_twice", "sessions", message),
                count=count,
                product=product_id,
                venue=venue_id,
                at=starts_at,
            )
    yield from _overlapping(planned.slots)
    release = planned.release
    if early := [slot for slot in planned.slots if slot.starts_at < release.opens_at]:
        message = f"{len(early)} slots start before the release opens, on {early[0].day}"
        values: dict[str, Value] = {"count": len(early), "day": early[0].day}
        yield error("slot_before_opening", "sessions", message, **values)
    last_start = max((s.starts_at for s in planned.slots if s.capacities[0]), default=None)
    if last_start is not None and release.closes_at > last_start:
        message = "the release stays open after its last first dose"
        yield warning("open_after_last_slot", "release.closes_at", message)


def _overlapping(slots: Sequence[Slot]) -> Iterator[Finding]:
    """Say where slots of one dose overlap without starting together: a grid that was moved."""
    groups: defaultdict[tuple[str, str], list[tuple[Slot, Slot]]] = defaultdict(list)
    running: dict[tuple[str, str, int], Slot] = {}
    for slot in sorted(slots, key=lambda slot: (slot.starts_at, slot.ends_at)):
        place = (slot.venue_id, slot.product_id)
        for dose, seats in enumerate(slot.capacities, 1):
            before = running.get((*place, dose))
            if not seats:
                continue
            if before is not None and before.starts_at < slot.starts_at < before.ends_at:
                groups[place].append((before, slot))
            if before is None or slot.ends_at >= before.ends_at:
                running[*place, dose] = slot
    for (venue_id, product_id), pairs in groups.items():
        one, other = pairs[0]
        message = (
            f"{len(pairs):,} slots of {product_id} at {venue_id} begin before another ends, "
            f"the first at {other.starts_at:%F %R} within that of {one.starts_at:%R}"
        )
        yield warning(
            *("slots_overlap", "sessions", message),
            count=len(pairs),
            product=product_id,
            venue=venue_id,
            at=other.starts_at,
            within=one.starts_at,
        )


def _seats(planned: ReleasePlan) -> Iterator[Finding]:
    if not any(slot.capacities[0] for slot in planned.slots):
        message = "there is no seat for a first dose"
        yield error("no_first_seat", "sessions", message)
