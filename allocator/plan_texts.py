"""Days, hours and moments as a release file has them, read from text. Nothing here does I/O."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from allocator.finding import Value, error
from allocator.model import SITE_TIMEZONE

YEAR_MAX = 2199
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_Day = TypeVar("_Day", bound=date)


class UnreadableText(Exception):
    """A text means no day, hour or moment; carries the finding."""

    def __init__(self, code: str, path: str, message: str, **values: Value) -> None:
        super().__init__(code)
        self.finding = error(code, path, message, **values)


def read_hours(text: str, path: str, length: timedelta) -> tuple[time, time]:
    """Return when a stretch such as 09:00-12:00 begins and ends: whole slots of that length."""
    opens, closes = (time.fromisoformat(part) for part in text.split("-"))
    minutes = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
    if minutes <= 0:
        reversed_ = f"{text} ends before it starts"
        raise UnreadableText("hours_reversed", path, reversed_, text=text)
    if minutes % (length_min := length.seconds // 60):
        whole = f"{text} is no whole number of slots of {length_min} minutes"
        raise UnreadableText("hours_not_whole", path, whole, text=text, minutes=length_min)
    return opens, closes


def read_days(days: Any, path: str) -> list[date]:
    """Return days that are listed, or those of a span that its weekdays and exceptions leave."""
    if isinstance(days, list):
        return [read_day(text, f"{path}[{index}]") for index, text in enumerate(days)]
    first, last = read_day(days["from"], f"{path}.from"), read_day(days["to"], f"{path}.to")
    if last < first or (last - first).days > 366:
        message = "the days end before they start, or span a year"
        raise UnreadableText("days_out_of_order", path, message)
    left_out = set(read_days(days.get("except", []), f"{path}.except"))
    weekdays = days.get("weekdays", WEEKDAYS)
    spanned = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    kept = [d for d in spanned if WEEKDAYS[d.weekday()] in weekdays and d not in left_out]
    if not kept:
        raise UnreadableText("no_day", path, "no day is left")
    return kept


def read_day(text: str, path: str) -> date:
    """Return the day of 2030-09-04."""
    try:
        return _in_our_times(date.fromisoformat(text))
    except ValueError:
        message = f"there is no day {text}"
        raise UnreadableText("no_such_day", path, message, text=text) from None


def read_moment(text: str, path: str) -> datetime:
    """Return the moment of 2030-09-04T09:00:00+09:00, in the site's time."""
    try:
        return _in_our_times(datetime.fromisoformat(text)).astimezone(SITE_TIMEZONE)
    except (ValueError, OverflowError):
        message = f"there is no moment {text}"
        raise UnreadableText("no_such_moment", path, message, text=text) from None


def _in_our_times(day: _Day) -> _Day:
    """Return a day that can be reckoned on from; at the end of all years, reckoning ends, too."""
    if day.year > YEAR_MAX:
        raise ValueError(day.year)
    return day
