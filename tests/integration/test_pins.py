"""A PIN on the ticket: asked of those who have one, and of nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from redis import Redis
from typer.testing import CliRunner

from allocator.roster import Imported, import_people, read_keys
from allocator.roster_file import Person
from seiriken.desk_commands import app as desk_app
from seiriken.errors import CommandError
from tests.integration.city import BORN, MUNICIPALITY, City, running_city, ticket
from tests.integration.staff import desk_of
from tests.waiting import until

PIN, NEW_PIN = "4711", "08154711"


@pytest.fixture
def city(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[City]:
    with running_city(database_url, redis_url, tmp_path) as city:
        yield city


def give_pin(city: City, number: int, pin: str | None) -> Imported:
    """Import one resident again, with what a file says of the PIN, and wait for its copy."""
    person = Person(MUNICIPALITY, ticket(number), BORN, pin)
    imported = import_people(city.database_url, read_keys(city.secrets_dir), [person])
    with Redis.from_url(city.redis_url) as redis:
        mark = f"-{imported.roster_version}".encode()
        until(lambda: bytes(redis.get("published") or b"").endswith(mark))
    return imported


def page_asks(city: City) -> bool:
    page = city.resident(0).http.get("/sign-in", headers={"Accept": "text/html"}).text
    return 'name="pin"' in page


def test_city_without_pins_asks_for_none(city: City) -> None:
    assert not page_asks(city)
    assert city.resident(1).sign_in().status_code == 200
    assert city.resident(1).sign_in(pin=PIN).status_code == 200


def test_who_has_a_pin_needs_it_and_every_failure_is_told_alike(city: City) -> None:
    assert not page_asks(city)
    assert give_pin(city, 1, PIN).corrected == 1
    until(lambda: page_asks(city))
    assert city.resident(1).sign_in(pin=PIN).json()["state"] == "inside"
    assert city.resident(2).sign_in().json()["state"] == "inside"
    answers = [
        city.resident(1).sign_in(),
        city.resident(1).sign_in(pin="4712"),
        city.resident(1).sign_in(pin=PIN, birth_date="1950-01-02"),
        city.resident(999).sign_in(),
        city.resident(999).sign_in(pin=PIN),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    named = [sorted(name for name, _ in answer.headers.multi_items()) for answer in answers]
    assert all(names == named[0] for names in named)


def test_page_takes_the_pin_and_says_what_is_wrong_with_it(city: City) -> None:
    give_pin(city, 1, PIN)
    until(lambda: page_asks(city))
    typed = {
        "ticket_number": ticket(1),
        "birth_year": "1950",
        "birth_month": "1",
        "birth_day": "1",
    }
    resident = city.resident(1).http
    wrong = resident.post("/sign-in", data={**typed, "pin": "12"})
    assert wrong.status_code == 422
    assert 'href="#pin"' in wrong.text
    assert resident.post("/sign-in", data=typed).status_code == 401
    right = resident.post("/sign-in", data={**typed, "pin": "４７１１"})
    assert right.headers["location"] == "/details"


def test_file_without_the_column_keeps_pins_and_an_empty_cell_takes_one_away(city: City) -> None:
    give_pin(city, 1, PIN)
    until(lambda: page_asks(city))
    assert give_pin(city, 1, None).unchanged == 1
    assert city.resident(1).sign_in().status_code == 401
    assert give_pin(city, 1, NEW_PIN).corrected == 1
    assert city.resident(1).sign_in(pin=NEW_PIN).status_code == 200
    assert give_pin(city, 1, NEW_PIN).unchanged == 1
    assert give_pin(city, 1, "").corrected == 1
    assert city.resident(1).sign_in().status_code == 200
    until(lambda: not page_asks(city))


def test_pin_is_nowhere_in_clear(city: City) -> None:
    give_pin(city, 1, NEW_PIN)
    until(lambda: page_asks(city))
    with psycopg.connect(city.database_url) as connection:
        row = connection.execute("SELECT pin_check FROM roster WHERE pin_check IS NOT NULL")
        ((check,),) = row.fetchall()
    assert len(check) == 16
    with Redis.from_url(city.redis_url) as redis:
        held = redis.hvals("roster")
    assert sum(bytes(value).endswith(check) for value in held) == 1
    assert all(NEW_PIN.encode() not in bytes(value) for value in held)


def test_phone_desk_asks_for_the_pin_too(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    give_pin(city, 1, PIN)
    until(lambda: page_asks(city))
    monkeypatch.setenv("DATABASE_URL", city.database_url)
    monkeypatch.setenv("REDIS_URL", city.redis_url)
    monkeypatch.setenv("SECRETS_DIR", str(city.secrets_dir))
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", MUNICIPALITY)
    who = {"ticket_number": ticket(1), "birth_date": BORN.isoformat()}
    call = ["call", "--caller-file", "-", "--json"]
    without = CliRunner().invoke(desk_app, call, input=json.dumps(who))
    assert isinstance(without.exception, CommandError)
    answered = CliRunner().invoke(desk_app, call, input=json.dumps({**who, "pin": PIN}))
    assert json.loads(answered.stdout)["state"] in ("your_turn", "inside")
    asked = CliRunner().invoke(desk_app, ["call"], input=f"{ticket(1)}\n\n1950-01-01\n{PIN}\n")
    assert asked.exit_code == 0


def test_walk_in_with_a_pin_types_it_at_the_venue(city: City) -> None:
    """Without a slot of today nobody is booked: the form is refused at the slot, or before it."""
    give_pin(city, 1, PIN)
    with desk_of(city) as desk:
        nurse = desk.colleague("venue")
        until(lambda: 'name="pin"' in nurse.get("/walk-in").text)
        typed = {"ticket_number": ticket(1), "pin": "12", "lot": "ABC123", "name": "試験 百合"}
        page = nurse.post("/walk-in", request_id=str(uuid4()), **typed)
    assert 'id="pin-error"' in page.text
    assert 'id="slot-error"' in page.text
