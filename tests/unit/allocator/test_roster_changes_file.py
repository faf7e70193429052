"""A file of changes to the roster is read whole, or its faults are named."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.model import PROBE_BORN
from allocator.roster_changes_file import (
    CHANGES,
    COLUMNS,
    NEW_COLUMN,
    Change,
    ChangesFile,
    OnRoster,
    RosterChange,
    fault_of,
    read_changes_file,
)
from allocator.roster_lines import BYTES_MAX

HEADER = "municipality_code,ticket_number,change,new_ticket_number\n"
OLD, NEW = "0000000001", "0000000002"
BORN = date(1950, 1, 31)
HERE = OnRoster(BORN)


def read(text: str, encoding: str = "utf-8") -> ChangesFile:
    return read_changes_file(text.encode(encoding))


def faults(text: str) -> list[tuple[int, str, str]]:
    found = read(text)
    assert not found.changes
    return [(fault.line, fault.column, fault.reason) for fault in found.faults]


@pytest.mark.parametrize("word", CHANGES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_each_change_is_read_in_each_encoding(word: str, encoding: str) -> None:
    change = CHANGES[word]
    new = NEW if change == "reissued" else ""
    found = read(f"{HEADER}122319,{OLD},{word},{new}\n\n", encoding)
    assert found.changes == (RosterChange(2, "122319", OLD, change, new),)


def test_column_of_new_numbers_may_be_left_out() -> None:
    text = f"ticket_number,change,municipality_code\n{OLD},died,122319\n"
    assert read(text).changes == (RosterChange(2, "122319", OLD, "died"),)


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (f"122319,{OLD},gone,", "change", "not moved_out, died, reissued or returned"),
        (f"122319,{OLD},reissued,", "new_ticket_number", "missing"),
        (
            f"122319,{OLD},died,{NEW}",
            "new_ticket_number",
            "only a ticket that was reissued has a new number",
        ),
        (f"122310,{OLD},died,", "municipality_code", "its check digit (the last one) does not fit"),
        ("122319,12,died,", "ticket_number", "not 10 digits but 2 characters"),
        (f"122319,{OLD},died", "", "3 columns where 4 belong"),
        (
            f"122319,{OLD},reissued,{OLD}",
            "new_ticket_number",
            "the same ticket number as in line 2",
        ),
    ],
)
def test_line_that_is_wrong_is_named(line: str, column: str, reason: str) -> None:
    assert faults(f"{HEADER}{line}\n") == [(2, column, reason)]


def test_ticket_that_stands_there_twice_is_named() -> None:
    """A new number counts, too: a chain of tickets is given in two files."""
    lines = f"122319,{OLD},reissued,{NEW}\n122319,{NEW},died,\n"
    assert faults(HEADER + lines) == [(3, "ticket_number", "the same ticket number as in line 2")]


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("municipality_code,ticket_number\n", "change", "column is missing"),
        (
            "municipality_code,ticket_number,change,change\n",
            "change",
            "column stands there twice",
        ),
        (
            "municipality_code,ticket_number,change,name\n",
            "",
            f"column 4 is unknown; the columns are {', '.join((*COLUMNS, NEW_COLUMN))}",
        ),
        (f'{HEADER}"1,\n', "", "the line is not CSV (quotes?)"),
        ("a\0", "", "the file is neither UTF-8 nor Shift_JIS"),
    ],
)
def test_file_that_is_not_one_of_changes_is_refused(text: str, column: str, reason: str) -> None:
    found = faults(text)[0]
    assert found[1:] == (column, reason)


def test_file_that_is_too_large_is_refused() -> None:
    assert (
        read_changes_file(b" " * (BYTES_MAX + 1)).faults[0].reason.startswith("the file is larger")
    )


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    found = read_changes_file(raw)
    assert not (found.changes and found.faults)


def test_nothing_personal_is_printed() -> None:
    assert OLD not in repr(RosterChange(2, "122319", OLD, "died"))


@pytest.mark.parametrize(
    ("change", "known", "new", "reason"),
    [
        ("died", HERE, None, None),
        ("returned", OnRoster(BORN, "died"), None, None),
        ("died", OnRoster(BORN, "moved_out"), None, None),
        ("died", None, None, "is not on the roster"),
        ("died", OnRoster(PROBE_BORN), None, "is not on the roster"),
        ("reissued", HERE, None, None),
        ("reissued", HERE, HERE, None),
        ("reissued", HERE, OnRoster(date(1950, 2, 1)), "is another person's, or was given up"),
        ("reissued", HERE, OnRoster(BORN, "moved_out"), "is another person's, or was given up"),
        ("reissued", OnRoster(BORN, "died"), None, "has left (died)"),
        ("reissued", OnRoster(BORN, "reissued", b"new"), HERE, None),
        ("reissued", OnRoster(BORN, "reissued", b"new"), None, None),
        (
            "reissued",
            OnRoster(BORN, "reissued", b"new"),
            OnRoster(BORN, "died"),
            "is another person's, or was given up",
        ),
        (
            "reissued",
            OnRoster(BORN, "reissued", b"other"),
            HERE,
            "was issued anew before; name the new one",
        ),
        (
            "died",
            OnRoster(BORN, "reissued", b"new"),
            None,
            "was issued anew before; name the new one",
        ),
    ],
)
def test_change_must_fit_the_roster(
    change: Change, known: OnRoster | None, new: OnRoster | None, reason: str | None
) -> None:
    asked = RosterChange(2, "122319", OLD, change, NEW if change == "reissued" else "")
    found = fault_of(asked, known, new, b"new" if change == "reissued" else None)
    assert (None if found is None else found.reason) == reason
