from __future__ import annotations

import pytest

from loadtests.bench.figures import Row, row_of
from loadtests.peers.showing import cell, in_columns, measure_of, name_of, show_side_by_side

ROWS = [
    row_of("peers", "a, row locks: bookings", "bookings/s", [1, 2, 3]),
    row_of("peers", "a, row locks: p99", "ms", [1234.5]),
    row_of("peers", "b: bookings", "bookings/s", [40], void="the generator was late"),
    Row("peers", "b: half pairs", "bookings", (0, 3), 3, "≤ 0.00", is_met=False),
    row_of("peers", "b / a, row locks: bookings per second", "x", [2, 3, 4]),
]


def test_each_measure_is_a_line_with_a_column_a_system() -> None:
    columns = in_columns(ROWS[:4])
    assert list(columns) == [("bookings", "bookings/s"), ("p99", "ms"), ("half pairs", "bookings")]
    assert list(columns["bookings", "bookings/s"]) == ["a, row locks", "b"]
    assert (name_of(ROWS[1]), measure_of(ROWS[1])) == ("a, row locks", "p99")


def test_void_figures_stand_in_brackets_and_missed_bounds_are_marked() -> None:
    assert [cell(row) for row in ROWS[:4]] == ["2.00", "1,234", "(40.0)", "3.00 !"]
    assert cell(None) == ""


def test_the_page_names_machine_systems_ratios_and_remarks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_side_by_side({"cores": "2"}, ROWS, ["c failed: it did not start"])
    printed = capsys.readouterr().out
    for text in (
        *("cores 2", "a, row locks", "2.00 to 4.00", "b / a, row locks: bookings per second"),
        *("void: b: the generator was late", "c failed: it did not start"),
    ):
        assert text in printed
