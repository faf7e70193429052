"""Columns as PostgreSQL's binary arrays, packed a column at a time. No I/O.

psycopg packs a list one element after the other in Python, which was the costliest part
of a batch. Here a column of numbers is one `struct.pack`, one of equal values one
element repeated, and the rest one `join`. What comes out is the same, byte for byte
(`tests/unit/allocator/test_arrays.py` compares).

Format: https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES
and `array_send` in PostgreSQL's source: dimensions, has nulls, element type; for
the one dimension its length and lower bound; then each element's length (-1: null)
and bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from types import NoneType
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.postgres import types as postgres_types
from psycopg.types.numeric import Int4, Int8

_INT4_MAX = 2**31 - 1
_NULL = b"\xff\xff\xff\xff"
_DAYS_BEFORE_2000 = date(2000, 1, 1).toordinal()
_MOMENT_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EMPTY = struct.Struct(">iiI")
_HEAD = struct.Struct(">iiIii")


class Kind(NamedTuple):
    """A type of elements: its name in PostgreSQL, and how a column of them is written.

    `key` tells it from the others. `encoded` returns each element's bytes: `size` of them,
    where that is known.
    """

    key: type
    name: str
    encoded: Callable[[Iterable[Any]], Iterable[bytes]]
    size: int | None = None

    @property
    def oids(self) -> tuple[int, int]:
        """Return the numbers of the type and of its array, the same on every server."""
        info = postgres_types[self.name]
        return info.oid, info.array_oid


def _as_they_are(values: Iterable[bytes]) -> Iterable[bytes]:
    return values


def _texts(values: Iterable[str]) -> Iterable[bytes]:
    return map(str.encode, values)


def _booleans(values: Iterable[bool]) -> Iterable[bytes]:
    return [b"\x01" if value else b"\x00" for value in values]


def _uuids(values: Iterable[UUID]) -> Iterable[bytes]:
    return [value.int.to_bytes(16, "big") for value in values]


def _int4s(values: Iterable[int]) -> Iterable[bytes]:
    return map(struct.Struct(">i").pack, values)


def _int8s(values: Iterable[int]) -> Iterable[bytes]:
    return map(struct.Struct(">q").pack, values)


def _dates(values: Iterable[date]) -> Iterable[bytes]:
    return _int4s(value.toordinal() - _DAYS_BEFORE_2000 for value in values)


def _moments(values: Iterable[datetime]) -> Iterable[bytes]:
    return _int8s((value - _MOMENT_2000) // _MICROSECOND for value in values)


TEXT = Kind(str, "text", _texts)
INT4 = Kind(Int4, "int4", _int4s, 4)
INT8 = Kind(Int8, "int8", _int8s, 8)
_KINDS = {
    kind.key: kind
    for kind in (
        TEXT,
        Kind(bytes, "bytea", _as_they_are),
        Kind(bool, "bool", _booleans, 1),
        Kind(UUID, "uuid", _uuids, 16),
        Kind(date, "date", _dates, 4),
        Kind(datetime, "timestamptz", _moments, 8),
    )
}


def kind_of(column: Sequence[Any]) -> Kind:
    """Return the kind of a column's elements (text if all are None).

    Raises:
        KeyError: they are of a kind that no column of ours has.
    """
    types = set(map(type, column)) - {NoneType}
    if not types:
        return TEXT
    if types == {int}:
        numbers = _values(column)
        return INT4 if min(numbers) >= -_INT4_MAX and max(numbers) <= _INT4_MAX else INT8
    return _KINDS[types.pop()]


def packed(column: Sequence[Any], kind: Kind) -> bytes:
    """Return a column as a binary array; elements may be None."""
    count = len(column)
    oid, _ = kind.oids
    if count == 0:
        return _EMPTY.pack(0, 0, oid)
    if column[0] is column[-1] and column.count(column[0]) == count:
        has_null, elements = column[0] is None, _elements(column[:1], kind) * count
    else:
        has_null, elements = NoneType in set(map(type, column)), _elements(column, kind)
    return _HEAD.pack(1, has_null, oid, count, 1) + elements


def _elements(column: Sequence[Any], kind: Kind) -> bytes:
    """Return each element's length and bytes."""
    values = _values(column)
    if len(values) < len(column):
        encoded = iter(kind.encoded(values))
        return b"".join([_NULL if value is None else _sized(next(encoded)) for value in column])
    if kind.size is not None:
        size = kind.size.to_bytes(4, "big")
        return size + size.join(kind.encoded(column))
    return b"".join([len(one).to_bytes(4, "big") + one for one in kind.encoded(column)])


def _sized(element: bytes) -> bytes:
    return len(element).to_bytes(4, "big") + element


def _values(column: Sequence[Any]) -> Sequence[Any]:
    """Return what is not None."""
    if NoneType not in set(map(type, column)):
        return column
    return [value for value in column if value is not None]
