"""Read the file of people who left the roster, or whose tickets were issued anew.

Rule 1: nothing here does I/O or reads a clock.

The file: CSV (`allocator.roster_lines`), with the columns `municipality_code`,
`ticket_number`, `change` and, where tickets were issued anew, `new_ticket_number`. A change is
`moved_out` (転出), `died` (死亡), `reissued` (再発行; the only one with a new number) or `returned`
(取消: the first two were a mistake, or the person is back).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from allocator.model import PROBE_BORN
from allocator.roster_lines import (
    LineFault,
    Lines,
    Row,
    Wrong,
    fault,
    municipality_code,
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
    lines = Lines(raw, COLUMNS, (NEW_COLUMN,))
    changes = [_read(row) for row in lines]
    if lines.faults:
        return ChangesFile(faults=tuple(lines.faults))
    return ChangesFile(changes=tuple(change for change in changes if change is not None))


def fault_of(
    change: RosterChange, known: OnRoster | None, new: OnRoster | None, new_key: bytes | None
) -> LineFault | None:
    """Say why a change does not fit what the roster has of its ticket and of the new one."""
    if known is None or known.birth_date == PROBE_BORN:
        return fault(change.line, "ticket_number", "not_on_roster")
    if known.left_why == "reissued":
        if change.change == "reissued" and known.reissued_as == new_key:
            has_left = new is not None and new.left_why is not None
            return fault(change.line, NEW_COLUMN, "not_theirs") if has_left else None
        return fault(change.line, "ticket_number", "issued_before")
    if change.change == "reissued":
        if known.left_why is not None:
            return fault(change.line, "ticket_number", f"has_{known.left_why}")
        if new is not None and (new.birth_date, new.left_why) != (known.birth_date, None):
            return fault(change.line, NEW_COLUMN, "not_theirs")
    return None


def _read(row: Row) -> RosterChange | None:
    code = row.value("municipality_code", municipality_code)
    ticket = row.value("ticket_number", ticket_number)
    change = row.value("change", _change)
    if code is None or ticket is None or change is None:
        return None
    new = row.value(NEW_COLUMN, ticket_number if change == "reissued" else _none)
    if new is None or not row.is_first("ticket_number", code, ticket):
        return None
    if new and not row.is_first(NEW_COLUMN, code, new):
        return None
    return RosterChange(row.line, code, ticket, change, new)


def _change(text: str) -> Change:
    if text not in CHANGES:
        raise Wrong("unknown_change")
    return CHANGES[text]


def _none(text: str) -> str:
    if text:
        raise Wrong("needless_number")
    return ""
