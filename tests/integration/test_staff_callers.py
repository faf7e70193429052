"""A clerk finds who rings and gives them their place; the auditor sees each look."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import StringIO

import psycopg
import pytest

from allocator.reads import person_key
from monitoring.secrets import read_secret
from tests.integration.city import CONTACT, MUNICIPALITY, PHONE, City, ticket
from tests.integration.staff import Colleague, StaffDesk, desk_of
from tests.waiting import until


@pytest.fixture(scope="module")
def desk(city: City) -> Iterator[StaffDesk]:
    """The staff gateway of the city."""
    with desk_of(city) as running:
        yield running


@pytest.fixture(scope="module")
def clerk(desk: StaffDesk) -> Colleague:
    """Somebody at the phone."""
    return desk.colleague("clerk")


def looks(desk: StaffDesk) -> list[tuple[str, str, bytes, str, str]]:
    """Return the journal, the oldest first."""
    with psycopg.connect(desk.database_url) as connection:
        return connection.execute(
            "SELECT login, act, person_key, reason, came_from FROM staff_look ORDER BY look_id"
        ).fetchall()


def key_of(city: City, number: int) -> bytes:
    return person_key(read_secret(city.secrets_dir, "identity.key"), MUNICIPALITY, ticket(number))


def test_booking_is_shown_with_the_fields_of_r4_and_the_look_is_noted(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    booked = city.inside(1).book().json()
    clerk.get("/caller")
    before = len(looks(desk))
    page = clerk.looks_up(1)
    assert page.status_code == 200
    for shown in (booked["booking_number"], CONTACT["name"], PHONE, CONTACT["email"]):
        assert str(shown) in page.text
    assert "1 January 1950" in page.text
    assert booked["receipt"] not in page.text
    (noted,) = looks(desk)[before:]
    assert noted == (clerk.login, "caller_looked_up", key_of(city, 1), "asks_state", "127.0.0.1")


@pytest.mark.parametrize(
    ("path", "act"), [("/caller", "caller_looked_up"), ("/caller/place", "place_taken")]
)
def test_look_is_noted_and_that_ticket_and_birth_date_do_not_match(
    city: City, desk: StaffDesk, clerk: Colleague, path: str, act: str
) -> None:
    """Whoever tries a caller's birth date out is seen by who reads the journal."""
    clerk.get("/caller")
    before = len(looks(desk))
    page = clerk.looks_up(2, path, birth_day="2")
    assert page.status_code == 404
    assert "do not match the roster" in page.text
    noted = [(line[1], line[2]) for line in looks(desk)[before:]]
    assert noted == [(act, key_of(city, 2)), ("not_confirmed", key_of(city, 2))]


def test_nothing_is_shown_when_the_look_cannot_be_noted(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    city.inside(3).book()
    clerk.get("/caller")
    with psycopg.connect(desk.database_url, autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON staff_look FROM seiriken_staff")
        try:
            page = clerk.looks_up(3)
        finally:
            owner.execute("GRANT INSERT ON staff_look TO seiriken_staff")
    assert page.status_code == 503
    assert CONTACT["name"] not in page.text


def test_look_wants_a_reason_and_says_what_is_wrong_at_the_field(
    desk: StaffDesk, clerk: Colleague
) -> None:
    clerk.get("/caller")
    before = len(looks(desk))
    page = clerk.looks_up(4, reason="", ticket_number="12", birth_month="13")
    assert page.status_code == 422
    for place in ("reason-error", "ticket_number-error", "birth_year-error"):
        assert f'id="{place}"' in page.text
    assert clerk.looks_up(4, reason="curiosity").status_code == 422
    assert len(looks(desk)) == before


def test_looking_takes_no_place_and_taking_one_is_another_line(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    city.order("pause")
    status = city.resident(5).http
    try:
        until_state(city, "paused")
        clerk.get("/caller")
        for _ in range(2):
            page = clerk.looks_up(5)
            assert "They have no place in the line yet" in page.text
            assert "Place in the line" not in page.text
        page = clerk.looks_up(5, "/caller/place")
        found = re.search(r"<dt>Place in the line</dt>\s*<dd>([0-9,]+)", page.text)
        assert found is not None
        assert "In the phone desk&#39;s lane" in page.text
        again = clerk.looks_up(5, "/caller/place")
        assert f"<dd>{found[1]}" in again.text, "the same place"
        own = city.resident(5).sign_in().json()
        assert str(own["place"]) == found[1].replace(",", ""), "the one that the pages give"
    finally:
        status.close()
        city.order("resume")
        until_state(city, "open")
    acts = [line[1] for line in looks(desk) if line[2] == key_of(city, 5)]
    assert acts == ["caller_looked_up"] * 2 + ["place_taken"] * 2


def test_strangers_who_lock_a_ticket_do_not_lock_it_at_the_desk(
    city: City, clerk: Colleague
) -> None:
    stranger = city.resident(31)
    codes = [stranger.sign_in(birth_date="1950-01-02").status_code for _ in range(11)]
    assert codes[-1] == 429
    clerk.get("/caller")
    assert clerk.looks_up(31).status_code == 200
    wrong = [clerk.looks_up(31, birth_day="2").status_code for _ in range(11)]
    assert wrong == [404] * 10 + [429]
    assert "There were many wrong tries for this ticket at the desk" in clerk.seen
    assert f'value="{ticket(31)}"' in clerk.seen, "nothing typed is lost"


def until_state(city: City, state: str) -> None:
    """Wait until the room's notice says so."""
    assert city.parts is not None
    board = city.parts.board
    until(lambda: (board.status() or {}).get("state") == state)


def test_auditor_finds_looks_by_person_and_day_and_saves_them(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    clerk.get("/caller")
    clerk.looks_up(6)
    clerk.looks_up(7)
    auditor = desk.colleague("auditor")
    page = auditor.post("/journal", ticket_number=ticket(6))
    assert key_of(city, 6).hex() in page.text
    assert key_of(city, 7).hex() not in page.text
    assert clerk.login in page.text
    assert "The caller asks how they stand" in page.text
    none = auditor.post("/journal", day_year="2001", day_month="1", day_day="1")
    assert "Looks: 0 " in none.text
    wrong = auditor.post("/journal", ticket_number="12", day_year="x")
    assert wrong.status_code == 422
    saved = auditor.post("/journal.csv", ticket_number=ticket(6))
    assert saved.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(StringIO(saved.text)))
    assert {row["person"] for row in rows} == {key_of(city, 6).hex()}
    assert [row["act"] for row in rows] == ["journal_read", "journal_read", "caller_looked_up"]
    assert auditor.post("/journal.csv", ticket_number="12").status_code == 422
    own = auditor.post("/journal", login=auditor.login)
    assert clerk.login not in own.text.split("<tbody>")[1]
    assert ticket(6) not in saved.text


def test_auditor_goes_on_to_older_lines(desk: StaffDesk) -> None:
    with psycopg.connect(desk.database_url) as owner:
        owner.execute(
            "INSERT INTO staff_look (looked_at, login, role, act, reason, came_from) "
            "SELECT now(), 'many', 'clerk', 'caller_looked_up', 'line ' || n, '127.0.0.1' "
            "FROM generate_series(1, 250) AS n"
        )
    auditor = desk.colleague("auditor")
    auditor.get("/journal")
    assert "line 250<" in auditor.post("/journal", login="many").text
    found = re.search(r'name="before" value="(\d+)"', auditor.seen)
    assert found is not None
    older = auditor.post("/journal", login="many", before=found[1]).text
    assert older.count("<td>line ") == 50
    assert 'name="before"' not in older


def test_auditor_reads_what_commands_have_noted(desk: StaffDesk) -> None:
    """Who gives a command names themselves, and so could begin a formula."""
    with psycopg.connect(desk.database_url) as owner:
        owner.execute(
            "INSERT INTO staff_look (looked_at, login, role, act, reason, came_from) "
            "VALUES (now(), '=1+1', 'command', 'doses_exported', '- -', 'command')"
        )
    auditor = desk.colleague("auditor")
    page = auditor.get("/journal")
    assert (page.status_code, "=1+1<br>by command" in page.text) == (200, True)
    saved = auditor.post("/journal.csv", login="=1+1")
    (row,) = csv.DictReader(StringIO(saved.text))
    assert (row["login"], row["reason"]) == ("'=1+1", "'- -")


def test_operators_see_figures_and_nobody(city: City, desk: StaffDesk) -> None:
    operator = desk.colleague("operator")
    # The desk's own copy of the notices may still be of the pause in a test before.
    until(lambda: 'class="state-mark state-open"' in operator.get("/room").text)
    assert "Spring" in operator.seen
    assert "Pairs left" in operator.seen
