"""What the city's files about people have in common: CSV, line by line, every fault with its place.

Rule 1: every line that is not as it must be is reported, with its number and the
reason, and never with what stands in it.
Rule 2: nothing here does I/O or reads a clock.

A file is CSV with a header that names its columns in any order, in UTF-8 (with or without a mark)
or Shift_JIS, lines ended by LF or CRLF. Characters may be full-width. Blank lines are passed over.
A municipality code has 6 digits, the last of them a check digit; a ticket number (接種券番号) has
10, unique within its municipality.
Source of the check digit: JIS X 0401 and 0402 (全国地方公共団体コード), modulus 11.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

BYTES_MAX = 64 * 1024 * 1024
HEADER_BYTES_MAX = 4_096
COLUMNS_MAX = 20
"""More than any file of ours has: one with its lines and columns the wrong way round is told so."""

REASONS: Mapping[str, str] = {
    "too_large": "the file is larger than {most} MiB",
    "encoding": "the file is neither UTF-8 nor Shift_JIS",
    "unknown_column": "column {number} is unknown; the columns are {columns}",
    "missing_column": "column is missing",
    "repeated_column": "column stands there twice",
    "not_csv": "the line is not CSV (quotes?)",
    "cells": "{count} columns where {expected} belong",
    "repeated_ticket": "the same ticket number as in line {earlier}",
    "not_six_digits": "not 6 digits",
    "check_digit": "its check digit (the last one) does not fit",
    "missing": "missing",
    "not_ten_digits": "not 10 digits but {length} characters",
    "not_a_date": "not a date (yyyy-mm-dd, yyyy/mm/dd or yyyymmdd)",
    "no_such_date": "there is no such day",
    "in_the_future": "lies in the future",
    "too_long_ago": "is more than {years} years ago",
    "not_a_pin": "not 4 to 8 digits",
    "unknown_change": "not moved_out, died, reissued or returned",
    "needless_number": "only a ticket that was reissued has a new number",
    "not_on_roster": "is not on the roster",
    "issued_before": "was issued anew before; name the new one",
    "has_moved_out": "has left (moved_out)",
    "has_died": "has left (died)",
    "not_theirs": "is another person's, or was given up",
}
"""What is wrong, by code. What is filled in is never what stands in a cell."""

_DIGITS_6 = re.compile(r"[0-9]{6}")
_DIGITS_10 = re.compile(r"[0-9]{10}")
_CHECK_WEIGHTS = (6, 5, 4, 3, 2)

Value = TypeVar("Value")


class LineFault(msgspec.Struct, frozen=True):
    """What is wrong with one line. `column` is empty when the line as a whole is.

    `reason` is in English; `code` is one of `REASONS`, and `facts` are filled in there.
    """

    line: int
    column: str
    reason: str
    code: str
    facts: dict[str, str | int] = {}


class Wrong(Exception):
    """A value is not as it must be, for a reason of `REASONS`."""

    def __init__(self, code: str, **facts: str | int) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def fault(line: int, column: str, code: str, **facts: str | int) -> LineFault:
    """Make the fault of a line, its reason in words."""
    return LineFault(line, column, REASONS[code].format(**facts), code, facts)


class Row:
    """One line of a file. What is wrong with it is noted with the file's faults."""

    def __init__(self, lines: Lines, line: int, cells: Sequence[str]) -> None:
        self.line = line
        self._lines, self._cells = lines, cells

    def value(self, column: str, read: Callable[[str], Value]) -> Value | None:
        """Read one cell, empty where the file has no such column; None if it is wrong."""
        index = self._lines.index.get(column)
        try:
            return read("" if index is None else plain(self._cells[index]))
        except Wrong as wrong:
            self._lines.faults.append(fault(self.line, column, wrong.code, **wrong.facts))
            return None

    def is_first(self, column: str, code: str, ticket: str) -> bool:
        """Say whether nothing before names this ticket; else that is a fault."""
        earlier = self._lines.tickets.get((code, ticket))
        if earlier is None:
            self._lines.tickets[code, ticket] = self.line
            return True
        self._lines.faults.append(fault(self.line, column, "repeated_ticket", earlier=earlier))
        return False


class Lines:
    """A file as rows, and what was found wrong with it so far, in its order.

    With a fault of the whole, or of the header, there are no rows.
    """

    def __init__(self, raw: bytes, required: Sequence[str], optional: Sequence[str]) -> None:
        self.faults: list[LineFault] = []
        self.tickets: dict[tuple[str, str], int] = {}
        self.index: Mapping[str, int] = {}
        self._cells = self._begin(raw)
        header = [plain(cell) for cell in next(self._cells, (1, []))[1]]
        self.faults += [] if self.faults else _header_faults(header, required, optional)
        self.index = {name: header.index(name) for name in header[:COLUMNS_MAX]}

    def __iter__(self) -> Iterator[Row]:
        """Yield each line that has as many cells as it must have."""
        if self.faults:
            return
        for line, cells in self._cells:
            if len(cells) == len(self.index):
                yield Row(self, line, cells)
            elif cells:
                counts = {"count": len(cells), "expected": len(self.index)}
                self.faults.append(fault(line, "", "cells", **counts))

    def _begin(self, raw: bytes) -> Iterator[tuple[int, list[str]]]:
        text = None
        if len(raw) > BYTES_MAX:
            self.faults.append(fault(1, "", "too_large", most=BYTES_MAX // 1024 // 1024))
        elif (text := _decoded(raw)) is None:
            self.faults.append(fault(1, "", "encoding"))
        return self._numbered(text or "")

    def _numbered(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Yield cells with the number of their line; a mark at the end is dropped.

        A quoted cell may hold line breaks; such a line has the number of its end.
        """
        lines = csv.reader((f"{line}\n" for line in text.rstrip("\x1a").split("\n")), strict=True)
        try:
            for cells in lines:
                yield lines.line_num, cells
        except csv.Error:
            self.faults.append(fault(lines.line_num, "", "not_csv"))


def columns_of(raw: bytes) -> frozenset[str]:
    """Return the names in the header of a file, as far as it can be read."""
    lines = Lines(raw[:HEADER_BYTES_MAX].partition(b"\n")[0], (), ())
    return frozenset(lines.index)


def _decoded(raw: bytes) -> str | None:
    """Return the text of a file, None if it is in no encoding that is read here."""
    if b"\0" in raw:  # UTF-16, or no text at all
        return None
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _header_faults(
    header: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> Iterator[LineFault]:
    known = (*required, *optional)
    if len(header) > COLUMNS_MAX:
        yield fault(1, "", "cells", count=len(header), expected=len(known))
        return
    for number, name in enumerate(header, 1):
        if name not in known:
            yield fault(1, "", "unknown_column", number=number, columns=", ".join(known))
    for column in known:
        if header.count(column) > 1:
            yield fault(1, column, "repeated_column")
        elif column in required and column not in header:
            yield fault(1, column, "missing_column")


def plain(cell: str) -> str:
    """Return a cell without blanks around it, full-width characters made plain."""
    return cell.strip() if cell.isascii() else unicodedata.normalize("NFKC", cell).strip()


def municipality_code(text: str) -> str:
    """Return a municipality code as it must be. Raises `Wrong`."""
    if _DIGITS_6.fullmatch(text) is None:
        raise Wrong("not_six_digits")
    total = sum(weight * int(digit) for weight, digit in zip(_CHECK_WEIGHTS, text[:5], strict=True))
    if (11 - total % 11) % 10 != int(text[5]):
        raise Wrong("check_digit")
    return text


def ticket_number(text: str) -> str:
    """Return a ticket number as it must be. Raises `Wrong`."""
    if _DIGITS_10.fullmatch(text) is None:
        raise Wrong("not_ten_digits", length=len(text)) if text else Wrong("missing")
    return text
