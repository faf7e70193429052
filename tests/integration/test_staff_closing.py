"""A day is closed on the staff's page: foreseen, carried out, gone on with after a stop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import Path

import psycopg
import pytest

from allocator.jobs_settings import JobsSettings
from allocator.notices import desk_of as notice_desk_of
from allocator.sealing import Contact, seal_contact
from monitoring.secrets import read_secret
from tests.integration.city import (
    FIRST_DAY,
    MUNICIPALITY,
    City,
    Resident,
    flexible,
    make_plan,
    running_city,
)
from tests.integration.staff import Colleague, StaffDesk, desk_of
from tests.waiting import until

DAY = FIRST_DAY.isoformat()
PROGRESS = f"/closing/progress?venue=hall&day={DAY}"
WORDS = "The lift is broken <b>today</b>."
TYPED = {
    "venue": "hall",
    "day_year": str(FIRST_DAY.year),
    "day_month": str(FIRST_DAY.month),
    "day_day": str(FIRST_DAY.day),
    "reason": "slot_closed",
    "words": WORDS,
}


@pytest.fixture
def city(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[City]:
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", MUNICIPALITY)
    with running_city(database_url, redis_url, tmp_path, make_plan()) as city:
        yield city


@pytest.fixture
def desk(city: City) -> Iterator[StaffDesk]:
    with desk_of(city) as running:
        yield running


def book(city: City, count: int) -> list[Resident]:
    residents = [city.inside(number) for number in range(count)]
    for resident in residents:
        wish = flexible(venue="hall", **{"from": DAY, "to": DAY})
        assert resident.book(flexible=wish).status_code == 201
    return residents


def rows(city: City, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(city.database_url) as connection:
        return list(connection.execute(query.encode()).fetchall())


def told(city: City) -> list[tuple[object, ...]]:
    query = "SELECT kind, words FROM outbox WHERE kind <> 'booked' ORDER BY outbox_id"
    return rows(city, query)


def facts(page: str) -> list[str]:
    """Return the counts of people that a page shows beside its words."""
    return re.findall(r"<dd>\s*([\d,]+)\s*<", page)


def ends(supervisor: Colleague) -> str:
    """Return the page of progress once the closing is over."""
    until(lambda: "It is being carried out" not in supervisor.get(PROGRESS).text)
    return supervisor.seen


def test_day_is_foreseen_then_closed_and_everybody_is_told_in_the_citys_words(
    city: City, desk: StaffDesk
) -> None:
    book(city, 3)
    supervisor = desk.colleague("supervisor")
    supervisor.get("/closing")
    page = supervisor.post("/closing", **TYPED, step="check").text
    assert facts(page)[:3] == ["3", "3", "0"]
    assert "The lift is broken &lt;b&gt;today" in page
    assert told(city) == [], "nothing was ordered"

    answer = supervisor.post("/closing", **TYPED, step="close")
    assert answer.headers["location"] == PROGRESS
    page = ends(supervisor)
    assert "It is done" in page
    assert facts(page) == ["3", "3", "0", "3", "0"]
    assert told(city) == [("closed_moved", WORDS)] * 3
    looks = rows(city, "SELECT login, reason FROM staff_look WHERE act = 'day_closed'")
    assert looks == [(supervisor.login, f"hall {DAY}")]
    wish = flexible(venue="hall", **{"from": DAY, "to": DAY})
    assert city.inside(10).book(flexible=wish).json()["code"] == "outside_release"

    supervisor.get("/closing")
    supervisor.post("/closing", **TYPED, step="close")
    assert "It is done" in ends(supervisor)
    assert told(city) == [("closed_moved", WORDS)] * 3


def test_who_does_not_close_finds_what_was_typed(city: City, desk: StaffDesk) -> None:
    book(city, 1)
    supervisor = desk.colleague("supervisor")
    supervisor.get("/closing")
    page = supervisor.post("/closing", **TYPED, step="check").text
    assert '<button class="button button-outline" type="submit" name="step" value="edit">' in page
    back = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    sent = {name: unescape(value) for name, value in back if name in TYPED}
    assert sent == TYPED
    answer = supervisor.post("/closing", **sent, step="edit")
    assert answer.status_code == 200
    assert '<option value="hall" selected>' in answer.text
    for name in ("day_year", "day_month", "day_day"):
        assert re.search(rf'name="{name}"[^>]* value="{TYPED[name]}"', answer.text)
    assert re.search(r'type="radio" value="slot_closed" checked', answer.text)
    assert f'value="{escape(WORDS)}"' in answer.text
    assert "field-wrong" not in answer.text
    assert told(city) == [], "nothing was ordered"
    wrong = supervisor.post("/closing", **(TYPED | {"venue": "gone"}), step="edit")
    assert wrong.status_code == 200, "it is looked at when it is checked again"


def test_closing_goes_on_where_a_stopped_gateway_left_it(city: City) -> None:
    """The first gateway stops after one order of one person; another goes on with the rest."""
    book(city, 6)
    with desk_of(city) as first:
        supervisor = first.colleague("supervisor")
        supervisor.get("/closing")
        assert first.parts is not None
        first.parts.closings.people_at_once = 1
        supervisor.post("/closing", **TYPED, step="close")
        until(lambda: told(city))
    with desk_of(city) as second:
        supervisor = second.colleague("supervisor")
        page = supervisor.get(PROGRESS).text
        assert "No closing of this day is being carried out now" in page
        supervisor.get(f"/closing?venue=hall&day={DAY}")
        assert f'value="{FIRST_DAY.year}"' in supervisor.seen
        supervisor.post("/closing", **TYPED, step="close")
        assert "It is done" in ends(supervisor)
    assert told(city) == [("closed_moved", WORDS)] * 6


def without_address(city: City) -> str:
    """Take the e-mail address out of the first booking; return its number."""
    key = read_secret(city.secrets_dir, "contact.key")
    with psycopg.connect(city.database_url) as connection:
        row = connection.execute(
            "SELECT booking_id, booking_number FROM booking ORDER BY booked_at LIMIT 1"
        ).fetchone()
        assert row is not None
        sealed = seal_contact(key, Contact("試験 百合", "0476421111", ""), row[0])
        connection.execute(
            "UPDATE booking SET contact = %s WHERE booking_id = %s", [sealed, row[0]]
        )
    return str(row[1])


def tell_all(city: City, tmp_path: Path) -> list[str]:
    """Send what the outbox holds of the closing, as the worker does; return what came of it."""
    settings = JobsSettings(
        database_url=city.database_url,
        redis_url=city.redis_url,
        secrets_dir=city.secrets_dir,
        public_url="https://yoyaku.inzai.example",
        mail_dir=tmp_path / "mail",
    )
    notices = notice_desk_of(settings)
    ids = rows(city, "SELECT outbox_id FROM outbox WHERE kind <> 'booked' ORDER BY outbox_id")
    try:
        return [notices.tell(int(str(row[0])), datetime.now(UTC)) for row in ids]
    finally:
        notices.close()


def test_whoever_has_no_address_is_on_the_list_to_be_rung(
    city: City, desk: StaffDesk, tmp_path: Path
) -> None:
    book(city, 2)
    number = without_address(city)
    supervisor = desk.colleague("supervisor")
    supervisor.get("/closing")
    supervisor.post("/closing", **TYPED, step="close")
    assert "Messages are still on their way" in ends(supervisor)
    assert facts(supervisor.seen)[3:] == ["2", "0"]
    assert f'href="{escape(PROGRESS)}"' in supervisor.seen
    assert sorted(tell_all(city, tmp_path)) == ["no_address", "sent"]
    page = supervisor.get(PROGRESS).text
    assert facts(page)[3:] == ["0", "1"]
    assert "still on their way." not in page
    assert 'href="/messages"' in page
    page = supervisor.get("/messages").text
    assert page.count('scope="row"') == 1
    assert number in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"venue": ""}, "venue"),
        ({"venue": "nowhere"}, "venue"),
        ({"day_year": ""}, "day_year"),
        ({"day_year": "", "day_month": "", "day_day": ""}, "day_year"),
        ({"day_month": "13"}, "day_year"),
        ({"day_year": "2001"}, "day_year"),
        ({"reason": "mood"}, "reason"),
        ({"words": ""}, "words"),
        ({"words": "x" * 301}, "words"),
        ({"words": "a\u202eb"}, "words"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    city: City, desk: StaffDesk, changes: dict[str, str], field: str
) -> None:
    supervisor = desk.colleague("supervisor")
    supervisor.get("/closing")
    answer = supervisor.post("/closing", **(TYPED | changes), step="check")
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert ("Type the day." in answer.text) is ("day_day" in changes)
    kept = "words" in changes or "The lift is broken" in answer.text
    assert kept
    assert told(city) == []


@pytest.mark.parametrize("role", ["clerk", "operator", "auditor", "venue"])
def test_others_close_nothing(city: City, desk: StaffDesk, role: str) -> None:
    other: Colleague = desk.colleague(role)  # type: ignore[arg-type]
    for path in ("/closing", PROGRESS):
        assert other.get(path).status_code == 403
    assert other.post("/closing", **TYPED, step="close").status_code == 403
    assert told(city) == []


def test_page_of_no_such_day_leads_back(city: City, desk: StaffDesk) -> None:
    supervisor = desk.colleague("supervisor")
    for query in ("venue=nowhere&day=2021-01-01", "venue=hall&day=mist", ""):
        assert supervisor.get(f"/closing/progress?{query}").headers["location"] == "/closing"
