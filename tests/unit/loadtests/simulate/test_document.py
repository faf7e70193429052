from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from loadtests.simulate.costs import UNIT_COSTS, costs_from, read_costs
from loadtests.simulate.document import (
    PAGE,
    chart,
    filled,
    growth_table,
    read,
    validation_table,
)
from loadtests.simulate.model import Town
from loadtests.simulate.scenarios import Scenario, breaks_first, play, scenarios, table
from loadtests.simulate.validation import Compared
from tests.unit.loadtests.simulate.test_model import COSTS


def test_page_in_the_tree_is_made_from_the_results_in_the_tree() -> None:
    kept, text = read(), PAGE.read_text(encoding="utf-8")
    assert {"scenarios", "growth"} <= set(kept)
    assert filled(text, kept) == text


def test_only_tables_that_are_given_are_filled() -> None:
    page = "a\n<!-- made: one -->\nold\n<!-- end -->\n<!-- made: two -->\nkept\n<!-- end -->\n"
    assert filled(page, {"one": ["| new |"]}) == page.replace("old", "| new |")


def test_played_town_gives_a_row_and_a_picture() -> None:
    outcome = play(Scenario("small", Town(people=500, pairs=200), "as it is"), COSTS)
    (row,) = table([outcome])[2:]
    assert row.startswith("| 500 | as it is | 10 min |")
    picture = ET.fromstring(chart(outcome))  # noqa: S314 (our own text)
    assert picture.tag.endswith("svg")


def test_what_breaks_first_is_what_is_busiest_or_late() -> None:
    town = Town(people=500, pairs=200)
    counted = play(Scenario("small", town, ""), COSTS).counted
    busy = {"gateway": 0.95, "redis": 0.2, "allocator": 0.1}
    assert breaks_first(busy, 0.0, counted, town).startswith("gateway")
    assert breaks_first({"gateway": 0.2, "redis": 0.3}, 5.0, counted, town).startswith("redis")
    assert breaks_first({"gateway": 0.2}, 0.0, counted, town) == "nothing"
    counted.inside_max = 2_000
    assert "seats inside" in breaks_first({"gateway": 0.2}, 0.0, counted, town)


def test_scenarios_reach_from_ten_thousand_to_a_hundred_million() -> None:
    people = [scenario.town.people for scenario in scenarios()]
    assert (min(people), max(people)) == (10_000, 100_000_000)


def test_validation_says_what_differs_too_much() -> None:
    compared = [Compared("wait", 100, 110), Compared("sold", 100, 130), Compared("none", 0, 1)]
    lines = validation_table(1_000, compared, "2026-11-27")
    assert "| wait | 100 s | 110 s | 1.10 | yes |" in lines
    assert "| sold | 100 s | 130 s | 1.30 | **no** |" in lines


def test_costs_of_the_tree_are_read() -> None:
    document = json.loads(UNIT_COSTS.read_text(encoding="utf-8"))
    costs = costs_from(document)
    assert costs == read_costs()
    assert 0 < costs.batched_s < costs.batch_s
    assert 0 < costs.way_in_s < 0.1
    rows = growth_table(document)
    assert any(row.startswith("| 100,000 |") for row in rows)
