from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from allocator.errors import StoreAway
from allocator.roster import CATALOGUE_CHANGED, RosterKeys, count_people, import_people, read_keys
from allocator.roster_file import Person
from allocator.sealing import birth_check, person_key, unseal_identity
from monitoring.secrets import create_missing
from seiriken.demo_city import people

KEYS = RosterKeys(identity=b"i" * 32, roster=b"r" * 32)
TODAY = date(2021, 8, 1)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def test_people_are_stored_as_keyed_hashes_and_sealed(
    database_url: str, connection: psycopg.Connection
) -> None:
    person = Person("122319", "0123456789", date(1950, 1, 31))
    import_people(database_url, KEYS, [person])
    row = connection.execute("SELECT person_key, birth_check, sealed FROM roster").fetchone()
    assert row is not None
    key, check, sealed = row
    assert key == person_key(KEYS.identity, "122319", "0123456789")
    assert check == birth_check(KEYS.identity, key, person.birth_date)
    identity = unseal_identity(KEYS.roster, sealed, key)
    assert (identity.ticket_number, identity.birth_date) == ("0123456789", person.birth_date)
    assert b"0123456789" not in sealed


def test_same_file_twice_changes_nothing(database_url: str) -> None:
    those = tuple(people(100, 1, TODAY))
    first = import_people(database_url, KEYS, those)
    second = import_people(database_url, KEYS, those)
    assert (first.added, first.corrected, first.unchanged) == (100, 0, 0)
    assert (second.added, second.corrected, second.unchanged) == (0, 0, 100)
    assert second.roster_version == first.roster_version
    assert count_people(database_url) == 100


def test_corrected_birth_date_replaces_the_old_one_and_new_people_are_added(
    database_url: str, connection: psycopg.Connection
) -> None:
    those = [*people(10, 1, TODAY)]
    before = import_people(database_url, KEYS, those[:9])
    those[0] = Person(those[0].municipality_code, those[0].ticket_number, date(1933, 3, 3))
    after = import_people(database_url, KEYS, those)
    assert (after.added, after.corrected, after.unchanged) == (1, 1, 8)
    assert after.roster_version == before.roster_version + 1
    key = person_key(KEYS.identity, those[0].municipality_code, those[0].ticket_number)
    found = connection.execute("SELECT birth_check FROM roster WHERE person_key = %s", [key])
    assert found.fetchone() == (birth_check(KEYS.identity, key, date(1933, 3, 3)),)


def test_import_that_breaks_off_leaves_nothing(database_url: str) -> None:
    def break_off(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_people(database_url, KEYS, tuple(people(5_000, 1, TODAY)), break_off)
    assert count_people(database_url) == 0


def test_allocator_hears_of_a_change_and_only_of_a_change(
    database_url: str, connection: psycopg.Connection
) -> None:
    connection.execute(f"LISTEN {CATALOGUE_CHANGED}".encode())
    those = tuple(people(3, 1, TODAY))
    import_people(database_url, KEYS, those)
    import_people(database_url, KEYS, those)
    heard = list(connection.notifies(timeout=0.5))
    assert [notice.channel for notice in heard] == [CATALOGUE_CHANGED]


def test_progress_reaches_the_number_of_people(database_url: str) -> None:
    sent: list[int] = []
    import_people(database_url, KEYS, tuple(people(2_500, 1, TODAY)), sent.append)
    assert sum(sent) == 2_500


def test_keys_are_read_from_the_secrets(tmp_path: Path) -> None:
    create_missing(tmp_path)
    keys = read_keys(tmp_path)
    assert len(keys.identity) == len(keys.roster) == 32
    assert keys.identity != keys.roster


def test_database_that_is_away_is_said(run_dir: Path) -> None:
    with pytest.raises(StoreAway):
        import_people(f"postgresql://nobody@/none?host={run_dir}", KEYS, [])
