"""The JSON contract, version 1: sign-in, the offer, the notice, and one resident's way."""

from __future__ import annotations

from uuid import uuid4

import httpx2
from prometheus_client import REGISTRY
from redis import Redis

from gateway import receipts
from gateway.middleware import HEADERS
from tests.integration.city import (
    CONTACT,
    FIRST_DAY,
    PEOPLE,
    PHONE,
    SEATS_ON_LAST_DAY,
    City,
    ticket,
)
from tests.integration.contract import checked, code_of
from tests.unit.gateway.schemas import (
    AFTER_BOOKING,
    AVAILABILITY,
    BEFORE_BOOKING,
    BOOKING,
    MOMENT,
    closed,
)
from tests.waiting import until

SIGNED_IN = closed(
    state={"enum": ["inside", "booked"]},
    place={"type": "integer", "minimum": 1},
    arrival={"type": "integer", "minimum": 0},
    place_token={"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
)


# One resident's way


def test_notice_goes_its_own_way_and_says_what_every_answer_says_of_data(city: City) -> None:
    """The usual way answers what is not plainly status.json, with its words."""
    visitor = city.resident(0).http
    notice, other = visitor.get("/queue/status.json"), visitor.get("/healthz")
    said = {name for name in HEADERS if name in notice.headers}
    assert said == {"Cross-Origin-Resource-Policy", "X-Content-Type-Options"}
    assert all(notice.headers[name] == other.headers[name] for name in said)
    assert notice.headers["cache-control"] == "public, max-age=1"
    assert notice.headers["content-type"] == "application/json"
    release_id = notice.json()["release_id"]
    assert visitor.get(f"/queue/{release_id}/status.json").json()["release_id"] == release_id
    assert visitor.head("/queue/status.json").status_code == 200
    for path in ("/queue/unknown/status.json", "/elsewhere/status.json", "/queue/a/b/status.json"):
        assert visitor.get(path).status_code == 404, path
    assert visitor.post("/queue/status.json").status_code == 405


def test_browsers_get_the_notice_packed_and_others_as_it_is(city: City) -> None:
    visitor = city.resident(0).http

    def asked(accepted: str) -> httpx2.Response:
        return visitor.get("/queue/status.json", headers={"Accept-Encoding": accepted})

    for accepted in ("gzip, deflate, br", "gzip"):
        packed = asked(accepted)
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.json()["release_id"] == "spring"
        assert int(packed.headers["content-length"]) <= 1_024
    for accepted in ("identity", "gzip;q=0", "br"):
        assert "content-encoding" not in asked(accepted).headers
        assert asked(accepted).headers["vary"] == "Accept-Encoding"


def test_resident_signs_in_looks_books_and_sees_the_booking(city: City) -> None:
    resident = city.resident(0)
    checked(resident.sign_in(), SIGNED_IN)
    before = checked(resident.http.get("/api/v1/me"), BEFORE_BOOKING)
    assert (before["state"], before["ticket_number"]) == ("inside", ticket(0))
    checked(resident.http.get("/api/v1/availability"), AVAILABILITY)
    assert code_of(resident.http.get("/api/v1/booking"), 404) == "no_booking"

    request_id = str(uuid4())
    slot = resident.first_slot(venue="school")
    booked = resident.book(request_id, choices=[{"slot_id": slot["slot_id"]}])
    booking = checked(booked, BOOKING, 201)
    assert booking["state"] == "booked"
    assert [dose["starts_at"] for dose in booked.json()["doses"]] == [
        slot["starts_at"],
        slot["second_dose_at"],
    ]

    assert checked(resident.http.get("/api/v1/booking"), BOOKING) == booking
    assert checked(resident.http.get(f"/api/v1/bookings/{request_id}"), BOOKING) == booking
    after = checked(resident.http.get("/api/v1/me"), AFTER_BOOKING)
    assert after["name"] == CONTACT["name"]
    assert after["phone"] == PHONE
    assert after["booking"] == booking


def test_booking_is_told_in_the_readers_language(city: City) -> None:
    resident = city.inside(1)
    english = resident.book().json()["doses"][0]["venue"]["name"]
    japanese = resident.http.get("/api/v1/booking", headers={"Accept-Language": "ja"})
    assert english.startswith("Venue ")
    assert japanese.json()["doses"][0]["venue"]["name"].startswith("会場 ")


def test_whoever_has_booked_comes_straight_to_the_booking(city: City) -> None:
    city.inside(2).book()
    again = city.resident(2)
    assert again.sign_in().json()["state"] == "booked"
    assert again.http.get("/api/v1/booking").status_code == 200


def test_booking_frees_the_seat_inside(city: City) -> None:
    resident = city.inside(3)
    with Redis.from_url(city.redis_url) as redis:
        before = redis.zcard("room:spring:inside")
        resident.book()
        assert redis.zcard("room:spring:inside") == before - 1


def test_receipt_is_proved_with_the_published_key(city: City) -> None:
    resident = city.inside(4)
    booked = resident.book().json()
    key = resident.http.get("/api/v1/receipt-key").json()["public_key"]
    assert resident.http.get("/receipt-key.txt").text == f"{key}\n"
    receipt = receipts.check(booked["receipt"], receipts.read_key(key))
    assert receipt.booking_number == booked["booking_number"]


# Sign-in


def test_unknown_ticket_and_wrong_birth_date_are_answered_alike(city: City) -> None:
    resident = city.resident(5)
    answers = [
        resident.sign_in(ticket_number="9999999999"),
        resident.sign_in(birth_date="1950-01-02"),
        resident.sign_in(municipality_code="131016"),
    ]
    assert {code_of(answer, 401) for answer in answers} == {"identity_not_confirmed"}
    assert len({answer.content for answer in answers}) == 1
    told = [
        {k: v for k, v in a.headers.items() if k not in ("date", "x-request-id")} for a in answers
    ]
    assert told[0] == told[1] == told[2]
    assert all("set-cookie" not in answer.headers for answer in answers)


def test_full_width_digits_sign_in(city: City) -> None:
    answer = city.resident(6).sign_in(
        ticket_number="０００００００００６", birth_date="１９５０／１／１"
    )
    assert answer.status_code == 200


def test_second_device_gets_the_same_place(city: City) -> None:
    first, second = city.resident(7).sign_in().json(), city.resident(7).sign_in().json()
    assert first["place"] == second["place"]


def test_ticket_that_failed_too_often_is_refused_even_when_right(city: City) -> None:
    resident = city.resident(8)
    for _ in range(10):
        assert resident.sign_in(birth_date="1950-01-02").status_code == 401
    refused = resident.sign_in()
    assert code_of(refused, 429) == "too_many_attempts"
    assert 0 < int(refused.headers["retry-after"]) <= 3_600
    assert city.resident(9).sign_in().status_code == 200


def test_person_outside_the_cohort_is_told_so(city: City) -> None:
    answer = city.resident(PEOPLE).sign_in(birth_date="2000-01-01")
    assert code_of(answer, 409) == "not_eligible"


def test_entering_twice_keeps_the_session(city: City) -> None:
    resident = city.inside(10)
    schema = closed(inside_until=MOMENT)
    checked(resident.http.post("/api/v1/enter"), schema)
    checked(resident.http.post("/api/v1/enter", json={}), schema)
    assert "set-cookie" not in resident.http.post("/api/v1/enter").headers
    answer = resident.http.post("/api/v1/enter", json={"place": 1})
    assert code_of(answer, 422) == "invalid_input"


def test_whoever_comes_back_to_the_front_is_counted(city: City) -> None:
    def returned() -> float:
        return REGISTRY.get_sample_value("seiriken_returned_total") or 0.0

    before = returned()
    resident = city.inside(12)
    assert returned() == before
    resident.http.post("/api/v1/sign-out")
    assert resident.sign_in().json()["state"] == "inside"
    assert returned() == before + 1


def test_signing_out_ends_the_session_for_good(city: City) -> None:
    resident = city.inside(11)
    cookies = dict(resident.http.cookies)
    assert resident.http.post("/api/v1/sign-out").status_code == 204
    assert dict(resident.http.cookies) == {}
    stolen = city.resident(11)
    for name in ("session", "place"):
        stolen.http.cookies.set(name, cookies[name])
        assert code_of(stolen.http.get("/api/v1/me"), 401) == "not_signed_in"
    assert code_of(stolen.http.post("/api/v1/enter"), 401) == "not_signed_in"
    assert city.resident(11).sign_in().json()["place"] is not None


# What is on offer


def test_offer_is_sent_once_while_it_does_not_change(city: City) -> None:
    resident = city.inside(27)
    first = resident.http.get("/api/v1/availability?venue=hall")
    again = resident.http.get(
        "/api/v1/availability?venue=hall", headers={"If-None-Match": first.headers["etag"]}
    )
    other = resident.http.get(
        "/api/v1/availability?venue=school", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


def test_offer_is_filtered_and_bad_filters_are_refused(city: City) -> None:
    resident = city.inside(28)
    assert {slot["venue"] for slot in resident.slots("?venue=hall")} == {"hall"}
    assert resident.slots("?product=none") == []
    day = FIRST_DAY.isoformat()
    days = {slot["starts_at"][:10] for slot in resident.slots(f"?from={day}&to={day}")}
    assert days == {day}
    answer = resident.http.get("/api/v1/availability?day=today")
    assert code_of(answer, 422) == "invalid_input"


def test_offer_shows_a_slot_as_full_once_it_is(city: City) -> None:
    resident = city.inside(29)
    slot = resident.first_slot(pairs="few", starts_at=resident.slots()[-1]["starts_at"])
    for number in range(30, 30 + SEATS_ON_LAST_DAY):
        city.inside(number).book(choices=[{"slot_id": slot["slot_id"]}])
    refused = resident.book(choices=[{"slot_id": slot["slot_id"]}])
    assert code_of(refused, 409) == "no_first_dose"
    shown = until(
        lambda: [
            s for s in resident.slots() if s["slot_id"] == slot["slot_id"] and s["pairs"] == "none"
        ]
    )
    assert shown[0]["second_dose_at"] is None


# The notice for everybody


def test_status_is_the_same_for_everybody_and_may_be_kept_a_second(city: City) -> None:
    named = city.resident(36).http.get("/queue/spring/status.json")
    current = city.resident(37).http.get("/queue/status.json")
    for answer in (named, current):
        assert answer.headers["cache-control"] == "public, max-age=1"
        assert answer.headers["content-type"] == "application/json"
        assert "set-cookie" not in answer.headers
    assert {named.json()["state"], current.json()["state"]} == {"open"}
    assert set(current.json()) >= {"release_id", "serving", "waiting", "eta", "outlook", "poll"}
    unknown = city.resident(36).http.get("/queue/autumn/status.json")
    assert code_of(unknown, 404) == "not_found"


# What must not be seen


def test_nothing_personal_stands_in_redis_in_clear(city: City) -> None:
    city.inside(38).book()
    stolen = bytearray()
    with Redis.from_url(city.redis_url) as redis:
        for key in redis.scan_iter(count=1_000):
            assert isinstance(key, bytes)
            stolen += key + bytes(redis.dump(key) or b"")
    assert len(stolen) > 1_000
    for secret in (CONTACT["name"], PHONE, CONTACT["email"], ticket(38)):
        assert secret.encode() not in stolen
