"""Twelve backups of a city that goes on booking: ten are kept, and nothing told is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from redis import Redis

from allocator.errors import Fenced
from allocator.store import Store
from seiriken.backup.catalogue import KEEP_USUAL, has_gap, wal_to_remove
from seiriken.backup.drill import drill
from seiriken.backup.errors import BackupError, WrongKey
from seiriken.backup.repository import BASE, Repository
from seiriken.backup.restoring import DATA_DIR, EPOCHS_SKIPPED, restore
from seiriken.backup.taking import take
from seiriken.embedded_postgres import EmbeddedPostgres
from seiriken.proving import findings_in
from tests.integration.allocator.test_store import decided
from tests.integration.backup.conftest import Answer, Town, running


def test_ten_of_twelve_are_kept_and_a_chosen_second_comes_back_whole(town: Town) -> None:
    with town.receiving() as receiver, town.booking():
        for _ in range(KEEP_USUAL + 2):
            town.wait_for_answers(5)
            town.take()
        town.wait_for_answers(20)
        chosen = datetime.now(UTC)
        town.wait_for_answers(20)
        town.wait_until_archived(receiver, datetime.now(UTC))
    backups = town.repository.backups()
    assert len(backups) == KEEP_USUAL
    assert wal_to_remove(town.repository.wal_names(), backups) == []
    assert drill(town.repository, town.folder / "work", town.engine).findings == []
    assert list((town.folder / "work").iterdir()) == []

    restored = restore(town.repository, town.folder / "again", chosen, town.engine)
    assert restored.backup_id == backups[-1].backup_id
    with running(server_in(town, "again")) as server:
        url = server.url("seiriken")
        assert lost_in(url, [told for told in town.answers if told.at <= chosen]) == []
        assert decided_after(url, chosen) == 0
        assert len(town.answers) > restored.note.journal_seq
        assert findings_in(url) == []
        writer_of_before_commits_nothing(town, url)


def server_in(town: Town, folder: str) -> EmbeddedPostgres:
    return EmbeddedPostgres(
        town.folder / folder / DATA_DIR, town.folder / f"{folder}-pg", "owner-password"
    )


def lost_in(database_url: str, told: list[Answer]) -> list[Answer]:
    """Return what was told and is not in the tables."""
    with psycopg.connect(database_url) as connection:
        requests = {row[0] for row in connection.execute("SELECT request_id FROM outcome")}
        numbers = {row[0] for row in connection.execute("SELECT booking_number FROM booking")}
    numbers.add(None)
    assert told
    return [a for a in told if a.request_id not in requests or a.booking_number not in numbers]


def decided_after(database_url: str, moment: datetime) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM journal WHERE decided_at > %s", [moment]
        ).fetchone()
    assert row is not None
    return int(row[0])


def writer_of_before_commits_nothing(town: Town, database_url: str) -> None:
    """I6: the lease was his when the moment restored to came, and his epoch is not any more."""
    books = town.books
    key = books.secret("roster.key")
    old, new = books.store(), Store(database_url, roster_key=key)
    with old as store:
        epoch = store.take_lease("allocator-0", 4.0)
        assert epoch is not None
        batch = decided(books, store, 1_999)
        with pytest.raises(Fenced):
            new.write(batch, epoch, datetime.now(UTC))
    assert (new.take_lease("allocator-0", 4.0) or 0) > EPOCHS_SKIPPED
    new.close()


def test_last_there_is_comes_back_when_no_moment_is_chosen(town: Town) -> None:
    with town.receiving() as receiver:
        with town.booking():
            town.take()
            town.wait_for_answers(30)
        town.wait_until_archived(receiver, datetime.now(UTC))
    restored = restore(town.repository, town.folder / "again", None, town.engine)
    assert restored.note.journal_seq == len(town.answers)
    assert (town.folder / "again" / "secrets" / "contact.key").read_bytes() == (
        town.secrets_dir / "contact.key"
    ).read_bytes()
    assert not (town.folder / "again" / "secrets" / "backup.key").exists()


def test_who_lost_a_booking_to_the_restore_can_book_again_once_redis_is_empty(town: Town) -> None:
    with town.receiving() as receiver:
        town.take()
        with town.booking():
            town.wait_for_answers(5)
        chosen = datetime.now(UTC)
        with town.booking():
            town.wait_for_answers(5)
        town.wait_until_archived(receiver, datetime.now(UTC))
    restore(town.repository, town.folder / "again", chosen, town.engine)
    lost = next(told for told in town.answers if told.at > chosen)
    assert lost.booking_number is not None
    with running(server_in(town, "again")) as server:
        town.books.database_url = server.url("seiriken")
        with Redis.from_url(town.books.redis_url) as redis:
            redis.flushall()
        town.answers = [told for told in town.answers if told.at <= chosen]
        with town.booking():
            town.wait_for_answers(1)
        again = town.answers[[told.at > chosen for told in town.answers].index(True)]
    assert again.request_id == lost.request_id
    assert again.booking_number is not None


def test_moment_with_no_commit_after_it_comes_back_too(town: Town) -> None:
    """The server died: there is no later commit at which PostgreSQL would see that it is past."""
    with town.receiving() as receiver:
        with town.booking():
            town.take()
            town.wait_for_answers(5)
        town.wait_until_archived(receiver, datetime.now(UTC))
        through = receiver.through
    assert through is not None
    names = town.repository.wal_names()
    town.repository.remove_wal(names[names.index(last_with(town, through)) + 1 :])
    restored = restore(town.repository, town.folder / "again", through, town.engine)
    assert restored.note.journal_seq == len(town.answers)


def last_with(town: Town, through: datetime) -> str:
    found = [name for name in town.repository.wal_names() if town.repository.through([name])]
    return next(name for name in found if town.repository.through([name]) == through)


def test_what_is_not_covered_is_refused_with_what_is(town: Town) -> None:
    with town.receiving() as receiver:
        town.take()
        town.wait_until_archived(receiver, datetime.now(UTC))
    for moment, reason in (
        (datetime.now(UTC) - timedelta(days=1), "before the end of the oldest backup: covered is"),
        (datetime.now(UTC) + timedelta(days=1), "after the last WAL"),
    ):
        with pytest.raises(BackupError, match=reason):
            restore(town.repository, town.folder / "again", moment, town.engine)
        assert not (town.folder / "again").exists()
    (town.folder / "full").mkdir()
    (town.folder / "full" / "file").write_text("")
    with pytest.raises(BackupError, match="is not empty"):
        restore(town.repository, town.folder / "full", None, town.engine)


def test_drill_names_what_is_damaged_missing_or_altered(town: Town) -> None:
    with town.receiving() as receiver, town.booking():
        for _ in range(3):
            town.wait_for_answers(5)
            town.take()
        town.wait_until_archived(receiver, datetime.now(UTC))
    oldest, middle, newest = town.repository.backups()
    flip_a_bit(town, oldest.backup_id)
    (town.repository.fulls_dir / middle.backup_id / f"{BASE}.sealed").unlink()
    alter_note(town, newest.backup_id)
    town.repository.remove_wal(town.repository.wal_names()[-2:-1])
    findings = drill(town.repository, town.folder / "work", town.engine).findings
    expected = (
        f"{oldest.backup_id}/base is damaged: its checksum differs",
        f"{oldest.backup_id}: {oldest.backup_id}/base is damaged at chunk",
        f"{middle.backup_id}/base is missing or cannot be read",
        f"{newest.backup_id}: journal: entry {newest.before.journal_seq} is not the one",
        f"WAL is missing after {newest.backup_id}",
    )
    for finding in expected:
        assert any(finding in found for found in findings), (finding, findings)
    assert list((town.folder / "work").iterdir()) == []
    assert town.repository.drills()[-1].findings == findings


def flip_a_bit(town: Town, backup_id: str) -> None:
    path = town.repository.fulls_dir / backup_id / f"{BASE}.sealed"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def alter_note(town: Town, backup_id: str) -> None:
    """As if the journal had been written anew behind everybody's back."""
    path = town.repository.fulls_dir / backup_id / "backup.json"
    (noted,) = [one for one in town.repository.backups() if one.backup_id == backup_id]
    text = path.read_text().replace(noted.before.chain_hash, "0" * 64)
    path.write_text(text)


def test_damaged_wal_is_never_taken_for_its_end(town: Town) -> None:
    with town.receiving() as receiver, town.booking():
        town.take()
        town.wait_for_answers(5)
        town.wait_until_archived(receiver, datetime.now(UTC))
    path = town.repository.wal_dir / f"{town.repository.wal_names()[-1]}.sealed"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BackupError, match=r"is damaged at chunk"):
        restore(town.repository, town.folder / "again", None, town.engine)
    assert not (town.folder / "again").exists()


def test_backup_that_fails_leaves_nothing_in_the_repository(town: Town) -> None:
    town.execute("ALTER ROLE seiriken_backup_login NOREPLICATION")
    with pytest.raises(BackupError, match=r"pg_basebackup failed: .*WAL sender"):
        town.take()
    assert list(town.repository.fulls_dir.iterdir()) == []


def test_repository_of_another_key_is_left_alone(town: Town) -> None:
    made = town.take()
    stranger = Repository(town.repository.folder, bytes(32))
    with pytest.raises(WrongKey, match="have another key"):
        take(stranger, town.source, town.engine, is_urgent=True)
    assert town.repository.backups() == [made]


def test_wal_that_was_lost_makes_a_full_backup_due_and_receiving_goes_on(town: Town) -> None:
    """The keeper was away for longer than the server may keep WAL for it."""
    with town.receiving() as receiver:
        town.take()
        town.wait_until_archived(receiver, datetime.now(UTC))
    for setting in ("max_slot_wal_keep_size = '16MB'", "max_wal_size = '32MB'"):
        town.alone(f"ALTER SYSTEM SET {setting}")
    town.alone("SELECT pg_reload_conf()")
    for _ in range(6):
        town.alone("SELECT pg_logical_emit_message(true, 'a', 'b')")
        town.alone("SELECT pg_switch_wal()")
        town.alone("CHECKPOINT")
    town.alone("ALTER SYSTEM RESET ALL")
    town.alone("SELECT pg_reload_conf()")
    with town.receiving() as receiver:
        town.wait_until_archived(receiver, datetime.now(UTC))
        (made,) = town.repository.backups()
        assert has_gap(made, town.repository.wal_names())
        newer = town.take()
        town.wait_until_archived(receiver, datetime.now(UTC))
    assert not has_gap(newer, town.repository.wal_names())
