"""The fields of a weekly pattern, and what they mean for the plan.

Rule 1: forms have no rules of their own (`gateway.staff.plan_fields`).
Rule 2: nothing here does I/O, reads a clock or draws a random number.

The desk's share is percent in its field. It is the whole plan's, so a new pattern has none.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from allocator.finding import Finding
from allocator.plan_texts import WEEKDAYS
from gateway.fields import normalised
from gateway.staff.plan_fields import Document, hours_typed, number_typed, places_below, put

DESK_PERCENT_USUAL = 20
HOURS_USUAL = ("09:00-12:00", "13:00-17:00")
_NUMBERS = ("slot_minutes", "lines", "minutes_per_dose", "vials_per_day", "dose_1_percent")
_NUMBERS_USUAL = {"slot_minutes": "15", "lines": "2", "minutes_per_dose": "6"}
_SPANS = ("dose_1", "dose_2")
_HOURS = tuple(f"hours_{weekday}" for weekday in WEEKDAYS)
_PATTERN = (
    *("product", *_HOURS, *_NUMBERS),
    *(f"{span}_{end}" for span in _SPANS for end in ("from", "to")),
)
WEEK_FIELDS = (*_PATTERN, "desk_share")
NEW_WEEK_FIELDS = ("venue", *_PATTERN)
_USUAL_PLACES = {"": "dose_1_from", "hours": "hours_mon"}
_PERCENT = 100


def week_fields(document: Document, index: int) -> dict[str, str]:
    """Return what stands in the fields of a weekly pattern."""
    share = document["release"].get("desk_share", DESK_PERCENT_USUAL / _PERCENT)
    fields = _pattern_fields(document["weeks"][index])
    return fields | {"desk_share": f"{round(share * _PERCENT, 1):g}"}


def new_week_fields(document: Document, like: int | None) -> dict[str, str]:
    """Return what stands in the fields of a new pattern: another's values, or usual ones.

    Usual are a venue that has no pattern yet, when it is open, and the plan's days of each dose.
    """
    weeks, venues = document.get("weeks", []), document["venues"]
    if like is not None:
        return {"venue": weeks[like]["venue"], **_pattern_fields(weeks[like])}
    at_work = {week["venue"] for week in weeks}
    venue = next((one for one in venues if one["id"] not in at_work), venues[0])
    opening = venue.get("open", {})
    weekdays = opening.get("weekdays", WEEKDAYS[:5])
    days = document["release"].get("days") or (weeks[-1] if weeks else {})
    usual = {
        "product": document["products"][0]["id"],
        "hours": dict.fromkeys(weekdays, opening.get("hours", HOURS_USUAL)),
        **_NUMBERS_USUAL,
        **{span: days[span] for span in _SPANS if span in days},
    }
    return {"venue": venue["id"], **_pattern_fields(usual)}


def with_week(document: Document, index: int, values: Mapping[str, str]) -> Document:
    """Return the plan with a weekly pattern as its fields say."""
    changed = copy.deepcopy(dict(document))
    _fill(changed["weeks"][index], values)
    typed = normalised(values.get("desk_share", ""))
    if typed != week_fields(document, index)["desk_share"]:
        percent = number_typed(typed)
        share = percent / _PERCENT if isinstance(percent, int) else percent
        put(changed["release"], "desk_share", share)
    return changed


def with_new_week(document: Document, values: Mapping[str, str]) -> Document:
    """Return the plan with one more weekly pattern, the last."""
    changed = copy.deepcopy(dict(document))
    week: dict[str, Any] = {"venue": values.get("venue", "").strip()}
    _fill(week, values)
    changed["weeks"] = [*changed.get("weeks", []), week]
    return changed


def without_week(document: Document, index: int) -> Document:
    """Return the plan without a weekly pattern."""
    changed = copy.deepcopy(dict(document))
    del changed["weeks"][index]
    put(changed, "weeks", changed["weeks"] or None)
    return changed


def fields_of_week(finding: Finding, index: int) -> Iterator[str]:
    """Yield the fields at which a finding stands, of those of a weekly pattern."""
    if finding.path == "release.desk_share":
        yield "desk_share"
    for field in _fields_of(finding, index):
        yield "product" if field == "venue" else field


def fields_of_new_week(finding: Finding, document: Document) -> Iterator[str]:
    """Yield the fields at which a finding stands, of those of a new pattern.

    `document` is the plan as it would be. A slot that another pattern has already stands at its
    weekday.
    """
    weeks = document["weeks"]
    yield from _fields_of(finding, len(weeks) - 1)
    at = finding.values.get("at")
    is_here = all(finding.values.get(name) == weeks[-1][name] for name in ("venue", "product"))
    if finding.code == "slot_twice" and is_here and isinstance(at, datetime):
        yield f"hours_{WEEKDAYS[at.weekday()]}"


def _pattern_fields(week: Mapping[str, Any]) -> dict[str, str]:
    fields = {f"hours_{day}": ", ".join(week["hours"].get(day, ())) for day in WEEKDAYS}
    fields |= {name: f"{week.get(name, '')}" for name in ("product", *_NUMBERS)}
    for span in _SPANS:
        fields |= {f"{span}_{end}": week.get(span, {}).get(end, "") for end in ("from", "to")}
    return fields


def _fill(week: dict[str, Any], values: Mapping[str, str]) -> None:
    """Let a pattern say what its fields say."""
    week["product"] = values.get("product", "").strip()
    for span in _SPANS:
        ends = {end: normalised(values.get(f"{span}_{end}", "")) for end in ("from", "to")}
        put(week, span, {end: day for end, day in ends.items() if day} or None)
    hours = {day: hours_typed(values.get(f"hours_{day}", "")) for day in WEEKDAYS}
    week["hours"] = {day: stretches for day, stretches in hours.items() if stretches}
    for name in _NUMBERS:
        put(week, name, number_typed(values.get(name, "")))


def _fields_of(finding: Finding, index: int) -> Iterator[str]:
    for place in places_below(finding, f"weeks[{index}]"):
        name = place.replace(".", "_")
        yield f"{name}_from" if name in _SPANS else _USUAL_PLACES.get(name, name)
