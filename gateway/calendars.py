"""A month as a calendar: in which order each language has the days of a week, and their names.

Where a week begins is taken from Unicode's CLDR (through Babel), which knows it by country:
Japan, Korea and Brazil begin with Sunday.

Units: a weekday is a number from 0 (Monday) to 6 (Sunday), as for `datetime`.
"""

from __future__ import annotations

from calendar import Calendar
from datetime import date
from functools import cache, lru_cache
from typing import Literal

from babel.core import Locale
from babel.dates import format_date, get_day_names

from gateway import furigana, i18n
from gateway.languages import PLAIN_JAPANESE

_LOCALES = {
    "ja": Locale("ja", "JP"),
    PLAIN_JAPANESE: Locale("ja", "JP"),
    "en": Locale("en", "GB"),
    "zh-Hans": Locale("zh", "CN", script="Hans"),
    "ko": Locale("ko", "KR"),
    "vi": Locale("vi", "VN"),
    "pt": Locale("pt", "BR"),
}
_CELL_DATE_PATTERNS = {"en": "d\u00a0MMM", "vi": "d/M", "pt": "d/M"}
"""Where it is not month/day."""


@cache
def weekdays(language: str) -> tuple[int, ...]:
    """Return the weekdays in the order of a calendar's columns."""
    return tuple(Calendar(_LOCALES[language].first_week_day).iterweekdays())


def weeks_of(month: date, language: str) -> list[list[date | None]]:
    """Return the rows of the calendar of a day's month; None where another month's days are."""
    weeks = Calendar(_LOCALES[language].first_week_day).monthdatescalendar(month.year, month.month)
    return [[day if day.month == month.month else None for day in week] for week in weeks]


def weekday_head(weekday: int, language: str) -> str:
    """Write a weekday short, at the head of its column: 火, Tue."""
    if language == PLAIN_JAPANESE:
        return furigana.with_readings(f"{{{i18n.WEEKDAYS[weekday]}}}")
    return _weekday(weekday, language, "abbreviated")


def weekday_name(weekday: int, language: str) -> str:
    """Write a weekday in full: 火曜日, Tuesday."""
    return _weekday(weekday, language, "wide")


@lru_cache(maxsize=i18n.KEPT_TEXTS_MAX)
def cell_date(day: date, language: str) -> str:
    """Write a day as short as the cell of a calendar on a phone: 12/1, 1 Dec."""
    pattern = _CELL_DATE_PATTERNS.get(language, "M/d")
    return format_date(day, pattern, locale=_LOCALES[language])


def _weekday(weekday: int, language: str, width: Literal["abbreviated", "wide"]) -> str:
    return str(get_day_names(width, "stand-alone", _LOCALES[language])[weekday])
