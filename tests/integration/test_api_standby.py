"""The JSON contract, version 1: the standby list, and booking for two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.integration.city import (
    BORN,
    CONTACT,
    DAYS,
    FIRST_DAY,
    City,
    Resident,
    flexible,
    ticket,
)
from tests.integration.contract import checked, code_of
from tests.unit.gateway.schemas import AFTER_BOOKING, BOOKING, JOINED, OFFERED, STANDBY, TOGETHER
from tests.waiting import until

LAST_DAY = (FIRST_DAY + timedelta(days=DAYS - 1)).isoformat()
COMPANION_CONTACT = {"name": "試験 太郎", "phone": "0476425111", "email": "taro.8@example.jp"}
STANDBY_PATH = "/api/v1/standby"


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """Residents whom no test has used yet."""
    return count()


def last_day(venue: str, time: str) -> dict[str, object]:
    """Return a wish for one slot of the last day, which has two seats."""
    return flexible(**{"from": LAST_DAY, "to": LAST_DAY}, venue=venue, times=[time])


def with_id(request_id: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": request_id or str(uuid4())}


def join(
    resident: Resident, wish: dict[str, object], request_id: str | None = None, **more: object
) -> httpx2.Response:
    body = {"contact": CONTACT, "flexible": wish} | more
    return resident.http.post(STANDBY_PATH, json=body, headers=with_id(request_id))


def accept(resident: Resident, request_id: str | None = None) -> httpx2.Response:
    return resident.http.post(f"{STANDBY_PATH}/accept", headers=with_id(request_id))


def leave(resident: Resident, request_id: str | None = None) -> httpx2.Response:
    return resident.http.delete(STANDBY_PATH, headers=with_id(request_id))


def place(resident: Resident) -> dict[str, object]:
    return dict(resident.http.get(STANDBY_PATH).json())


def sold_out(city: City, numbers: Iterator[int], wish: dict[str, object]) -> list[Resident]:
    """Let people book until nothing fits a wish; return who holds what would."""
    holders = []
    while (resident := city.inside(next(numbers))).book(flexible=wish).status_code == 201:
        holders.append(resident)
    return holders


def together(
    resident: Resident, companion: int, request_id: str | None = None, **changes: str
) -> httpx2.Response:
    """Ask for two pairs, for a resident and the one with that number; `changes` are to theirs."""
    who = {"ticket_number": ticket(companion), "birth_date": BORN.isoformat()} | changes
    body = {
        "contact": CONTACT,
        "flexible": flexible(),
        "companion": who | {"contact": COMPANION_CONTACT},
    }
    path = "/api/v1/bookings/together"
    return resident.http.post(path, json=body, headers=with_id(request_id))


def mails(city: City, number: object) -> list[str]:
    """Return the kinds of mails that wait for the holder of a booking number."""
    with psycopg.connect(city.database_url) as connection:
        rows = connection.execute(
            "SELECT kind FROM outbox JOIN booking USING (booking_id) WHERE booking_number = %s "
            "ORDER BY outbox_id",
            [number],
        )
        return [str(row[0]) for row in rows]


# The standby list


def test_who_waits_is_offered_what_is_given_back_and_accepts(
    city: City, numbers: Iterator[int]
) -> None:
    wish = last_day("hall", "morning")
    holders = sold_out(city, numbers, wish)
    first, second = city.inside(next(numbers)), city.inside(next(numbers))
    joined = checked(join(first, wish), JOINED, 201)
    checked(join(second, wish), JOINED, 201)
    assert checked(first.http.get(STANDBY_PATH), STANDBY)["ahead"] == 0
    assert checked(second.http.get(STANDBY_PATH), STANDBY)["ahead"] == 1
    assert code_of(first.http.get("/api/v1/booking"), 404) == "no_booking"
    assert code_of(accept(first), 409) == "no_offer"

    assert holders[0].cancel().status_code == 200
    until(lambda: place(first)["state"] == "offered")
    offered = checked(first.http.get(STANDBY_PATH), OFFERED)
    assert offered["booking_number"] == joined["booking_number"]
    assert [dose["dose"] for dose in offered["offer"]["doses"]] == [1, 2]
    assert place(second)["state"] == "standby"

    request_id = str(uuid4())
    booked = checked(accept(first, request_id), BOOKING, 201)
    assert booked["doses"] == offered["offer"]["doses"]
    assert booked["booking_number"] == joined["booking_number"]
    assert accept(first, request_id).json() == booked
    assert checked(first.http.get("/api/v1/booking"), BOOKING) == booked
    assert code_of(first.http.get(STANDBY_PATH), 404) == "not_on_standby"
    assert mails(city, booked["booking_number"]) == ["joined", "offered", "booked"]


def test_who_has_an_offer_comes_in_at_once_and_is_not_told_of_a_booking(
    city: City, numbers: Iterator[int]
) -> None:
    wish = last_day("hall", "afternoon")
    holders = sold_out(city, numbers, wish)
    resident = city.inside(next(numbers))
    join(resident, wish)
    holders[0].cancel()
    until(lambda: place(resident)["state"] == "offered")
    again = city.resident(resident.number)
    assert again.sign_in().json()["state"] == "inside"
    assert again.http.get("/api/v1/me").json()["state"] == "inside"
    waiting = city.resident(resident.number)
    waiting.http.cookies.set("place", again.http.cookies["place"])
    assert waiting.http.get("/api/v1/me").json()["state"] == "your_turn"
    assert accept(again).status_code == 201
    assert checked(again.http.get("/api/v1/me"), AFTER_BOOKING)["state"] == "booked"
    assert city.resident(resident.number).sign_in().json()["state"] == "booked"


def test_place_on_the_list_is_given_up(city: City, numbers: Iterator[int]) -> None:
    wish = last_day("school", "morning")
    holders = sold_out(city, numbers, wish)
    resident, request_id = city.inside(next(numbers)), str(uuid4())
    assert code_of(leave(resident), 404) == "not_on_standby"
    joined = join(resident, wish).json()
    left = leave(resident, request_id)
    assert (left.status_code, left.json()) == (200, {"state": "cancelled"})
    assert leave(resident, request_id).json() == {"state": "cancelled"}
    told = resident.http.get(f"/api/v1/bookings/{request_id}").json()
    assert told == {"state": "cancelled", "booking_number": joined["booking_number"]}
    assert code_of(resident.http.get(STANDBY_PATH), 404) == "not_on_standby"
    assert holders[0].cancel().status_code == 200
    assert resident.book(flexible=wish).status_code == 201, "nobody else waits for it"
    assert code_of(leave(resident), 404) == "not_on_standby"
    assert resident.http.get("/api/v1/booking").status_code == 200


def test_list_refuses_who_can_book_or_waits_already(city: City, numbers: Iterator[int]) -> None:
    wish = last_day("school", "afternoon")
    assert code_of(join(city.inside(next(numbers)), wish), 409) == "pairs_free"
    holders = sold_out(city, numbers, wish)
    resident, request_id = city.inside(next(numbers)), str(uuid4())
    joined = join(resident, wish, request_id)
    assert join(resident, wish, request_id).json() == joined.json()
    assert code_of(join(resident, flexible(), request_id), 409) == "id_reused"
    assert code_of(join(resident, wish), 409) == "on_standby"
    assert code_of(join(holders[0], wish), 409) == "already_booked"
    late = city.inside(next(numbers))
    answer = late.http.post(STANDBY_PATH, json={"contact": CONTACT}, headers=with_id())
    assert code_of(answer, 422) == "invalid_input"


# Booking for two


def test_two_people_are_booked_together_or_neither_is(city: City, numbers: Iterator[int]) -> None:
    resident, companion, request_id = city.inside(next(numbers)), next(numbers), str(uuid4())
    answer = together(resident, companion, request_id)
    booked = checked(answer, TOGETHER, 201)["bookings"]
    assert booked[0]["booking_number"] != booked[1]["booking_number"]
    assert [d["starts_at"][:10] for d in booked[0]["doses"]] == [
        d["starts_at"][:10] for d in booked[1]["doses"]
    ]
    assert together(resident, companion, request_id).json() == answer.json()
    told = checked(resident.http.get(f"/api/v1/bookings/{request_id}"), TOGETHER)
    assert told["bookings"] == booked
    theirs = city.inside(companion)
    assert checked(theirs.http.get("/api/v1/booking"), BOOKING) == booked[1]
    assert theirs.http.get("/api/v1/me").json()["email"] == COMPANION_CONTACT["email"]
    assert mails(city, booked[1]["booking_number"]) == ["booked"]

    other = city.inside(next(numbers))
    assert code_of(together(other, companion), 409) == "already_booked"
    assert code_of(other.http.get("/api/v1/booking"), 404) == "no_booking"


def test_one_turn_in_the_line_is_for_two_and_no_more(city: City, numbers: Iterator[int]) -> None:
    """I7: whoever has booked, and given it back, cannot bring the next companion."""
    resident, companion, request_id = city.inside(next(numbers)), next(numbers), str(uuid4())
    first = together(resident, companion, request_id)
    assert first.status_code == 201
    assert resident.http.delete("/api/v1/booking", headers=with_id()).status_code == 200
    assert code_of(together(resident, next(numbers)), 403) == "not_inside"
    assert together(resident, companion, request_id).json() == first.json()


def test_companion_is_confirmed_as_at_a_sign_in(city: City, numbers: Iterator[int]) -> None:
    resident, companion = city.inside(next(numbers)), next(numbers)
    answers = [
        together(resident, companion, birth_date="1950-01-02"),
        together(resident, companion, ticket_number="9999999999"),
    ]
    assert {code_of(answer, 409) for answer in answers} == {"companion_not_confirmed"}
    assert answers[0].content == answers[1].content
    for _ in range(9):
        city.resident(companion).sign_in(birth_date="1950-01-02")
    assert code_of(together(resident, companion), 429) == "too_many_attempts"
    assert code_of(city.resident(companion).sign_in(), 429) == "too_many_attempts"
    assert code_of(resident.http.get("/api/v1/booking"), 404) == "no_booking"
    mine = together(resident, resident.number)
    assert [(e["field"], e["code"]) for e in mine.json()["errors"]] == [
        ("companion.ticket_number", "same_person")
    ]
