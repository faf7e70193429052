from __future__ import annotations

import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.release import ReleasePlan, findings_of, plan
from allocator.release_file import known_products, read_release_file
from allocator.week_plan import seats_by_lines, seats_by_vials, sessions_of, shared
from tests.unit.allocator.test_release import GOOD

EXAMPLE = Path(__file__).parents[3] / "examples" / "inzai" / "plan.yaml"

WEEK: dict[str, Any] = {
    "venue": "gym",
    "product": "comirnaty",
    "dose_1": {"from": "2021-05-10", "to": "2021-05-16"},
    "dose_2": {"from": "2021-05-31", "to": "2021-06-06"},
    "hours": {"mon": ["09:00-10:00", "13:00-14:00"], "wed": ["09:00-10:00"]},
    "slot_minutes": 30,
    "lines": 2,
    "minutes_per_dose": 10,
}


def with_week(**changes: Any) -> dict[str, Any]:
    """Return the good release with a week instead of sessions."""
    document = copy.deepcopy(GOOD)
    del document["sessions"]
    document["weeks"] = [copy.deepcopy(WEEK) | changes]
    return document


def planned(document: dict[str, Any]) -> ReleasePlan:
    made = plan(document)
    assert isinstance(made, ReleasePlan), made
    return made


def seats(document: dict[str, Any]) -> list[tuple[str, str, tuple[int, int]]]:
    return [
        (f"{slot.day:%m-%d}", f"{slot.starts_at:%R}", slot.capacities)
        for slot in sorted(planned(document).slots, key=lambda slot: slot.starts_at)
    ]


def faults(document: dict[str, Any]) -> list[tuple[str, str]]:
    found = plan(document)
    assert isinstance(found, list)
    return [(fault.code, fault.path) for fault in found]


def test_weekly_pattern_becomes_slots_with_the_seats_of_its_lines() -> None:
    assert seats(with_week()) == [
        ("05-10", "09:00", (6, 0)),
        ("05-10", "09:30", (6, 0)),
        ("05-10", "13:00", (6, 0)),
        ("05-10", "13:30", (6, 0)),
        ("05-12", "09:00", (6, 0)),
        ("05-12", "09:30", (6, 0)),
        ("05-31", "09:00", (0, 6)),
        ("05-31", "09:30", (0, 6)),
        ("05-31", "13:00", (0, 6)),
        ("05-31", "13:30", (0, 6)),
        ("06-02", "09:00", (0, 6)),
        ("06-02", "09:30", (0, 6)),
    ]


def test_vials_of_a_day_are_spread_and_the_earlier_slots_take_the_rest() -> None:
    shown = seats(with_week(vials_per_day=1))
    assert [row for row in shown if row[0] == "05-10"] == [
        ("05-10", "09:00", (2, 0)),
        ("05-10", "09:30", (2, 0)),
        ("05-10", "13:00", (1, 0)),
        ("05-10", "13:30", (1, 0)),
    ]


def test_slot_for_which_no_dose_is_left_is_none() -> None:
    hours = {"mon": ["09:00-13:00"]}
    shown = seats(with_week(hours=hours, vials_per_day=1))
    assert len([row for row in shown if row[0] == "05-10"]) == 6


def test_nobody_works_on_holidays_and_closed_days() -> None:
    document = with_week()
    document["holidays"] = ["2021-05-10"]
    document["venues"][0]["open"] = {"closed": ["2021-06-02"]}
    document["venues"].append(
        {**GOOD["venues"][0], "id": "hall", "open": {"closed": ["2021-05-12"]}}
    )
    assert {day for day, *_ in seats(document)} == {"05-12", "05-31"}


def test_session_that_is_listed_on_a_holiday_is_refused() -> None:
    document = copy.deepcopy(GOOD) | {"holidays": ["2021-05-10"]}
    made = planned(document)
    assert date(2021, 5, 10) in made.limits.venues["gym"].closed
    assert "closed_day" in {finding.code for finding in findings_of(made)}


BOTH = {"from": "2021-05-10", "to": "2021-05-10"}


@pytest.mark.parametrize(
    ("percent", "each"), [(None, {(3, 3)}), (75, {(4, 2), (5, 1)}), (0, {(0, 6)})]
)
def test_day_within_both_spans_shares_its_seats(
    percent: int | None, each: set[tuple[int, int]]
) -> None:
    changes = {} if percent is None else {"dose_1_percent": percent}
    shown = seats(with_week(dose_1=BOTH, dose_2=BOTH, **changes))
    assert {row[2] for row in shown} == each


def test_one_line_with_one_seat_a_slot_gives_both_doses_on_a_day_that_is_for_both() -> None:
    """Rounded down in each slot, it would never give a first dose."""
    week = with_week(dose_1=BOTH, dose_2=BOTH, lines=1, slot_minutes=10)
    given = [row[2] for row in seats(week)]
    assert given == [(0, 1), (1, 0)] * 6


def test_week_of_one_dose_alone_has_no_seat_for_the_other() -> None:
    document = with_week()
    del document["weeks"][0]["dose_2"]
    assert {row[2] for row in seats(document)} == {(6, 0)}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"minutes_per_dose": 61, "lines": 1}, ("no_seat_in_slot", "weeks[0].minutes_per_dose")),
        ({"hours": {"sun": ["10:00-09:00"]}}, ("hours_reversed", "weeks[0].hours.sun[0]")),
        ({"hours": {"mon": ["09:00-09:45"]}}, ("hours_not_whole", "weeks[0].hours.mon[0]")),
        (
            {"dose_1": {"from": "2021-05-32", "to": "2021-06-01"}},
            ("no_such_day", "weeks[0].dose_1.from"),
        ),
        ({"venue": "hall"}, ("unknown_venue", "weeks[0].venue")),
        ({"product": "spikevax"}, ("unknown_product", "weeks[0].product")),
        (
            {
                "hours": {"tue": ["09:00-10:00"]},
                "dose_1": {"from": "2021-05-12", "to": "2021-05-12"},
                "dose_2": {"from": "2021-05-12", "to": "2021-05-12"},
            },
            ("no_day", "weeks[0]"),
        ),
    ],
)
def test_fault_of_a_week_is_said_once_at_its_place(
    changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults(with_week(**changes)) == [fault]


def test_holiday_that_is_no_day_is_said_at_its_place() -> None:
    document = with_week()
    document["holidays"] = ["2021-02-30"]
    assert ("no_such_day", "holidays[0]") in faults(document)


def test_weeks_come_after_the_sessions_that_are_listed() -> None:
    document = copy.deepcopy(GOOD) | {"weeks": [WEEK]}
    sessions, findings = sessions_of(document)
    assert not findings
    assert [path for path, _ in sessions[:2]] == ["sessions[0]", "sessions[1]"]
    assert {path for path, _ in sessions[2:]} == {"weeks[0]"}


def test_second_doses_that_the_pattern_does_not_give_are_missed_by_the_linter() -> None:
    document = with_week()
    document["holidays"] = ["2021-05-31"]
    assert "second_doses_short" in {finding.code for finding in findings_of(planned(document))}


def test_example_has_no_error_and_no_warning() -> None:
    made = read_release_file(EXAMPLE.read_bytes())
    assert isinstance(made, ReleasePlan), made
    assert findings_of(made, known_products()) == []


@given(st.integers(1, 200), st.integers(1, 100), st.none() | st.integers(1, 5_000))
def test_seats_are_never_more_than_lines_and_vials_can_give(
    slots: int, each: int, doses: int | None
) -> None:
    shares = seats_by_vials(slots, each, doses)
    assert len(shares) == slots
    assert max(shares) <= each
    assert sum(shares) == min(slots * each, slots * each if doses is None else doses)
    assert max(shares) - min(shares) <= 1


@given(st.lists(st.integers(0, 20), min_size=1, max_size=100), st.integers(0, 100))
def test_percentage_is_that_of_the_day(shares: list[int], percent: int) -> None:
    given = shared(shares, (True, True), percent)
    assert [first + second for first, second in given] == shares
    assert min(min(pair) for pair in given) >= 0
    assert sum(first for first, _ in given) == sum(shares) * percent // 100


def test_lines_give_whole_doses() -> None:
    assert seats_by_lines(3, 15, 6) == 7
