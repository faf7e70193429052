"""The chain of the room's records: what was altered, dropped or contradicts itself is found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from allocator.batch import FIRST_CHAIN_HASH
from allocator.record_chain import (
    CONTENT_BYTES_MAX,
    KeptRecord,
    RoomRecord,
    chain_findings,
    draw_findings,
    linked,
    record_from,
)

AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
COMMITTED = RoomRecord("spring", "commitment", AT, {"commitment": "aa", "rules_version": 2})
GIVEN = RoomRecord("spring", "beacon", AT, {"beacon": "0815", "beacon_source": "宝くじ"})
DRAWN = RoomRecord(
    "spring", "draw", AT, {"commitment": "aa", "beacon": "0815", "beacon_source": "宝くじ"}
)


ANOTHER_DRAW = {**DRAWN.content, "lobby_count": 1}


def kept(*records: RoomRecord) -> list[KeptRecord]:
    rows = []
    before = FIRST_CHAIN_HASH
    for number, record in enumerate(records, start=1):
        before = linked(before, record)
        rows.append(KeptRecord(number, record.record_id, record, before))
    return rows


def test_an_id_follows_from_what_is_recorded_and_not_from_when() -> None:
    later = msgspec.structs.replace(COMMITTED, recorded_at=AT + timedelta(hours=1))
    turned = msgspec.structs.replace(COMMITTED, content=dict(reversed(COMMITTED.content.items())))
    assert COMMITTED.record_id == later.record_id == turned.record_id
    assert COMMITTED.record_id.startswith("spring|commitment|")
    other = msgspec.structs.replace(COMMITTED, content={"commitment": "bb"})
    assert other.record_id != COMMITTED.record_id


def test_a_moment_is_the_same_in_every_zone() -> None:
    there = AT.astimezone(timezone(timedelta(hours=9)))
    assert msgspec.structs.replace(COMMITTED, recorded_at=there).text() == COMMITTED.text()


def test_a_chain_that_nobody_touched_holds() -> None:
    rows = kept(COMMITTED, GIVEN, DRAWN)
    assert chain_findings(rows) == []
    assert draw_findings([]) == draw_findings(rows) == []


def altered(rows: list[KeptRecord]) -> Sequence[KeptRecord]:
    content = {"beacon": "4711", "beacon_source": "宝くじ"}
    record = msgspec.structs.replace(rows[1].record, content=content)
    return [rows[0], msgspec.structs.replace(rows[1], record=record), *rows[2:]]


def renamed(rows: list[KeptRecord]) -> Sequence[KeptRecord]:
    (row,) = altered(rows)[1:2]
    return [rows[0], msgspec.structs.replace(row, record_id=row.record.record_id), *rows[2:]]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (altered(kept(COMMITTED, GIVEN, DRAWN)), ["record 2 is not what its id was made from"]),
        (renamed(kept(COMMITTED, GIVEN, DRAWN)), ["the chain breaks at record 2"]),
        (kept(COMMITTED, GIVEN, DRAWN)[1:], ["the chain breaks at record 2"]),
        (
            [r for r in kept(COMMITTED, GIVEN, DRAWN) if r.record_seq != 2],
            ["the chain breaks at record 3"],
        ),
    ],
)
def test_what_was_altered_or_dropped_is_found(rows: Sequence[KeptRecord], found: list[str]) -> None:
    assert chain_findings(rows) == found


@pytest.mark.parametrize(
    ("records", "found"),
    [
        (
            [COMMITTED, msgspec.structs.replace(COMMITTED, content={"commitment": "bb"})],
            ["spring: 2 different commitments"],
        ),
        (
            [COMMITTED, GIVEN, DRAWN, msgspec.structs.replace(DRAWN, content=ANOTHER_DRAW)],
            ["spring: 2 different draws"],
        ),
        (
            [COMMITTED, GIVEN, msgspec.structs.replace(DRAWN, content={"commitment": "aa"})],
            ["spring: the draw's beacon is not the one that was given last"],
        ),
        (
            [COMMITTED, DRAWN, GIVEN],
            ["spring: the draw's beacon is not the one that was given last"],
        ),
        ([GIVEN, DRAWN], ["spring: the draw's commitment was not on record before"]),
        ([COMMITTED, msgspec.structs.replace(COMMITTED, kind="another")], []),
    ],
)
def test_records_that_contradict_each_other_are_found(
    records: list[RoomRecord], found: list[str]
) -> None:
    assert draw_findings(kept(*records)) == found


def test_a_draw_with_the_default_beacon_needs_none_that_was_given() -> None:
    content = {"commitment": "aa", "beacon": "spring|then", "beacon_source": ""}
    drawn = msgspec.structs.replace(DRAWN, content=content)
    assert draw_findings(kept(COMMITTED, drawn)) == []


ENTRY = {
    b"release": b"spring",
    b"kind": b"commitment",
    b"at": b"2026-12-01T09:00:00.000000+00:00",
    b"content": json.dumps(COMMITTED.content).encode(),
}


def test_an_entry_of_the_stream_is_a_record() -> None:
    assert record_from(ENTRY) == COMMITTED


@pytest.mark.parametrize(
    "changed",
    [
        {b"more": b"of it"},
        {b"at": b"noon"},
        {b"at": b"2026-12-01T09:00:00"},
        {b"content": b"["},
        {b"content": b"[]"},
        {b"content": b'{"long": "' + b"x" * CONTENT_BYTES_MAX + b'"}'},
        {b"kind": b"\xff"},
    ],
)
def test_an_entry_that_is_no_record_of_ours_is_none(changed: dict[bytes, bytes]) -> None:
    assert record_from(ENTRY | changed) is None
