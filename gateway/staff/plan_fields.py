"""The fields of the forms in which a plan is changed, and what they mean for the plan.

Rule 1: what was typed goes into the plan as it is if it cannot be read: the checks of plans refuse
it at its place, and that place is the field's. So forms have no rules of their own.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

A plan is changed as a copy. Fields hold texts; the desk's share is percent in its field.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from allocator.finding import Finding
from allocator.plan_texts import WEEKDAYS
from gateway.fields import normalised

Document = Mapping[str, Any]

DESK_PERCENT_USUAL = 20
EVERY_VENUE = ""
_NUMBERS = ("slot_minutes", "lines", "minutes_per_dose", "vials_per_day", "dose_1_percent")
_SPANS = ("dose_1", "dose_2")
_HOURS = tuple(f"hours_{weekday}" for weekday in WEEKDAYS)
WEEK_FIELDS = (
    *("product", *_HOURS, *_NUMBERS),
    *(f"{span}_{end}" for span in _SPANS for end in ("from", "to")),
    "desk_share",
)
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
_SHORT_HOUR = re.compile(r"(?<![0-9:])([0-9]:[0-9]{2})")
_BETWEEN_ENDS = re.compile(r"\s*[-~\u301c]\s*")
_BETWEEN_HOURS = re.compile(r"[\s,、;・]+")
_INDEX = re.compile(r"\[[0-9]+\]$")
_PERCENT = 100


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


def week_fields(document: Document, index: int) -> dict[str, str]:
    """Return what stands in the fields of a weekly pattern."""
    week = document["weeks"][index]
    share = document["release"].get("desk_share", DESK_PERCENT_USUAL / _PERCENT)
    fields = {f"hours_{day}": ", ".join(week["hours"].get(day, ())) for day in WEEKDAYS}
    fields |= {name: f"{week.get(name, '')}" for name in ("product", *_NUMBERS)}
    for span in _SPANS:
        fields |= {f"{span}_{end}": week.get(span, {}).get(end, "") for end in ("from", "to")}
    return fields | {"desk_share": f"{round(share * _PERCENT, 1):g}"}


def with_week(document: Document, index: int, values: Mapping[str, str]) -> Document:
    """Return the plan with a weekly pattern as its fields say."""
    changed = copy.deepcopy(dict(document))
    week = changed["weeks"][index]
    week["product"] = values.get("product", "").strip()
    week["hours"] = {
        day: hours for day in WEEKDAYS if (hours := _hours(values.get(f"hours_{day}", "")))
    }
    for name in _NUMBERS:
        _set(week, name, _number(values.get(name, "")))
    for span in _SPANS:
        ends = {end: normalised(values.get(f"{span}_{end}", "")) for end in ("from", "to")}
        _set(week, span, {end: day for end, day in ends.items() if day} or None)
    typed = normalised(values.get("desk_share", ""))
    if typed != week_fields(document, index)["desk_share"]:
        percent = _number(typed)
        share = percent / _PERCENT if isinstance(percent, int) else percent
        _set(changed["release"], "desk_share", share)
    return changed


def fields_of_week(finding: Finding, index: int) -> Iterator[str]:
    """Yield the fields at which a finding stands, of those of a weekly pattern."""
    if finding.path == "release.desk_share":
        yield "desk_share"
    path = f"{finding.path}."
    if not path.startswith(f"weeks[{index}]."):
        return
    place = path.removeprefix(f"weeks[{index}].").rstrip(".")
    missing = finding.values.get("keys", ()) if finding.values.get("kind") == "missing" else ()
    places = [f"{place}.{key}".lstrip(".") for key in _texts(missing)] or [place]
    for one in places:
        name = _INDEX.sub("", one).replace(".", "_")
        usual = {"": "dose_1_from", "hours": "hours_mon", "venue": "product"}
        yield f"{name}_from" if name in _SPANS else usual.get(name, name)


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
    for days in _spans(changed, venue_id):
        if days["from"] <= day <= days["to"] and day not in days.get("except", []):
            days["except"] = [*days.get("except", []), day]
    return changed


def without_day_off(document: Document, off: DayOff) -> Document:
    """Return the plan with that day open again."""
    changed = copy.deepcopy(dict(document))
    if off.venue_id == EVERY_VENUE:
        _leave_out(changed, "holidays", off.day)
    for venue in changed["venues"]:
        if venue["id"] == off.venue_id:
            _leave_out(venue["open"], "closed", off.day)
            _set(venue, "open", venue["open"] or None)
    for days in _spans(changed, off.venue_id):
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
        "hours": _hours(values.get("extra_hours", "")),
    }
    _set(session, "slot_minutes", _number(values.get("extra_slot_minutes", "")))
    seats = {dose: _number(values.get(f"extra_{dose}", "")) for dose in _SPANS}
    session["capacity"] = {dose: 0 if count is None else count for dose, count in seats.items()}
    changed["sessions"] = [*changed.get("sessions", []), session]
    return changed


def without_extra_day(document: Document, index: int) -> Document:
    """Return the plan without a session."""
    changed = copy.deepcopy(dict(document))
    del changed["sessions"][index]
    _set(changed, "sessions", changed["sessions"] or None)
    return changed


def fields_of_days(finding: Finding, document: Document) -> Iterator[str]:
    """Yield the fields at which a finding stands, of those of a day off or an extra day.

    `document` is the plan as it would be.
    """
    path = finding.path
    if path.startswith("holidays") or ".open.closed" in path:
        yield "closed_day"
    last = f"sessions[{len(document.get('sessions', [])) - 1}]"
    if not path.startswith(last):
        return
    place = path.removeprefix(last).lstrip(".")
    missing = finding.values.get("keys", ()) if finding.values.get("kind") == "missing" else ()
    for one in [*_texts(missing)] or [_INDEX.sub("", place)]:
        yield _EXTRA_PLACES.get(one, "extra_day")


def _hours(typed: str) -> list[str]:
    """Return stretches of hours as a plan has them: 9:00~12:00 is 09:00-12:00."""
    plain = _BETWEEN_ENDS.sub("-", normalised(typed))
    stretches = [one for one in _BETWEEN_HOURS.split(plain) if one]
    return [_SHORT_HOUR.sub(r"0\1", one) for one in stretches]


def _number(typed: str) -> int | str | None:
    plain = normalised(typed).replace(",", "")
    if plain.isascii() and plain.isdecimal() and len(plain) < 10:
        return int(plain)
    return plain or None


def _spans(document: Document, venue_id: str) -> Iterator[dict[str, Any]]:
    """Yield the days of sessions of that venue, or of every one, that are a span."""
    for session in document.get("sessions", []):
        is_its = venue_id in (EVERY_VENUE, session["venue"])
        if is_its and isinstance(session["days"], dict):
            yield session["days"]


def _leave_out(holder: dict[str, Any], key: str, day: str) -> None:
    _set(holder, key, [one for one in holder.get(key, []) if one != day] or None)


def _set(holder: dict[str, Any], key: str, value: object) -> None:
    """Set a key, or take it away if there is nothing to say."""
    if value is None:
        holder.pop(key, None)
    else:
        holder[key] = value


def _texts(values: object) -> list[str]:
    return [f"{one}" for one in values] if isinstance(values, list | tuple) else []
