"""Read the file of eligible people that a city exports: every line good, or none counts.

Rule 1: every line that is not as it must be is reported, with its number and the
reason, and never with what stands in it.
Rule 2: nothing here does I/O or reads a clock.

The file: CSV with the header `municipality_code,ticket_number,birth_date` in any
order, in UTF-8 (with or without a mark) or Shift_JIS, lines ended by LF or CRLF.
Digits may be full-width. A municipality code has 6 digits, the last of them a
check digit; a ticket number (接種券番号) has 10, unique within its municipality;
a birth date is `yyyy-mm-dd`, `yyyy/m/d` or `yyyymmdd`. Blank lines are passed over.
A column `pin` may stand there, too: the 4 to 8 digits printed on a ticket beside its number, or
nothing where a ticket has none.
Source of the check digit: JIS X 0401 and 0402 (全国地方公共団体コード), modulus 11.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TypeVar

import msgspec

COLUMNS = ("municipality_code", "ticket_number", "birth_date")
PIN_COLUMN = "pin"
BYTES_MAX = 64 * 1024 * 1024
AGE_YEARS_MAX = 130

_DIGITS_6 = re.compile(r"[0-9]{6}")
_DIGITS_10 = re.compile(r"[0-9]{10}")
_PIN = re.compile(r"([0-9]{4,8})?")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{4})(\d{2})(\d{2})")
_CHECK_WEIGHTS = (6, 5, 4, 3, 2)


class Person(msgspec.Struct, frozen=True):
    """One eligible person. Printed without its content.

    `pin` is None when the file has no such column, and empty for a ticket without one.
    """

    municipality_code: str
    ticket_number: str
    birth_date: date
    pin: str | None = None

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "Person(…)"


class LineFault(msgspec.Struct, frozen=True):
    """What is wrong with one line. `column` is empty when the line as a whole is."""

    line: int
    column: str
    reason: str


class RosterFile(msgspec.Struct, frozen=True):
    """What a file holds: people in its order, or faults in its order, never both."""

    people: tuple[Person, ...] = ()
    faults: tuple[LineFault, ...] = ()


class Wrong(Exception):
    """A value is not as it must be; the text is the reason."""


Value = TypeVar("Value")


def read_roster_file(raw: bytes, today: date) -> RosterFile:
    """Read a whole file. `today` bounds birth dates; see the module for the format."""
    if len(raw) > BYTES_MAX:
        return _refused(f"the file is larger than {BYTES_MAX // 1024 // 1024} MiB")
    text = decoded(raw)
    if text is None:
        return _refused("the file is neither UTF-8 nor Shift_JIS")
    lines = csv.reader(lines_of(text), strict=True)
    header = [plain(cell) for cell in next(lines, [])]
    if faults := _header_faults(header):
        return RosterFile(faults=tuple(faults))
    return _Reader(header, today).read(lines)


def _refused(reason: str) -> RosterFile:
    return RosterFile(faults=(LineFault(1, "", reason),))


def decoded(raw: bytes) -> str | None:
    """Return the text of a file, None if it is in no encoding that is read here."""
    if b"\0" in raw:  # UTF-16, or no text at all
        return None
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def lines_of(text: str) -> Iterator[str]:
    """Yield each line with its end; the mark that old systems put at the end is dropped."""
    return (f"{line}\n" for line in text.rstrip("\x1a").split("\n"))


def _header_faults(header: list[str]) -> list[LineFault]:
    known = (*COLUMNS, PIN_COLUMN)
    faults = [
        LineFault(1, "", f"column {number} is unknown; the columns are {', '.join(COLUMNS)}")
        for number, name in enumerate(header, 1)
        if name not in known
    ]
    for column in known:
        if header.count(column) != 1 and (column in header or column in COLUMNS):
            reason = "column is missing" if column not in header else "column stands there twice"
            faults.append(LineFault(1, column, reason))
    return faults


class _Reader:
    """Reads the lines below the header, and remembers who was there."""

    def __init__(self, header: list[str], today: date) -> None:
        self._index: Mapping[str, int] = {name: header.index(name) for name in header}
        self._today = today
        self._lines_of: dict[tuple[str, str], int] = {}
        self._people: list[Person] = []
        self._faults: list[LineFault] = []
        self._birth_dates: dict[str, date] = {}

    def read(self, lines: Iterator[list[str]]) -> RosterFile:
        line = 2
        try:
            for cells in lines:
                # A quoted cell may hold line breaks; such a line has the number of its end.
                line = lines.line_num  # type: ignore[attr-defined]
                if cells:
                    self._read_line(line, cells)
        except csv.Error:
            self._faults.append(LineFault(line + 1, "", "the line is not CSV (quotes?)"))
        if self._faults:
            return RosterFile(faults=tuple(self._faults))
        return RosterFile(people=tuple(self._people))

    def _read_line(self, line: int, cells: list[str]) -> None:
        if len(cells) != len(self._index):
            reason = f"{len(cells)} columns where {len(self._index)} belong"
            self._faults.append(LineFault(line, "", reason))
            return
        code = self._value(line, cells, "municipality_code", municipality_code)
        ticket = self._value(line, cells, "ticket_number", ticket_number)
        born = self._value(line, cells, "birth_date", self._birth_date)
        has_pins = PIN_COLUMN in self._index
        pin = self._value(line, cells, PIN_COLUMN, _pin) if has_pins else None
        if code is None or ticket is None or born is None or (has_pins and pin is None):
            return
        earlier = self._lines_of.setdefault((code, ticket), line)
        if earlier != line:
            reason = f"the same ticket number as in line {earlier}"
            self._faults.append(LineFault(line, "ticket_number", reason))
            return
        self._people.append(Person(code, ticket, born, pin))

    def _value(
        self, line: int, cells: list[str], column: str, read: Callable[[str], Value]
    ) -> Value | None:
        try:
            return read(plain(cells[self._index[column]]))
        except Wrong as wrong:
            self._faults.append(LineFault(line, column, str(wrong)))
            return None

    def _birth_date(self, text: str) -> date:
        if (known := self._birth_dates.get(text)) is not None:
            return known
        match = _DATE.fullmatch(text)
        if match is None or not text.isascii():
            raise Wrong("not a date (yyyy-mm-dd, yyyy/mm/dd or yyyymmdd)")
        year, month, day = (int(part) for part in match.groups() if part is not None)
        try:
            born = date(year, month, day)
        except ValueError:
            raise Wrong("there is no such day") from None
        if born > self._today:
            raise Wrong("lies in the future")
        if self._today.year - born.year > AGE_YEARS_MAX:
            raise Wrong(f"is more than {AGE_YEARS_MAX} years ago")
        self._birth_dates[text] = born
        return born


def plain(cell: str) -> str:
    """Return a cell without blanks around it, full-width characters made plain."""
    return cell.strip() if cell.isascii() else unicodedata.normalize("NFKC", cell).strip()


def municipality_code(text: str) -> str:
    """Return a municipality code as it must be. Raises `Wrong`."""
    if _DIGITS_6.fullmatch(text) is None:
        raise Wrong("not 6 digits")
    total = sum(weight * int(digit) for weight, digit in zip(_CHECK_WEIGHTS, text[:5], strict=True))
    if (11 - total % 11) % 10 != int(text[5]):
        raise Wrong("its check digit (the last one) does not fit")
    return text


def ticket_number(text: str) -> str:
    """Return a ticket number as it must be. Raises `Wrong`."""
    if _DIGITS_10.fullmatch(text) is None:
        raise Wrong(f"not 10 digits but {len(text)} characters" if text else "missing")
    return text


def _pin(text: str) -> str:
    if _PIN.fullmatch(text) is None:
        raise Wrong("not 4 to 8 digits")
    return text
