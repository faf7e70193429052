"""The fields of a venue, and what they mean for the plan.

Its closed days are the form of days off (`gateway.staff.plan_day_fields`): they stay here.

Rule 1: forms have no rules of their own (`gateway.staff.plan_fields`).
Rule 2: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from allocator.finding import Finding
from allocator.plan_texts import WEEKDAYS
from gateway.staff.plan_fields import hours_typed, number_typed, places_below, put
from gateway.staff.plan_names import (
    field_of_place,
    name_fields,
    texts_in_fields,
    texts_of_fields,
)

TICKED = "yes"
_KINDS = ("names", "addresses")
VENUE_FIELDS = (
    *(field for kind in _KINDS for field in name_fields(kind)),
    *("open_hours", *(f"open_{weekday}" for weekday in WEEKDAYS), "doses_per_hour_max"),
)
_PLACES = {
    "": "id",
    "id": "id",
    "doses_per_hour_max": "doses_per_hour_max",
    "open.hours": "open_hours",
    "open.weekdays": "open_mon",
}


def venue_fields(venue: Mapping[str, Any]) -> dict[str, str]:
    """Return what stands in the fields of a venue; of none, for a new one."""
    fields: dict[str, str] = {}
    for kind in _KINDS:
        fields |= texts_in_fields(kind, venue.get(kind, {}))
    opening = venue.get("open", {})
    weekdays = opening.get("weekdays", ())
    fields["open_hours"] = ", ".join(opening.get("hours", ()))
    fields |= {f"open_{day}": TICKED if day in weekdays else "" for day in WEEKDAYS}
    return fields | {"doses_per_hour_max": f"{venue.get('doses_per_hour_max', '')}"}


def venue_as_typed(venue: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return a venue as its fields say."""
    changed = dict(venue)
    for kind in _KINDS:
        changed[kind] = texts_of_fields(kind, venue.get(kind, {}), values)
    opening = dict(venue.get("open", {}))
    put(opening, "hours", hours_typed(values.get("open_hours", "")) or None)
    ticked = [day for day in WEEKDAYS if values.get(f"open_{day}")]
    if set(ticked) != set(opening.get("weekdays", ())):
        put(opening, "weekdays", ticked or None)
    put(changed, "open", opening or None)
    put(changed, "doses_per_hour_max", number_typed(values.get("doses_per_hour_max", "")))
    return changed


def fields_of_venue(finding: Finding, index: int) -> Iterator[str]:
    """Yield the fields at which a finding stands, of those of a venue."""
    for place in places_below(finding, f"venues[{index}]"):
        kind = place.partition(".")[0]
        if kind in _KINDS:
            yield field_of_place(kind, place)
        elif place in _PLACES:
            yield _PLACES[place]
