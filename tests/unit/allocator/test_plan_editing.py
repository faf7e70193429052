"""A plan's text is changed where something else is wanted, and nowhere else."""

from __future__ import annotations

import copy
from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest

from allocator.plan_editing import edited
from allocator.release_file import read_any

EXAMPLE = (Path(__file__).parents[3] / "examples/inzai/plan.yaml").read_text("utf-8")
FLUSH = """weeks:
- venue: gym   # the big one
  hours: {mon: ["09:00-12:00"]}
# ends
"""


def said(text: str) -> Any:
    return copy.deepcopy(read_any(text))


def changed(text: str, wanted: Any) -> list[str]:
    """Return the lines that differ."""
    new = edited(text, wanted)
    assert new is not None
    assert read_any(new) == wanted
    return [row for row in ndiff(text.splitlines(), new.splitlines()) if row[0] in "+-"]


@pytest.mark.parametrize("text", [EXAMPLE, FLUSH])
def test_text_that_says_it_already_stays_as_it_is(text: str) -> None:
    assert edited(text, said(text)) == text


def test_number_is_changed_and_its_comment_stays() -> None:
    wanted = said(EXAMPLE)
    wanted["weeks"][0]["lines"] = 5
    assert changed(EXAMPLE, wanted) == [
        "-     lines: 4                      # four people get a dose at once",
        "+     lines: 5                      # four people get a dose at once",
    ]


def test_hours_of_a_weekday_come_and_go() -> None:
    wanted = said(EXAMPLE)
    del wanted["weeks"][0]["hours"]["sun"]
    wanted["weeks"][0]["hours"]["wed"] = ["09:00-12:00", "13:00-15:00"]
    wanted["weeks"][0]["hours"]["mon"] = ["10:00-12:00", "13:00-17:00"]
    wanted["weeks"][0]["hours"]["tue"] = ["09:00-12:00"]
    rows = changed(EXAMPLE, wanted)
    assert '+       wed: ["09:00-12:00", "13:00-15:00"]' in rows
    assert '-       sun: ["09:00-12:00"]' in rows
    assert '+       mon: ["10:00-12:00", "13:00-17:00"]' in rows
    assert '+       tue: ["09:00-12:00"]' in rows
    assert len(rows) == 6


def test_days_are_added_and_taken_away() -> None:
    wanted = said(EXAMPLE)
    wanted["holidays"] = ["2030-09-16", "2030-10-14", "2030-10-15"]
    wanted["venues"][0]["open"]["closed"] = ["2030-09-20"]
    rows = changed(EXAMPLE, wanted)
    assert any(row.startswith("+ holidays: [2030-09-16, 2030-10-14, 2030-10-15]") for row in rows)
    assert any("closed: [2030-09-20]" in row for row in rows)
    assert len(rows) == 4


def test_session_is_added_to_a_plan_that_has_none_and_taken_away_again() -> None:
    wanted = said(EXAMPLE)
    extra = {
        "venue": "chuo-health-centre",
        "product": "comirnaty",
        "days": ["2030-09-21"],
        "hours": ["09:00-12:00"],
        "slot_minutes": 30,
        "capacity": {"dose_1": 6, "dose_2": 0},
    }
    wanted["sessions"] = [extra, {**extra, "days": ["2030-09-22"]}]
    with_two = edited(EXAMPLE, wanted)
    assert with_two is not None
    assert with_two.startswith(EXAMPLE), "what was there stays"
    wanted["sessions"] = [{**extra, "days": ["2030-09-22"]}]
    with_one = edited(with_two, wanted)
    assert with_one is not None
    assert read_any(with_one) == wanted


def test_pattern_is_added_and_taken_away_and_no_other_line_changes() -> None:
    text = EXAMPLE + "\n# The end.\n"
    wanted = said(text)
    first, second = wanted["weeks"]
    wanted["weeks"] = [first, second, first]
    with_three = edited(text, wanted)
    assert with_three is not None
    added = [row[2:] for row in ndiff(text.splitlines(), with_three.splitlines()) if row[0] != " "]
    assert added[:2] == ["  - venue: matsuyamashita-gym", "    product: comirnaty"]
    assert "    dose_1: {from: 2030-09-14, to: 2030-09-27}" in added
    assert with_three.endswith("\n\n# The end.\n")
    wanted["weeks"] = [first, second]
    assert edited(with_three, wanted) == text
    wanted["weeks"] = [second]
    rows = changed(text, wanted)
    assert {row[0] for row in rows} == {"-"}
    assert len(rows) == 15
    wanted["weeks"] = [first]
    assert (edited(text, wanted) or "").endswith(
        "the last slots of a long day have 9\n\n# The end.\n"
    )


def test_one_of_two_that_are_the_same_is_taken_away_from_a_list_in_one_line() -> None:
    assert edited("a: [1, 1, 2]\nb: 1\n", {"a": [1, 2], "b": 1}) == "a: [1, 2]\nb: 1\n"


def test_list_at_the_margin_stays_there() -> None:
    wanted = said(FLUSH)
    wanted["weeks"][0]["venue"] = "hall"
    assert changed(FLUSH, wanted) == [
        "- - venue: gym   # the big one",
        "+ - venue: hall  # the big one",
    ]


@pytest.mark.parametrize("text", ["yes", "1:30", "a: b", "", "# 1", "a\nb", "a, b", "- a", "08"])
def test_new_text_is_read_as_what_it_was(text: str) -> None:
    for wanted in ({"a": text}, {"a": [text, text]}, {"a": {"ja": text}}):
        new = edited("a: 1   # one\n", wanted)
        assert new is not None
        assert read_any(new) == wanted


def test_kind_of_a_value_may_change() -> None:
    assert read_any(edited("a: [1]\nb: 2\n", {"a": "x", "b": [1]}) or "") == {"a": "x", "b": [1]}
    assert edited("a: [1, 2]\n", {"a": [{"b": 1}, 2]}) is not None


def test_text_whose_numbers_are_read_in_two_ways_says_the_same_afterwards() -> None:
    assert edited("a: 010\nb: 1\n", {"a": 8, "b": 2}) == "a: 8\nb: 2\n"


def test_text_of_another_version_of_yaml_is_changed_by_hand() -> None:
    """It would need a mark of where its document begins, which ours have not."""
    assert edited("%YAML 1.1\na: 1\n", {"a": 2}) is None


def test_what_would_not_be_read_as_it_was_wanted_gives_no_text() -> None:
    assert edited("a: [1]\n", {"a": (1,)}) is None
