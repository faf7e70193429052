"""The staff's orders at the terminal, on a whole city: what they do, and what people are told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from allocator.commands import STAFF_KEY, AddSeats
from allocator.release import ReleasePlan
from allocator.release_store import read_catalogue
from seiriken.desk_commands import app
from seiriken.desk_errands import Errand, carry_out
from seiriken.errors import CommandError
from seiriken.progress import Steps
from seiriken.target import Target
from tests.integration.city import (
    BORN,
    CONTACT,
    DAYS,
    FIRST_DAY,
    INTERVAL_DAYS,
    MUNICIPALITY,
    City,
    Resident,
    flexible,
    make_plan,
    make_slot,
    running_city,
    ticket,
)
from tests.integration.venue_day import today, until_noon
from tests.waiting import until

DAY_1 = FIRST_DAY.isoformat()
CLOSE_DAY_1 = ("close-slots", "--venue", "hall", "--day", DAY_1, "--yes")


def plan_with_today() -> ReleasePlan:
    """Return the release with a slot of today for people who walk in, and its second doses."""
    plan = make_plan()
    later = today() + timedelta(days=INTERVAL_DAYS)
    added = (
        make_slot(1_000, "hall", today(), 10, (5, 0)),
        make_slot(1_001, "hall", later, 10, (0, 5)),
    )
    return msgspec.structs.replace(plan, slots=(*plan.slots, *added))


@pytest.fixture
def plan() -> Callable[[], ReleasePlan]:
    """Return what makes the city's release; a test may ask for another one by parameter."""
    return make_plan


@pytest.fixture
def city(
    database_url: str,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plan: Callable[[], ReleasePlan],
) -> Iterator[City]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", MUNICIPALITY)
    with running_city(database_url, redis_url, tmp_path, plan(), until_noon()) as city:
        monkeypatch.setenv("SECRETS_DIR", str(city.secrets_dir))
        yield city


def desk(*words: str, given: str = "") -> Result:
    """Run a command of the desk."""
    return CliRunner().invoke(app, list(words), input=given)


def done(*words: str, given: str = "") -> Any:
    """Return what an order that must be carried out came to."""
    result = desk(*words, "--json", given=given)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["done"] is True
    return document


def refused(*words: str, given: str = "") -> str:
    """Return why an order was refused."""
    result = desk(*words, "--json", given=given)
    assert result.exit_code == 1, result.output
    return str(json.loads(result.stdout)["refused"])


def fault(*words: str, given: str = "") -> str:
    result = desk(*words, given=given)
    assert result.exit_code == 1
    assert isinstance(result.exception, CommandError), result.output
    return str(result.exception)


def book(city: City, count: int, **wish: object) -> list[Resident]:
    residents = [city.inside(number) for number in range(count)]
    for resident in residents:
        assert resident.book(flexible=flexible(**wish)).status_code == 201
    return residents


def free(resident: Resident) -> list[dict[str, str]]:
    """Return the slots at the hall that still have a pair."""
    return [slot for slot in resident.slots("?venue=hall") if slot["pairs"] != "none"]


def mails(city: City) -> list[tuple[str, str]]:
    """Return (booking number, kind) of all mails in the outbox, but for confirmations."""
    with psycopg.connect(city.database_url) as connection:
        rows = connection.execute(
            "SELECT booking_number, kind FROM outbox JOIN booking USING (booking_id) "
            "WHERE kind NOT IN ('booked', 'changed') ORDER BY outbox_id"
        ).fetchall()
    return [(str(number), str(kind)) for number, kind in rows]


def slot_on(city: City, venue_id: str, day_offset: int, dose: int, hour: int = 10) -> int:
    """Return a slot's id."""
    day = FIRST_DAY + timedelta(days=day_offset + (INTERVAL_DAYS if dose == 2 else 0))
    return next(
        slot.slot_id
        for slot in read_catalogue(city.database_url).slots.values()
        if (slot.venue_id, slot.day, slot.starts_at.hour) == (venue_id, day, hour)
    )


def slot_of_today(city: City) -> int:
    slots = read_catalogue(city.database_url).slots.values()
    return next(slot.slot_id for slot in slots if slot.day == today())


def test_everybody_of_a_closed_day_has_a_new_pair_and_a_mail(city: City) -> None:
    residents = book(city, 3, venue="hall")
    held = [resident.http.get("/api/v1/booking").json() for resident in residents]
    assert {booking["doses"][0]["starts_at"][:10] for booking in held} == {DAY_1}
    closed = done(*CLOSE_DAY_1)
    numbers = [booking["booking_number"] for booking in held]
    assert (closed["moved"], closed["on_standby"]) == (numbers, [])
    for resident in residents:
        doses = resident.http.get("/api/v1/booking").json()["doses"]
        assert [dose["dose"] for dose in doses] == [1, 2]
        assert doses[0]["starts_at"][:10] != DAY_1
        assert doses[0]["venue"]["id"] == "hall"
    assert mails(city) == [(number, "moved") for number in numbers]
    late = city.inside(10).book(flexible=flexible(venue="hall", **{"from": DAY_1, "to": DAY_1}))
    assert late.json()["code"] == "outside_release"
    until(lambda: DAY_1 not in {slot["starts_at"][:10] for slot in free(residents[0])})


def test_who_gets_no_new_pair_is_told_by_page_and_mail_and_offered_the_next(city: City) -> None:
    (resident,) = book(city, 1, venue="hall")
    number = resident.http.get("/api/v1/booking").json()["booking_number"]
    results = [
        done("close-slots", "--venue", "hall", "--day", day.isoformat(), "--yes")
        for day in (FIRST_DAY + timedelta(days=offset) for offset in range(DAYS))
    ]
    assert [len(result["moved"]) for result in results] == [1, 1, 1, 0]
    assert results[-1]["on_standby"] == [number]
    assert mails(city)[-1] == (number, "listed")
    assert resident.http.get("/api/v1/standby").json()["reason"] == "slot_closed"

    for path in ("/my-booking", "/details"):
        assert resident.http.get(path).headers["location"] == "/standby"
    page = resident.http.get("/standby").text
    assert "The city had to cancel your appointment" in page
    assert "No vaccination can take place" in page

    first, second = slot_on(city, "hall", 0, 1), slot_on(city, "hall", 0, 2)
    done("add-seats", "--slot", str(first), "--first", "1", "--yes")
    offered = until(lambda: _offer_on(resident, second))
    city.order("close")
    until(lambda: resident.http.get("/queue/status.json").json()["state"] == "closed")
    again = city.inside(0)
    accepted = again.http.post("/standby/accept", data={"request_id": offered})
    assert (accepted.status_code, accepted.headers["location"]) == (303, "/booked")
    assert number in again.http.get("/booked").text
    assert again.http.get("/standby").headers["location"] == "/my-booking"
    assert [kind for _, kind in mails(city)[-2:]] == ["listed", "offered"]


def _offer_on(resident: Resident, second_slot_id: int) -> str | None:
    """Return the request id in the page's form once the offer stands."""
    answer = resident.http.get("/api/v1/standby").json()
    if answer["state"] != "offered":
        return None
    assert answer["offer"]["doses"][1]["slot_id"] == str(second_slot_id)
    found = re.search(
        r'name="request_id" value="([0-9a-f-]{36})"', resident.http.get("/standby").text
    )
    return found[1] if found else None


def test_supply_that_is_cut_displaces_the_newest(city: City) -> None:
    residents = book(city, 3, venue="school")
    numbers = [r.http.get("/api/v1/booking").json()["booking_number"] for r in residents]
    cut = ("cut-supply", "--venue", "school", "--product", "comirnaty", "--day", DAY_1)
    question = desk(*cut, "--doses-left", "1", given="n\n")
    assert question.exit_code == 1
    assert "2 people lose a dose" in question.output
    assert mails(city) == []
    displaced = done(*cut, "--doses-left", "1", "--yes")
    assert displaced["moved"] == numbers[1:]
    stays = residents[0].http.get("/api/v1/booking").json()
    assert stays["doses"][0]["starts_at"].startswith(DAY_1)


def test_order_is_asked_about_first_and_given_once(city: City) -> None:
    book(city, 2, venue="hall")
    question = desk(*CLOSE_DAY_1[:-1], given="n\n")
    assert question.exit_code == 1
    assert mails(city) == []
    assert "2 people have appointments in these 2 slots" in question.output
    request_id = str(uuid4())
    first = done(*CLOSE_DAY_1, "--request-id", request_id)
    assert len(first["moved"]) == 2
    assert done(*CLOSE_DAY_1, "--request-id", request_id) == first
    words = desk("close-slots", "--request-id", request_id)
    assert "2 bookings moved, 0 on the standby list" in words.stdout
    assert len(mails(city)) == 2


def test_more_seats_stay_within_the_limits_and_are_for_two_where_two_are_asked(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = slot_on(city, "hall", 0, 2)
    seats = read_catalogue(city.database_url).slots[second].capacities[1]
    limits = {"venues": {"hall": {"doses_per_hour_max": seats + 1}}}
    with psycopg.connect(city.database_url) as connection:
        connection.execute("UPDATE release SET limits = %s", (Jsonb(limits),))
    more = ("add-seats", "--slot", str(second), "--yes")
    beyond = desk(*more, "--second", "2")
    assert (beyond.exit_code, "an hour" in beyond.stdout) == (1, True), beyond.output
    assert "second_doses_short" in desk(*more, "--first", "1", "--json").stdout
    monkeypatch.setenv("RELEASE_APPROVAL", "two_people")
    assert "two people" in fault(*more, "--second", "1")
    monkeypatch.delenv("RELEASE_APPROVAL")
    assert read_catalogue(city.database_url).slots[second].capacities[1] == seats
    done(*more, "--second", "1")
    assert until(lambda: read_catalogue(city.database_url).slots[second].capacities[1] > seats)


def test_order_without_an_answer_says_how_to_ask_again(city: City) -> None:
    slot_id = slot_on(city, "hall", 0, 1)
    errand = Errand(uuid4(), STAFF_KEY, AddSeats("spring", slot_id, (1, 0), "a test"))
    said = f"--request-id {errand.request_id}"
    with city.undecided(), pytest.raises(CommandError, match=said):
        carry_out(_target(city), errand, Steps(), wait_s=0.0)
    assert until(lambda: _capacity(city, slot_id) == 21)
    assert carry_out(_target(city), errand, Steps()) == ()
    assert _capacity(city, slot_id) == 21


def _target(city: City) -> Target:
    return Target(city.database_url, city.redis_url, city.secrets_dir, None)


def _capacity(city: City, slot_id: int) -> int:
    return read_catalogue(city.database_url).slots[slot_id].capacities[0]


@pytest.mark.parametrize("plan", [plan_with_today])
def test_who_walks_in_gets_a_dose_now_and_the_second_by_the_rule(city: City) -> None:
    person = {"ticket_number": ticket(5), "birth_date": BORN.isoformat()}
    person |= {"name": CONTACT["name"], "phone": CONTACT["phone"]}
    walk_in = ("walk-in", "--slot", str(slot_of_today(city)), "--person-file", "-", "--yes")
    wrong = fault(*walk_in, given=json.dumps(person | {"birth_date": "1950-01-02"}))
    assert "do not match the roster" in wrong
    booking = done(*walk_in, given=json.dumps(person))["booking"]
    assert (booking["state"], booking["given"]) == ("booked", [1])
    assert set(booking["slots"]) == {"1", "2"}
    assert refused(*walk_in, given=json.dumps(person)) == "already_booked"
    shown = city.inside(5).http.get("/api/v1/booking").json()
    assert shown["booking_number"] == booking["booking_number"]

    ticket_file = ("--ticket-file", "-", "--yes")
    given = f"{ticket(5)} {MUNICIPALITY}\n"
    assert (
        done("dose-not-given", "--dose", "1", *ticket_file, given=given)["booking"]["given"] == []
    )
    assert refused("dose-given", "--dose", "2", *ticket_file, given=given) == "not_the_day"
    asked = desk("dose-given", "--dose", "1", given=f"{ticket(5)}\n\ny\n")
    assert asked.exit_code == 0, asked.output
    assert f"booking {booking['booking_number']}. Mark dose 1 as given?" in asked.output
    assert "marked as given" in asked.stdout
    assert refused("dose-given", "--dose", "1", *ticket_file, given=ticket(6)) == "no_booking"


def test_refusal_is_said_in_the_staffs_words(city: City) -> None:
    book(city, 1, venue="hall")
    result = desk("dose-given", "--dose", "1", "--ticket-file", "-", "--yes", given=ticket(0))
    assert result.exit_code == 1
    assert result.stdout.startswith("not done: the appointment is on another day")
    other = fault("close-slots", "--venue", "nowhere", "--day", DAY_1, "--yes")
    assert other == f"spring has no such slots at nowhere on {DAY_1}"
