"""How full an event loop is: how much later than due it wakes a loop of ours."""

from __future__ import annotations

import asyncio

from monitoring import metrics
from monitoring.background import Background

EVERY_S = 0.25


class LoopLag:
    """Measures for as long as it runs. The event loop's own clock is what is due by."""

    def __init__(self) -> None:
        self._background = Background(loop_lag=self._measure_forever)

    async def start(self) -> None:
        """Begin to measure."""
        self._background.start()

    async def close(self) -> None:
        """Stop measuring."""
        await self._background.end()

    async def measure(self) -> None:
        """Measure once, which takes EVERY_S or longer."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + EVERY_S
        await asyncio.sleep(EVERY_S)
        metrics.LOOP_LAG_SECONDS.observe(max(0.0, loop.time() - due_s))

    async def _measure_forever(self) -> None:
        while True:
            await self.measure()
