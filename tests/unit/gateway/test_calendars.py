"""A month as a calendar: every day once, under its weekday, in each language's order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import calendars, languages
from gateway.furigana import bare

MONTHS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
LANGUAGES = st.sampled_from(languages.LANGUAGES)


@given(month=MONTHS, language=LANGUAGES)
def test_every_day_of_the_month_stands_once_under_its_weekday(month: date, language: str) -> None:
    columns, weeks = calendars.weekdays(language), calendars.weeks_of(month, language)
    assert sorted(columns) == list(range(7))
    assert all(len(week) == 7 for week in weeks)
    for week in weeks:
        assert any(week), "no row is empty"
        for weekday, day in zip(columns, week, strict=True):
            assert day is None or day.weekday() == weekday
    shown = [day for week in weeks for day in week if day is not None]
    first = month.replace(day=1)
    assert shown == [first + timedelta(days=number) for number in range(len(shown))]
    assert (shown[-1] + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("language", "heads", "tuesday", "first_of_december"),
    [
        ("ja", "日 月 火 水 木 金 土", "火曜日", "12/1"),
        ("ja-simple", "日 月 火 水 木 金 土", "火曜日", "12/1"),
        ("en", "Mon Tue Wed Thu Fri Sat Sun", "Tuesday", "1\u00a0Dec"),
        ("zh-Hans", "周一 周二 周三 周四 周五 周六 周日", "星期二", "12/1"),
        ("ko", "일 월 화 수 목 금 토", "화요일", "12/1"),
        ("vi", "Th 2|Th 3|Th 4|Th 5|Th 6|Th 7|CN", "Thứ Ba", "1/12"),
        ("pt", "dom. seg. ter. qua. qui. sex. sáb.", "terça-feira", "1/12"),
    ],
)
def test_week_begins_and_days_are_named_as_the_language_has_it(
    language: str, heads: str, tuesday: str, first_of_december: str
) -> None:
    named = [bare(calendars.weekday_head(one, language)) for one in calendars.weekdays(language)]
    assert named == heads.split("|" if "|" in heads else " ")
    assert calendars.weekday_name(1, language) == tuesday
    assert calendars.cell_date(date(2026, 12, 1), language) == first_of_december


def test_head_of_a_column_has_its_reading_in_plain_japanese() -> None:
    assert str(calendars.weekday_head(1, "ja-simple")) == "火（か）"
