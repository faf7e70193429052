"""What a clerk has typed for a caller and not sent yet: sealed, as long as a call can last.

It stands under keys of its own: this process need not touch what residents have typed.
"""

from __future__ import annotations

from typing import cast

from redis.asyncio import Redis

from waiting_room.errors import room_away


class CallDrafts:
    """Keeps drafts in Redis. Raises `RoomAway` when it does not answer."""

    def __init__(self, redis: Redis, kept_s: int) -> None:
        self._redis = redis
        self._kept_s = kept_s

    async def keep_draft(self, digest: bytes, sealed: bytes) -> None:
        """Keep a draft in place of what was kept before."""
        with room_away():
            await self._redis.set(_key(digest), sealed, ex=self._kept_s)

    async def draft(self, digest: bytes) -> bytes | None:
        """Return a draft, None when there is none."""
        with room_away():
            return cast("bytes | None", await self._redis.get(_key(digest)))


def _key(digest: bytes) -> str:
    return f"call:{digest.hex()}"
