"""Pages for whom stock does not reach: where the days are chosen, one asks for the standby list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gateway import i18n
from tests.integration.city import (
    CONTACT,
    FIRST_DAY,
    INTERVAL_DAYS,
    City,
    Resident,
    make_plan,
    make_slot,
    running_city,
)
from tests.waiting import until

SUBMIT = i18n.text("choose.standby_submit", "en")
SECOND_DAY = FIRST_DAY.fromordinal(FIRST_DAY.toordinal() + INTERVAL_DAYS)
ONE_PAIR = (
    make_slot(1, "hall", FIRST_DAY, 10, (1, 0)),
    make_slot(2, "hall", SECOND_DAY, 10, (0, 1)),
)


@pytest.fixture
def city(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[City]:
    """A city with a single pair of seats."""
    plan = msgspec.structs.replace(make_plan(), slots=ONE_PAIR)
    with running_city(database_url, redis_url, tmp_path, plan) as running:
        yield running


def request_id_of(page: str) -> str:
    found = re.search(r'action="/standby".*?name="request_id" value="([^"]+)"', page, re.DOTALL)
    assert found is not None
    return found[1]


def choosing(city: City, number: int) -> Resident:
    resident = city.inside(number)
    assert resident.http.post("/details", data=CONTACT).status_code == 303
    return resident


def test_who_finds_nothing_left_asks_for_the_standby_list_where_the_days_are(city: City) -> None:
    first, second = choosing(city, 0), choosing(city, 1)
    page = first.http.get("/choose").text
    assert SUBMIT not in page, "there is a pair left"
    unasked = first.http.post(
        "/standby", data={"request_id": "0b0e5b9c-7d4b-4a3a-9a52-2f5b6c1c0f5e"}
    )
    assert unasked.headers["location"] == "/choose"
    assert first.book().status_code == 201
    until(lambda: SUBMIT in second.http.get("/choose").text)

    request_id = request_id_of(second.http.get("/choose").text)
    joined = second.http.post("/standby", data={"request_id": request_id})
    assert (joined.status_code, joined.headers["location"]) == (303, "/standby")
    assert i18n.text("standby.title", "en") in second.http.get("/standby").text
    again = second.http.post("/standby", data={"request_id": request_id})
    assert again.headers["location"] == f"/checking/{request_id}"
    assert second.http.get(again.headers["location"]).headers["location"] == "/standby"
    assert second.http.post("/standby", data={"request_id": "?"}).status_code == 400

    third = city.inside(2)
    third.http.post("/details", data=CONTACT)
    ahead = third.http.post("/standby", data={"request_id": request_id})
    assert ahead.status_code == 409, "another's request id"
