"""Wait for something that another process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from loadtests.bench.errors import BenchStopped

Value = TypeVar("Value")

LOOK_EVERY_S = 0.02


def until(
    what: str,
    condition: Callable[[], Value],
    within_s: float,
    look_every_s: float = LOOK_EVERY_S,
) -> Value:
    """Return the first true answer of a condition.

    Raises:
        BenchStopped: it was not true within `within_s` seconds.
    """
    deadline = time.monotonic() + within_s
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise BenchStopped(f"{what}: not within {within_s:g} s")
        time.sleep(look_every_s)
    return answer
