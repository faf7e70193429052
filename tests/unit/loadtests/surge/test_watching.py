from __future__ import annotations

import os

import pytest

from loadtests.surge.watching import Watched, watching


def seen(values: list[int], every_s: float = 5.0) -> Watched:
    return Watched(memory={"gateway_0": {n * every_s: value for n, value in enumerate(values)}})


def test_growth_counts_only_from_when_it_was_warm() -> None:
    warming = [100, 200, 300] + [400] * 10
    assert seen(warming).growth("gateway_0", warm_s=15) == 0
    assert seen(warming).growth("gateway_0", warm_s=0) == pytest.approx(1.0)


def test_growth_that_goes_on_is_seen_and_one_outlier_is_not() -> None:
    growing = [100 + n for n in range(100)]
    assert seen(growing).growth("gateway_0", warm_s=0) > 0.5
    steady = [100] * 100
    steady[-1] = 500
    assert seen(steady).growth("gateway_0", warm_s=0) == 0


def test_one_look_is_no_growth() -> None:
    assert seen([100]).growth("gateway_0", warm_s=0) == 0
    assert seen([100, 150]).highest("gateway_0") == 150


def test_a_process_is_looked_at_while_the_block_runs() -> None:
    with watching({"ours": os.getpid()}) as watched:
        sum(number * number for number in range(300_000))
    assert watched.highest("ours") > 2**20
    assert watched.cpu_s["ours"] > 0
