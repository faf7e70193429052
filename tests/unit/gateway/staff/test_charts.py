from __future__ import annotations

import pytest

from gateway.staff.charts import HEIGHT, WIDTH, points, thinned


def test_line_goes_from_edge_to_edge_and_from_bottom_to_top() -> None:
    assert points([0, 30, 60], [0, 5, 10], 10) == f"0.0,{HEIGHT}.0 300.0,120.0 {WIDTH}.0,0.0"


def test_one_moment_and_nothing_at_all_are_drawn_too() -> None:
    assert points([0], [0], 0) == f"0.0,{HEIGHT}.0"


@pytest.mark.parametrize(
    ("count", "most", "shown"),
    [(0, 3, []), (3, 3, [0, 1, 2]), (4, 3, [0, 2, 3]), (7, 3, [0, 3, 6])],
)
def test_rows_are_thinned_and_the_last_stays(count: int, most: int, shown: list[int]) -> None:
    assert thinned(count, most) == shown
