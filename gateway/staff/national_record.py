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
from datetime import date
from typing import Literal, get_args

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
