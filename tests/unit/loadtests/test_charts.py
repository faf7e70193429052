from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from loadtests.charts import Line, bar_chart, clock, line_chart, nice_top, thinned


def test_chart_is_well_formed_and_names_what_it_shows() -> None:
    lines = [Line("<a>", {0: 1, 10: 5}), Line("b", {0: 2, 10: 3})]
    chart = line_chart(lines, "People & places", {5.0: "opens"})
    root = ET.fromstring(chart.replace("'", '"'))  # noqa: S314 (our own text)
    assert len(root.findall(".//polyline")) == 2
    assert "People &amp; places" in chart
    assert "&lt;a&gt;" in chart
    assert ">opens<" in chart


def test_every_point_lies_within_the_chart() -> None:
    chart = line_chart([Line("a", {n: (n * 37) % 100 for n in range(1_000)})], "t")
    points = chart.split('points="')[1].split('"')[0].split()
    for point in points:
        x, y = (float(part) for part in point.split(","))
        assert 0 <= x <= 720
        assert 0 <= y <= 260


def test_nothing_to_show_gives_no_chart() -> None:
    assert line_chart([Line("a", {})], "t") == ""
    assert bar_chart({}, "t") == ""


def test_bars_are_ordered_and_say_their_share() -> None:
    chart = bar_chart({"few": 25, "many": 75}, "t")
    assert chart.index("many") < chart.index("few")
    assert "75.0 %" in chart


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (1, 1), (3, 5), (5, 5), (51, 100), (101, 200), (0.3, 0.5)]
)
def test_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert nice_top(value) == pytest.approx(top)


def test_many_points_become_means_and_few_stay() -> None:
    assert thinned({1: 5, 0: 3}, 10) == [(0, 3), (1, 5)]
    assert thinned({n: n for n in range(10)}, 5) == [(n + 0.5, n + 0.5) for n in range(0, 10, 2)]


def test_times_are_shown_as_minutes_and_seconds() -> None:
    assert (clock(0), clock(75), clock(-5)) == ("0:00", "1:15", "−0:05")
