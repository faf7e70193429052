"""Sign out whoever left the roster, once its copy in Redis says that they cannot come again.

Rule 1: the roster is marked before; until the allocator has published it, a session that is ended
could be opened anew.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from redis import Redis

from allocator.leaving_desk import pieces
from allocator.roster_changes import Concerned
from waiting_room.endings import end_sessions

PUBLISHED_WAIT_S = 60.0
_LOOK_AGAIN_S = 0.1

_MAY_SIGN_IN = ("reissued", "returned")
"""Changes after which somebody can sign in who could not: the new ticket, or the old again."""


def sign_out(redis: Redis, concerned: Sequence[Concerned], wait_s: float) -> int | None:
    """End the sessions of who left; return how many lived, None if nothing was published in time.

    Waits in the calling thread, `wait_s` seconds at most.

    Raises:
        RoomAway: Redis does not answer.
    """
    gone = [one.person_key for one in concerned if one.may_not_sign_in]
    here = [one.new_key or one.person_key for one in concerned if one.change in _MAY_SIGN_IN]
    give_up_at = time.monotonic() + wait_s
    while _count_published(redis, gone) > 0 or _count_published(redis, here) < len(here):
        if time.monotonic() > give_up_at:
            return None
        time.sleep(_LOOK_AGAIN_S)
    now = time.time()
    return sum(end_sessions(redis, person, now) for person in gone)


def _count_published(redis: Redis, people: Sequence[bytes]) -> int:
    """Return how many of these can sign in."""
    found = [redis.hmget("roster", list(some)) for some in pieces(people)]
    return sum(check is not None for checks in found for check in checks)
