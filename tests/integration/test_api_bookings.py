"""The JSON contract, version 1: book, change, cancel, and ask what became of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

from tests.integration.city import CONTACT, FIRST_DAY, City, flexible
from tests.integration.contract import checked, code_of
from tests.unit.gateway.schemas import BOOKING

# Booking


def test_same_request_gets_the_same_answer_and_other_content_is_refused(city: City) -> None:
    resident, other, request_id = city.inside(12), city.inside(13), str(uuid4())
    booked = resident.book(request_id)
    again = resident.book(request_id)
    assert (booked.status_code, again.status_code) == (201, 201)
    assert booked.json() == again.json()
    changed = resident.book(request_id, contact=CONTACT | {"phone": "0476425111"})
    assert code_of(changed, 409) == "id_reused"
    assert code_of(other.book(request_id), 409) == "id_reused"


def test_reading_of_a_name_may_be_sent_is_kept_in_katakana_and_is_part_of_the_request(
    city: City,
) -> None:
    resident, request_id = city.inside(27), str(uuid4())
    wrong = resident.book(contact=CONTACT | {"kana": "Yuri"})
    assert (code_of(wrong, 422), wrong.json()["errors"][0]["field"]) == (
        "invalid_input",
        "contact.kana",
    )
    assert resident.book(request_id, contact=CONTACT | {"kana": "しけん　ﾕﾘ"}).status_code == 201
    assert resident.http.get("/api/v1/me").json()["kana"] == "シケン ユリ"
    assert code_of(resident.book(request_id), 409) == "id_reused"


def test_double_click_makes_one_booking(city: City) -> None:
    resident, request_id = city.inside(14), str(uuid4())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: resident.book(request_id), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


def test_second_booking_is_refused(city: City) -> None:
    resident = city.inside(15)
    assert resident.book().status_code == 201
    assert code_of(resident.book(), 409) == "already_booked"


def test_refusals_say_why(city: City) -> None:
    resident = city.inside(16)
    second = resident.second_slot()["slot_id"]
    late = resident.first_slot(starts_at=f"{FIRST_DAY + timedelta(days=3)}T10:00:00+09:00")
    refusals = {
        "outside_release": [{"slot_id": "999999"}, {"slot_id": second}],
        "interval_not_met": [{"slot_id": late["slot_id"], "second_slot_id": second}],
    }
    for code, choices in refusals.items():
        assert code_of(resident.book(choices=choices), 409) == code
    moon = resident.book(flexible=flexible(venue="moon"))
    assert code_of(moon, 409) == "outside_release"
    assert code_of(resident.http.get("/api/v1/booking"), 404) == "no_booking"


def test_next_wish_is_taken_when_the_first_cannot_be_had(city: City) -> None:
    resident = city.inside(17)
    slot = resident.first_slot()
    booked = resident.book(choices=[{"slot_id": "999999"}, {"slot_id": slot["slot_id"]}])
    assert booked.status_code == 201
    assert booked.json()["doses"][0]["slot_id"] == slot["slot_id"]


def test_second_dose_alone_follows_a_first_dose_elsewhere(city: City) -> None:
    resident = city.inside(18)
    second = resident.second_slot(2)
    day = FIRST_DAY - timedelta(days=7)
    booked = resident.book(
        choices=[{"slot_id": second["slot_id"]}],
        first_dose_elsewhere={"product": "comirnaty", "date": day.isoformat()},
    )
    assert booked.status_code == 201, booked.text
    assert [dose["dose"] for dose in booked.json()["doses"]] == [2]
    assert checked(resident.http.get("/api/v1/booking"), BOOKING)["state"] == "booked"


def test_faults_of_a_booking_are_all_told_at_their_fields(city: City) -> None:
    resident = city.inside(19)
    answer = resident.http.post(
        "/api/v1/bookings",
        json={
            "contact": {"name": "a\u0007b", "phone": "0" * 30, "email": "x", "fax": "1"},
            "choices": [{"slot_id": 7}],
            "note": "please",
        },
        headers={"Idempotency-Key": "not-a-uuid"},
    )
    assert code_of(answer, 422) == "invalid_input"
    assert {(error["field"], error["code"]) for error in answer.json()["errors"]} == {
        ("Idempotency-Key", "not_a_uuid"),
        ("body", "unknown_field"),
        ("contact", "unknown_field"),
        ("contact.name", "control_characters"),
        ("contact.phone", "too_long"),
        ("contact.email", "not_an_email"),
        ("choices.0.slot_id", "wrong_type"),
    }
    assert all(error["message"] for error in answer.json()["errors"])


def test_request_without_an_id_is_refused(city: City) -> None:
    resident = city.inside(20)
    body = {"contact": CONTACT, "flexible": flexible()}
    answer = resident.http.post("/api/v1/bookings", json=body)
    assert [error["code"] for error in answer.json()["errors"]] == ["required"]


def test_answer_is_told_to_the_same_person_alone(city: City) -> None:
    resident, other = city.inside(21), city.inside(22)
    booked_id, refused_id = str(uuid4()), str(uuid4())
    resident.book(booked_id)
    resident.book(refused_id)
    foreign = other.http.get(f"/api/v1/bookings/{booked_id}")
    unknown = other.http.get(f"/api/v1/bookings/{uuid4()}")
    assert code_of(foreign, 404) == code_of(unknown, 404) == "not_found"
    assert foreign.content == unknown.content
    assert other.http.get("/api/v1/bookings/1").content == unknown.content
    refused = resident.http.get(f"/api/v1/bookings/{refused_id}")
    assert refused.status_code == 200
    assert set(refused.json()) == {"state", "code", "title", "detail"}
    assert (refused.json()["state"], refused.json()["code"]) == ("refused", "already_booked")


# Change and cancel


def test_change_swaps_both_doses_or_leaves_them(city: City) -> None:
    resident = city.inside(23)
    before = resident.book(flexible=flexible(venue="hall")).json()
    slot = resident.first_slot(venue="school")
    changed = resident.change(doses="both", choices=[{"slot_id": slot["slot_id"]}])
    after = checked(changed, BOOKING)
    assert after["booking_number"] == before["booking_number"]
    assert changed.json()["doses"][0]["slot_id"] == slot["slot_id"]
    assert after["receipt"] != before["receipt"]
    refused = resident.change(doses="both", choices=[{"slot_id": "999999"}])
    assert code_of(refused, 409) == "outside_release"
    assert resident.http.get("/api/v1/booking").json() == after


def test_change_of_the_second_dose_leaves_the_first(city: City) -> None:
    resident = city.inside(24)
    booked = resident.book().json()
    later = resident.second_slot(1)
    changed = resident.change(doses="second", choices=[{"slot_id": later["slot_id"]}]).json()
    assert changed["doses"][0] == booked["doses"][0]
    assert changed["doses"][1]["slot_id"] == later["slot_id"]


def test_cancelled_booking_is_gone_and_another_can_be_made(city: City) -> None:
    resident = city.inside(25)
    resident.book()
    cancelled = resident.cancel()
    assert (cancelled.status_code, cancelled.json()) == (200, {"state": "cancelled"})
    assert code_of(resident.http.get("/api/v1/booking"), 404) == "no_booking"
    assert resident.http.get("/api/v1/me").json()["state"] == "inside"
    assert code_of(resident.cancel(), 404) == "no_booking"
    assert resident.book().status_code == 201


def test_second_dose_alone_can_be_given_back(city: City) -> None:
    resident = city.inside(26)
    resident.book()
    assert resident.cancel("second").json() == {"state": "first_only"}
    booking = checked(resident.http.get("/api/v1/booking"), BOOKING)
    assert booking["state"] == "first_only"
    assert code_of(resident.cancel("first"), 422) == "invalid_input"
