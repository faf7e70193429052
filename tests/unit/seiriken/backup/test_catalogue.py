from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from seiriken.backup.catalogue import (
    KEEP_USUAL,
    Backup,
    Note,
    Refused,
    Restoration,
    SealedFile,
    backup_id,
    differences,
    followed,
    has_gap,
    is_wal,
    known_heads,
    lsn_from,
    restoration,
    segment_end,
    segment_name,
    to_remove,
    wal_to_remove,
)

SIZE = 16 * 2**20
START = datetime(2021, 8, 20, 17, tzinfo=UTC)
BEFORE = Note({"booking": 5, "roster": 9}, 7, "aa")
AFTER = Note({"booking": 8, "roster": 9}, 10, "bb")


def name(number: int, timeline: int = 1) -> str:
    return f"{timeline:08X}{number // 256:08X}{number % 256:08X}"


def backup(day: int, first: int = 2, **changes: object) -> Backup:
    """Return the backup of a day, whose WAL begins and ends in segment `first`."""
    began_at = START + timedelta(days=day)
    made = Backup(
        backup_id=backup_id(began_at),
        began_at=began_at,
        ended_at=began_at + timedelta(minutes=5),
        server_version=180_004,
        segment_bytes=SIZE,
        timeline=1,
        first_wal=name(first),
        end_lsn=first * SIZE + 288,
        superuser="postgres",
        database="city",
        files={"base": SealedFile(100, "x"), "house": SealedFile(20, "y")},
        before=BEFORE,
        after=AFTER,
    )
    return msgspec.structs.replace(made, **changes)


def test_id_is_the_moment_it_began() -> None:
    assert backup(0).backup_id == "20210820T170000.000Z"
    assert backup(0).bytes == 120


@pytest.mark.parametrize(
    ("lsn", "expected"),
    [("0/2000028", name(2)), ("1/0", name(256)), ("0/FFFFFFFF", name(255)), ("A/5", name(2_560))],
)
def test_segment_of_a_position_is_named_as_postgresql_does(lsn: str, expected: str) -> None:
    assert segment_name(1, lsn_from(lsn), SIZE) == expected


def test_segment_ends_where_the_next_begins() -> None:
    assert segment_end(name(255), SIZE) == 256 * SIZE
    assert segment_name(1, segment_end(name(255), SIZE), SIZE) == name(256)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (name(3), True),
        ("00000002.history", True),
        (f"{name(3)}.partial", False),
        (f"{name(3)}.00000028.backup", False),
        (name(3).lower().replace("0", "a"), False),
    ],
)
def test_wal_is_whole_segments_and_histories(file: str, expected: bool) -> None:
    assert is_wal(file) is expected


def test_as_many_stay_as_were_asked_for_however_old() -> None:
    backups = [backup(day) for day in range(12)]
    assert to_remove(reversed(backups), KEEP_USUAL) == backups[:2]
    assert to_remove(backups[:KEEP_USUAL], KEEP_USUAL) == []
    assert to_remove([], KEEP_USUAL) == []


def test_wal_stays_from_the_oldest_kept_backup_on_and_histories_for_ever() -> None:
    names = ["00000002.history", *(name(number) for number in range(1, 6)), name(3, timeline=2)]
    kept = [backup(3, first=5), backup(2, first=4)]
    assert wal_to_remove(names, kept) == [name(1), name(2), name(3), name(3, timeline=2)]
    assert wal_to_remove(names, []) == []


def test_segments_follow_until_one_is_missing() -> None:
    names = [name(1), name(2), name(3), name(5), "00000002.history"]
    assert followed(backup(0), names) == [name(2), name(3)]
    assert has_gap(backup(0), names)
    assert not has_gap(backup(0), names[:3])
    assert not has_gap(backup(0), [])


def test_what_the_backup_carries_itself_may_be_missing() -> None:
    """It began in segment 2 and ended in segment 4; from there on the archive must be whole."""
    long = backup(0, first=2, end_lsn=4 * SIZE + 100)
    assert followed(long, [name(4), name(5)]) == [name(4), name(5)]
    assert not has_gap(long, [name(4), name(5)])
    assert has_gap(long, [name(5)])
    ends_with_its_segment = backup(0, first=2, end_lsn=4 * SIZE)
    assert followed(ends_with_its_segment, [name(3), name(4)]) == [name(3), name(4)]


def test_new_timeline_goes_on_in_the_segment_where_the_old_one_ended() -> None:
    names = [name(2), name(3), name(3, timeline=2), name(4, timeline=2)]
    assert followed(backup(0), names) == names
    later = backup(0, first=3, first_wal=name(3, timeline=2), timeline=2)
    assert followed(later, names) == names[2:]


def through(*backups: Backup, minutes: int = 60) -> dict[str, datetime | None]:
    return {one.backup_id: one.began_at + timedelta(minutes=minutes) for one in backups}


def test_newest_backup_that_had_ended_by_the_moment_is_taken() -> None:
    backups = [backup(0), backup(1)]
    for one in backups:
        moment = one.ended_at + timedelta(minutes=1)
        assert restoration(backups, through(*backups), moment) == Restoration(one, moment)
    assert restoration(backups, {}, None) == Restoration(backups[1], None)
    exactly = backups[0].began_at + timedelta(minutes=60)
    assert restoration(backups, through(*backups), exactly) == Restoration(backups[0], exactly)


def test_moment_that_is_not_covered_is_refused() -> None:
    backups = [backup(0), backup(1)]
    early = backups[0].ended_at - timedelta(seconds=1)
    late = backups[1].began_at + timedelta(minutes=60, seconds=1)
    assert restoration([], {}, None) is Refused.EMPTY
    assert restoration(backups, through(*backups), early) is Refused.TOO_EARLY
    assert restoration(backups, through(*backups), late) is Refused.TOO_LATE
    assert restoration(backups, {}, late) is Refused.TOO_LATE
    in_the_gap = backups[1].began_at - timedelta(hours=1)
    assert restoration(backups, through(*backups), in_the_gap) is Refused.TOO_LATE


@pytest.mark.parametrize("bookings", [5, 6, 8])
def test_tables_between_both_notes_are_in_order(bookings: int) -> None:
    found = Note({"booking": bookings, "roster": 9}, 8, "cc")
    assert differences(backup(0), found, rolled_forward=False) == []


def test_tables_outside_both_notes_are_named() -> None:
    found = Note({"booking": 9, "roster": 8, "new": 1}, 11, "cc")
    assert differences(backup(0), found, rolled_forward=False) == [
        "journal: goes on after entry 10",
        "booking: 9 rows, not 5 to 8",
        "new: 1 rows, not 0",
        "roster: 8 rows, not 9",
    ]
    short = Note({"booking": 5, "roster": 9}, 6, "cc")
    assert differences(backup(0), short, rolled_forward=False) == [
        "journal: ends at entry 6, not 7 or later"
    ]


def test_rolled_forward_the_journal_goes_on_at_least_to_the_second_note() -> None:
    assert differences(backup(0), Note({}, 12, "cc"), rolled_forward=True) == []
    assert differences(backup(0), Note({}, 9, "cc"), rolled_forward=True) == [
        "journal: ends at entry 9, not 10 or later"
    ]


def test_heads_that_are_known_are_those_of_the_notes() -> None:
    assert known_heads(backup(0), rolled_forward=False) == {7: "aa"}
    assert known_heads(backup(0), rolled_forward=True) == {7: "aa", 10: "bb"}
    empty = backup(0, before=Note({}, 0, ""))
    assert known_heads(empty, rolled_forward=False) == {}


def test_names_are_sorted_whatever_the_order_they_come_in() -> None:
    names: Sequence[str] = [name(3), name(2)]
    assert followed(backup(0), names) == [name(2), name(3)]
