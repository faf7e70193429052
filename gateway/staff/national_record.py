"""Doses given as a table in the shape of the national record (VRS): see docs/venue.md.

Rule 1: a cell never begins a formula: what begins with = + - @ or a control character gets an
apostrophe before it, as spreadsheets take it for text then.
Rule 2: what an encoding cannot write is refused; nothing is replaced in silence.
Rule 3: nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args

from allocator.model import SITE_TIMEZONE

Encoding = Literal["utf-8", "utf-8-bom", "shift_jis"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
_CODECS = {"utf-8": "utf-8", "utf-8-bom": "utf-8-sig", "shift_jis": "cp932"}
"""Windows writes Shift_JIS as its code page 932, which has more of the signs that names use."""

COLUMNS = (
    "市区町村コード",
    "接種券番号",
    "接種回数",
    "接種日",
    "接種会場",
    "ワクチンメーカー",
    "ワクチン種類",
    "ロット番号",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Days:
    """A range of days, its ends included (None: open), of which doses are taken.

    With `by_record` they are the days on which the doses were recorded: so what was recorded after
    a file of its day was written is in the file of the day of its record.
    """

    first: date | None
    last: date | None
    by_record: bool = False

    def __str__(self) -> str:
        """Return what the journal of looks says of it."""
        return f"{self.first or '-'} {self.last or '-'}{' by_record' if self.by_record else ''}"

    def as_parameters(self) -> dict[str, object]:
        """Return the parameters of `doses_given.sql`."""
        return {
            "first_day": self.first,
            "last_day": self.last,
            "by_record": self.by_record,
            "recorded_from": _midnight(self.first),
            "recorded_before": _midnight(self.last and self.last + timedelta(days=1)),
        }


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(tzinfo=SITE_TIMEZONE))


class NotEncodable(Exception):
    """The encoding cannot write a character of the table."""


@dataclass(frozen=True)
class DoseGiven:
    """A dose that was given. Printed without its content."""

    municipality_code: str
    ticket_number: str
    dose: int
    given_on: date
    venue: str
    product_id: str
    lot: str
    maker: str
    """Empty where the product is none of those known."""

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "DoseGiven(…)"


class _Sheet:
    """What the table is written to: lines in memory."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)


def as_record(doses: Iterable[DoseGiven], encoding: Encoding) -> bytes:
    """Return the table as RFC 4180 has it, in an encoding.

    Raises:
        NotEncodable: the encoding lacks a character; UTF-8 has them all.
    """
    sheet = _Sheet()
    table = csv.writer(sheet, lineterminator="\r\n")
    table.writerow(COLUMNS)
    table.writerows([cell_of(value) for value in _cells(dose)] for dose in doses)
    try:
        return "".join(sheet.lines).encode(_CODECS[encoding])
    except UnicodeEncodeError:
        raise NotEncodable from None


def cell_of(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _cells(dose: DoseGiven) -> tuple[str, ...]:
    return (
        dose.municipality_code,
        dose.ticket_number,
        str(dose.dose),
        dose.given_on.isoformat(),
        dose.venue,
        dose.maker,
        dose.product_id,
        dose.lot,
    )
