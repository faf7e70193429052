"""The fields of a plan's days off and extra days, and what they mean for the plan.

Rule 1: forms have no rules of their own (`gateway.staff.plan_fields`).
Rule 2: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from allocator.finding import Finding
from gateway.fields import normalised
from gateway.staff.plan_fields import Document, hours_typed, number_typed, places_below, put

EVERY_VENUE = ""
CLOSED_FIELDS = ("closed_venue", "closed_day")
EXTRA_FIELDS = (
    *("extra_venue", "extra_product", "extra_day", "extra_hours", "extra_slot_minutes"),
    *("extra_dose_1", "extra_dose_2"),
)
_EXTRA_PLACES = {
    "venue": "extra_venue",
    "product": "extra_product",
    "days": "extra_day",
    "hours": "extra_hours",
    "slot_minutes": "extra_slot_minutes",
    "capacity": "extra_dose_1",
    "capacity.dose_1": "extra_dose_1",
    "capacity.dose_2": "extra_dose_2",
}
_DOSES = ("dose_1", "dose_2")


class DayOff(msgspec.Struct, frozen=True):
    """A day on which a venue, or every one (an empty id), is closed."""

    venue_id: str
    day: str


class ExtraDay(msgspec.Struct, frozen=True):
    """A day beside the weekly patterns: the session of that index, which has days of its own."""

    index: int
    venue_id: str
    product_id: str
    days: tuple[str, ...]
    hours: tuple[str, ...]
    dose_1: int
    dose_2: int


def days_off(document: Document) -> list[DayOff]:
    """Return the days on which venues are closed, those of every venue first."""
    found = [DayOff(EVERY_VENUE, day) for day in sorted(document.get("holidays", []))]
    for venue in document["venues"]:
        closed = venue.get("open", {}).get("closed", [])
        found += [DayOff(venue["id"], day) for day in sorted(closed)]
    return found


def extra_days(document: Document) -> list[ExtraDay]:
    """Return the sessions that have days of their own."""
    return [
        ExtraDay(
            index,
            session["venue"],
            session["product"],
            tuple(session["days"]),
            tuple(session["hours"]),
            session["capacity"]["dose_1"],
            session["capacity"]["dose_2"],
        )
        for index, session in enumerate(document.get("sessions", []))
        if isinstance(session["days"], list)
    ]


def with_day_off(document: Document, values: Mapping[str, str]) -> Document:
    """Return the plan with one more day off; sessions of a span of days leave it out, too."""
    changed = copy.deepcopy(dict(document))
    venue_id, day = values.get("closed_venue", ""), normalised(values.get("closed_day", ""))
    if venue_id == EVERY_VENUE:
        changed["holidays"] = [*changed.get("holidays", []), day]
    for venue in changed["venues"]:
        if venue["id"] == venue_id:
            opening = venue.setdefault("open", {})
            opening["closed"] = [*opening.get("closed", []), day]
    for _, days in _spans(changed, venue_id):
        if days["from"] <= day <= days["to"] and day not in days.get("except", []):
            days["except"] = [*days.get("except", []), day]
    return changed


def without_day_off(document: Document, off: DayOff) -> Document:
    """Return the plan with that day open again, where nothing else closes it."""
    changed = copy.deepcopy(dict(document))
    if off.venue_id == EVERY_VENUE:
        _leave_out(changed, "holidays", off.day)
    for venue in changed["venues"]:
        if venue["id"] == off.venue_id:
            _leave_out(venue["open"], "closed", off.day)
            put(venue, "open", venue["open"] or None)
    for venue_id, days in _spans(changed, off.venue_id):
        if not _is_off(changed, venue_id, off.day):
            _leave_out(days, "except", off.day)
    return changed


def with_extra_day(document: Document, values: Mapping[str, str]) -> Document:
    """Return the plan with one more session, of one day."""
    changed = copy.deepcopy(dict(document))
    day = normalised(values.get("extra_day", ""))
    session: dict[str, Any] = {
        "venue": values.get("extra_venue", ""),
        "product": values.get("extra_product", ""),
        "days": [day] if day else [],
        "hours": hours_typed(values.get("extra_hours", "")),
    }
    put(session, "slot_minutes", number_typed(values.get("extra_slot_minutes", "")))
    seats = {dose: number_typed(values.get(f"extra_{dose}", "")) for dose in _DOSES}
    session["capacity"] = {dose: 0 if count is None else count for dose, count in seats.items()}
    changed["sessions"] = [*changed.get("sessions", []), session]
    return changed


def without_extra_day(document: Document, index: int) -> Document:
    """Return the plan without a session."""
    changed = copy.deepcopy(dict(document))
    del changed["sessions"][index]
    put(changed, "sessions", changed["sessions"] or None)
    return changed


def fields_of_days(finding: Finding, document: Document) -> Iterator[str]:
    """Yield the fields at which a finding stands, of those of a day off or an extra day.

    `document` is the plan as it would be.
    """
    path = finding.path
    if path.startswith("holidays") or ".open.closed" in path:
        yield "closed_day"
    last = len(document.get("sessions", [])) - 1
    for place in places_below(finding, f"sessions[{last}]"):
        yield _EXTRA_PLACES.get(place, "extra_day")


def _is_off(document: Document, venue_id: str, day: str) -> bool:
    """Say whether a day is a holiday, or one of the venue's own days off."""
    closed = [
        venue.get("open", {}).get("closed", [])
        for venue in document["venues"]
        if venue["id"] == venue_id
    ]
    return any(day in days for days in [document.get("holidays", []), *closed])


def _spans(document: Document, venue_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield venue and days of the sessions there, or everywhere, whose days are a span."""
    for session in document.get("sessions", []):
        is_its = venue_id in (EVERY_VENUE, session["venue"])
        if is_its and isinstance(session["days"], dict):
            yield session["venue"], session["days"]


def _leave_out(holder: dict[str, Any], key: str, day: str) -> None:
    put(holder, key, [one for one in holder.get(key, []) if one != day] or None)
