"""What the waiting room did, as a chain of hashes: no record can be altered or dropped unnoticed.

Rule 1: a record's id follows from its content alone, so that what is sent twice is kept once.
Rule 2: each hash covers the one before and the record; the last may be published anywhere.

A record names no person. Nothing here does I/O.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from allocator.batch import FIRST_CHAIN_HASH, chained

ID_HASH_CHARS = 32
CONTENT_BYTES_MAX = 8_192


class RoomRecord(msgspec.Struct, frozen=True):
    """One thing the room did. `recorded_at` carries an offset."""

    release_id: str
    kind: str
    recorded_at: datetime
    content: dict[str, Any]

    @property
    def record_id(self) -> str:
        """Return what it is kept under: `release|kind|digest of the content`."""
        digest = hashlib.sha256(_canonical(self.content).encode()).hexdigest()
        return f"{self.release_id}|{self.kind}|{digest[:ID_HASH_CHARS]}"

    def text(self) -> str:
        """Return what its hash covers: canonical JSON, keys sorted, the time in UTC."""
        recorded_at = self.recorded_at.astimezone(UTC).isoformat(timespec="microseconds")
        return _canonical(
            {
                "record_id": self.record_id,
                "release_id": self.release_id,
                "kind": self.kind,
                "recorded_at": recorded_at,
                "content": self.content,
            }
        )


class KeptRecord(msgspec.Struct, frozen=True):
    """One row of `room_record`, in order of `record_seq`."""

    record_seq: int
    record_id: str
    record: RoomRecord
    chain_hash: bytes


def linked(before: bytes, record: RoomRecord) -> bytes:
    """Return the hash of a record that follows the one with hash `before` (32 bytes each)."""
    return chained(before, record.text())


def chain_findings(kept: Iterable[KeptRecord]) -> list[str]:
    """Say where the chain does not hold; `kept` is all of it, from the first record on.

    After a break the chain is followed from the hash that is stored.
    """
    findings = []
    before = FIRST_CHAIN_HASH
    for row in kept:
        if row.record_id != row.record.record_id:
            findings.append(f"record {row.record_seq} is not what its id was made from")
        elif linked(before, row.record) != row.chain_hash:
            findings.append(f"the chain breaks at record {row.record_seq}")
        before = row.chain_hash
    return findings


def record_from(fields: Mapping[bytes, bytes]) -> RoomRecord | None:
    """Return what an entry of the stream stands for; None when it is no record of ours."""
    if set(fields) != {b"release", b"kind", b"at", b"content"}:
        return None
    if len(fields[b"content"]) > CONTENT_BYTES_MAX:
        return None
    try:
        recorded_at = datetime.fromisoformat(fields[b"at"].decode())
        content = msgspec.json.decode(fields[b"content"], type=dict[str, Any])
        named = fields[b"release"].decode(), fields[b"kind"].decode()
    except (ValueError, msgspec.DecodeError):
        return None
    return None if recorded_at.tzinfo is None else RoomRecord(*named, recorded_at, content)


def draw_findings(kept: Sequence[KeptRecord]) -> list[str]:
    """Say where records of one release contradict each other.

    A release has one commitment and one draw for ever, the draw's commitment is the one that
    was published, and its beacon is the one that was given last before it (or none was).
    """
    findings = []
    for release_id in dict.fromkeys(row.record.release_id for row in kept):
        rows = [row.record for row in kept if row.record.release_id == release_id]
        findings += [f"{release_id}: {finding}" for finding in _contradictions(rows)]
    return findings


def _contradictions(rows: Sequence[RoomRecord]) -> list[str]:
    """Go through the records of one release in order."""
    findings = []
    commitments: set[object] = set()
    draws, beacon = 0, ""
    for row in rows:
        if row.kind == "commitment":
            commitments.add(row.content.get("commitment"))
        elif row.kind == "beacon":
            beacon = str(row.content.get("beacon"))
        elif row.kind == "draw":
            draws += 1
            if row.content.get("commitment") not in commitments:
                findings.append("the draw's commitment was not on record before")
            if (row.content.get("beacon") if row.content.get("beacon_source") else "") != beacon:
                findings.append("the draw's beacon is not the one that was given last")
    if len(commitments) > 1:
        findings.append(f"{len(commitments)} different commitments")
    if draws > 1:
        findings.append(f"{draws} different draws")
    return findings


def _canonical(content: object) -> str:
    return msgspec.json.encode(content, order="sorted").decode()
