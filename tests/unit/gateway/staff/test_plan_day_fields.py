"""What the fields of days off and extra days say, and what they make of a plan."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from allocator.finding import Finding, error
from allocator.release_file import read_document
from gateway.staff.plan_day_fields import (
    EVERY_VENUE,
    DayOff,
    ExtraDay,
    days_off,
    extra_days,
    fields_of_days,
    with_day_off,
    with_extra_day,
    without_day_off,
    without_extra_day,
)
from gateway.staff.plan_fields import Document

EXAMPLE = (Path(__file__).parents[4] / "examples/inzai/plan.yaml").read_bytes()
GYM, CHUO = "matsuyamashita-gym", "chuo-health-centre"


@pytest.fixture
def plan() -> dict[str, Any]:
    """The example plan."""
    document = read_document(EXAMPLE)
    assert not isinstance(document, list)
    return copy.deepcopy(dict(document))


def missing(path: str, *keys: str) -> Finding:
    return error("not_as_schema", path, "", kind="missing", keys=[*keys])


def test_days_off_come_and_go(plan: dict[str, Any]) -> None:
    holidays = [DayOff(EVERY_VENUE, day) for day in ("2030-09-16", "2030-09-23", "2030-10-14")]
    assert days_off(plan) == [*holidays, DayOff(CHUO, "2030-10-07")]
    closed = with_day_off(plan, {"closed_venue": GYM, "closed_day": "2030-09-20"})
    assert closed["venues"][0]["open"]["closed"] == ["2030-09-20"]
    assert without_day_off(closed, DayOff(GYM, "2030-09-20")) == plan
    everywhere = with_day_off(plan, {"closed_day": "2030-09-20"})
    assert everywhere["holidays"] == ["2030-09-16", "2030-09-23", "2030-10-14", "2030-09-20"]
    assert without_day_off(everywhere, DayOff(EVERY_VENUE, "2030-09-20")) == plan
    del plan["venues"][0]["open"]
    closed = with_day_off(plan, {"closed_venue": GYM, "closed_day": "2030-09-20"})
    assert without_day_off(closed, DayOff(GYM, "2030-09-20")) == plan
    del plan["holidays"]
    everywhere = with_day_off(plan, {"closed_day": "2030-09-20"})
    assert without_day_off(everywhere, DayOff(EVERY_VENUE, "2030-09-20")) == plan


def test_sessions_of_a_span_leave_a_day_off_out(plan: dict[str, Any]) -> None:
    span = {"from": "2030-09-14", "to": "2030-09-27"}
    plan["sessions"] = [
        {"venue": GYM, "days": span},
        {"venue": CHUO, "days": {**span, "except": ["2030-09-20"]}},
        {"venue": GYM, "days": ["2030-09-20"]},
        {"venue": GYM, "days": {"from": "2030-10-01", "to": "2030-10-02"}},
    ]
    closed = with_day_off(plan, {"closed_day": "2030-09-20"})
    left_out = {**span, "except": ["2030-09-20"]}
    assert [one["days"] for one in closed["sessions"][:2]] == [left_out, left_out]
    assert closed["sessions"][2:] == plan["sessions"][2:]
    of_gym = with_day_off(plan, {"closed_venue": GYM, "closed_day": "2030-09-20"})
    assert without_day_off(of_gym, DayOff(GYM, "2030-09-20")) == plan


def test_day_that_something_else_closes_stays_left_out(plan: dict[str, Any]) -> None:
    day = "2030-09-20"
    span = {"from": "2030-09-14", "to": "2030-09-27"}
    plan["sessions"] = [{"venue": venue, "days": {**span}} for venue in (GYM, CHUO)]
    both = with_day_off(plan, {"closed_day": day})
    both = with_day_off(both, {"closed_venue": GYM, "closed_day": day})
    left_out = {**span, "except": [day]}
    of_venues = without_day_off(both, DayOff(EVERY_VENUE, day))
    assert [one["days"] for one in of_venues["sessions"]] == [left_out, span]
    of_all = without_day_off(both, DayOff(GYM, day))
    assert [one["days"] for one in of_all["sessions"]] == [left_out, left_out]
    assert without_day_off(of_venues, DayOff(GYM, day)) == plan


def test_extra_day_comes_and_goes(plan: Document) -> None:
    typed = {
        "extra_venue": CHUO,
        "extra_product": "comirnaty",
        "extra_day": "2030-09-21",
        "extra_hours": "9:00-12:00",
        "extra_slot_minutes": "30",
        "extra_dose_1": "6",
    }
    more = with_extra_day(plan, typed)
    assert more["sessions"] == [
        {
            "venue": CHUO,
            "product": "comirnaty",
            "days": ["2030-09-21"],
            "hours": ["09:00-12:00"],
            "slot_minutes": 30,
            "capacity": {"dose_1": 6, "dose_2": 0},
        }
    ]
    (extra,) = extra_days(more)
    assert extra == ExtraDay(0, CHUO, "comirnaty", ("2030-09-21",), ("09:00-12:00",), 6, 0)
    assert without_extra_day(more, 0) == plan
    assert len(without_extra_day(with_extra_day(more, typed), 1)["sessions"]) == 1
    assert extra_days({"sessions": [{"days": {"from": "2030-09-14"}}]}) == []
    assert with_extra_day(plan, {})["sessions"][0]["days"] == []


@pytest.mark.parametrize(
    ("finding", "fields"),
    [
        (error("not_as_schema", "holidays", "", kind="twice"), ["closed_day"]),
        (error("no_such_day", "venues[0].open.closed[1]", "", text=""), ["closed_day"]),
        (error("no_such_day", "sessions[1].days[0]", "", text=""), ["extra_day"]),
        (error("hours_reversed", "sessions[1].hours[0]", "", text=""), ["extra_hours"]),
        (
            error("not_as_schema", "sessions[1].capacity.dose_2", "", kind="maximum"),
            ["extra_dose_2"],
        ),
        (missing("sessions[1]", "slot_minutes"), ["extra_slot_minutes"]),
        (error("too_many_slots", "sessions[1]", ""), ["extra_day"]),
        (error("hours_reversed", "sessions[0].hours[0]", "", text=""), []),
        (error("no_first_seat", "sessions", ""), []),
    ],
)
def test_finding_stands_at_its_field_of_the_days(finding: Finding, fields: list[str]) -> None:
    assert [*fields_of_days(finding, {"sessions": [{}, {}]})] == fields
