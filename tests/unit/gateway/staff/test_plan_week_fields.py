"""What the fields of a weekly pattern say, and what they make of a plan."""

from __future__ import annotations

import copy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from allocator.finding import Finding, error
from allocator.model import SITE_TIMEZONE
from allocator.release_file import read_document
from gateway.staff.plan_fields import Document
from gateway.staff.plan_week_fields import (
    NEW_WEEK_FIELDS,
    WEEK_FIELDS,
    fields_of_new_week,
    fields_of_week,
    new_week_fields,
    week_fields,
    with_new_week,
    with_week,
    without_week,
)

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


def test_fields_that_are_sent_back_as_they_were_change_nothing(plan: Document) -> None:
    for index in (0, 1):
        fields = week_fields(plan, index)
        assert fields.keys() == set(WEEK_FIELDS)
        assert with_week(plan, index, fields) == plan


def test_week_is_shown_as_it_is(plan: Document) -> None:
    fields = week_fields(plan, 0)
    assert fields["hours_mon"] == "09:00-12:00, 13:00-17:00"
    assert (fields["hours_wed"], fields["dose_1_percent"]) == ("", "")
    assert (fields["lines"], fields["dose_2_to"], fields["desk_share"]) == ("4", "2030-10-18", "20")


def test_week_becomes_what_was_typed(plan: Document) -> None:
    typed = week_fields(plan, 0) | {
        "hours_mon": "9:00～12:00　13:00 − 17:00",
        "hours_sun": "",
        "lines": "６",
        "vials_per_day": "",
        "dose_1_percent": "60",
        "dose_2_from": "",
        "dose_2_to": "",
        "desk_share": "25",
    }
    changed = with_week(plan, 0, typed)
    week = changed["weeks"][0]
    assert week["hours"]["mon"] == ["09:00-12:00", "13:00-17:00"]
    assert "sun" not in week["hours"]
    assert (week["lines"], week["dose_1_percent"]) == (6, 60)
    assert "vials_per_day" not in week
    assert "dose_2" not in week
    assert changed["release"]["desk_share"] == 0.25
    assert changed["weeks"][1] == plan["weeks"][1]
    assert plan["weeks"][0]["lines"] == 4, "the plan itself is not touched"


def test_what_cannot_be_read_goes_into_the_plan_as_it_was_typed(plan: Document) -> None:
    typed = week_fields(plan, 0) | {
        "lines": "many",
        "hours_mon": "all day",
        "dose_1_from": "soon",
        "desk_share": "half",
        "minutes_per_dose": "12345678901",
    }
    changed = with_week(plan, 0, typed)
    week = changed["weeks"][0]
    assert (week["lines"], week["minutes_per_dose"]) == ("many", "12345678901")
    assert week["hours"]["mon"] == ["all", "day"]
    assert week["dose_1"]["from"] == "soon"
    assert changed["release"]["desk_share"] == "half"
    emptied = with_week(plan, 0, {})["weeks"][0]
    assert emptied == {"venue": GYM, "product": "", "hours": {}}


@pytest.mark.parametrize(
    ("finding", "fields"),
    [
        (error("not_as_schema", "weeks[1].lines", "", kind="minimum"), ["lines"]),
        (error("hours_reversed", "weeks[1].hours.tue[0]", "", text=""), ["hours_tue"]),
        (error("not_as_schema", "weeks[1].hours.tue", "", kind="twice"), ["hours_tue"]),
        (error("not_as_schema", "weeks[1].hours", "", kind="too_few"), ["hours_mon"]),
        (error("no_such_day", "weeks[1].dose_1.from", "", text=""), ["dose_1_from"]),
        (error("days_out_of_order", "weeks[1].dose_2", ""), ["dose_2_from"]),
        (error("no_day", "weeks[1]", ""), ["dose_1_from"]),
        (error("unknown_venue", "weeks[1].venue", ""), ["product"]),
        (missing("weeks[1]", "lines", "slot_minutes"), ["lines", "slot_minutes"]),
        (missing("weeks[1].dose_2", "to"), ["dose_2_to"]),
        (error("not_as_schema", "release.desk_share", "", kind="maximum"), ["desk_share"]),
        (error("not_as_schema", "weeks[0].lines", "", kind="minimum"), []),
        (error("not_as_schema", "weeks[11].lines", "", kind="minimum"), []),
        (error("no_first_seat", "sessions", ""), []),
    ],
)
def test_finding_stands_at_its_field_of_the_week(finding: Finding, fields: list[str]) -> None:
    assert [*fields_of_week(finding, 1)] == fields


def test_new_pattern_like_another_says_what_that_one_says(plan: Document) -> None:
    fields = new_week_fields(plan, 1)
    assert fields.keys() == set(NEW_WEEK_FIELDS)
    changed = with_new_week(plan, fields)
    assert changed["weeks"] == [*plan["weeks"], plan["weeks"][1]]
    assert changed["release"] == plan["release"], "the desk's share is no pattern's"
    assert len(plan["weeks"]) == 2, "the plan itself is not touched"


def test_new_pattern_begins_where_and_when_a_venue_has_none_yet(plan: dict[str, Any]) -> None:
    hall = {"id": "hall", "open": {"hours": ["10:00-16:00"], "weekdays": ["sat", "sun"]}}
    plan["venues"].append(hall)
    fields = new_week_fields(plan, None)
    assert fields.keys() == set(NEW_WEEK_FIELDS)
    assert (fields["venue"], fields["product"]) == ("hall", "comirnaty")
    assert (fields["hours_sat"], fields["hours_sun"]) == ("10:00-16:00", "10:00-16:00")
    assert fields["hours_mon"] == ""
    assert (fields["dose_1_from"], fields["dose_2_to"]) == ("2030-09-14", "2030-10-18")
    assert (fields["slot_minutes"], fields["lines"], fields["vials_per_day"]) == ("15", "2", "")


def test_new_pattern_has_usual_values_where_the_plan_says_nothing(plan: dict[str, Any]) -> None:
    for venue in plan["venues"]:
        venue.pop("open")
    del plan["release"]["days"]
    del plan["weeks"][1]["dose_2"]
    fields = new_week_fields(plan, None)
    assert fields["venue"] == GYM, "each venue has a pattern"
    assert (fields["hours_fri"], fields["hours_sat"]) == ("09:00-12:00, 13:00-17:00", "")
    assert (fields["dose_1_to"], fields["dose_2_to"]) == ("2030-09-27", ""), "as the last one"
    del plan["weeks"]
    fields = new_week_fields(plan, None)
    assert (fields["venue"], fields["dose_1_from"]) == (GYM, "")
    assert with_new_week(plan, fields)["weeks"][0]["lines"] == 2


def test_pattern_is_taken_away(plan: Document) -> None:
    one = without_week(plan, 0)
    assert one["weeks"] == plan["weeks"][1:]
    assert "weeks" not in without_week(one, 0)


@pytest.mark.parametrize(
    ("finding", "fields"),
    [
        (error("unknown_venue", "weeks[1].venue", "", id=""), ["venue"]),
        (missing("weeks[1]", "lines", "hours"), ["lines", "hours_mon"]),
        (error("not_as_schema", "release.desk_share", "", kind="maximum"), []),
        (error("not_as_schema", "weeks[0].lines", "", kind="minimum"), []),
    ],
)
def test_finding_stands_at_its_field_of_the_new_pattern(
    plan: Document, finding: Finding, fields: list[str]
) -> None:
    assert [*fields_of_new_week(finding, plan)] == fields


def test_slot_that_another_pattern_has_stands_at_its_weekday(plan: Document) -> None:
    at = datetime(2030, 9, 18, 13, tzinfo=SITE_TIMEZONE)
    for venue, fields in ((CHUO, ["hours_wed"]), (GYM, [])):
        finding = error(
            "slot_twice", "sessions", "", count=2, product="comirnaty", venue=venue, at=at
        )
        assert [*fields_of_new_week(finding, plan)] == fields
