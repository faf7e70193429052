"""For a caller whom stock does not reach: the standby list, its offer, and the PIN of a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.integration.city import City, make_plan, running_city
from tests.integration.staff import Colleague, desk_of
from tests.integration.test_pins import give_pin
from tests.integration.test_staff_calls import CALL, DETAILS, begins, shown_of
from tests.integration.test_standby_pages import ONE_PAIR
from tests.waiting import until


@pytest.fixture
def city(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[City]:
    """A city with a single pair of seats."""
    plan = msgspec.structs.replace(make_plan(), slots=ONE_PAIR)
    with running_city(database_url, redis_url, tmp_path, plan) as running:
        yield running


@pytest.fixture
def clerk(city: City) -> Iterator[Colleague]:
    """Somebody at the phone."""
    with desk_of(city) as desk:
        yield desk.colleague("clerk")


def joins(clerk: Colleague, number: int) -> None:
    """Put a caller on the list once nothing is left."""
    begins(clerk, number)
    clerk.get(f"{CALL}/details")
    clerk.post(f"{CALL}/details", **DETAILS)
    until(lambda: f'action="{CALL}/standby"' in clerk.get(f"{CALL}/choose").text)
    answer = clerk.post(f"{CALL}/standby", request_id=shown_of(clerk, "request_id"))
    assert (answer.status_code, answer.headers.get("location")) == (303, CALL)
    assert "on the standby list" in clerk.get(CALL).text


def looked_up(clerk: Colleague, number: int) -> str:
    clerk.get("/caller")
    return clerk.looks_up(number).text


def test_caller_joins_leaves_joins_again_and_takes_what_is_offered(
    city: City, clerk: Colleague
) -> None:
    holder = city.inside(1)
    assert holder.book().status_code == 201
    joins(clerk, 2)
    leaving = shown_of(clerk, "request_id")
    assert clerk.post(f"{CALL}/standby/leave", request_id=leaving).headers["location"] == CALL
    assert "hold no booking" in clerk.get(CALL).text
    joins(clerk, 2)
    assert holder.cancel().status_code == 200
    until(lambda: "They are on the standby list" in looked_up(clerk, 2))
    assert "They hold a booking" not in clerk.seen
    begins(clerk, 2)
    until(lambda: "A place is offered" in clerk.get(CALL).text)
    taking = shown_of(clerk, "request_id")
    assert clerk.post(f"{CALL}/standby/accept", request_id=taking).headers["location"] == CALL
    assert "They hold a booking" in clerk.get(CALL).text


def test_list_is_not_for_whom_a_pair_is_left(clerk: Colleague) -> None:
    begins(clerk, 3)
    clerk.get(f"{CALL}/details")
    clerk.post(f"{CALL}/details", **DETAILS)
    request_id = "0b0e5b9c-7d4b-4a3a-9a52-2f5b6c1c0f5e"
    answer = clerk.post(f"{CALL}/standby", request_id=request_id)
    assert answer.headers["location"] == f"{CALL}/choose"
    assert clerk.post(f"{CALL}/standby", request_id="x").status_code == 400


def test_ticket_with_a_pin_is_confirmed_with_it_alone(city: City, clerk: Colleague) -> None:
    assert give_pin(city, 4, "7391").corrected == 1

    def asks_for_pin() -> bool:
        return 'id="pin"' in clerk.get("/caller").text

    until(asks_for_pin)
    assert clerk.looks_up(4).status_code == 404
    assert clerk.looks_up(4, pin="7392").status_code == 404
    assert clerk.looks_up(4, "/caller/begin").status_code == 404
    assert clerk.looks_up(4, "/caller/place", pin="7391").status_code == 200
    assert 'name="pin" value="7391"' in clerk.seen
    assert "7391" not in clerk.get("/caller").text
