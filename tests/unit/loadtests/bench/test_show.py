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
    names = (
        "confirmations at once, the last one; reminders, and a server that takes 100 a second",
        "alone",
    )
    rows = [row_of("3 latency", name, "messages/s", (100_000.0, 2e6), void=void) for name in names]
    show({"cpu": "one"}, rows, [])
    printed = capsys.readouterr().out
    assert all(name in printed for name in (*names, "messages/s", "1,050,000"))
    assert "void: the" in printed
