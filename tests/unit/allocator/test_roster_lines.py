"""What the city's files about people have in common."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.roster_lines import (
    COLUMNS_MAX,
    HEADER_BYTES_MAX,
    REASONS,
    Lines,
    Row,
    Wrong,
    columns_of,
    fault,
)


def rows(text: str) -> tuple[list[Row], Lines]:
    lines = Lines(text.encode(), ("a",), ("b",))
    return list(lines), lines


@pytest.mark.parametrize("code", REASONS)
def test_each_reason_says_what_is_filled_in(code: str) -> None:
    names = [name for _, name, _, _ in string.Formatter().parse(REASONS[code]) if name]
    found = fault(3, "a", code, **dict.fromkeys(names, 7))
    assert (found.line, found.column, found.code, list(found.facts)) == (3, "a", code, names)
    assert "{" not in found.reason


def test_column_that_a_file_lacks_is_read_as_empty() -> None:
    (row,), _ = rows("a\n１\n")
    assert (row.value("a", str), row.value("b", str)) == ("1", "")


def test_value_that_is_wrong_is_a_fault_at_its_place() -> None:
    def refuse(text: str) -> str:
        raise Wrong("too_long_ago", years=int(text))

    (_, row), lines = rows("a\n\n1\n2\n")
    assert row.value("a", refuse) is None
    assert lines.faults == [fault(4, "a", "too_long_ago", years=2)]


def test_ticket_named_before_is_a_fault_within_one_line_too() -> None:
    (row,), lines = rows("a\n1\n")
    assert row.is_first("a", "1", "2")
    assert not row.is_first("b", "1", "2")
    assert lines.faults == [fault(2, "b", "repeated_ticket", earlier=2)]


def test_file_whose_header_is_wrong_has_no_rows() -> None:
    found, lines = rows("c\n1\n")
    assert not found
    assert [one.code for one in lines.faults] == ["unknown_column", "missing_column"]


def test_file_with_lines_for_columns_is_told_how_many_it_has() -> None:
    """Each would be a fault of its own: a hundred thousand, where all tickets are in one line."""
    found, lines = rows(f"a,b,{','.join('1' * COLUMNS_MAX)}\n1\n")
    assert not found
    assert lines.faults == [fault(1, "", "cells", count=COLUMNS_MAX + 2, expected=2)]


@pytest.mark.parametrize(
    ("raw", "columns"),
    [
        (b"a," * HEADER_BYTES_MAX, {"a"}),
        (b"a, b \r\n1,2\n", {"a", "b"}),
        (b"\xef\xbb\xbfa", {"a"}),
        (b"", set()),
        (b"\0\n", set()),
        (b'"a\n', set()),
        ("発行,a\n".encode("cp932"), {"発行", "a"}),
    ],
)
def test_header_tells_what_a_file_is_about(raw: bytes, columns: set[str]) -> None:
    assert columns_of(raw) == columns


@given(st.binary(max_size=200))
def test_any_bytes_have_columns_or_none(raw: bytes) -> None:
    assert all(isinstance(name, str) for name in columns_of(raw))
