"""Columns packed for PostgreSQL: the same bytes as psycopg packs, element by element."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.array import ListBinaryDumper
from psycopg.types.numeric import Int4, Int8

from allocator.arrays import INT4, INT8, TEXT, kind_of, packed

NOW = datetime(2021, 9, 3, 9, 30, 0, 250, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2**127)


def packed_by_psycopg(column: list[Any]) -> bytes:
    """What psycopg's own dumper makes of a list of such elements."""
    adapters = psycopg.adapters
    dumper = ListBinaryDumper(list, Transformer(adapters))
    return bytes(dumper.upgrade(column, PyFormat.BINARY).dump(column) or b"")


def as_psycopg_knows(column: list[Any], key: type) -> list[Any]:
    """Whole numbers with their width, which psycopg would else choose by their size."""
    return [None if v is None else key(v) for v in column] if key in (Int4, Int8) else column


COLUMNS: list[list[Any]] = [
    [b"\x00\xff", b""],
    ["", "体育館", "NULL", '{"a": 1}'],
    [True, False, True],
    [0, 1, -1, 2**31 - 1],
    [2**31, 0],
    [ONE, TWO],
    [date(2000, 1, 1), date(1899, 12, 31), date(2021, 9, 3)],
    [NOW, datetime(1999, 12, 31, tzinfo=UTC)],
]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("shape", ["all", "one", "the same", "with nulls", "null at the ends"])
def test_column_is_packed_as_psycopg_packs_it(column: list[Any], shape: str) -> None:
    shaped = {
        "all": column,
        "one": column[:1],
        "the same": column[:1] * 3,
        "with nulls": [column[0], None, column[1]],
        "null at the ends": [None, *column, None],
    }[shape]
    kind = kind_of(shaped)
    assert packed(shaped, kind) == packed_by_psycopg(as_psycopg_knows(shaped, kind.key))


def test_columns_without_a_value_are_text() -> None:
    """Which PostgreSQL casts to anything."""
    assert kind_of([]) == kind_of([None]) == TEXT
    assert packed([], TEXT) == bytes.fromhex("00000000 00000000 00000019")
    assert packed([None, None], TEXT)[20:] == b"\xff" * 8


def test_numbers_are_as_wide_as_the_greatest_needs() -> None:
    assert kind_of([1, None, -(2**31 - 1)]) == INT4
    assert kind_of([1, 2**31]) == INT8


def test_unknown_kind_is_a_fault() -> None:
    with pytest.raises(KeyError):
        kind_of([1.5])


@given(
    st.one_of(
        st.lists(st.none() | st.binary(max_size=300), min_size=1),
        st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), min_size=1),
        st.lists(st.none() | st.integers(-(2**63) + 1, 2**63 - 1), min_size=1),
        st.lists(st.none() | st.uuids(), min_size=1),
        st.lists(st.none() | st.dates(), min_size=1),
        st.lists(st.none() | st.datetimes(timezones=st.just(UTC)), min_size=1),
    ).filter(lambda column: any(value is not None for value in column))
)
def test_any_column_is_packed_as_psycopg_packs_it(column: list[Any]) -> None:
    kind = kind_of(column)
    assert packed(column, kind) == packed_by_psycopg(as_psycopg_knows(column, kind.key))
