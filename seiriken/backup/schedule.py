"""When a full backup or a drill is due. No I/O, no clock.

Rule 1: what the plan's hour asks for is due from then on until it was done, so that an hour
that was missed (the machine was off, a server away) is made up for.
Rule 2: it is made up for only when the keeper has run for a while: a system that has just
started has residents to serve first.
Rule 3: what failed is tried again after a pause, not at once and not only the next night.

Times of day are those of the site.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

import msgspec

RETRY_AFTER = timedelta(minutes=15)
ON_TIME_FOR = timedelta(minutes=15)


class Schedule(msgspec.Struct, frozen=True):
    """What the operator set. `catch_up_after` is how long a keeper runs before it makes up."""

    full_at: time
    drill_at: time
    catch_up_after: timedelta


class Done(msgspec.Struct, frozen=True):
    """What was done last; None for never. `failed_at` is the last try that failed, of this keeper.

    `has_gap` says that WAL after the newest full backup is missing: only a new one helps.
    """

    full_began_at: datetime | None
    drill_began_at: datetime | None
    failed_at: datetime | None = None
    has_gap: bool = False


def full_is_due(schedule: Schedule, done: Done, now: datetime, since: datetime) -> bool:
    """Say whether a full backup is due; the keeper has run since `since`. `now` is the site's."""
    if _is_too_soon(done, now):
        return False
    asked_at = latest(schedule.full_at, now)
    if done.full_began_at is not None and done.full_began_at >= asked_at and not done.has_gap:
        return False
    return _may_begin(schedule, asked_at, now, since)


def drill_is_due(schedule: Schedule, done: Done, now: datetime, since: datetime) -> bool:
    """Say whether a drill is due: there is something to restore, and it was not tried yet."""
    if done.full_began_at is None or _is_too_soon(done, now):
        return False
    asked_at = latest(schedule.drill_at, now)
    if done.drill_began_at is not None and done.drill_began_at >= asked_at:
        return False
    return _may_begin(schedule, asked_at, now, since)


def latest(at: time, now: datetime) -> datetime:
    """Return the last moment, not after now, at which it was that time of day."""
    today = now.replace(hour=at.hour, minute=at.minute, second=at.second, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def _is_too_soon(done: Done, now: datetime) -> bool:
    return done.failed_at is not None and now < done.failed_at + RETRY_AFTER


def _may_begin(schedule: Schedule, asked_at: datetime, now: datetime, since: datetime) -> bool:
    is_on_time = since <= asked_at and now < asked_at + ON_TIME_FOR
    return is_on_time or now >= since + schedule.catch_up_after
