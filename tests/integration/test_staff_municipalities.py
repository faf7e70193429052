"""People with a ticket of another municipality at the desks: the same number is somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from allocator.reads import person_key
from allocator.roster import import_people, read_keys
from allocator.roster_file import Person
from monitoring.secrets import read_secret
from tests.integration.city import MUNICIPALITY, City, ticket
from tests.integration.staff import Colleague, StaffDesk, desk_of
from tests.integration.test_staff_calls import CALL, DETAILS
from tests.integration.venue_day import arrival, number_on, plan_of_today, until_noon

OTHERS, BORN = "122271", date(1950, 3, 3)
THEIR_BIRTH = {"birth_year": "1950", "birth_month": "3", "birth_day": "3"}
THEIRS = {"municipality_code": OTHERS, **THEIR_BIRTH}
TYPED = 'name="municipality_code" type="text" value="{}"'


@pytest.fixture
def city(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[City]:
    """A city on whose roster stand three people of another one, with numbers that it has itself."""
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", MUNICIPALITY)
    city = City(database_url, redis_url, tmp_path, until_noon())
    city.load(plan_of_today())
    people = [Person(OTHERS, ticket(number), BORN) for number in (1, 2, 3)]
    import_people(database_url, read_keys(city.secrets_dir), people)
    with city.allocator(), city.waiting_room(), city.gateway():
        city.wait_until_ready()
        yield city


@pytest.fixture
def desk(city: City) -> Iterator[StaffDesk]:
    """The staff gateway of the city."""
    with desk_of(city) as running:
        yield running


@pytest.fixture
def clerk(desk: StaffDesk) -> Colleague:
    """Somebody at the phone."""
    return desk.colleague("clerk")


def key_of(city: City, code: str, number: int) -> str:
    """Return what stands for somebody in the journal."""
    return person_key(read_secret(city.secrets_dir, "identity.key"), code, ticket(number)).hex()


def test_caller_and_companion_of_another_municipality_are_served_and_the_auditor_finds_them(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    clerk.get("/caller")
    assert clerk.looks_up(1, **THEIR_BIRTH).status_code == 404, "this city's was born another day"
    refused = clerk.looks_up(1, **(THEIRS | {"birth_day": "4"}))
    assert (refused.status_code, TYPED.format(OTHERS) in refused.text) == (404, True)
    found = clerk.looks_up(1, **THEIRS)
    assert (found.status_code, f'value="{OTHERS}"' in found.text) == (200, True)
    clerk.looks_up(1, "/caller/place", **THEIRS)
    assert clerk.looks_up(1, "/caller/begin", **THEIRS).headers["location"] == CALL
    clerk.get(f"{CALL}/details")
    clerk.post(f"{CALL}/details", **(DETAILS | {"companion": "yes"}))
    clerk.get(f"{CALL}/companion")
    sent = clerk.post(f"{CALL}/companion", ticket_number=ticket(2), **THEIRS)
    assert sent.headers["location"] == f"{CALL}/companion/details"
    assert TYPED.format(OTHERS) in clerk.get(f"{CALL}/companion").text

    auditor = desk.colleague("auditor")
    auditor.get("/journal")
    theirs = auditor.post("/journal", ticket_number=ticket(1), municipality_code=OTHERS).text
    assert theirs.count(key_of(city, OTHERS, 1)) >= 4
    assert key_of(city, MUNICIPALITY, 1) not in theirs
    assert TYPED.format(OTHERS) in theirs
    own = auditor.post("/journal", ticket_number=ticket(1)).text
    assert key_of(city, MUNICIPALITY, 1) in own
    assert key_of(city, OTHERS, 1) not in own
    alone = auditor.post("/journal", municipality_code=OTHERS)
    assert (alone.status_code, 'id="ticket_number-error"' in alone.text) == (422, True)


def test_somebody_of_another_municipality_walks_in(desk: StaffDesk) -> None:
    hall = desk.colleague("venue", "hall")
    hall.get("/walk-in")
    answer = hall.post("/walk-in", **arrival(3, **THEIRS))
    assert answer.status_code == 200, answer.text
    assert number_on(answer)


def test_wrong_code_is_told_at_its_field_and_stays_typed(desk: StaffDesk, clerk: Colleague) -> None:
    clerk.get("/caller")
    wrong = {"municipality_code": "12227"}
    answers = [clerk.looks_up(1, **wrong)]
    hall, auditor = desk.colleague("venue", "hall"), desk.colleague("auditor")
    hall.get("/walk-in")
    answers.append(hall.post("/walk-in", **arrival(3, **wrong)))
    auditor.get("/journal")
    answers.append(auditor.post("/journal", ticket_number=ticket(1), **wrong))
    for answer in answers:
        assert answer.status_code == 422
        assert 'id="municipality_code-error"' in answer.text
        assert TYPED.format("12227") in answer.text
