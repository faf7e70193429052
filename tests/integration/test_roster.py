from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from allocator.errors import StoreAway
from allocator.model import PROBE_BORN
from allocator.roster import (
    CATALOGUE_CHANGED,
    RosterKeys,
    count_people,
    difference_of,
    import_people,
    read_keys,
)
from allocator.roster_file import Person
from allocator.sealing import birth_check, person_key, unseal_identity
from monitoring.secrets import create_missing
from seiriken.demo_city import people
from seiriken.roster_commands import app

KEYS = RosterKeys(identity=b"i" * 32, roster=b"r" * 32)
TODAY = date(2021, 8, 1)


def masked(person: Person) -> str:
    """What may be shown of a ticket."""
    return f"{person.municipality_code} *******{person.ticket_number[-3:]}"


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


def test_difference_is_what_the_import_then_does_and_changes_nothing(database_url: str) -> None:
    those = [*people(10, 1, TODAY)]
    before = import_people(database_url, KEYS, those[:9])
    asked = [Person(p.municipality_code, p.ticket_number, p.birth_date) for p in those[1:]]
    corrected = Person(asked[0].municipality_code, asked[0].ticket_number, date(1933, 3, 3))
    asked[0] = corrected
    difference = difference_of(database_url, KEYS, asked)
    assert difference.new == (masked(those[9]),)
    assert difference.changed == (masked(corrected),)
    assert difference.gone == (masked(those[0]),)
    assert (difference.people, difference.unchanged) == (9, 7)
    assert count_people(database_url) == 9
    again = difference_of(database_url, KEYS, those[:9])
    assert (again.new, again.changed, again.gone) == ((), (), ())
    after = import_people(database_url, KEYS, asked)
    assert (after.added, after.corrected, after.unchanged) == (1, 1, 7)
    assert after.roster_version == before.roster_version + 1


def test_difference_sees_pins_only_in_a_file_that_has_them(database_url: str) -> None:
    (person,) = people(1, 1, TODAY)
    code, ticket, born = person.municipality_code, person.ticket_number, person.birth_date
    import_people(database_url, KEYS, [Person(code, ticket, born, "1234")])
    assert difference_of(database_url, KEYS, [Person(code, ticket, born)]).changed == ()
    for other in ("4321", ""):
        found = difference_of(database_url, KEYS, [Person(code, ticket, born, other)])
        assert found.changed == (masked(person),)
    assert difference_of(database_url, KEYS, [Person(code, ticket, born, "1234")]).unchanged == 1


def test_synthetic_resident_is_no_difference(database_url: str) -> None:
    import_people(database_url, KEYS, [Person("122310", "0123456789", PROBE_BORN)])
    those = tuple(people(1, 1, TODAY))
    import_people(database_url, KEYS, those)
    assert difference_of(database_url, KEYS, those).gone == ()


def test_dry_run_shows_the_difference_with_tickets_masked(
    database_url: str,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_missing(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    those = tuple(people(30, 1, TODAY))
    import_people(database_url, read_keys(tmp_path), those[:1])
    lines = [f"{p.municipality_code},{p.ticket_number},{p.birth_date}" for p in those[1:]]
    file = tmp_path / "city.csv"
    file.write_text("\n".join(["municipality_code,ticket_number,birth_date", *lines]))
    shown = CliRunner().invoke(app, ["import", str(file), "--dry-run"])
    assert shown.exit_code == 0, shown.output
    assert "29 people: 29 new, 0 corrected, 0 unchanged" in shown.stdout
    assert "new: 9 more" in shown.stdout
    assert f"not in the file: {masked(those[0])}" in shown.stdout
    assert not any(person.ticket_number in shown.output for person in those)
    told = CliRunner().invoke(app, ["import", str(file), "--dry-run", "--json"])
    document = json.loads(told.stdout)
    assert document["imported"] is False
    assert len(document["difference"]["new"]) == 29
    assert count_people(database_url) == 1
    faulty = tmp_path / "faulty.csv"
    faulty.write_text("municipality_code,ticket_number,birth_date\n122319,1,1950-01-31\n")
    assert CliRunner().invoke(app, ["import", str(faulty), "--dry-run"]).exit_code == 1


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
    connection.execute("SELECT pg_notify(%s, 'the last one')", [CATALOGUE_CHANGED])
    heard = list(connection.notifies(timeout=30, stop_after=2))
    assert [notice.payload for notice in heard] == ["", "the last one"]


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
    with pytest.raises(StoreAway):
        difference_of(f"postgresql://nobody@/none?host={run_dir}", KEYS, [])
