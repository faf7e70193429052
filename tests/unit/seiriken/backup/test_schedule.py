from __future__ import annotations

from datetime import datetime, time, timedelta

import msgspec
import pytest

from allocator.model import SITE_TIMEZONE
from seiriken.backup.schedule import (
    RETRY_AFTER,
    Done,
    Schedule,
    drill_is_due,
    full_is_due,
    latest,
)

SCHEDULE = Schedule(time(2, 0), time(3, 30), timedelta(minutes=10))
TODAY = datetime(2021, 8, 20, tzinfo=SITE_TIMEZONE)
LONG_AGO = TODAY - timedelta(days=30)


def at(hour: int, minute: int = 0, days: int = 0) -> datetime:
    return TODAY + timedelta(days=days, hours=hour, minutes=minute)


LAST_NIGHT = Done(full_began_at=at(2), drill_began_at=at(3, 30))


@pytest.mark.parametrize(
    ("now", "expected"),
    [(at(2), False), (at(23), False), (at(1, 59, 1), False), (at(2, 0, 1), True)],
)
def test_full_is_due_once_a_night(now: datetime, expected: bool) -> None:
    assert full_is_due(SCHEDULE, LAST_NIGHT, now, LONG_AGO) is expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [(at(3, 30), False), (at(3, 29, 1), False), (at(3, 30, 1), True), (at(9, 0, 1), True)],
)
def test_drill_is_due_once_a_night(now: datetime, expected: bool) -> None:
    assert drill_is_due(SCHEDULE, LAST_NIGHT, now, LONG_AGO) is expected


def test_night_that_was_missed_is_made_up_for_once_the_keeper_has_run_for_a_while() -> None:
    since = at(9, 0, 1)
    for is_due in (full_is_due, drill_is_due):
        assert not is_due(SCHEDULE, LAST_NIGHT, since + timedelta(minutes=9), since)
        assert is_due(SCHEDULE, LAST_NIGHT, since + timedelta(minutes=10), since)


def test_keeper_that_started_just_before_the_hour_is_on_time() -> None:
    since = at(1, 58, 1)
    assert full_is_due(SCHEDULE, LAST_NIGHT, at(2, 0, 1), since)


def test_first_backup_is_due_after_a_while_and_the_drill_only_after_it() -> None:
    since, never = at(12), Done(None, None)
    assert not full_is_due(SCHEDULE, never, since, since)
    assert full_is_due(SCHEDULE, never, since + timedelta(minutes=10), since)
    assert not drill_is_due(SCHEDULE, never, since + timedelta(minutes=10), since)
    first = Done(since, None)
    assert drill_is_due(SCHEDULE, first, since + timedelta(minutes=10), since)


def test_what_failed_is_tried_again_after_a_pause() -> None:
    now = at(2, 5, 1)
    failed = msgspec.structs.replace(LAST_NIGHT, failed_at=now)
    for is_due in (full_is_due, drill_is_due):
        assert not is_due(SCHEDULE, failed, now + RETRY_AFTER - timedelta(seconds=1), LONG_AGO)
        assert is_due(SCHEDULE, failed, at(4, 0, 1), LONG_AGO)


def test_missing_wal_makes_a_full_backup_due_at_any_hour() -> None:
    gap = msgspec.structs.replace(LAST_NIGHT, has_gap=True)
    assert full_is_due(SCHEDULE, gap, at(12), LONG_AGO)


def test_hour_that_has_not_come_today_was_yesterdays() -> None:
    assert latest(time(2), at(1, 59)) == at(2, days=-1)
    assert latest(time(2), at(2)) == at(2)
