"""What an operator orders of a running room, for the commands (synchronous)."""

from __future__ import annotations

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from waiting_room import keys
from waiting_room.errors import RoomAway

PER_MINUTE_MAX = 100_000
CAP_MAX = 100_000


class Orders(msgspec.Struct, frozen=True):
    """People called per minute, and the greatest number inside; None: the room decides."""

    per_minute: int | None = None
    cap: int | None = None


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
    _keep(redis, keys.rate(release_id), per_minute)


def set_cap(redis: Redis, release_id: str, cap: int | None) -> None:
    """Let never more than so many people be inside (1 to 100,000); None: the room decides.

    Whoever is inside stays. Takes effect within a tick. Raises as `set_rate`.
    """
    if cap is not None and not 1 <= cap <= CAP_MAX:
        raise ValueError(f"a cap is between 1 and {CAP_MAX} people")
    _keep(redis, keys.cap(release_id), cap)


def _keep(redis: Redis, key: str, number: int | None) -> None:
    try:
        redis.set(key, "auto" if number is None else str(number))
    except RedisError:
        raise RoomAway from None


def keep_orders(redis: Redis, release_id: str, orders: Orders) -> None:
    """Put orders back that Redis has lost; newer ones stand. Redis errors pass through."""
    for key, number in (
        (keys.rate(release_id), orders.per_minute),
        (keys.cap(release_id), orders.cap),
    ):
        if number is not None:
            redis.set(key, str(number), nx=True)


def orders_from(rate: bytes | None, cap: bytes | None) -> Orders:
    """Return what the stored values stand for."""
    return Orders(_number(rate, PER_MINUTE_MAX), _number(cap, CAP_MAX))


def _number(raw: bytes | None, greatest: int) -> int | None:
    text = b"" if raw is None else raw
    return min(int(text), greatest) if text.isdigit() else None
