from __future__ import annotations

import copy
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from allocator.model import SITE_TIMEZONE
from allocator.release import (
    Finding,
    ReleasePlan,
    findings_of,
    has_error,
    pairs_possible,
    plan,
)
from allocator.release_file import read_release_file

EXAMPLE = Path(__file__).parents[3] / "examples" / "inzai" / "release.yaml"

GOOD: dict[str, Any] = {
    "schema": 1,
    "release": {
        "id": "spring",
        "campaign": "covid-19",
        "names": {"ja": "春"},
        "cohort": {"born_from": "1900-01-01", "born_to": "2009-04-01"},
        "lobby_at": "2021-05-01T08:30:00+09:00",
        "opens_at": "2021-05-01T09:00:00+09:00",
        "closes_at": "2021-05-10T09:00:00+09:00",
        "cut_off_hours": 48,
    },
    "products": [
        {
            "id": "comirnaty",
            "names": {"ja": "コミナティ"},
            "interval_days": {"standard": 21, "min": 19, "max": 23},
            "doses_per_vial": 6,
            "source": "添付文書",
        }
    ],
    "venues": [{"id": "gym", "names": {"ja": "体育館"}, "addresses": {"ja": "浦部275"}}],
    "sessions": [
        {
            "venue": "gym",
            "product": "comirnaty",
            "days": ["2021-05-10"],
            "hours": ["09:00-10:00"],
            "slot_minutes": 30,
            "capacity": {"dose_1": 5, "dose_2": 0},
        },
        {
            "venue": "gym",
            "product": "comirnaty",
            "days": ["2021-05-31"],
            "hours": ["09:00-10:00"],
            "slot_minutes": 30,
            "capacity": {"dose_1": 0, "dose_2": 5},
        },
    ],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the good release with one thing in it replaced; `a.0.b` names the place."""
    document = copy.deepcopy(GOOD)
    at: Any = document
    *way, last = path.split(".")
    for step in way:
        at = at[int(step)] if step.isdigit() else at[step]
    at[int(last) if last.isdigit() else last] = value
    return document


def planned(document: dict[str, Any]) -> ReleasePlan:
    made = plan(document)
    assert isinstance(made, ReleasePlan), made
    return made


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def test_good_release_becomes_a_plan_without_findings() -> None:
    made = planned(GOOD)
    assert findings_of(made) == []
    assert pairs_possible(made) == 10
    assert [(s.slot_id, s.day, s.capacities) for s in made.slots] == [
        (1, date(2021, 5, 10), (5, 0)),
        (2, date(2021, 5, 10), (5, 0)),
        (3, date(2021, 5, 31), (0, 5)),
        (4, date(2021, 5, 31), (0, 5)),
    ]
    assert made.slots[1].starts_at == datetime(2021, 5, 10, 9, 30, tzinfo=SITE_TIMEZONE)
    assert made.release.cut_off_hours == 48


def test_cut_off_is_a_day_when_the_file_does_not_say() -> None:
    document = copy.deepcopy(GOOD)
    del document["release"]["cut_off_hours"]
    assert planned(document).release.cut_off_hours == 24


def test_days_can_be_a_span_with_weekdays_and_exceptions() -> None:
    days = {
        "from": "2021-05-10",
        "to": "2021-05-23",
        "weekdays": ["mon", "sat"],
        "except": ["2021-05-17"],
    }
    made = planned(changed("sessions.0.days", days))
    assert sorted({s.day for s in made.slots if s.capacities[0]}) == [
        date(2021, 5, 10),
        date(2021, 5, 15),
        date(2021, 5, 22),
    ]


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("sessions.0.venue", "hall", "unknown_venue", "sessions[0].venue"),
        ("sessions.1.product", "spikevax", "unknown_product", "sessions[1].product"),
        ("sessions.0.hours", ["10:00-09:00"], "hours_reversed", "sessions[0].hours[0]"),
        ("sessions.0.hours", ["09:00-10:10"], "hours_not_whole", "sessions[0].hours[0]"),
        ("sessions.0.days", ["2021-02-30"], "no_such_day", "sessions[0].days[0]"),
        (
            "sessions.0.days",
            {"from": "2021-05-10", "to": "2021-05-09"},
            "days_out_of_order",
            "sessions[0].days",
        ),
        (
            "sessions.0.days",
            {"from": "2021-05-10", "to": "2023-05-10"},
            "days_out_of_order",
            "sessions[0].days",
        ),
        (
            "sessions.0.days",
            {"from": "2021-05-10", "to": "2021-05-10", "weekdays": ["tue"]},
            "no_day",
            "sessions[0].days",
        ),
        ("release.opens_at", "2021-05-32T09:00:00+09:00", "no_such_moment", "release.opens_at"),
        ("release.cohort.born_to", "2009-13-01", "no_such_day", "release.cohort.born_to"),
        ("venues", GOOD["venues"] * 2, "duplicate_id", "venues[1].id"),
        ("products", GOOD["products"] * 2, "duplicate_id", "products[1].id"),
    ],
)
def test_file_that_cannot_be_a_plan_says_where_and_why(
    path: str, value: Any, code: str, where: str
) -> None:
    found = plan(changed(path, value))
    assert isinstance(found, list)
    assert [(f.severity, f.code, f.path) for f in found] == [("error", code, where)]


def test_more_slots_than_the_limit_are_refused() -> None:
    document = copy.deepcopy(GOOD)
    day_and_night = {
        **document["sessions"][0],
        "days": {"from": "2021-05-10", "to": "2022-05-10"},
        "hours": ["00:00-23:55"],
        "slot_minutes": 5,
    }
    document["sessions"] = [day_and_night]
    found = plan(document)
    assert isinstance(found, list)
    assert codes(found) == ["too_many_slots"]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("release.cohort.born_from", "2010-01-01", "cohort_reversed"),
        (
            "release.cohort",
            {"born_from": "2040-01-01", "born_to": "2041-12-31"},
            "cohort_unborn",
        ),
        ("release.lobby_at", "2021-05-01T09:00:01+09:00", "lobby_after_opening"),
        ("release.closes_at", "2021-05-01T09:00:00+09:00", "closes_before_opening"),
        ("products.0.interval_days.min", 22, "interval_out_of_order"),
        ("sessions.1.days", ["2021-04-30", "2021-05-31"], "slot_before_opening"),
        ("sessions.1.capacity.dose_2", 4, "second_doses_short"),
        ("sessions.1.days", ["2021-05-30"], "second_doses_short"),
        ("sessions.1.days", ["2021-06-03"], "second_doses_short"),
    ],
)
def test_linter_finds_the_error(path: str, value: Any, code: str) -> None:
    findings = findings_of(planned(changed(path, value)))
    assert codes(findings) == [code]
    assert has_error(findings)


def test_second_dose_up_to_the_longest_interval_is_enough() -> None:
    assert findings_of(planned(changed("sessions.1.days", ["2021-06-02"]))) == []


def test_second_doses_at_another_venue_do_not_count() -> None:
    document = changed("sessions.1.venue", "hall")
    document["venues"].append(
        {"id": "hall", "names": {"ja": "公民館"}, "addresses": {"ja": "大森"}}
    )
    (finding,) = findings_of(planned(document))
    assert finding.code == "second_doses_short"
    assert "2021-05-10 (10)" in finding.message


def test_second_doses_are_matched_so_that_as_many_as_possible_fit() -> None:
    document = changed("sessions.0.days", ["2021-05-09", "2021-05-10"])
    document["sessions"][1]["days"] = ["2021-06-01", "2021-06-02"]
    made = planned(document)
    assert (findings_of(made), pairs_possible(made)) == ([], 20)


def test_release_without_first_doses_is_an_error() -> None:
    findings = findings_of(planned(changed("sessions.0.capacity.dose_1", 0)))
    assert codes(findings) == ["no_first_seat"]


def test_slot_that_stands_twice_is_an_error() -> None:
    document = copy.deepcopy(GOOD)
    document["sessions"].append(document["sessions"][1])
    findings = findings_of(planned(document))
    assert codes(findings) == ["slot_twice", "slot_twice"]
    assert "2021-05-31 09:00" in findings[0].message


@pytest.mark.parametrize(
    ("hours", "capacity", "codes"),
    [
        (["09:05-09:35"], (1, 0), ["slots_overlap"]),
        (["09:15-09:45"], (1, 0), ["slots_overlap"]),
        (["10:00-10:30"], (1, 0), []),
        (["08:30-09:00"], (1, 0), []),
        (["09:05-09:35"], (0, 1), []),  # First and second doses may be given side by side.
        (["09:00-10:00"], (0, 1), ["slot_twice"]),
    ],
)
def test_slots_that_overlap_but_for_a_grid_are_told(
    hours: list[str], capacity: tuple[int, int], codes: list[str]
) -> None:
    document = copy.deepcopy(GOOD)
    minutes = 60 if hours == ["09:00-10:00"] else 30
    added = {"hours": hours, "slot_minutes": minutes}
    added |= {"capacity": dict(zip(("dose_1", "dose_2"), capacity, strict=True))}
    document["sessions"].append(document["sessions"][0] | added)
    document["sessions"][1]["capacity"]["dose_2"] = 6
    assert [one.code for one in findings_of(planned(document))] == codes


def test_slots_that_overlap_are_named_and_counted() -> None:
    document = copy.deepcopy(GOOD)
    longer = {"hours": ["08:45-10:15"], "slot_minutes": 90}
    document["sessions"].append(document["sessions"][0] | longer)
    document["sessions"][1]["capacity"]["dose_2"] = 10
    (finding,) = findings_of(planned(document))
    assert (finding.severity, finding.values["count"]) == ("warning", 2)
    assert finding.message == (
        "2 slots of comirnaty at gym begin before another ends, "
        "the first at 2021-05-10 09:00 within that of 08:45"
    )


def test_release_that_stays_open_after_its_last_slot_is_a_warning() -> None:
    findings = findings_of(planned(changed("release.closes_at", "2021-06-01T09:00:00+09:00")))
    assert [(f.severity, f.code) for f in findings] == [("warning", "open_after_last_slot")]
    assert not has_error(findings)


def test_errors_stand_before_warnings() -> None:
    document = changed("release.closes_at", "2021-06-01T09:00:00+09:00")
    document["sessions"][1]["capacity"]["dose_2"] = 0
    assert [f.severity for f in findings_of(planned(document))] == ["error", "warning"]


def test_example_in_the_repository_is_without_findings() -> None:
    made = read_release_file(EXAMPLE.read_bytes())
    assert isinstance(made, ReleasePlan)
    assert findings_of(made) == []


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("release.cohort.born_from", "1800-01-01", "release.cohort"),
        ("release.cohort.born_from", "0001-01-01", "release.cohort"),
        ("release.campaign", "probe", "release.campaign"),
        ("release.id", "probe", ""),
    ],
)
def test_synthetic_residents_names_and_day_of_birth_are_nobody_elses(
    path: str, value: str, where: str
) -> None:
    (finding,) = findings_of(planned(changed(path, value)))
    assert (finding.severity, finding.code, finding.path) == ("error", "reserved", where)


@pytest.mark.parametrize("kind", ["venue", "product"])
def test_synthetic_residents_venue_and_product_are_nobody_elses(kind: str) -> None:
    document = changed(f"{kind}s.0.id", "probe")
    for session in document["sessions"]:
        session[kind] = "probe"
    assert [finding.code for finding in findings_of(planned(document))] == ["reserved"]


def test_day_after_the_synthetic_residents_birth_is_free_for_all() -> None:
    assert findings_of(planned(changed("release.cohort.born_from", "1800-01-02"))) == []
