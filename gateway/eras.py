"""The Japanese eras: which year of which era a day is in, and which day an era's date means.

Rule 1: a day belongs to the era that is in force on it, from the era's first day on. 30 July
1912 and 25 December 1926 were proclaimed to be days of the new era, but families wrote the
old name of these days, too: 大正15年12月25日 is read as that day.
Rule 2: a date that an era never had (昭和70年, 平成31年5月1日, 令和元年4月30日) is refused, not
counted on. It could be counted; but oftener than a known habit it is the wrong era chosen or a
wrong figure, and a wrong birth date costs one of few tries to sign in.

Units: years of an era count from 1 (元年), and change on 1 January as all years do.
Sources of the first days: the imperial rescripts of 30 July 1912 (大正) and 25 December 1926
(昭和); Cabinet Orders No. 1 of Showa 64 (平成, from the day after 7 January 1989) and No. 143 of
Heisei 31 (令和, from 1 May 2019). Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Era:
    """One era: its code in forms, its name, and its first and last day (None: it goes on)."""

    code: str
    name: str
    reading: str
    first_day: date
    last_day: date | None = None

    def year_of(self, day: date) -> str:
        """Return the year of the era as it is written: 元, 2, 3, …."""
        count = day.year - self.first_day.year + 1
        return "元" if count == 1 else str(count)


@dataclass(frozen=True)
class NotBegun:
    """The date is before the era's first day."""

    first: date


@dataclass(frozen=True)
class Over:
    """The date is after the era's last day."""

    last: date


TAISHO = Era("taisho", "大正", "たいしょう", date(1912, 7, 30), date(1926, 12, 25))
SHOWA = Era("showa", "昭和", "しょうわ", date(1926, 12, 25), date(1989, 1, 7))
HEISEI = Era("heisei", "平成", "へいせい", date(1989, 1, 8), date(2019, 4, 30))
REIWA = Era("reiwa", "令和", "れいわ", date(2019, 5, 1))

ERAS = {era.code: era for era in (TAISHO, SHOWA, HEISEI, REIWA)}
"""Every era that a form offers, oldest first."""

YEAR_MAX = 999
"""A greater number is no year of an era; the arithmetic stays within what a date can be."""


def era_of(day: date) -> Era | None:
    """Return the era that is in force on a day; None before Taisho."""
    return next((era for era in reversed(ERAS.values()) if era.first_day <= day), None)


def day_in(era: Era, year: int, month: int, day: int) -> date | NotBegun | Over:
    """Return the day that a date of an era means, or that the era did not have it.

    Raises:
        ValueError: there is no such day in any year of that number.
    """
    if not 1 <= year <= YEAR_MAX:
        raise ValueError("no year of an era")
    meant = date(era.first_day.year + year - 1, month, day)
    if meant < era.first_day:
        return NotBegun(era.first_day)
    if era.last_day is not None and meant > era.last_day:
        return Over(era.last_day)
    return meant


assert all(
    newer.first_day - (older.last_day or date.max) <= timedelta(days=1)
    for older, newer in zip((TAISHO, SHOWA, HEISEI), (SHOWA, HEISEI, REIWA), strict=True)
), "no day is without an era"
