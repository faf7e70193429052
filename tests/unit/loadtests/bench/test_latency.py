from __future__ import annotations

import pytest

from loadtests.bench.generator import Listened, percentile
from loadtests.bench.latency import why_void


def heard(*, per_s: float = 1_000, lag_s: float = 0.001, cpu: float = 0.2) -> Listened:
    return Listened([0.01], 0, offered_per_s=per_s, lag_p99_s=lag_s, cpu_share=cpu)


def test_figures_of_an_idle_generator_count() -> None:
    assert why_void(heard(), 1_000) == ""


@pytest.mark.parametrize(
    ("listened", "reason"),
    [
        (heard(lag_s=0.006), "late"),
        (heard(cpu=0.95), "of a core"),
        (heard(per_s=900), "not 1000/s"),
    ],
)
def test_figures_of_a_generator_at_its_limit_are_void(listened: Listened, reason: str) -> None:
    assert reason in why_void(listened, 1_000)


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (99.5, 100), (100, 100)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], percent) == value


def test_the_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 99) == 7.0
