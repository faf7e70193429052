"""People leave the roster, and tickets are issued anew: what becomes of sign-ins and bookings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from allocator.roster import count_people, difference_of, import_people, read_keys
from allocator.roster_file import Person
from allocator.verify import verify
from seiriken.cli import app
from tests.integration.city import (
    BORN,
    MUNICIPALITY,
    City,
    Resident,
    make_plan,
    running_city,
    ticket,
)

NEW_TICKET = 900_001


@pytest.fixture
def city(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[City]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    with running_city(database_url, redis_url, tmp_path, make_plan()) as city:
        monkeypatch.setenv("SECRETS_DIR", str(city.secrets_dir))
        yield city


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["roster", "change", *words])


def document(*words: str) -> Any:
    """Return what the command printed for programs; it must succeed."""
    result = run(*words, "--yes", "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "changes.csv"


def written(file: Path, *changes: tuple[int, str, int | None]) -> str:
    """Write a file of changes, each a ticket, what became of it, and its new number."""
    lines = ["municipality_code,ticket_number,change,new_ticket_number"]
    for number, change, new in changes:
        lines.append(f"{MUNICIPALITY},{ticket(number)},{change},{ticket(new) if new else ''}")
    file.write_text("\n".join(lines))
    return str(file)


def booked(city: City, number: int) -> Resident:
    resident = city.inside(number)
    assert resident.book().status_code == 201
    return resident


def rows(city: City, sql: bytes) -> list[Any]:
    with psycopg.connect(city.database_url) as connection:
        return connection.execute(sql).fetchall()


def stored(city: City) -> list[Any]:
    """Everything that a dry run must not change."""
    return [
        rows(city, b"SELECT booking_id, state, person_key FROM booking ORDER BY 1"),
        rows(city, b"SELECT * FROM seats ORDER BY 1, 2"),
        rows(city, b"SELECT person_key, left_why FROM roster ORDER BY 1"),
        rows(city, b"SELECT version, roster_version FROM catalogue"),
    ]


def taken(city: City) -> int:
    return int(rows(city, b"SELECT sum(taken) FROM seats")[0][0])


def told(city: City) -> list[str]:
    return [str(kind) for (kind,) in rows(city, b"SELECT kind FROM outbox ORDER BY outbox_id")]


def is_proved(city: City) -> bool:
    return verify(city.database_url).in_order


def test_dry_run_says_what_would_change_and_changes_nothing(city: City, file: Path) -> None:
    for number in (1, 2, 3):
        booked(city, number)
    before = stored(city)
    changes = written(file, (1, "moved_out", None), (2, "died", None), (3, "reissued", NEW_TICKET))
    shown = run(changes, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert "3 people: 1 moved out, 1 died, 1 have another ticket" in shown.stdout
    assert "bookings ended: 2; seats given back: 4" in shown.stdout
    assert "go over to the new ticket: 1" in shown.stdout
    assert ticket(3) not in shown.output
    assert json.loads(run(changes, "--dry-run", "--json").stdout)["changed"] is False
    assert stored(city) == before


def test_who_left_is_signed_out_and_the_seats_come_back(city: City, file: Path) -> None:
    mover, dead, waits = booked(city, 1), booked(city, 2), city.inside(3)
    changes = written(file, (1, "転出", None), (2, "死亡", None), (3, "moved_out", None))
    people_before = count_people(city.database_url)
    done = document(changes)
    assert (done["bookings_ended"], done["seats_given_back"]) == (2, 4)
    assert done["sessions_ended"] == 3
    assert taken(city) == 0
    for resident in (mover, dead, waits):
        assert resident.http.get("/api/v1/booking").status_code == 401
        assert city.resident(resident.number).sign_in().status_code == 401
    assert told(city) == ["booked", "booked", "left_city"]
    assert count_people(city.database_url) == people_before - 3
    assert is_proved(city)


def test_who_is_signed_in_when_the_roster_is_marked_cannot_book(city: City) -> None:
    """The allocator asks the table, not the copy that others see."""
    resident = city.inside(1)
    with psycopg.connect(city.database_url, autocommit=True) as connection:
        connection.execute("UPDATE roster SET left_why = 'died'")
    assert resident.book().json()["code"] == "not_eligible"


def test_same_file_again_does_nothing_more(city: City, file: Path) -> None:
    booked(city, 1)
    changes = written(file, (1, "moved_out", None), (2, "died", None))
    document(changes)
    before, mails = stored(city), told(city)
    again = document(changes)
    assert (again["new"], again["unchanged"], again["bookings_ended"]) == ({}, 2, 0)
    assert (stored(city), told(city)) == (before, mails)


def test_run_that_stopped_after_the_roster_was_marked_is_gone_on_with(
    city: City, file: Path
) -> None:
    """As after a kill -9 between the mark and the orders."""
    booked(city, 1)
    with psycopg.connect(city.database_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE roster SET left_why = 'moved_out' "
            "WHERE person_key = (SELECT person_key FROM booking)"
        )
        connection.execute("UPDATE catalogue SET roster_version = roster_version + 1")
    done = document(written(file, (1, "moved_out", None)))
    assert (done["unchanged"], done["bookings_ended"]) == (1, 1)
    assert taken(city) == 0


def test_old_file_of_people_does_not_bring_them_back(city: City, file: Path) -> None:
    document(written(file, (1, "died", None)))
    keys = read_keys(city.secrets_dir)
    person = Person(MUNICIPALITY, ticket(1), BORN)
    assert import_people(city.database_url, keys, [person]).unchanged == 1
    assert city.resident(1).sign_in().status_code == 401
    other = Person(MUNICIPALITY, ticket(2), BORN)
    gone = [shown[-3:] for shown in difference_of(city.database_url, keys, [other]).gone]
    assert ticket(3)[-3:] in gone
    assert ticket(1)[-3:] not in gone


def test_who_is_back_signs_in_again(city: City, file: Path) -> None:
    document(written(file, (1, "moved_out", None)))
    assert document(written(file, (1, "returned", None)))["new"] == {"returned": 1}
    assert city.inside(1).book().status_code == 201


def test_booking_follows_the_new_ticket(city: City, file: Path) -> None:
    old = booked(city, 1)
    held = old.http.get("/api/v1/booking").json()
    done = document(written(file, (1, "再発行", NEW_TICKET)))
    assert (done["bookings_taken_over"], done["bookings_ended"]) == (1, 0)
    assert old.http.get("/api/v1/booking").status_code == 401
    assert city.resident(1).sign_in().status_code == 401
    with Redis.from_url(city.redis_url) as redis:
        ((person,),) = rows(city, b"SELECT person_key FROM booking")
        assert redis.smembers("holders:c1") == {person}
    new = city.inside(NEW_TICKET)
    assert new.http.get("/api/v1/booking").json()["doses"] == held["doses"]
    assert new.book().status_code == 409
    assert told(city) == ["booked"]
    assert is_proved(city)
    assert new.cancel().status_code == 200
    assert taken(city) == 0
    assert is_proved(city)


def test_new_ticket_may_have_come_with_a_file_of_people(city: City, file: Path) -> None:
    keys, new = read_keys(city.secrets_dir), Person(MUNICIPALITY, ticket(NEW_TICKET), BORN, "2468")
    import_people(city.database_url, keys, [new])
    document(written(file, (1, "reissued", NEW_TICKET)))
    assert difference_of(city.database_url, keys, [new]).unchanged == 1


def test_two_bookings_of_one_person_are_named_and_the_old_ends_on_demand(
    city: City, file: Path
) -> None:
    for number in (1, 2):
        booked(city, number)
    number = rows(city, b"SELECT min(booking_number) FROM booking")[0][0]
    changes = written(file, (1, "reissued", 2))
    assert document(changes)["conflicts"] == [number]
    assert taken(city) == 4
    ended = document(changes, "--end-old")
    assert (ended["bookings_ended"], ended["conflicts"]) == (1, [])
    assert taken(city) == 2
    assert is_proved(city)


def test_file_that_does_not_fit_the_roster_changes_nothing(city: City, file: Path) -> None:
    booked(city, 1)
    before = stored(city)
    changes = written(file, (1, "moved_out", None), (NEW_TICKET, "died", None))
    result = run(changes, "--yes")
    assert result.exit_code == 1
    assert "line 3: ticket_number: is not on the roster" in result.stdout
    assert json.loads(run(changes, "--yes", "--json").stdout)["changed"] is False
    assert stored(city) == before
