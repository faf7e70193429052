"""What is typed into a plan's forms, and where a finding stands in them."""

from __future__ import annotations

from typing import Any

import pytest

from allocator.finding import error
from gateway.staff.plan_fields import hours_typed, number_typed, places_below, put, with_item


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("9:00～12:00　13:00 − 17:00", ["09:00-12:00", "13:00-17:00"]),
        ("09:00-12:00、13:00-17:00", ["09:00-12:00", "13:00-17:00"]),
        ("all day", ["all", "day"]),
        ("", []),
    ],
)
def test_hours_are_read_as_a_plan_has_them(typed: str, hours: list[str]) -> None:
    assert hours_typed(typed) == hours


@pytest.mark.parametrize(
    ("typed", "number"),
    [("６", 6), ("1,000", 1000), ("many", "many"), ("12345678901", "12345678901"), (" ", None)],
)
def test_number_is_read_or_stays_what_it_was(typed: str, number: int | str | None) -> None:
    assert number_typed(typed) == number


def test_key_is_set_or_taken_away() -> None:
    holder: dict[str, Any] = {"lines": 2}
    put(holder, "vials", 3)
    put(holder, "lines", None)
    put(holder, "lines", None)
    assert holder == {"vials": 3}


@pytest.mark.parametrize(
    ("path", "values", "places"),
    [
        ("weeks[1].lines", {"kind": "minimum"}, ["lines"]),
        ("weeks[1].hours.tue[0]", {"kind": "other"}, ["hours.tue"]),
        ("weeks[1]", {"kind": "choice"}, [""]),
        ("weeks[1]", {"kind": "missing", "keys": ["lines", "hours"]}, ["lines", "hours"]),
        ("weeks[1].dose_2", {"kind": "missing", "keys": ["to"]}, ["dose_2.to"]),
        ("weeks[11].lines", {"kind": "minimum"}, []),
        ("weeks[0]", {"kind": "choice"}, []),
        ("sessions", {"kind": "choice"}, []),
    ],
)
def test_places_of_a_finding(path: str, values: dict[str, Any], places: list[str]) -> None:
    assert places_below(error("not_as_schema", path, "", **values), "weeks[1]") == places


def test_item_stands_in_anothers_place_or_behind_the_others() -> None:
    plan = {"venues": [{"id": "gym"}], "holidays": []}
    assert with_item(plan, "venues", 0, {"id": "hall"})["venues"] == [{"id": "hall"}]
    assert with_item(plan, "venues", 1, {"id": "hall"})["venues"] == [{"id": "gym"}, {"id": "hall"}]
    assert plan["venues"] == [{"id": "gym"}], "the plan itself is not touched"
