"""Wait for a condition: the only place in the tests that lets time pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

LOOK_EVERY_S = 0.02


def until(condition: Callable[[], Value], within_s: float = 120.0) -> Value:
    """Return the first true answer of a condition, the last of which is looked for after the time.

    The usual time is against what hangs: a busy machine takes ten seconds for what takes one.

    Raises:
        TimeoutError: it was not true within `within_s` seconds.
    """
    deadline = time.monotonic() + within_s
    is_late = False
    while not (answer := condition()):
        if is_late:
            raise TimeoutError(f"not true within {within_s} s: {condition!r}")
        time.sleep(LOOK_EVERY_S)
        is_late = time.monotonic() > deadline
    return answer
