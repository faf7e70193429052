"""A clerk does everything for a caller: book, change, cancel, stand by, print the letter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import psycopg
import pytest

from gateway import i18n
from tests.integration.city import City, make_plan, ticket
from tests.integration.staff import Colleague, StaffDesk, desk_of
from tests.integration.test_staff_callers import key_of, looks, until_state
from tests.waiting import until

CALL, NO_CALL = "/caller/call", "/caller?call=over"
SOME_ID = "7a3c0000-0000-4000-8000-000000000000"
DETAILS = {
    "name": "試験 百合",
    "phone": "080-9876-5432",
    "email": "yuri.7@example.jp",
    "confirmation": "mail",
    "language": "ja",
}


@pytest.fixture(scope="module")
def desk(city: City) -> Iterator[StaffDesk]:
    """The staff gateway of the city."""
    with desk_of(city) as running:
        yield running


@pytest.fixture
def clerk(desk: StaffDesk) -> Colleague:
    """Somebody at the phone."""
    return desk.colleague("clerk")


def begins(clerk: Colleague, number: int) -> None:
    """Find a caller, and come in for them once they are called."""

    def called() -> bool:
        clerk.get("/caller")
        return 'action="/caller/begin"' in clerk.looks_up(number, "/caller/place").text

    until(called)
    answer = clerk.looks_up(number, "/caller/begin")
    assert (answer.status_code, answer.headers["location"]) == (303, CALL)
    clerk.get(CALL)


def shown_of(clerk: Colleague, name: str) -> str:
    """Return the value of a hidden field of the page that was seen last."""
    found = re.search(rf'name="{name}" value="([^"]+)"', clerk.seen)
    assert found is not None, clerk.seen
    return unescape(found[1])


def chooses(clerk: Colleague, index: int = 0) -> None:
    """Choose a time of the day that is shown."""
    clerk.get(f"{CALL}/choose")
    offered = re.findall(r'name="slot" type="radio" value="([0-9-]+)">', clerk.seen)
    answer = clerk.post(f"{CALL}/choose", slot=offered[index])
    assert answer.headers["location"] == f"{CALL}/check"
    clerk.get(f"{CALL}/check")


def sends(clerk: Colleague, **changes: str) -> str:
    """Send what the check page shows, and return where it leads."""
    sent = {"request_id": shown_of(clerk, "request_id"), "shown": shown_of(clerk, "shown")}
    return clerk.post(f"{CALL}/check", **(sent | changes)).headers.get("location", "")


def books(clerk: Colleague, number: int, **details: str) -> None:
    """Book for a caller, from the look to the answer."""
    begins(clerk, number)
    clerk.get(f"{CALL}/details")
    answer = clerk.post(f"{CALL}/details", **(DETAILS | details))
    assert answer.headers.get("location") == f"{CALL}/choose", answer.text
    chooses(clerk)
    assert sends(clerk) == CALL
    assert "They hold a booking" in clerk.get(CALL).text
    assert "It is booked." in clerk.seen


def acts_for(city: City, desk: StaffDesk, number: int) -> list[str]:
    return [line[1] for line in looks(desk) if line[2] == key_of(city, number)]


def test_booking_for_a_caller_is_the_one_that_the_resident_sees(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    books(clerk, 10, language="ko")
    own = city.inside(10).http.get("/api/v1/me").json()
    assert own["state"] == "booked"
    assert (own["name"], own["phone"]) == (DETAILS["name"], "08098765432")
    assert own["booking"]["booking_number"] in clerk.seen
    assert acts_for(city, desk, 10)[-2:] == ["call_begun", "booking_sent"]
    noted = [line for line in looks(desk) if line[1] == "booking_sent"][-1]
    assert noted == (clerk.login, "booking_sent", key_of(city, 10), "asks_state", "127.0.0.1")
    with psycopg.connect(desk.database_url) as connection:
        (language,) = connection.execute(
            "SELECT language FROM booking WHERE person_key = %s", [key_of(city, 10)]
        ).fetchone() or ("",)
    assert language == "ko"


def test_reading_that_the_clerk_types_is_kept_with_the_booking(
    city: City, clerk: Colleague
) -> None:
    begins(clerk, 33)
    clerk.get(f"{CALL}/details")
    wrong = clerk.post(f"{CALL}/details", **(DETAILS | {"kana": "Yuri"}))
    assert (wrong.status_code, 'id="kana-error"' in wrong.text) == (422, True)
    books(clerk, 33, kana="しけん ゆり")
    assert "シケン ユリ" in clerk.seen
    assert city.inside(33).http.get("/api/v1/me").json()["kana"] == "シケン ユリ"


def test_form_of_an_earlier_call_is_not_sent_for_who_rings_now(
    city: City, clerk: Colleague
) -> None:
    """Two windows: A is on hold when B rings; then A's form is sent."""
    books(clerk, 31)
    books(clerk, 32)
    begins(clerk, 31)
    of_first = clerk.get(f"{CALL}/cancel").text
    begins(clerk, 32)
    clerk.seen = of_first
    sent = {name: shown_of(clerk, name) for name in ("request_id", "whose")}
    answer = clerk.post(f"{CALL}/cancel", **sent, doses="both")
    assert (answer.status_code, "of another call" in answer.text) == (409, True)
    for number in (31, 32):
        assert city.inside(number).http.get("/api/v1/me").json()["state"] == "booked"
    clerk.get(f"{CALL}/cancel")
    assert clerk.post(f"{CALL}/details", **DETAILS).status_code != 409


def test_letter_is_for_who_has_no_address_and_speaks_the_callers_language(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    books(clerk, 11, confirmation="letter", email="", language="vi")
    letter = clerk.get(f"{CALL}/letter").text
    assert '<html lang="vi">' in letter
    own = city.inside(11).http.get("/api/v1/me").json()
    assert own["email"] == ""
    assert own["booking"]["receipt"] in letter
    assert own["booking"]["booking_number"] in letter
    assert '<html lang="pt' in clerk.get(f"{CALL}/letter?in=pt").text
    assert clerk.get(f"{CALL}/letter?in=xx").status_code == 404
    assert acts_for(city, desk, 11)[-2:] == ["letter_shown", "letter_shown"]


def test_short_message_is_a_choice_where_the_city_sends_them(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    begins(clerk, 23)
    assert 'value="sms"' not in clerk.get(f"{CALL}/details").text
    assert clerk.post(f"{CALL}/details", **DETAILS | {"confirmation": "sms"}).status_code == 422
    with desk_of(city, short_messages=True) as texting:
        other = texting.colleague("clerk")
        begins(other, 24)
        assert 'value="sms"' in other.get(f"{CALL}/details").text
        told = DETAILS | {"confirmation": "sms", "phone": "0476-00-0000"}
        refused = other.post(f"{CALL}/details", **told)
        assert refused.status_code == 422
        assert "mobile number" in refused.text
        books(other, 24, confirmation="sms", email="")
    assert city.inside(24).http.get("/api/v1/me").json()["email"] == ""


def test_change_and_cancel_for_a_caller(city: City, desk: StaffDesk, clerk: Colleague) -> None:
    books(clerk, 12)
    before = city.inside(12).http.get("/api/v1/me").json()["booking"]["doses"]
    assert clerk.post(f"{CALL}/change", doses="both").headers["location"] == f"{CALL}/choose"
    chooses(clerk, 1)
    assert "Nothing is changed yet" in clerk.seen
    assert sends(clerk) == CALL
    assert "It is changed." in clerk.get(CALL).text
    assert "It is changed." not in clerk.get(CALL).text, "it is said once"
    after = city.inside(12).http.get("/api/v1/me").json()["booking"]["doses"]
    assert [dose["slot_id"] for dose in before] != [dose["slot_id"] for dose in after]
    clerk.get(f"{CALL}/cancel")
    sent = {"request_id": shown_of(clerk, "request_id"), "doses": "both"}
    assert clerk.post(f"{CALL}/cancel", **sent).headers["location"] == CALL
    assert "hold no booking" in clerk.get(CALL).text
    assert "It is cancelled." in clerk.seen
    assert acts_for(city, desk, 12)[-2:] == ["change_sent", "cancel_sent"]


def test_caller_s_reminders_are_turned_off_and_on_again(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    books(clerk, 25, reminders="yes")
    for wanted, button in (("no", "Turn reminders off"), ("yes", "Turn reminders on")):
        assert button in clerk.get(CALL).text
        assert shown_of(clerk, "reminders") == wanted
        sent = {"request_id": shown_of(clerk, "request_id"), "reminders": wanted}
        assert clerk.post(f"{CALL}/reminders", **sent).headers["location"] == CALL
        there = city.inside(25).http.get("/my-booking", headers={"Accept-Language": "en"}).text
        assert (i18n.text("reminders.start", "en") in there) is (wanted == "no")
    assert acts_for(city, desk, 25)[-2:] == ["reminders_set", "reminders_set"]
    for wrong in ({"reminders": "no"}, {"request_id": SOME_ID, "reminders": "maybe"}):
        assert clerk.post(f"{CALL}/reminders", **wrong).status_code == 400
    begins(clerk, 26)
    nothing = {"request_id": SOME_ID, "reminders": "no"}
    assert clerk.post(f"{CALL}/reminders", **nothing).status_code == 404


def test_nobody_comes_in_before_the_line_calls_them(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    city.order("pause")
    try:
        until_state(city, "paused")
        clerk.get("/caller")
        clerk.looks_up(13, "/caller/place")
        answer = clerk.looks_up(13, "/caller/begin")
        assert answer.status_code == 200
        assert "phone desk" in answer.text
        assert clerk.get(CALL).headers["location"] == NO_CALL
    finally:
        city.order("resume")
        until_state(city, "open")


def test_wrong_birth_date_comes_in_nowhere(clerk: Colleague) -> None:
    clerk.get("/caller")
    assert clerk.looks_up(14, "/caller/begin", birth_day="2").status_code == 404
    assert clerk.get(CALL).headers["location"] == NO_CALL


def test_call_opens_to_nobody_else_and_for_no_other_reason(
    desk: StaffDesk, clerk: Colleague
) -> None:
    begins(clerk, 15)
    text = clerk.http.cookies["call"]
    other = desk.colleague("clerk")
    other.http.cookies.set("call", text)
    assert other.get(CALL).headers["location"] == NO_CALL
    clerk.http.cookies.delete("call")
    clerk.http.cookies.set("call", text.replace("asks_state", "complaint"))
    assert clerk.get(CALL).headers["location"] == NO_CALL


def test_ended_call_is_over(clerk: Colleague) -> None:
    begins(clerk, 16)
    text = clerk.http.cookies["call"]
    assert clerk.post(f"{CALL}/end").headers["location"] == "/caller"
    clerk.http.cookies.set("call", text)
    assert clerk.get(CALL).headers["location"] == NO_CALL
    assert "No call is under way" in clerk.get(NO_CALL).text
    assert clerk.post(f"{CALL}/end").headers["location"] == NO_CALL, "nothing is lost by it"
    too_late = clerk.post(f"{CALL}/details", **DETAILS).headers["location"]
    assert "was passed on to nobody" in clerk.get(too_late).text
    assert "notice" not in clerk.get("/caller?call=anything").text


def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(clerk: Colleague) -> None:
    begins(clerk, 17)
    clerk.get(f"{CALL}/details")
    wrong = DETAILS | {"email": "", "phone": "12", "language": "xx", "product": "comirnaty"}
    page = clerk.post(f"{CALL}/details", **wrong)
    assert page.status_code == 422
    for field in ("email", "phone", "language", "first_dose_year"):
        assert f'id="{field}-error"' in page.text
    assert DETAILS["name"] in page.text
    clerk.post(f"{CALL}/details", **DETAILS)
    clerk.get(f"{CALL}/choose")
    page = clerk.post(f"{CALL}/choose")
    assert page.status_code == 422
    assert "Choose a time." in page.text


def test_form_sent_twice_is_one_request_and_another_window_is_noticed(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    begins(clerk, 18)
    clerk.get(f"{CALL}/details")
    clerk.post(f"{CALL}/details", **DETAILS)
    chooses(clerk)
    seen, request_id = clerk.seen, shown_of(clerk, "request_id")
    chooses(clerk, 1)
    clerk.seen = seen
    old = {"request_id": request_id, "shown": shown_of(clerk, "shown")}
    assert clerk.post(f"{CALL}/check", **old).status_code == 409
    sent = {"request_id": shown_of(clerk, "request_id"), "shown": shown_of(clerk, "shown")}
    assert clerk.post(f"{CALL}/check", **sent).headers["location"] == CALL
    again = clerk.post(f"{CALL}/check", **sent).headers["location"]
    assert again == f"{CALL}/checking/{sent['request_id']}"
    assert clerk.get(again).headers["location"] == CALL
    assert acts_for(city, desk, 18).count("booking_sent") == 1


def test_second_dose_alone_after_a_first_one_elsewhere(
    city: City, desk: StaffDesk, clerk: Colleague
) -> None:
    begins(clerk, 19)
    day = make_plan().slots[1].starts_at
    clerk.get(f"{CALL}/details")
    elsewhere = {
        "product": "comirnaty",
        "first_dose_year": "2020",
        "first_dose_month": "1",
        "first_dose_day": "1",
    }
    assert day is not None
    answer = clerk.post(f"{CALL}/details", **(DETAILS | elsewhere))
    assert answer.headers.get("location") == f"{CALL}/choose", answer.text
    chooses(clerk)
    assert sends(clerk) == CALL
    doses = city.inside(19).http.get("/api/v1/me").json()["booking"]["doses"]
    assert [dose["dose"] for dose in doses] == [2]


def test_answer_that_comes_later_is_waited_for(city: City, clerk: Colleague) -> None:
    assert clerk.desk.parts is not None
    with desk_of(city, reply_wait_s=0.05) as hasty:
        clerk = hasty.colleague("clerk")
        begins(clerk, 20)
        clerk.get(f"{CALL}/details")
        clerk.post(f"{CALL}/details", **DETAILS)
        chooses(clerk)
        with city.undecided():
            path = sends(clerk)
            assert path.startswith(f"{CALL}/checking/")
            assert clerk.get(path).status_code == 200
        until(lambda: clerk.get(path).headers.get("location") == CALL)
        assert "They hold a booking" in clerk.get(CALL).text
        assert '<a href="/caller" aria-current="true">' in clerk.seen


def test_unknown_request_is_not_found(clerk: Colleague) -> None:
    begins(clerk, 21)
    page = clerk.get(f"{CALL}/checking/{SOME_ID}")
    assert page.status_code == 404
    assert clerk.get(f"{CALL}/checking/x").status_code == 404


def test_nothing_of_the_caller_stands_in_redis_in_clear(city: City, clerk: Colleague) -> None:
    from redis import Redis

    begins(clerk, 22)
    clerk.get(f"{CALL}/details")
    clerk.post(f"{CALL}/details", **DETAILS)
    with Redis.from_url(city.redis_url) as redis:
        kept = [redis.get(key) for key in redis.scan_iter("call:*")]
    assert kept
    for text in (DETAILS["name"], DETAILS["email"], ticket(22)):
        assert all(isinstance(one, bytes) and text.encode() not in one for one in kept)
