from __future__ import annotations

import pytest

from loadtests.surge.desk import p99


def test_99_of_100_pages_were_answered_by_then() -> None:
    assert p99([float(ms) for ms in range(1, 1_001)]) == pytest.approx(990.99)
    assert p99([5.0] * 200) == 5.0


@pytest.mark.parametrize("few", [[], [7.0]])
def test_too_few_have_none(few: list[float]) -> None:
    assert p99(few) == 0
