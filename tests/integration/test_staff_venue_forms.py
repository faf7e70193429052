"""The venue's forms: whom they show is noted first, what they ask for and what they keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from tests.integration.city import INTERVAL_DAYS, MUNICIPALITY, City, running_city, ticket
from tests.integration.staff import Colleague, StaffDesk, desk_of
from tests.integration.venue_day import (
    LOT,
    about,
    arrival,
    booked,
    not_given,
    number_on,
    plan_of_today,
    today,
    until_noon,
    walks_in,
)


@pytest.fixture
def city(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[City]:
    """A city whose doses are given today."""
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", MUNICIPALITY)
    with running_city(database_url, redis_url, tmp_path, plan_of_today(), until_noon()) as city:
        yield city


@pytest.fixture
def desk(city: City) -> Iterator[StaffDesk]:
    """The staff gateway of the city."""
    with desk_of(city) as running:
        yield running


@pytest.fixture
def hall(desk: StaffDesk) -> Colleague:
    """Somebody at the hall."""
    return desk.colleague("venue", "hall")


def looks(desk: StaffDesk) -> list[str]:
    """Return what was noted about people, the oldest first."""
    with psycopg.connect(desk.database_url) as connection:
        rows = connection.execute(
            "SELECT act FROM staff_look WHERE person_key IS NOT NULL ORDER BY look_id"
        )
        return [act for (act,) in rows]


def unfinished_forms(hall: Colleague) -> list[tuple[str, dict[str, str], str]]:
    """Return forms that lack what they must have: path, fields, and the ticket of whom."""
    open_, given, gone = not_given(hall, 1), booked(hall, 2), not_given(hall, 3)
    assert hall.post("/venue/not-come", **about(gone, sure="yes")).status_code == 200
    return [
        ("/venue/given", about(open_), ticket(1)),
        ("/venue/not-come", about(open_), ticket(1)),
        ("/venue/undo", about(given), ticket(2)),
        ("/venue/came", about(gone), ticket(3)),
    ]


def test_form_that_lacks_something_shows_its_person_once_the_look_was_noted(
    desk: StaffDesk, hall: Colleague
) -> None:
    for path, form, whose in unfinished_forms(hall):
        before = looks(desk)
        page = hall.post(path, **form)
        assert (page.status_code, whose in page.text) == (422, True), path
        assert looks(desk) == [*before, "dose_looked_at"], path


@contextmanager
def _without(right: LiteralString, desk: StaffDesk) -> Iterator[None]:
    """Take a right from the staff's process, for the length of a block."""
    with psycopg.connect(desk.database_url, autocommit=True) as owner:
        owner.execute(f"REVOKE {right} FROM seiriken_staff")
        try:
            yield
        finally:
            owner.execute(f"GRANT {right} TO seiriken_staff")


NOTING, BEING_SEEN = "INSERT ON staff_look", "UPDATE ON staff_session"


def test_nobody_is_shown_where_the_look_cannot_be_noted(desk: StaffDesk, hall: Colleague) -> None:
    forms = unfinished_forms(hall)
    _, opened, whose = forms[0]
    named = {name: value for name, value in opened.items() if name != "request_id"}
    forms += [("/venue/dose", named, whose), ("/venue/given", opened | {"lot": LOT}, whose)]
    with _without(NOTING, desk):
        answers = [(hall.post(path, **form), whose) for path, form, whose in forms]
        listed = hall.get("/venue")
    for page, whose in [*answers, (listed, ticket(1))]:
        assert (page.status_code, whose in page.text, "シケン" in page.text) == (503, False, False)


def test_walk_in_is_written_to_in_the_language_that_was_chosen(
    desk: StaffDesk, hall: Colleague
) -> None:
    assert '<option value="ja" lang="ja" selected>' in hall.get("/walk-in").text
    booking = number_on(walks_in(hall, 1, language="vi"))
    with psycopg.connect(desk.database_url) as connection:
        row = connection.execute(
            "SELECT language FROM booking WHERE booking_number = %s", [booking]
        ).fetchone()
    assert row == ("vi",)
    refused = walks_in(hall, 2, language="ko", lot="")
    assert (refused.status_code, 'value="ko" lang="ko" selected' in refused.text) == (422, True)
    unknown = walks_in(hall, 2, language="tlh")
    assert (unknown.status_code, 'id="language-error"' in unknown.text) == (422, True)


def test_first_dose_given_days_late_is_recorded_once_the_second_is_not_too_soon(
    city: City, desk: StaffDesk, hall: Colleague
) -> None:
    """What was typed is kept. The shortest interval is 19 days."""
    booking = not_given(hall, 1)
    late = timedelta(days=INTERVAL_DAYS - 18)
    city.ahead += late
    desk.passes(late)
    hall.sign_in()
    hall.get("/venue")
    page = hall.post("/venue/given", **about(booking, lot="NEW1", given_on="today"))
    assert (page.status_code, "booked too soon after it" in page.text) == (409, True)
    assert 'value="NEW1"' in page.text
    assert city.inside(1).cancel("second").status_code == 200
    page = hall.post("/venue/given", **about(booking, lot="NEW1", given_on="today"))
    assert (page.status_code, "Recorded as given" in page.text) == (200, True)


def test_second_dose_shows_when_the_first_was_given_and_asks_if_that_is_too_soon(
    desk: StaffDesk, hall: Colleague
) -> None:
    ago = today() - timedelta(days=30)
    first = {"first_year": str(ago.year), "first_month": str(ago.month), "first_day": str(ago.day)}
    booking = number_on(walks_in(hall, 1, elsewhere="comirnaty", **first))
    undone = hall.post("/venue/undo", **about(booking, 2, reason="wrong_lot"))
    assert "(30 days before)" in undone.text
    with psycopg.connect(desk.database_url) as owner:
        owner.execute(
            "INSERT INTO dose_record SELECT booking_id, 1, 'given', slot_id, product_id, %s, %s,"
            " marked_by, '', journal_seq, marked_at FROM dose_record",
            [LOT, today() - timedelta(days=12)],
        )
    page = hall.post("/venue/given", **about(booking, 2, lot=LOT))
    assert (page.status_code, 'id="too_soon-error"' in page.text) == (422, True)
    assert "Only 12 days after dose 1" in page.text
    given = hall.post("/venue/given", **about(booking, 2, lot=LOT, too_soon="yes"))
    assert given.status_code == 200


@pytest.mark.parametrize("right", [NOTING, BEING_SEEN])
def test_form_that_met_a_fault_is_sent_again_from_the_page_that_tells_of_it(
    right: LiteralString, desk: StaffDesk, hall: Colleague
) -> None:
    hall.get("/walk-in")
    with _without(right, desk):
        page = hall.post("/walk-in", **arrival(1, lot="NEW1"))
    assert (page.status_code, 'action="/walk-in"' in page.text) == (503, True)
    kept = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page.text))
    assert (kept["lot"], kept["ticket_number"]) == ("NEW1", ticket(1))
    booking = number_on(hall.post("/walk-in", **kept))
    assert number_on(hall.post("/walk-in", **kept)) == booking, "nothing is done twice"


def test_password_is_kept_on_no_page_of_a_fault(desk: StaffDesk, hall: Colleague) -> None:
    with _without("INSERT ON staff_attempts", desk):
        page = hall.sign_in()
    assert (page.status_code, hall.password in page.text) == (503, False)


def test_dose_recorded_after_the_file_of_its_day_is_in_the_file_of_the_day_of_its_record(
    city: City, desk: StaffDesk, hall: Colleague
) -> None:
    booking, boss = not_given(hall, 1), desk.colleague("supervisor")
    city.ahead += timedelta(days=1)
    desk.passes(timedelta(days=1))
    for colleague, page in ((hall, "/venue"), (boss, "/doses")):
        colleague.sign_in()
        colleague.get(page)
    assert hall.post("/venue/given", **about(booking, lot=LOT, given_on="then")).is_success
    tomorrow = (today() + timedelta(days=1)).isoformat()
    days = {"first_day": tomorrow, "last_day": tomorrow, "encoding": "utf-8"}
    assert ticket(1) not in boss.post("/doses.csv", **days).text
    recorded = boss.post("/doses.csv", **days, by_record="yes").text
    assert f"{ticket(1)},1,{today()}," in recorded
