"""When a reminder is due, and until when it helps."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from allocator.model import SITE_TIMEZONE
from allocator.reminding import Due, due, due_at, is_timely

DOSE = datetime(2021, 9, 24, 9, 15, tzinfo=SITE_TIMEZONE)
DAY = DOSE.date()
MINUTE = timedelta(minutes=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2021, 9, day, hour, minute, tzinfo=SITE_TIMEZONE)


def kinds_due(now: datetime, day: date = DAY) -> list[str]:
    return [one.kind for one in due(now) if one.day == day]


@pytest.mark.parametrize(
    ("now", "kinds"),
    [
        (at(17, 8, 59), []),
        (at(17, 9), ["reminder_week"]),
        (at(20, 12), ["reminder_week"]),
        (at(23, 8, 59), ["reminder_week"]),
        (at(23, 9), ["reminder_day"]),
        (at(24, 9), ["reminder_day"]),
        (at(25, 0), []),
    ],
)
def test_reminder_is_due_a_week_and_a_day_before(now: datetime, kinds: list[str]) -> None:
    assert kinds_due(now) == kinds


def test_each_day_is_reminded_of_in_one_way_at_a_time() -> None:
    found = list(due(at(17, 9)))
    days = [one.day for one in found]
    assert days == [DAY - timedelta(days=7 - ahead) for ahead in range(8)]
    assert [one.kind for one in found] == ["reminder_day"] * 2 + ["reminder_week"] * 6
    assert found[-1] == Due("reminder_week", DAY, at(17, 9))
    assert all(one.due_at <= at(17, 9) for one in found)


def test_day_is_the_site_s_wherever_the_clock_is() -> None:
    moment = at(23, 9)
    assert list(due(moment.astimezone(None))) == list(due(moment))
    assert due_at("reminder_day", DAY) == moment


def test_reminder_helps_until_the_next_one_or_the_dose() -> None:
    assert is_timely("reminder_week", DOSE, at(23, 9) - MINUTE)
    assert not is_timely("reminder_week", DOSE, at(23, 9))
    assert is_timely("reminder_day", DOSE, DOSE - MINUTE)
    assert not is_timely("reminder_day", DOSE, DOSE)
