"""Make sessions of a venue's weekly pattern: hours, closed days, lines of staff, vials.

Rule 1: a slot has as many seats as its lines can give doses, and a day no more than its vials hold;
what the vials leave is spread evenly, and the earlier slots take the rest.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

A day within both spans gives both doses: `dose_1_percent` of the seats of the day, rounded down,
are for dose 1, spread evenly. Whether there are second seats enough is not decided here but by
the linter (`allocator.release`).
Units: seats are doses; times are minutes since midnight at the site.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate, pairwise
from typing import Any

from allocator.finding import Finding
from allocator.plan_texts import WEEKDAYS, UnreadableText, read_day, read_days, read_hours

DOSE_1_PERCENT_USUAL = 50

Session = Mapping[str, Any]
Doses = tuple[bool, bool]
"""Which doses a day gives."""

Capacities = tuple[int, int]
"""The seats of a slot for dose 1 and for dose 2."""


def sessions_of(document: Mapping[str, Any]) -> tuple[list[tuple[str, Session]], list[Finding]]:
    """Return the sessions that a file lists and those of its weeks, each with its place in it.

    Beside them stands what is wrong with the weeks: one that cannot be read gives no session.
    """
    sessions: list[tuple[str, Session]] = [
        (f"sessions[{index}]", session)
        for index, session in enumerate(document.get("sessions", []))
    ]
    findings: list[Finding] = []
    per_vial = {item["id"]: item["doses_per_vial"] for item in document["products"]}
    for index, week in enumerate(document.get("weeks", [])):
        path = f"weeks[{index}]"
        try:
            shut = _shut(document, week["venue"])
            made = [*_of_week(week, path, shut, per_vial.get(week["product"], 1))]
        except UnreadableText as wrong:
            findings.append(wrong.finding)
            continue
        sessions += [(path, session) for session in made]
    return sessions, findings


def seats_by_lines(lines: int, slot_minutes: int, minutes_per_dose: int) -> int:
    """Return how many doses the lines of staff give in one slot."""
    return lines * slot_minutes // minutes_per_dose


def seats_by_vials(slots: int, seats: int, doses: int | None) -> list[int]:
    """Return the seats of each slot of a day on which there are so many doses; None: enough."""
    if doses is None or doses >= slots * seats:
        return [seats] * slots
    each, rest = divmod(doses, slots)
    return [each + (number < rest) for number in range(slots)]


def shared(shares: Sequence[int], doses: Doses, percent: int) -> list[Capacities]:
    """Return what of each slot's seats is for which dose, on a day that gives these doses.

    The percentage is one of the day, so a slot's remainder is left to the next: else slots of one
    seat would never give a first dose.
    """
    of_first = percent if all(doses) else 100 if doses[0] else 0
    firsts = (
        till * of_first // 100 - since * of_first // 100
        for since, till in pairwise(accumulate(shares, initial=0))
    )
    return [(first, share - first) for first, share in zip(firsts, shares, strict=True)]


def _shut(document: Mapping[str, Any], venue_id: str) -> frozenset[date]:
    shut = [
        read_day(text, f"holidays[{index}]")
        for index, text in enumerate(document.get("holidays", []))
    ]
    for index, venue in enumerate(document["venues"]):
        if venue["id"] == venue_id:
            closed = venue.get("open", {}).get("closed", [])
            shut += read_days(closed, f"venues[{index}].open.closed")
    return frozenset(shut)


def _of_week(
    week: Mapping[str, Any], path: str, shut: frozenset[date], per_vial: int
) -> Iterator[Session]:
    seats = seats_by_lines(week["lines"], week["slot_minutes"], week["minutes_per_dose"])
    if not seats:
        message = "the lines give no dose within one slot"
        raise UnreadableText("no_seat_in_slot", f"{path}.minutes_per_dose", message)
    vials = week.get("vials_per_day")
    doses_max = None if vials is None else vials * per_vial
    for (weekday, doses), days in _alike(week, path, shut).items():
        slots = _slots(week, weekday, path)
        shares = seats_by_vials(len(slots), seats, doses_max)
        percent = week.get("dose_1_percent", DOSE_1_PERCENT_USUAL)
        for (first, second), hours in _stretches(slots, shared(shares, doses, percent)).items():
            yield {
                "venue": week["venue"],
                "product": week["product"],
                "days": [day.isoformat() for day in days],
                "hours": hours,
                "slot_minutes": week["slot_minutes"],
                "capacity": {"dose_1": first, "dose_2": second},
            }


def _alike(
    week: Mapping[str, Any], path: str, shut: frozenset[date]
) -> dict[tuple[str, Doses], list[date]]:
    """Return the days that it works, by weekday and by the doses they give."""
    firsts, seconds = (
        frozenset(read_days(week[name], f"{path}.{name}")) if name in week else frozenset()
        for name in ("dose_1", "dose_2")
    )
    alike: defaultdict[tuple[str, Doses], list[date]] = defaultdict(list)
    for day in sorted((firsts | seconds) - shut):
        weekday = WEEKDAYS[day.weekday()]
        if weekday in week["hours"]:
            alike[weekday, (day in firsts, day in seconds)].append(day)
    if not alike:
        raise UnreadableText("no_day", path, "no day is left")
    return alike


def _slots(week: Mapping[str, Any], weekday: str, path: str) -> list[tuple[int, int]]:
    length = week["slot_minutes"]
    slots: list[tuple[int, int]] = []
    for index, text in enumerate(week["hours"][weekday]):
        place = f"{path}.hours.{weekday}[{index}]"
        opens, closes = read_hours(text, place, timedelta(minutes=length))
        first, last = (at.hour * 60 + at.minute for at in (opens, closes))
        slots += [(start, start + length) for start in range(first, last, length)]
    return slots


def _stretches(
    slots: Sequence[tuple[int, int]], seats: Sequence[Capacities]
) -> dict[Capacities, list[str]]:
    """Return the hours in which the slots have so many seats; those without any are left out."""
    found: defaultdict[Capacities, list[tuple[int, int]]] = defaultdict(list)
    for (start, end), capacities in zip(slots, seats, strict=True):
        stretches = found[capacities]
        if stretches and stretches[-1][1] == start:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((start, end))
    return {
        capacities: [f"{_clock(start)}-{_clock(end)}" for start, end in stretches]
        for capacities, stretches in found.items()
        if sum(capacities)
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
