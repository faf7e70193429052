"""Run a function in a Python of its own: on its own core, with a heap that holds nothing else."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


_BEGIN_S_MAX = 300.0
_SPAWN = multiprocessing.get_context("spawn")
_barriers: list[Barrier] = []
"""In a process that begins together with others: their barrier."""


def in_own_process(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Return what a module's function returns in a new process."""
    with ProcessPoolExecutor(1, mp_context=_SPAWN) as pool:
        return pool.submit(function, *args, **kwargs).result()


@contextmanager
def processes_that_begin_together(count: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of new processes, each of which calls `wait_for_all_processes` once."""
    barrier = _SPAWN.Barrier(count, timeout=_BEGIN_S_MAX)
    with ProcessPoolExecutor(
        count, mp_context=_SPAWN, initializer=_join, initargs=(barrier,)
    ) as pool:
        yield pool


def _join(barrier: Barrier) -> None:
    _barriers.append(barrier)


def wait_for_all_processes() -> None:
    """Wait until every process of the pool has come so far."""
    _barriers[0].wait()
