"""A day is closed on the staff's page: foreseen, carried out, gone on with after a stop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

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
    assert facts(page) == ["3", "3", "0"]
    assert told(city) == [("closed_moved", WORDS)] * 3
    looks = rows(city, "SELECT login, reason FROM staff_look WHERE act = 'day_closed'")
    assert looks == [(supervisor.login, f"hall {DAY}")]
    wish = flexible(venue="hall", **{"from": DAY, "to": DAY})
    assert city.inside(10).book(flexible=wish).json()["code"] == "outside_release"

    supervisor.get("/closing")
    supervisor.post("/closing", **TYPED, step="close")
    assert "It is done" in ends(supervisor)
    assert told(city) == [("closed_moved", WORDS)] * 3


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


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"venue": ""}, "venue"),
        ({"venue": "nowhere"}, "venue"),
        ({"day_year": ""}, "day_year"),
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
