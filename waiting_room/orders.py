"""What an operator orders of a running room, for the commands (synchronous)."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError

from waiting_room import keys
from waiting_room.errors import RoomAway

PER_MINUTE_MAX = 100_000


def set_rate(redis: Redis, release_id: str, per_minute: int | None) -> None:
    """Fix how many people are called per minute (1 to 100,000); None: the room decides.

    The greatest number inside stays in force either way. Takes effect within a tick;
    whoever is called already may come in. Letting nobody in is a pause of the release.

    Raises:
        RoomAway: Redis does not answer.
        ValueError: the number is out of bounds.
    """
    if per_minute is not None and not 1 <= per_minute <= PER_MINUTE_MAX:
        raise ValueError(f"a rate is between 1 and {PER_MINUTE_MAX} people per minute")
    try:
        redis.set(keys.rate(release_id), "auto" if per_minute is None else str(per_minute))
    except RedisError:
        raise RoomAway from None


def rate_from(raw: bytes | None) -> int | None:
    """Return the fixed rate that a stored value stands for, None for automatic."""
    text = b"" if raw is None else raw
    return min(int(text), PER_MINUTE_MAX) if text.isdigit() else None
