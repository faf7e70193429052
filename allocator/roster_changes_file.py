"""Read the file of people who left the roster, or whose tickets were issued anew.

Rule 1: every line that is not as it must be is reported, with its number and the
reason, and never with what stands in it; then none counts.
Rule 2: nothing here does I/O or reads a clock.

The file: CSV as that of people (`allocator.roster_file`), with the columns `municipality_code`,
`ticket_number`, `change` and, where tickets were issued anew, `new_ticket_number`. A change is
`moved_out` (転出), `died` (死亡), `reissued` (再発行; the only one with a new number) or `returned`
(取消: the first two were a mistake, or the person is back).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, TypeVar

import msgspec

from allocator.model import PROBE_BORN
from allocator.roster_file import (
    BYTES_MAX,
    LineFault,
    Wrong,
    decoded,
    lines_of,
    municipality_code,
    plain,
    ticket_number,
)

COLUMNS = ("municipality_code", "ticket_number", "change")
NEW_COLUMN = "new_ticket_number"

Change = Literal["moved_out", "died", "reissued", "returned"]

CHANGES: Mapping[str, Change] = {
    "moved_out": "moved_out",
    "died": "died",
    "reissued": "reissued",
    "returned": "returned",
    "転出": "moved_out",
    "死亡": "died",
    "再発行": "reissued",
    "取消": "returned",
}

Value = TypeVar("Value")


class RosterChange(msgspec.Struct, frozen=True):
    """What became of one ticket. Printed without its content."""

    line: int
    municipality_code: str
    ticket_number: str
    change: Change
    new_ticket_number: str = ""

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return f"RosterChange(line={self.line})"


class ChangesFile(msgspec.Struct, frozen=True):
    """What a file holds: changes in its order, or faults in its order, never both."""

    changes: tuple[RosterChange, ...] = ()
    faults: tuple[LineFault, ...] = ()


class OnRoster(msgspec.Struct, frozen=True):
    """What the roster has of one ticket. `reissued_as` is the key of the one after it."""

    birth_date: date
    left_why: Literal["moved_out", "died", "reissued"] | None = None
    reissued_as: bytes | None = None


def read_changes_file(raw: bytes) -> ChangesFile:
    """Read a whole file; see the module for the format."""
    if len(raw) > BYTES_MAX:
        return _refused(f"the file is larger than {BYTES_MAX // 1024 // 1024} MiB")
    text = decoded(raw)
    if text is None:
        return _refused("the file is neither UTF-8 nor Shift_JIS")
    lines = csv.reader(lines_of(text), strict=True)
    try:
        header = [plain(cell) for cell in next(lines, [])]
        rows = [(lines.line_num, cells) for cells in lines if cells]
    except csv.Error:
        return _refused("a line is not CSV (quotes?)", lines.line_num)
    if faults := _header_faults(header):
        return ChangesFile(faults=tuple(faults))
    return _Reader(header).read(rows)


def fault_of(
    change: RosterChange, known: OnRoster | None, new: OnRoster | None, new_key: bytes | None
) -> LineFault | None:
    """Say why a change does not fit what the roster has of its ticket and of the new one."""
    if known is None or known.birth_date == PROBE_BORN:
        return LineFault(change.line, "ticket_number", "is not on the roster")
    if known.left_why == "reissued":
        if change.change == "reissued" and known.reissued_as == new_key:
            return None
        return LineFault(change.line, "ticket_number", "was issued anew before; name the new one")
    if change.change == "reissued":
        if known.left_why is not None:
            return LineFault(change.line, "ticket_number", f"has left ({known.left_why})")
        if new is not None and (new.birth_date, new.left_why) != (known.birth_date, None):
            return LineFault(change.line, NEW_COLUMN, "is another person's, or was given up")
    return None


def _refused(reason: str, line: int = 1) -> ChangesFile:
    return ChangesFile(faults=(LineFault(line, "", reason),))


def _header_faults(header: Sequence[str]) -> list[LineFault]:
    known = (*COLUMNS, NEW_COLUMN)
    faults = [
        LineFault(1, "", f"column {number} is unknown; the columns are {', '.join(known)}")
        for number, name in enumerate(header, 1)
        if name not in known
    ]
    for column in known:
        if header.count(column) > 1:
            faults.append(LineFault(1, column, "column stands there twice"))
        elif column in COLUMNS and column not in header:
            faults.append(LineFault(1, column, "column is missing"))
    return faults


class _Reader:
    """Reads the lines below the header, and remembers which tickets were named."""

    def __init__(self, header: Sequence[str]) -> None:
        self._index: Mapping[str, int] = {name: header.index(name) for name in header}
        self._lines_of: dict[tuple[str, str], int] = {}
        self._faults: list[LineFault] = []

    def read(self, rows: Sequence[tuple[int, list[str]]]) -> ChangesFile:
        changes = [change for change in self._changes(rows) if change is not None]
        if self._faults:
            return ChangesFile(faults=tuple(self._faults))
        return ChangesFile(changes=tuple(changes))

    def _changes(self, rows: Sequence[tuple[int, list[str]]]) -> Iterator[RosterChange | None]:
        for line, cells in rows:
            if len(cells) == len(self._index):
                yield self._change(line, [plain(cell) for cell in cells])
            else:
                reason = f"{len(cells)} columns where {len(self._index)} belong"
                self._faults.append(LineFault(line, "", reason))

    def _change(self, line: int, cells: list[str]) -> RosterChange | None:
        code = self._value(line, cells, "municipality_code", municipality_code)
        ticket = self._value(line, cells, "ticket_number", ticket_number)
        change = self._value(line, cells, "change", _change)
        if code is None or ticket is None or change is None:
            return None
        new = self._value(line, cells, NEW_COLUMN, ticket_number if change == "reissued" else _none)
        if new is None:
            return None
        for column, number in (("ticket_number", ticket), (NEW_COLUMN, new)):
            if number and (code, number) in self._lines_of:
                reason = f"the same ticket number as in line {self._lines_of[code, number]}"
                self._faults.append(LineFault(line, column, reason))
                return None
            self._lines_of[code, number] = line
        return RosterChange(line, code, ticket, change, new)

    def _value(
        self, line: int, cells: list[str], column: str, read: Callable[[str], Value]
    ) -> Value | None:
        try:
            return read(cells[self._index[column]] if column in self._index else "")
        except Wrong as wrong:
            self._faults.append(LineFault(line, column, str(wrong)))
            return None


def _change(text: str) -> Change:
    if text not in CHANGES:
        raise Wrong("not moved_out, died, reissued or returned")
    return CHANGES[text]


def _none(text: str) -> str:
    if text:
        raise Wrong("only a ticket that was reissued has a new number")
    return ""
