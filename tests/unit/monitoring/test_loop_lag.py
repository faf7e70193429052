"""A loop that is kept from working shows by how much."""

from __future__ import annotations

import asyncio
import time

from prometheus_client import REGISTRY

from monitoring.loop_lag import EVERY_S, LoopLag
from tests.waiting import until

HELD_UP_S = 0.3


def total(sample: str) -> float:
    return REGISTRY.get_sample_value(f"seiriken_loop_lag_seconds_{sample}") or 0.0


async def hold_up() -> None:
    """Keep the whole loop from working until the measurement is late."""
    ends_at = time.monotonic() + EVERY_S + HELD_UP_S
    until(lambda: time.monotonic() > ends_at)


def test_a_loop_that_is_held_up_wakes_late() -> None:
    async def run() -> None:
        await asyncio.gather(LoopLag().measure(), hold_up())

    before = total("sum")
    asyncio.run(run())
    assert total("sum") - before > HELD_UP_S / 2


def test_a_loop_is_measured_again_and_again() -> None:
    async def run() -> None:
        lag = LoopLag()
        before = total("count")
        await lag.start()
        while total("count") < before + 2:
            await lag.measure()
        await lag.close()

    before = total("count")
    asyncio.run(run())
    assert total("count") >= before + 2
