"""Sessions that the staff end, for one person or for everybody (synchronous).

Rule 1: place tokens end with the sessions: else a browser would come in again by itself. Whoever
signs in anew gets the same place, since the line is not touched.
Rule 2: what says so is written before any session is ended: a session cannot be opened with an
old token in between, but by a request that is being answered at that very moment.

Units: `now` is in unix seconds. A wiped Redis forgets what was ended, and the sessions with it.
"""

from __future__ import annotations

from redis import Redis

from waiting_room import keys, scripts
from waiting_room.errors import room_away
from waiting_room.tickets import TOKEN_AGE_S_MAX

_LOOKED_AT_TOGETHER = 1_000


def end_sessions(redis: Redis, person_key: bytes, now: float) -> int:
    """End what a person is signed in with, on every device; return how many sessions lived.

    Raises:
        RoomAway: Redis does not answer.
    """
    with room_away():
        redis.set(keys.ended(person_key), f"{now:.0f}", ex=TOKEN_AGE_S_MAX)
        return _end(redis, person_key)


def end_all_sessions(redis: Redis, now: float) -> int:
    """End what everybody is signed in with; return how many sessions lived. Raises `RoomAway`."""
    with room_away():
        redis.set(keys.ENDED_ALL, f"{now:.0f}", ex=TOKEN_AGE_S_MAX)
        prefix = keys.sessions(b"")
        found = redis.scan_iter(match=prefix + b"*", count=_LOOKED_AT_TOGETHER)
        return sum(_end(redis, bytes(name)[len(prefix) :]) for name in found)


def _end(redis: Redis, person_key: bytes) -> int:
    return int(redis.register_script(scripts.END_SESSIONS)(args=[person_key]))
