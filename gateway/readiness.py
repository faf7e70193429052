"""Whether a gateway has what it needs, asked once a second and told on the internal port.

A gateway that is not ready still answers: it says what is the matter, and lets
nobody in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from allocator.errors import CatalogueMissing
from allocator.reads import Reads
from gateway.board import Board
from monitoring.background import Background
from monitoring.logs import get_logger
from waiting_room.errors import WaitingRoomError
from waiting_room.line import Line

CHECK_EVERY_S = 1.0
CHECK_AGE_S_MAX = 10.0

log = get_logger()


class Readiness:
    """What one gateway lacks. `snapshot` may be called from another thread."""

    def __init__(
        self, line: Line, reads: Reads, board: Board, monotonic: Callable[[], float]
    ) -> None:
        """`monotonic` gives seconds that never go back."""
        self._line = line
        self._reads = reads
        self._board = board
        self._monotonic = monotonic
        self._found: tuple[float, Mapping[str, bool]] | None = None
        self._background = Background(readiness=self._check_forever)

    async def start(self) -> None:
        """Begin to check."""
        self._background.start()

    async def close(self) -> None:
        """Stop checking."""
        await self._background.end()

    def snapshot(self) -> Mapping[str, bool]:
        """Return what was found last; a check that is overdue means that the loop is stuck."""
        if self._found is None:
            return {"event_loop": False}
        checked_at, found = self._found
        return {"event_loop": self._monotonic() - checked_at <= CHECK_AGE_S_MAX, **found}

    async def check(self) -> None:
        """Ask all parts once, and log what has changed."""
        found = {
            "room": await self._line.ready(),
            "database": await self._reads.ready(),
            "catalogue": self._has_catalogue(),
            "status": self._has_status(),
        }
        before = self._found[1] if self._found else {}
        for dependency, there in found.items():
            if before.get(dependency) is not there:
                result = "found" if there else "lost"
                log.info("dependency_checked", dependency=dependency, result=result)
        self._found = (self._monotonic(), found)

    def _has_catalogue(self) -> bool:
        try:
            return bool(self._reads.catalogue.releases)
        except CatalogueMissing:
            return False

    def _has_status(self) -> bool:
        try:
            self._board.raw()
        except WaitingRoomError:
            return False
        return True

    async def _check_forever(self) -> None:
        while True:
            await self.check()
            await asyncio.sleep(CHECK_EVERY_S)
