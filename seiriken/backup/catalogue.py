"""What a repository of backups holds, and the rules that follow from it. No I/O, no clock.

Rule 1: exactly `keep` full backups stay, by count and not by age: a week without backups
must not empty the repository.
Rule 2: WAL stays that any kept full backup needs, and no other.
Rule 3: a moment can be restored to only as far as the WAL after its full backup has no gap.

A WAL segment is named as PostgreSQL names it: timeline, then number, 8 + 16 hexadecimal digits.
Times are in UTC; an id is the moment at which a backup began (`20210820T170000.000Z`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum

import msgspec

KEEP_USUAL = 10
"""Generations, as the city's contract asks for (R11)."""

_SEGMENT = re.compile(r"[0-9A-F]{24}")
_HISTORY = re.compile(r"[0-9A-F]{8}\.history")
_BYTES_PER_LOG = 2**32


class Refused(Enum):
    """Why a moment cannot be restored to; the value is what the operator reads."""

    EMPTY = "the repository holds no backup"
    TOO_EARLY = "the moment lies before the end of the oldest backup"
    TOO_LATE = "the moment lies after the last WAL that follows the backup before it"


class Note(msgspec.Struct, frozen=True):
    """What the tables were at one moment: rows of each, versions, and the journal's head."""

    rows: dict[str, int]
    journal_seq: int
    chain_hash: str


class SealedFile(msgspec.Struct, frozen=True):
    """One file of a backup as it lies in the repository."""

    bytes: int
    sha256: str


class Backup(msgspec.Struct, frozen=True):
    """One full backup. `before` was noted before it began, `after` when it had ended.

    `first_wal` is the segment from which WAL must follow, `timeline` and `end_lsn` say where
    it is whole; `superuser` and `database` are whom to connect as, and where. `label` is how
    pgBackRest calls the copy, if it has it.
    """

    backup_id: str
    began_at: datetime
    ended_at: datetime
    server_version: int
    segment_bytes: int
    timeline: int
    first_wal: str
    end_lsn: int
    superuser: str
    database: str
    files: dict[str, SealedFile]
    before: Note
    after: Note
    label: str = ""

    @property
    def bytes(self) -> int:
        """Return what it takes in the repository."""
        return sum(file.bytes for file in self.files.values())


class Restoration(msgspec.Struct, frozen=True):
    """What a restore takes: a full backup, then WAL as far as `to`, or all there is (None)."""

    backup: Backup
    to: datetime | None


def backup_id(began_at: datetime) -> str:
    """Return the id of a backup that began at a moment."""
    moment = began_at.astimezone(UTC)
    return f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1_000:03d}Z"


def lsn_from(text: str) -> int:
    """Return a position in the WAL as a number, from PostgreSQL's `1/6B374D848`."""
    log, _, offset = text.partition("/")
    return (int(log, 16) << 32) + int(offset, 16)


def segment_name(timeline: int, lsn: int, segment_bytes: int) -> str:
    """Return the name of the segment in which a position lies."""
    return _named(timeline, lsn // segment_bytes, segment_bytes)


def segment_end(name: str, segment_bytes: int) -> int:
    """Return the position at which a segment ends."""
    return (_number(name, segment_bytes) + 1) * segment_bytes


def is_wal(name: str) -> bool:
    """Say whether a file is a whole segment or a timeline's history."""
    return bool(_SEGMENT.fullmatch(name) or _HISTORY.fullmatch(name))


def to_remove(backups: Iterable[Backup], keep: int) -> list[Backup]:
    """Return the backups that are too many, the oldest first."""
    ordered = sorted(backups, key=lambda backup: backup.began_at)
    return ordered[:-keep] if len(ordered) > keep else []


def wal_to_remove(names: Iterable[str], kept: Iterable[Backup]) -> list[str]:
    """Return the segments that no kept backup needs, on whatever timeline.

    Histories stay: they are small, and without them a timeline cannot be followed.
    """
    needed = [backup.first_wal[8:] for backup in kept]
    if not needed:
        return []
    first = min(needed)
    return [name for name in names if _SEGMENT.fullmatch(name) and name[8:] < first]


def followed(backup: Backup, names: Iterable[str]) -> list[str]:
    """Return the segments that follow a backup without a gap, in order.

    A new timeline begins in the segment where the one before it ended, so that numbers
    alone tell whether any is missing. A number may stand on several timelines.
    """
    size = backup.segment_bytes
    by_number: dict[int, list[str]] = {}
    for name in sorted(names):
        if _SEGMENT.fullmatch(name) and name[:8] >= backup.first_wal[:8]:
            by_number.setdefault(_number(name, size), []).append(name)
    number = _number(backup.first_wal, size)
    # The backup carries its own WAL up to its end; what must follow begins there.
    own_end = (backup.end_lsn - 1) // size
    found: list[str] = []
    while number in by_number or number < own_end:
        found += by_number.get(number, [])
        number += 1
    return found


def has_gap(backup: Backup, names: Iterable[str]) -> bool:
    """Say whether WAL after a backup is missing while later WAL is there."""
    ours = {name for name in names if _SEGMENT.fullmatch(name)}
    first = backup.first_wal
    later = {name for name in ours if name[:8] >= first[:8] and name[8:] >= first[8:]}
    return bool(later - set(followed(backup, names)))


def restoration(
    backups: Sequence[Backup],
    through: Mapping[str, datetime | None],
    to: datetime | None,
) -> Restoration | Refused:
    """Choose the full backup for a moment: the newest that had ended by then.

    Without a moment: the newest, and all WAL that follows it. `through` says for each backup
    before which moment all is in the WAL that follows it without a gap; None if unknown.
    """
    if not backups:
        return Refused.EMPTY
    ended = [backup for backup in backups if to is None or backup.ended_at <= to]
    if not ended:
        return Refused.TOO_EARLY
    backup = max(ended, key=lambda one: one.began_at)
    reached = through.get(backup.backup_id)
    if to is not None and (reached is None or to > reached):
        return Refused.TOO_LATE
    return Restoration(backup, to)


def differences(backup: Backup, found: Note, *, rolled_forward: bool) -> list[str]:
    """Say in what a restored database differs from what was noted.

    Just as the backup ended, each table must have as many rows as before it began, or as
    after it, or a number between. Rolled forward, the journal must be as long at least.
    """
    findings = []
    low_seq = backup.after.journal_seq if rolled_forward else backup.before.journal_seq
    if found.journal_seq < low_seq:
        findings.append(f"journal: ends at entry {found.journal_seq}, not {low_seq} or later")
    if rolled_forward:
        return findings
    if found.journal_seq > backup.after.journal_seq:
        findings.append(f"journal: goes on after entry {backup.after.journal_seq}")
    for table in sorted({*backup.before.rows, *backup.after.rows, *found.rows}):
        seen = [note.rows.get(table, 0) for note in (backup.before, backup.after)]
        rows = found.rows.get(table, 0)
        if not min(seen) <= rows <= max(seen):
            findings.append(f"{table}: {rows} rows, not {_between(seen)}")
    return findings


def known_heads(backup: Backup, *, rolled_forward: bool) -> Mapping[int, str]:
    """Return the hashes that a restored journal must have, by entry."""
    notes = [backup.before, backup.after] if rolled_forward else [backup.before]
    return {note.journal_seq: note.chain_hash for note in notes if note.journal_seq > 0}


def _between(seen: Sequence[int]) -> str:
    low, high = min(seen), max(seen)
    return str(low) if low == high else f"{low} to {high}"


def _number(name: str, segment_bytes: int) -> int:
    per_log = _BYTES_PER_LOG // segment_bytes
    return int(name[8:16], 16) * per_log + int(name[16:], 16)


def _named(timeline: int, number: int, segment_bytes: int) -> str:
    per_log = _BYTES_PER_LOG // segment_bytes
    return f"{timeline:08X}{number // per_log:08X}{number % per_log:08X}"
