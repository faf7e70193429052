from __future__ import annotations

from datetime import date, datetime, timedelta

from allocator.model import SITE_TIMEZONE, Slot
from allocator.plan_diff import DayOfPlan, Difference, days_of, differences

NINE = datetime(2030, 9, 14, 9, tzinfo=SITE_TIMEZONE)


def slot(number: int, seats: tuple[int, int] = (5, 0), days: int = 0, venue: str = "gym") -> Slot:
    start = NINE + timedelta(days=days, minutes=15 * number)
    return Slot(number, "autumn", venue, "comirnaty", start, start + timedelta(minutes=15), seats)


def day(slots: int, dose_1: int, dose_2: int = 0, venue: str = "gym") -> DayOfPlan:
    return DayOfPlan(date(2030, 9, 14), venue, "comirnaty", slots, dose_1, dose_2)


def test_slots_are_added_up_by_day_venue_and_product() -> None:
    found = days_of([slot(1, venue="hall"), slot(2), slot(3, (1, 2)), slot(4, days=1)])
    assert found[:2] == [day(2, 6, 2), day(1, 5, venue="hall")]
    assert found[2].day == date(2030, 9, 15)


def test_same_slots_in_another_order_do_not_differ() -> None:
    assert differences([slot(1), slot(2)], [slot(2), slot(1)]) == []


def test_days_that_come_go_and_change_are_told() -> None:
    gone, changed, new = slot(1, venue="annex"), slot(2), slot(3, venue="hall")
    assert differences([gone, changed], [slot(2, (7, 0)), new]) == [
        Difference(day(1, 5, venue="annex"), None),
        Difference(day(1, 5), day(1, 7)),
        Difference(None, day(1, 5, venue="hall")),
    ]
