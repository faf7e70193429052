"""The notice board of the waiting room: status.json of every release, from memory.

Rule 1: it is fetched by one task, once a second, however many people ask (I11);
everybody is given the same bytes.
Rule 2: a board that could not be fetched for BOARD_AGE_S_MAX is taken down: an old
serving number is no news.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import Callable

import msgspec

from allocator.errors import CatalogueMissing
from allocator.reads import Reads
from monitoring.background import Background
from waiting_room.errors import NotReady, RoomAway, WaitingRoomError
from waiting_room.line import Line

REFRESH_EVERY_S = 1.0
BOARD_AGE_S_MAX = 10.0

Status = dict[str, object]


class Board:
    """One gateway's copy of the notices."""

    def __init__(self, line: Line, reads: Reads, monotonic: Callable[[], float]) -> None:
        """`monotonic` gives seconds that never go back."""
        self._line = line
        self._reads = reads
        self._monotonic = monotonic
        self._notices: dict[str, bytes] = {}
        self._read: dict[bytes, Status] = {}
        self._packed: dict[bytes, bytes] = {}
        self._current: str | None = None
        self._fetched_at: float | None = None
        self._background = Background(board_refresh=self._refresh_forever)

    async def start(self) -> None:
        """Begin to fetch."""
        self._background.start()

    async def close(self) -> None:
        """Stop fetching."""
        await self._background.end()

    def raw(self, release_id: str | None = None) -> bytes | None:
        """Return status.json of a release (None: the one now open or next); None if unknown.

        Raises:
            NotReady: the room has not written it yet.
            RoomAway: it could not be fetched for too long.
        """
        if self._fetched_at is None:
            raise NotReady
        if self._monotonic() - self._fetched_at > BOARD_AGE_S_MAX:
            raise RoomAway
        wanted = self._current if release_id is None else release_id
        return self._notices.get(wanted) if wanted is not None else None

    def status(self, release_id: str | None = None) -> Status | None:
        """Return the same, read: one object until the notice changes. Raises as `raw`."""
        raw = self.raw(release_id)
        if raw is None:
            return None
        if raw not in self._read:
            self._read[raw] = msgspec.json.decode(raw, type=Status)
        return self._read[raw]

    def packed(self, release_id: str | None = None) -> bytes | None:
        """Return the same, compressed (gzip), once for each change. Raises as `raw`."""
        raw = self.raw(release_id)
        if raw is None:
            return None
        if raw not in self._packed:
            self._packed[raw] = gzip.compress(raw, mtime=0)
        return self._packed[raw]

    async def refresh(self) -> None:
        """Fetch all notices once; of a Redis that was wiped, none, so that the last ones stay up.

        Raises:
            RoomAway: Redis does not answer.
            NotReady: it holds no roster yet, or the room does not tick.
        """
        if not await self._line.ready():
            raise NotReady
        current = await self._line.current()
        notices: dict[str, bytes] = {}
        for release_id in {*self._releases(), *([current] if current else [])}:
            notice = await self._line.status(release_id)
            if notice is not None:
                notices[release_id] = notice
        self._current = current
        self._notices = notices
        self._read = {raw: read for raw, read in self._read.items() if raw in notices.values()}
        self._packed = {raw: one for raw, one in self._packed.items() if raw in notices.values()}
        self._fetched_at = self._monotonic()

    def _releases(self) -> list[str]:
        try:
            return list(self._reads.catalogue.releases)
        except CatalogueMissing:
            return []

    async def _refresh_forever(self) -> None:
        while True:
            with contextlib.suppress(WaitingRoomError):
                await self.refresh()
            await asyncio.sleep(REFRESH_EVERY_S)
