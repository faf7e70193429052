from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from allocator.plan_texts import UnreadableText, read_day, read_days, read_hours, read_moment

QUARTER = timedelta(minutes=15)


def test_texts_become_days_hours_and_moments() -> None:
    assert read_hours("09:00-12:15", "", QUARTER) == (time(9), time(12, 15))
    assert read_day("2030-09-04", "") == date(2030, 9, 4)
    assert read_moment("2030-09-04T00:00:00Z", "").isoformat() == "2030-09-04T09:00:00+09:00"
    assert read_days(["2030-09-04", "2030-09-02"], "") == [date(2030, 9, 4), date(2030, 9, 2)]
    span = {"from": "2030-09-02", "to": "2030-09-09", "weekdays": ["mon"], "except": ["2030-09-09"]}
    assert read_days(span, "") == [date(2030, 9, 2)]


@pytest.mark.parametrize(
    ("days", "code", "path"),
    [
        (["2030-02-30"], "no_such_day", "days[0]"),
        (["9999-12-30"], "no_such_day", "days[0]"),
        ({"from": "2030-09-02", "to": "2030-09-01"}, "days_out_of_order", "days"),
        ({"from": "2030-09-02", "to": "2031-09-04"}, "days_out_of_order", "days"),
        ({"from": "2030-09-02", "to": "2030-09-02", "weekdays": ["tue"]}, "no_day", "days"),
        (
            {"from": "2030-09-02", "to": "2030-09-02", "except": ["2030-02-30"]},
            "no_such_day",
            "days.except[0]",
        ),
    ],
)
def test_days_that_are_none_are_found_with_their_place(days: object, code: str, path: str) -> None:
    with pytest.raises(UnreadableText) as caught:
        read_days(days, "days")
    assert (caught.value.finding.code, caught.value.finding.path) == (code, path)


@pytest.mark.parametrize(
    ("text", "code"),
    [("12:00-09:00", "hours_reversed"), ("09:00-09:20", "hours_not_whole")],
)
def test_hours_that_are_none_are_found(text: str, code: str) -> None:
    with pytest.raises(UnreadableText) as caught:
        read_hours(text, "hours[0]", QUARTER)
    assert caught.value.finding.code == code


@pytest.mark.parametrize(
    "text",
    [
        "2030-09-31T09:00:00+09:00",
        "9999-12-31T23:59:59-09:00",
        "0001-01-01T00:00:00+14:00",
        "2200-01-01T00:00:00+09:00",
    ],
)
def test_moment_that_does_not_exist_is_found(text: str) -> None:
    with pytest.raises(UnreadableText) as caught:
        read_moment(text, "opens_at")
    assert caught.value.finding.code == "no_such_moment"
