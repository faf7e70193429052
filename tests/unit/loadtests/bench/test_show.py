"""The benchmark's table: a row is found by its name, whatever stands beside it."""

from __future__ import annotations

import pytest

from loadtests.bench.figures import row_of
from loadtests.bench.show import show


def test_name_of_a_row_stays_in_one_piece_beside_a_long_reason_why_it_is_void(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The reason comes with a machine that is busy with others."""
    void = "the generator sent 1 % more than 1234.5 ms late"
    names = ("from request to answer at half of the rate that it drains, 99th percentile", "alone")
    rows = [row_of("3 latency", name, "ms", (1.0, 2_000_000.0), void=void) for name in names]
    show({"cpu": "one"}, rows, [])
    printed = capsys.readouterr().out
    assert all(name in printed for name in names)
    assert "void: the" in printed
