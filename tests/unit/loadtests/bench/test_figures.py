from __future__ import annotations

import pytest

from loadtests.bench.figures import Target, ratios, row_of, shown

FAST = Target("at least", 100)
SOON = Target("at most", 8)


def test_a_row_has_the_median_of_its_runs() -> None:
    assert row_of("1", "what", "s", [3.0, 1.0, 100.0]).median == 3.0


@pytest.mark.parametrize(
    ("target", "figure", "is_met"), [(FAST, 100, True), (FAST, 99, False), (SOON, 8, True)]
)
def test_a_row_says_whether_its_target_is_met(target: Target, figure: float, is_met: bool) -> None:
    assert row_of("1", "what", "s", [figure], target=target).is_met is is_met


def test_a_void_row_neither_meets_nor_misses_its_target() -> None:
    row = row_of("1", "what", "s", [1.0], target=FAST, void="the generator was late")
    assert row.is_met is None
    assert row.target == "≥ 100"


def test_a_row_without_a_target_meets_nothing() -> None:
    assert row_of("1", "what", "s", [1.0]).is_met is None


def test_ratios_are_those_of_runs_in_turn() -> None:
    assert ratios([10.0, 30.0], [5.0, 10.0]) == [2.0, 3.0]


@pytest.mark.parametrize(
    ("value", "text"), [(1234.4, "1,234"), (99.94, "99.9"), (0.704, "0.70"), (0, "0.00")]
)
def test_numbers_show_as_many_digits_as_they_are_worth(value: float, text: str) -> None:
    assert shown(value) == text
