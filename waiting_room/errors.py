"""Faults of the waiting room. Not being one's turn is no fault: that is an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError


class WaitingRoomError(Exception):
    """Something of the waiting room's failed; nobody was let in."""


class RoomAway(WaitingRoomError):
    """Redis does not answer, so nobody can be let in."""


class NotReady(WaitingRoomError):
    """Redis answers but does not hold the roster or the room yet; it is being filled."""


@contextmanager
def room_away() -> Iterator[None]:
    """Turn any failure of Redis into ours; its text could hold what was sent."""
    try:
        yield
    except RedisError:
        raise RoomAway from None
