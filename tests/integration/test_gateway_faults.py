"""What a gateway says while something is slow, full, closed, away or wiped, and how it recovers."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from redis import Redis

from tests.integration.city import CONTACT, NOON, City, Resident, make_plan, running_city
from tests.waiting import until
from waiting_room.admission import AdmissionRules

ONE_AT_A_TIME = AdmissionRules(inside_start=1, inside_min=1, inside_max=1)


@pytest.fixture
def city(database_url: str, redis_url: str, tmp_path: Path) -> City:
    """A city whose processes each test starts as it needs them."""
    city = City(database_url, redis_url, tmp_path)
    city.load(make_plan())
    return city


def may_enter(resident: Resident) -> bool:
    return resident.http.post("/api/v1/enter").status_code == 200


def test_slow_answer_is_asked_for_again_until_the_truth_is_known(city: City) -> None:
    request_id = str(uuid4())
    with city.waiting_room(), city.gateway(reply_wait_s=0.2):
        with city.allocator():
            city.wait_until_ready()
            resident, other = city.inside(1), city.inside(2)
        handed_in = resident.book(request_id)
        assert (handed_in.status_code, handed_in.json()) == (202, {"request_id": request_id})
        place = handed_in.headers["location"]
        assert place == f"/api/v1/bookings/{request_id}"
        assert resident.http.get(place).status_code == 202
        assert other.http.get(place).status_code == 404
        assert resident.book(request_id).status_code == 202
        changed = resident.book(request_id, choices=[{"slot_id": "1"}])
        assert (changed.status_code, changed.json()["code"]) == (409, "id_reused")
        with city.allocator():
            until(lambda: resident.http.get(place).status_code == 200)
            booked = resident.http.get(place).json()
            assert booked["state"] == "booked"
            until(lambda: resident.book(request_id).json() == booked)
            assert other.http.get(place).status_code == 404


def test_full_inbox_says_busy_and_when_to_come_back(city: City) -> None:
    with city.waiting_room(), city.gateway(reply_wait_s=0.1, inbox_length_max=1):
        with city.allocator():
            city.wait_until_ready()
            first, second = city.inside(1), city.inside(2)
        assert first.book().status_code == 202
        busy = second.book()
        assert (busy.status_code, busy.json()["code"]) == (503, "busy")
        assert int(busy.headers["retry-after"]) > 0


def test_crowd_waits_and_nobody_books_before_their_turn(city: City) -> None:
    with city.allocator(), city.waiting_room(ONE_AT_A_TIME), city.gateway():
        city.wait_until_ready()
        first = city.inside(1)
        crowd = [city.resident(number) for number in range(2, 6)]
        states = [resident.sign_in().json()["state"] for resident in crowd]
        assert states[-1] == "waiting"
        last = crowd[-1]
        place = last.http.get("/api/v1/me").json()["place"]
        early = last.http.post("/api/v1/enter")
        assert (early.status_code, early.json()["code"]) == (409, "not_your_turn")
        assert early.json()["place"] == place > early.json()["serving"]
        assert last.book().json()["code"] == "not_inside"
        for resident in (first, *crowd):
            until(partial(may_enter, resident))
            assert resident.book().status_code == 201


def test_lobby_takes_people_in_and_lets_nobody_enter(city: City) -> None:
    city.load(make_plan(lobby_at=NOON - timedelta(days=1), opens_at=NOON + timedelta(days=1)))
    with city.allocator(), city.waiting_room(), city.gateway():
        city.wait_until_ready()
        resident = city.resident(1)
        signed_in = resident.sign_in().json()
        assert signed_in["state"] == "lobby"
        assert "place" not in signed_in
        assert resident.http.get("/api/v1/me").json()["state"] == "lobby"
        assert resident.http.post("/api/v1/enter").json()["code"] == "not_your_turn"


def test_release_that_is_not_open_yet_says_when_its_lobby_opens(city: City) -> None:
    lobby_at = NOON + timedelta(days=1)
    city.load(make_plan(lobby_at=lobby_at, opens_at=lobby_at))
    with city.allocator(), city.waiting_room(), city.gateway():
        city.wait_until_ready()
        answer = city.resident(1).sign_in()
        assert (answer.status_code, answer.json()["code"]) == (409, "not_open_yet")
        assert answer.json()["lobby_at"] == lobby_at.isoformat(timespec="seconds")
        assert city.resident(2).sign_in(birth_date="1950-01-02").status_code == 401


def test_release_that_is_closed_still_shows_a_booking(city: City) -> None:
    with city.allocator(), city.waiting_room(), city.gateway():
        city.wait_until_ready()
        city.inside(1).book()
        late = city.inside(2)
        city.order("close")
        until(lambda: late.http.get("/queue/spring/status.json").json()["state"] == "closed")
        refused = city.resident(3).sign_in()
        assert (refused.status_code, refused.json()["code"]) == (410, "release_closed")
        until(lambda: late.book().json().get("code") == "outside_release")
        assert city.inside(1).http.get("/api/v1/booking").status_code == 200


def test_gateway_starts_before_everything_else_and_recovers_by_itself(city: City) -> None:
    with city.gateway():
        early = city.resident(1)
        assert early.http.get("/healthz").status_code == 200
        refused = early.sign_in()
        assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
        assert refused.headers["retry-after"]
        assert early.http.get("/queue/status.json").status_code in (404, 503)
        with city.allocator(), city.waiting_room():
            city.wait_until_ready()
            assert early.sign_in().json()["state"] == "inside"
            assert early.book().status_code == 201


def test_wiped_redis_lets_nobody_in_and_loses_no_booking(city: City) -> None:
    with city.waiting_room(), city.gateway():
        with city.allocator():
            city.wait_until_ready()
            resident = city.inside(1)
            booking = resident.book().json()
        with Redis.from_url(city.redis_url) as redis:
            redis.flushall()
        assert city.resident(2).sign_in().json()["code"] == "not_ready"
        assert resident.http.get("/api/v1/booking").json()["code"] == "not_inside"
        with city.allocator():
            city.wait_until_ready()
            until(partial(may_enter, resident))
            assert resident.http.get("/api/v1/booking").json() == booking


def test_gateway_without_postgresql_says_so_and_still_books(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    city = City(database_url, redis_url, tmp_path)
    city.load(make_plan())
    nowhere = {"database_url": "postgresql:///none?host=/nonexistent", "database_timeout_s": 2.0}
    with city.allocator(), city.waiting_room(), city.gateway(**nowhere):
        assert city.parts is not None
        readiness = city.parts.readiness
        until(lambda: readiness.snapshot().get("catalogue"))
        assert readiness.snapshot()["database"] is False
        resident = city.resident(1)
        until(lambda: resident.sign_in().status_code == 200)
        away = resident.http.get("/api/v1/booking")
        assert (away.status_code, away.json()["code"]) == (503, "away")
        assert resident.book().status_code == 201


def test_draft_outlives_the_session_and_not_the_signing_out(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    with running_city(database_url, redis_url, tmp_path) as city:
        page = city.resident(1)
        page.sign_in()
        assert page.http.post("/details", data=CONTACT).status_code == 303
        page.http.cookies.clear()
        page.sign_in()
        assert CONTACT["name"] in page.http.get("/details").text
        assert page.http.post("/sign-out", data={}).status_code == 303
        page.sign_in()
        assert CONTACT["name"] not in page.http.get("/details").text
