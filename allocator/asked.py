"""What is read from Redis to be mailed for safety's sake: codes asked for, tickets under attack.

Rule 1: what was asked for leaves the stream only after its transaction is committed; what is
read twice is mailed once (`outbox_one_code`).
Rule 2: the way of a sign-in is not touched: its failures are counted there as ever, by person
key, and the counts are looked at from here, some minutes later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from allocator.codes import ASKED_STREAM, CODE_LIFE_S
from allocator.model import SITE_TIMEZONE
from allocator.outbox import CodeAsked
from allocator.sealing import PERSON_KEY_BYTES
from monitoring.logs import get_logger

if TYPE_CHECKING:
    from redis import Redis

    from allocator.outbox import Outbox

AT_ONCE_MAX = 100
ATTEMPTS_MIN = 5
"""So many failed sign-ins with one ticket in an hour are told of (after ten, none is let try)."""

WARNINGS_MAX = 500
"""So many warnings at once, at most: news of bookings must not wait behind them."""

_FAILURES = b"failures:ticket:"
"""What the counts of failed sign-ins begin with (`waiting_room/lua/sign_in.lua`)."""

_SCANNED_AT_ONCE = 1_000

log = get_logger()


def post_codes(redis: Redis, outbox: Outbox, now: datetime) -> int:
    """Move what was asked for from the stream to the outbox; return how many are new.

    Raises:
        StoreAway: PostgreSQL does not answer; the stream stays as it is.
        RedisError: Redis does not answer; what was moved is met again, and mailed once.
    """
    waiting = cast("list[Any]", redis.xrange(ASKED_STREAM, count=AT_ONCE_MAX))
    if not waiting:
        return 0
    oldest = now - timedelta(seconds=CODE_LIFE_S)
    asked = [one for _, fields in waiting if (one := _asked_from(fields)) is not None]
    made = outbox.ask_codes([one for one in asked if one.asked_at > oldest])
    redis.xdel(ASKED_STREAM, *(entry_id for entry_id, _ in waiting))
    return made


def warn(redis: Redis, outbox: Outbox, now: datetime) -> int:
    """Have those told whose tickets others tried; return how many are to be. Raises as above."""
    people = list(_tried(redis))
    return outbox.warn(people, now, WARNINGS_MAX) if people else 0


def _tried(redis: Redis) -> Iterator[bytes]:
    """Return the person keys with so many failures, in steps that hold Redis for a moment each."""
    cursor = 0
    while True:
        cursor, names = cast(
            "tuple[int, list[bytes]]",
            redis.scan(cursor, match=_FAILURES + b"*", count=_SCANNED_AT_ONCE),
        )
        counts = cast("list[bytes | None]", redis.mget(names)) if names else []
        for name, count in zip(names, counts, strict=True):
            person = name.removeprefix(_FAILURES)
            if int(count or 0) >= ATTEMPTS_MIN and len(person) == PERSON_KEY_BYTES:
                yield person
        if cursor == 0:
            return


def _asked_from(fields: dict[bytes, bytes]) -> CodeAsked | None:
    """Read an entry; None if it is none of ours."""
    try:
        return CodeAsked(
            UUID(bytes=fields[b"challenge"]),
            UUID(bytes=fields[b"booking"]),
            datetime.fromtimestamp(float(fields[b"at"]), SITE_TIMEZONE),
        )
    except (KeyError, ValueError, OverflowError):
        log.warning("code_request_rejected")
        return None
