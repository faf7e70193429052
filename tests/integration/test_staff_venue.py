"""The venue's desk over HTTP: the day's list, doses given, not come, walk-ins, the file.

The release is open and its slots are today's, so that what is recorded is recorded today; the city
wakes at noon, when the first of them begin.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from typer.testing import CliRunner

from allocator.reads import person_key
from gateway.staff.national_record import COLUMNS
from monitoring.secrets import read_secret
from seiriken.cli import app
from seiriken.embedded_postgres import EmbeddedPostgres
from seiriken.embedded_redis import EmbeddedRedis
from tests.integration.city import (
    INTERVAL_DAYS,
    MUNICIPALITY,
    City,
    cloned_database,
    running_city,
    ticket,
)
from tests.integration.staff import Colleague, StaffDesk, desk_of
from tests.integration.venue_day import (
    BEGUN,
    LOT,
    SCHOOL,
    SECOND,
    about,
    arrival,
    booked,
    lists,
    not_given,
    number_on,
    plan_of_today,
    today,
    until_noon,
    walks_in,
)


@pytest.fixture(scope="module")
def today_city(
    postgres: EmbeddedPostgres,
    template: str,
    redis_server: EmbeddedRedis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    """A city whose doses are given today."""
    home = tmp_path_factory.mktemp("city")
    with Redis.from_url(redis_server.url()) as redis:
        redis.flushall()
    with (
        cloned_database(postgres, template) as url,
        running_city(url, redis_server.url(), home, plan_of_today(), until_noon()) as city,
    ):
        yield city


@pytest.fixture(scope="module")
def desk(today_city: City) -> Iterator[StaffDesk]:
    """The staff gateway of the city."""
    with desk_of(today_city) as running:
        yield running


@pytest.fixture(scope="module")
def hall(desk: StaffDesk) -> Colleague:
    """Somebody at the hall."""
    return desk.colleague("venue", "hall")


@pytest.fixture(scope="module")
def boss(desk: StaffDesk) -> Colleague:
    """A supervisor."""
    return desk.colleague("supervisor")


def record(desk: StaffDesk, booking: str, dose: int = 1) -> tuple[str, str, str, str] | None:
    """Return the record of a dose: mark, lot, account, reason."""
    with psycopg.connect(desk.database_url) as connection:
        return connection.execute(
            "SELECT mark, lot, marked_by, reason FROM dose_record JOIN booking USING (booking_id)"
            " WHERE booking_number = %s AND dose = %s",
            (booking, dose),
        ).fetchone()


def taken(desk: StaffDesk, slot_id: int, dose: int) -> int:
    """Return how many seats of a slot are taken."""
    with psycopg.connect(desk.database_url) as connection:
        row = connection.execute(
            "SELECT taken FROM seats WHERE slot_id = %s AND dose = %s", (slot_id, dose)
        ).fetchone()
    assert row is not None
    return int(row[0])


def acts(desk: StaffDesk, city: City, number: int) -> list[str]:
    """Return what was noted about a person."""
    key = person_key(read_secret(city.secrets_dir, "identity.key"), MUNICIPALITY, ticket(number))
    with psycopg.connect(desk.database_url) as connection:
        rows = connection.execute(
            "SELECT act FROM staff_look WHERE person_key = %s ORDER BY look_id", (key,)
        )
        return [act for (act,) in rows]


def test_walk_in_gets_the_dose_and_the_second_and_is_found_in_the_list(
    today_city: City, desk: StaffDesk, hall: Colleague
) -> None:
    before = taken(desk, BEGUN, 1), taken(desk, SECOND, 2)
    booking = booked(hall, 1)
    assert record(desk, booking) == ("given", LOT, hall.login, "")
    assert (taken(desk, BEGUN, 1), taken(desk, SECOND, 2)) == (before[0] + 1, before[1] + 1)
    queries = ("しけん", "ｼｹﾝ ﾕﾘ1", "シケンユリ1", ticket(1), booking)
    for query in queries:
        assert booking in lists(hall, query)
    assert booking not in lists(hall, "やまだ")
    assert acts(desk, today_city, 1) == ["walked_in", *["found_in_list"] * len(queries)]
    page = hall.post(
        "/venue/dose", **{k: v for k, v in about(booking).items() if k != "request_id"}
    )
    assert "31 January 1950" not in page.text
    assert "1 January 1950" in page.text
    assert LOT in page.text
    assert acts(desk, today_city, 1)[-1] == "dose_looked_at"


def test_name_in_kanji_is_found_by_its_reading_also_after_it_was_noted_as_not_come(
    hall: Colleague,
) -> None:
    page = walks_in(hall, 19, name="髙橋 百合", kana="たかはし ゆり")
    booking = number_on(page)
    for query in ("ﾀｶﾊｼ", "高橋", "たかはしゆり"):
        assert booking in lists(hall, query)
    assert "タカハシ ユリ" in lists(hall)
    assert hall.post("/venue/undo", **about(booking, reason="not_given")).status_code == 200
    assert hall.post("/venue/not-come", **about(booking, sure="yes")).status_code == 200
    assert hall.post("/venue/came", **about(booking, lot=LOT)).status_code == 200
    (again,) = re.findall(r'name="booking_number" value="([^"]+)"', lists(hall, "たかはし"))
    assert hall.post("/venue/undo", **about(again, reason="not_given")).status_code == 200
    assert hall.post("/venue/not-come", **about(again, sure="yes")).status_code == 200


def test_mark_is_taken_back_with_its_reason_and_made_again(
    desk: StaffDesk, hall: Colleague
) -> None:
    booking = booked(hall, 2)
    refused = hall.post("/venue/undo", **about(booking))
    assert refused.status_code == 422
    assert hall.post("/venue/undo", **about(booking, reason="wrong_lot")).status_code == 200
    assert record(desk, booking) == ("undone", "", hall.login, "wrong_lot")
    wrong = hall.post("/venue/given", **about(booking, lot="=1+1"))
    assert wrong.status_code == 422
    assert 'value="=1+1"' in wrong.text, "what was typed is kept"
    page = hall.post("/venue/given", **about(booking, lot="ew4812"))
    assert page.status_code == 200
    assert record(desk, booking) == ("given", "EW4812", hall.login, "")


def test_same_form_sent_again_gets_the_same_answer(desk: StaffDesk, hall: Colleague) -> None:
    booking = not_given(hall, 3)
    sent = about(booking, lot=LOT)
    assert [hall.post("/venue/given", **sent).status_code for _ in range(3)] == [200] * 3
    with psycopg.connect(desk.database_url) as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM outcome WHERE request_id = %s", (sent["request_id"],)
        ).fetchone() or (0,)
    assert count == 1
    sent = arrival(4)
    hall.get("/walk-in")
    assert [hall.post("/walk-in", **sent).status_code for _ in range(2)] == [200] * 2


def test_two_desks_at_once_make_one_record(desk: StaffDesk, hall: Colleague) -> None:
    booking = not_given(hall, 5)
    colleagues = [desk.colleague("venue", "hall") for _ in range(4)]
    for colleague in colleagues:
        colleague.get("/venue")

    def press(number: int) -> int:
        form = about(booking, lot=f"LOT{number}")
        return colleagues[number].post("/venue/given", **form).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))
    assert sorted(answers) == [200, 409, 409, 409]
    first = answers.index(200)
    assert record(desk, booking) == ("given", f"LOT{first}", colleagues[first].login, "")


def test_dose_that_was_given_is_neither_changed_nor_cancelled(
    today_city: City, hall: Colleague
) -> None:
    booked(hall, 6)
    resident = today_city.inside(6)
    assert resident.cancel("both").json()["code"] == "dose_given"
    assert hall.post("/venue/not-come", **about(booked(hall, 7), sure="yes")).status_code == 409


def test_who_does_not_come_gives_back_both_and_comes_after_all(
    today_city: City, desk: StaffDesk, hall: Colleague
) -> None:
    booking = not_given(hall, 8)
    unsure = hall.post("/venue/not-come", **about(booking))
    assert unsure.status_code == 422
    before = taken(desk, BEGUN, 1), taken(desk, SECOND, 2)
    page = hall.post("/venue/not-come", **about(booking, sure="yes"))
    assert page.status_code == 200
    assert record(desk, booking) == ("not_come", "", hall.login, "")
    assert (taken(desk, BEGUN, 1), taken(desk, SECOND, 2)) == (before[0] - 1, before[1] - 1)
    assert "not come" in lists(hall, ticket(8))
    assert today_city.inside(8).http.get("/api/v1/booking").status_code == 404
    page = hall.post("/venue/came", **about(booking, lot=LOT))
    assert page.status_code == 200
    assert (taken(desk, BEGUN, 1), taken(desk, SECOND, 2)) == before
    listed = lists(hall, ticket(8))
    assert booking not in listed
    assert LOT in listed
    assert "dose_not_come" in acts(desk, today_city, 8)


def test_walk_in_begins_with_the_venue_the_slot_of_now_and_the_lot_used_last(
    desk: StaffDesk,
) -> None:
    somebody = desk.colleague("supervisor")
    page = somebody.get("/walk-in?venue=school").text
    assert (f'value="{SCHOOL}"' in page, f'value="{BEGUN}"' in page) == (True, False)
    assert f'value="{SCHOOL}" checked' in page, "the slot of now"
    assert (f'value="{LOT}"' in page, 'name="venue" value="school"' in page) == (False, True)
    booking = number_on(walks_in(somebody, 21, venue="hall"))
    assert "/walk-in?venue=hall" in somebody.seen
    assert f'value="{LOT}"' in somebody.get("/walk-in?venue=hall").text
    assert f'value="{LOT}"' not in somebody.get("/walk-in?venue=school").text
    assert f'value="{LOT}"' in somebody.get("/walk-in?venue=elsewhere").text, "its first venue"
    assert "/walk-in?venue=school" in somebody.get("/venue?venue=school").text
    somebody.get("/venue?venue=hall")
    undone = somebody.post("/venue/undo", **about(booking, reason="not_given"))
    assert undone.status_code == 200
    assert somebody.post("/venue/not-come", **about(booking, sure="yes")).status_code == 200


def test_place_of_who_did_not_come_is_a_walk_ins(desk: StaffDesk, boss: Colleague) -> None:
    """The school has two; the third person waits until one of them has not come."""
    at_school = {"venue": "school", "slot": str(SCHOOL)}
    first = number_on(walks_in(boss, 10, **at_school))
    assert walks_in(boss, 11, **at_school).status_code == 200
    full = walks_in(boss, 12, **at_school)
    assert full.status_code == 409
    assert ticket(12) in full.text, "what was typed is kept"
    school = about(first, venue="school", reason="not_given")
    assert boss.post("/venue/undo", **school).status_code == 200
    absent = about(first, venue="school", sure="yes")
    assert boss.post("/venue/not-come", **absent).status_code == 200
    assert walks_in(boss, 12, **at_school).status_code == 200
    assert taken(desk, SCHOOL, 1) == 2


def test_eligibility_identity_and_interval_are_asked(
    today_city: City, desk: StaffDesk, hall: Colleague
) -> None:
    assert walks_in(hall, 13, birth_day="2").status_code == 409
    assert acts(desk, today_city, 13) == ["walked_in", "not_confirmed"]
    younger = {"birth_year": "2000", "birth_month": "1", "birth_day": "1"}
    page = walks_in(hall, 40, **younger)
    assert page.status_code == 409
    assert "not among those" in page.text
    ago = today() - timedelta(days=18)
    first = {"first_year": str(ago.year), "first_month": str(ago.month), "first_day": str(ago.day)}
    page = walks_in(hall, 14, elsewhere="comirnaty", **first)
    assert "Too soon after dose 1" in page.text
    ago = today() - timedelta(days=19)
    first = {"first_year": str(ago.year), "first_month": str(ago.month), "first_day": str(ago.day)}
    assert walks_in(hall, 14, elsewhere="comirnaty", **first).status_code == 200
    again = walks_in(hall, 14)
    assert "has a booking" in again.text
    forgotten = walks_in(hall, 17, **first)
    assert (forgotten.status_code, 'id="elsewhere-error"' in forgotten.text) == (422, True)


def test_account_sees_its_own_venues_alone(hall: Colleague, boss: Colleague) -> None:
    hall.get("/venue")
    assert "school" not in hall.seen
    school = {"venue": "school", "day": today().isoformat()}
    assert hall.post("/venue", **school).status_code == 403
    hall.get("/venue")
    assert hall.post("/venue/dose", **school, booking_number="1", dose="1").status_code == 403
    assert "school" in boss.get("/venue").text
    assert walks_in(hall, 15, slot=str(SCHOOL)).status_code == 422


def test_another_day_is_shown_and_not_recorded(hall: Colleague) -> None:
    booking = booked(hall, 16)
    later = (today() + timedelta(days=INTERVAL_DAYS)).isoformat()
    assert booking in lists(hall, day=later)
    assert "Type a day." in lists(hall, day="tomorrow")
    page = hall.post("/venue/given", **about(booking, 2, day=later, lot=LOT))
    assert page.status_code == 409
    assert "It is not time yet" in page.text
    gone = hall.post("/venue/given", **about("no-such", lot=LOT))
    assert gone.status_code == 404


def test_doses_given_are_exported_by_a_supervisor_and_it_is_noted(
    desk: StaffDesk, hall: Colleague, boss: Colleague
) -> None:
    booked(hall, 17)
    not_given(hall, 18)
    boss.get("/doses")
    days = {"first_day": today().isoformat(), "last_day": today().isoformat()}
    for encoding, codec in (("utf-8-bom", "utf-8-sig"), ("shift_jis", "cp932")):
        answer = boss.post("/doses.csv", **days, encoding=encoding)
        rows = list(csv.reader(StringIO(answer.content.decode(codec))))
        assert rows[0] == list(COLUMNS)
        by_ticket = {row[1]: row for row in rows[1:]}
        assert by_ticket[ticket(17)] == [
            *(MUNICIPALITY, ticket(17), "1", today().isoformat(), "会場 hall"),
            *("ファイザー", "comirnaty", LOT),
        ]
        assert ticket(18) not in by_ticket
    assert boss.post("/doses.csv", **days, encoding="ebcdic").status_code == 422
    with psycopg.connect(desk.database_url) as connection:
        noted = connection.execute(
            "SELECT login, reason FROM staff_look WHERE act = 'doses_exported'"
        ).fetchall()
    assert noted == [(boss.login, f"{today()} {today()}")] * 2


def test_command_writes_the_same_table_and_it_is_noted(
    today_city: City,
    desk: StaffDesk,
    boss: Colleague,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    booked(boss, 19)
    monkeypatch.setenv("DATABASE_URL", today_city.database_url)
    monkeypatch.setenv("REDIS_URL", today_city.redis_url)
    monkeypatch.setenv("SECRETS_DIR", str(today_city.secrets_dir))
    table = tmp_path / "doses.csv"
    days = ["--from", today().isoformat(), "--to", today().isoformat()]
    for more in (["--by-record"], []):
        done = CliRunner().invoke(app, ["report", "doses", "--csv", str(table), *days, *more])
        assert done.exit_code == 0, done.output
    boss.get("/doses")
    fields = {"first_day": today().isoformat(), "last_day": today().isoformat()}
    assert boss.post("/doses.csv", **fields, encoding="utf-8").content == table.read_bytes()
    with psycopg.connect(desk.database_url) as connection:
        rows = connection.execute(
            "SELECT reason FROM staff_look WHERE act = 'doses_exported' AND role = 'command'"
            " ORDER BY look_id"
        ).fetchall()
    assert rows == [(f"{today()} {today()} by_record",), (f"{today()} {today()}",)]
    page = desk.colleague("auditor").get("/journal")
    assert (page.status_code, "by command" in page.text) == (200, True)
    back = ["--from", "2030-01-02", "--to", "2030-01-01"]
    assert CliRunner().invoke(app, ["report", "doses", "--csv", "-", *back]).exit_code == 1


def test_of_an_earlier_days_list_somebody_says_when_a_dose_was_given(desk: StaffDesk) -> None:
    nurse = desk.colleague("venue")
    booking = not_given(nurse, 20)
    desk.passes(timedelta(days=1))
    try:
        nurse.sign_in()
        nurse.get("/venue")
        page = nurse.post("/venue/given", **about(booking, 1, lot=LOT))
        assert (page.status_code, 'id="given_on-error"' in page.text) == (422, True)
        assert nurse.post("/venue/given", **about(booking, 1, lot=LOT, given_on="then")).is_success
    finally:
        desk.passes(-timedelta(days=1))
    with psycopg.connect(desk.database_url) as connection:
        given = connection.execute(
            "SELECT given_on FROM dose_record JOIN booking USING (booking_id) "
            "WHERE booking_number = %s AND dose = 1",
            [booking],
        ).fetchone()
    assert given == (today(),)
