"""A clerk books for a caller and who comes along, sees both and cancels for one or both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

import httpx2
import psycopg
import pytest

from gateway.staff.words import said
from tests.integration.city import BORN, City, ticket
from tests.integration.staff import Colleague, StaffDesk, desk_of
from tests.integration.test_staff_callers import key_of, looks
from tests.integration.test_staff_calls import (
    CALL,
    DETAILS,
    acts_for,
    begins,
    books,
    chooses,
    sends,
    shown_of,
)
from tests.waiting import until

COMPANION, CONTACT = f"{CALL}/companion", f"{CALL}/companion/details"
THEIRS = {"name": "試験 太郎", "phone": "047-642-5111", "email": "taro.8@example.jp"}
BOTH = "whose-caller-error"


@pytest.fixture(scope="module")
def desk(city: City) -> Iterator[StaffDesk]:
    """The staff gateway of the city."""
    with desk_of(city) as running:
        yield running


@pytest.fixture
def clerk(desk: StaffDesk) -> Colleague:
    """Somebody at the phone."""
    return desk.colleague("clerk")


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """Residents whom no test has used yet."""
    return count(1)


def identity(number: int, **changes: str) -> dict[str, str]:
    born = {"birth_year": str(BORN.year), "birth_month": "1", "birth_day": "1"}
    return {"ticket_number": ticket(number)} | born | changes


def leads_to(answer: httpx2.Response) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def accompanied(clerk: Colleague, number: int, **details: str) -> None:
    """Come in for a caller who says that somebody comes along."""
    begins(clerk, number)
    clerk.get(f"{CALL}/details")
    sent = clerk.post(f"{CALL}/details", **(DETAILS | {"companion": "yes"} | details))
    assert leads_to(sent) == COMPANION
    clerk.get(COMPANION)


def brings(clerk: Colleague, companion: int, **theirs: str) -> None:
    """Say who comes along and how to reach them, and choose a time for both."""
    assert leads_to(clerk.post(COMPANION, **identity(companion))) == CONTACT
    clerk.get(CONTACT)
    assert leads_to(clerk.post(CONTACT, **(THEIRS | theirs))) == f"{CALL}/choose"
    chooses(clerk)


def books_both(clerk: Colleague, number: int, companion: int, **details: str) -> None:
    accompanied(clerk, number, **details)
    brings(clerk, companion)
    assert sends(clerk) == CALL
    clerk.get(CALL)


def held(city: City, number: int) -> dict[str, object] | None:
    """Return the booking that somebody sees on the pages."""
    booked = city.inside(number).http.get("/api/v1/booking")
    return booked.json() if booked.status_code == 200 else None


def says(code: str) -> str:
    return said(code, "en").replace("'", "&#39;")


def without_session_end(page: str) -> str:
    """Take out when the session ends, which two pages tell in other seconds."""
    rest, count = re.subn(r'<aside class="column session.*?</aside>', "", page, flags=re.DOTALL)
    assert count == 1
    return rest


def cancels(clerk: Colleague, whose: str, doses: str = "both") -> httpx2.Response:
    clerk.get(f"{CALL}/cancel")
    ids = {name: shown_of(clerk, name) for name in ("request_id", "companion_request_id")}
    return clerk.post(f"{CALL}/cancel", **ids, whose=whose, doses=doses)


def test_both_are_booked_and_a_look_at_each_is_noted(
    city: City, desk: StaffDesk, clerk: Colleague, numbers: Iterator[int]
) -> None:
    number, companion = next(numbers), next(numbers)
    accompanied(clerk, number, language="ko")
    assert leads_to(clerk.get(f"{CALL}/choose")) == COMPANION, "nobody is known yet"
    assert leads_to(clerk.get(f"{CALL}/check")) == COMPANION
    assert leads_to(clerk.get(CONTACT)) == COMPANION
    brings(clerk, companion)
    for shown in (ticket(number), ticket(companion), DETAILS["email"], THEIRS["email"]):
        assert shown in clerk.seen
    sent = {"request_id": shown_of(clerk, "request_id"), "shown": shown_of(clerk, "shown")}
    assert sends(clerk) == CALL
    page = clerk.get(CALL).text
    mine, theirs = held(city, number), held(city, companion)
    assert mine is not None
    assert theirs is not None
    for one in (mine["booking_number"], theirs["booking_number"], THEIRS["name"]):
        assert str(one) in page
    assert leads_to(clerk.post(f"{CALL}/check", **sent)).startswith(f"{CALL}/checking/")
    assert acts_for(city, desk, number)[-2:] == ["call_begun", "booking_sent"]
    assert acts_for(city, desk, companion) == ["companion_confirmed", "booking_sent"]
    noted = [line for line in looks(desk) if line[2] == key_of(city, companion)]
    assert {(line[0], line[3], line[4]) for line in noted} == {
        (clerk.login, "asks_state", "127.0.0.1")
    }
    with psycopg.connect(desk.database_url) as connection:
        languages = connection.execute(
            "SELECT language FROM booking WHERE person_key = ANY(%s)",
            [[key_of(city, number), key_of(city, companion)]],
        ).fetchall()
    assert languages == [("ko",), ("ko",)]


def test_letter_is_for_both_and_noted_for_both(
    city: City, desk: StaffDesk, clerk: Colleague, numbers: Iterator[int]
) -> None:
    number, companion = next(numbers), next(numbers)
    accompanied(clerk, number, confirmation="letter", email="", language="vi")
    assert leads_to(clerk.post(COMPANION, **identity(companion))) == CONTACT
    assert 'name="email"' not in clerk.get(CONTACT).text, "nobody is told by mail"
    assert leads_to(clerk.post(CONTACT, **(THEIRS | {"email": ""}))) == f"{CALL}/choose"
    chooses(clerk)
    assert sends(clerk) == CALL
    letter = clerk.get(f"{CALL}/letter").text
    assert '<html lang="vi">' in letter
    for one in (held(city, number), held(city, companion)):
        assert one is not None
        assert str(one["booking_number"]) in letter
        assert str(one["receipt"]) in letter
    assert THEIRS["name"] in letter
    assert acts_for(city, desk, number)[-1] == "letter_shown"
    assert acts_for(city, desk, companion)[-1] == "letter_shown"


@pytest.mark.parametrize("whose", ["caller", "companion", "both"])
def test_cancelled_for_one_or_both(
    city: City, desk: StaffDesk, clerk: Colleague, numbers: Iterator[int], whose: str
) -> None:
    number, companion = next(numbers), next(numbers)
    books_both(clerk, number, companion)
    page = cancels(clerk, "")
    assert (page.status_code, f'id="{BOTH}"' in page.text) == (422, True)
    assert leads_to(cancels(clerk, whose)) == CALL
    assert (held(city, number) is None) is (whose != "companion")
    assert (held(city, companion) is None) is (whose != "caller")
    for one, spared in ((number, "companion"), (companion, "caller")):
        assert ("cancel_sent" in acts_for(city, desk, one)) is (whose != spared)
    page = clerk.get(CALL)
    assert page.status_code == 200
    assert (says("companion.holds_nothing") in page.text) is (whose != "caller")


def test_second_doses_of_both_are_given_back(
    city: City, clerk: Colleague, numbers: Iterator[int]
) -> None:
    number, companion = next(numbers), next(numbers)
    books_both(clerk, number, companion)
    assert leads_to(cancels(clerk, "both", "second")) == CALL
    for one in (number, companion):
        booking = held(city, one)
        assert booking is not None
        assert booking["state"] == "first_only"


def test_companion_is_found_in_another_call_and_cancelled(
    city: City, desk: StaffDesk, clerk: Colleague, numbers: Iterator[int]
) -> None:
    number, companion = next(numbers), next(numbers)
    books_both(clerk, number, companion)
    clerk.post(f"{CALL}/end")
    begins(clerk, number)
    assert THEIRS["name"] not in clerk.get(CALL).text, "another call knows nothing of them"
    clerk.get(COMPANION)
    before = len(acts_for(city, desk, companion))
    assert leads_to(clerk.post(COMPANION, **identity(companion))) == CALL
    assert acts_for(city, desk, companion)[before:] == ["companion_confirmed"]
    assert THEIRS["name"] in clerk.get(CALL).text
    assert leads_to(cancels(clerk, "companion")) == CALL
    assert held(city, companion) is None
    assert held(city, number) is not None
    clerk.get(COMPANION)
    assert leads_to(clerk.post(COMPANION, none="yes")) == CALL
    assert ticket(companion) not in clerk.get(CALL).text


def test_companion_is_changed_by_nobody_who_was_not_confirmed(
    city: City, clerk: Colleague, numbers: Iterator[int]
) -> None:
    number, companion = next(numbers), next(numbers)
    books(clerk, companion)
    clerk.post(f"{CALL}/end")
    books(clerk, number)
    clerk.get(COMPANION)
    wrong = clerk.post(COMPANION, **identity(companion, birth_day="2"))
    assert (wrong.status_code, says("companion.no.not_confirmed") in wrong.text) == (409, True)
    clerk.get(f"{CALL}/cancel")
    request_id = shown_of(clerk, "request_id")
    sent = {"request_id": request_id, "companion_request_id": request_id, "doses": "both"}
    assert clerk.post(f"{CALL}/cancel", **sent, whose="companion").status_code == 400
    assert held(city, companion) is not None


def test_every_failure_is_answered_alike_counted_and_noted(
    city: City, desk: StaffDesk, clerk: Colleague, numbers: Iterator[int]
) -> None:
    number, companion = next(numbers), next(numbers)
    accompanied(clerk, number)
    wrong_day = clerk.post(COMPANION, **identity(companion, birth_day="2"))
    unknown = clerk.post(COMPANION, **identity(0, ticket_number="9999999999"))
    for answer, typed in ((wrong_day, ticket(companion)), (unknown, "9999999999")):
        assert answer.status_code == 409
        assert says("companion.no.not_confirmed") in answer.text
        assert f'value="{typed}"' in answer.text, "nothing typed is lost"
    same = wrong_day.text.replace(ticket(companion), "9999999999").replace('value="2"', 'value="1"')
    assert without_session_end(same) == without_session_end(unknown.text)
    assert acts_for(city, desk, companion) == ["companion_confirmed", "not_confirmed"]
    for _ in range(9):
        clerk.post(COMPANION, **identity(companion, birth_day="2"))
    locked = clerk.post(COMPANION, **identity(companion))
    assert locked.status_code == 429
    assert 'id="ticket_number-error"' in locked.text
    assert city.resident(companion).sign_in().status_code == 200, "the desk has its own counter"


def test_what_is_wrong_is_said_at_the_field(clerk: Colleague, numbers: Iterator[int]) -> None:
    number, companion = next(numbers), next(numbers)
    accompanied(clerk, number)
    page = clerk.post(COMPANION, **identity(companion, ticket_number="12", birth_month="13"))
    assert page.status_code == 422
    for field in ("ticket_number", "birth_year"):
        assert f'id="{field}-error"' in page.text
    own = clerk.post(COMPANION, **identity(number))
    assert (own.status_code, says("companion.no.same_person") in own.text) == (422, True)
    assert leads_to(clerk.post(COMPANION, **identity(companion))) == CONTACT
    assert re.search(r'name="phone"[^>]*value="08098765432"', clerk.get(CONTACT).text)
    page = clerk.post(CONTACT, name="", phone="12", email="x")
    assert page.status_code == 422
    for field in ("name", "phone", "email"):
        assert f'id="{field}-error"' in page.text
    assert 'value="12"' in page.text


def test_first_dose_elsewhere_and_a_companion_exclude_each_other(
    clerk: Colleague, numbers: Iterator[int]
) -> None:
    begins(clerk, next(numbers))
    clerk.get(f"{CALL}/details")
    elsewhere = {
        "product": "comirnaty",
        "first_dose_year": "2020",
        "first_dose_month": "1",
        "first_dose_day": "1",
    }
    page = clerk.post(f"{CALL}/details", **(DETAILS | elsewhere | {"companion": "yes"}))
    assert (page.status_code, 'id="companion-error"' in page.text) == (422, True)
    assert DETAILS["name"] in page.text


def test_companion_who_holds_a_booking_is_named_as_the_cause_and_the_caller_books_alone(
    city: City, clerk: Colleague, numbers: Iterator[int]
) -> None:
    number, companion = next(numbers), next(numbers)
    assert city.inside(companion).book().status_code == 201
    accompanied(clerk, number)
    brings(clerk, companion)
    sent = {"request_id": shown_of(clerk, "request_id"), "shown": shown_of(clerk, "shown")}
    page = clerk.post(f"{CALL}/check", **sent)
    assert (page.status_code, says("companion.no.booked") in page.text) == (409, True)
    assert f'value="{ticket(companion)}"' in page.text
    assert held(city, number) is None
    assert leads_to(clerk.post(COMPANION, none="yes")) == f"{CALL}/choose"
    chooses(clerk)
    assert sends(clerk) == CALL
    assert held(city, number) is not None


def test_one_turn_brings_one_companion(
    city: City, clerk: Colleague, numbers: Iterator[int]
) -> None:
    number, companion, third = next(numbers), next(numbers), next(numbers)
    books_both(clerk, number, companion)
    assert leads_to(cancels(clerk, "both")) == CALL
    assert 'name="companion"' not in clerk.get(f"{CALL}/details").text
    clerk.post(f"{CALL}/details", **(DETAILS | {"companion": "yes"}))
    brings(clerk, third)
    sent = {"request_id": shown_of(clerk, "request_id"), "shown": shown_of(clerk, "shown")}
    page = clerk.post(f"{CALL}/check", **sent)
    assert (page.status_code, says("companion.no.turn_used") in page.text) == (403, True)
    assert held(city, third) is None


def test_answers_that_come_later_are_waited_for(
    city: City, desk: StaffDesk, numbers: Iterator[int]
) -> None:
    number, companion = next(numbers), next(numbers)
    with desk_of(city, reply_wait_s=0.05) as hasty:
        clerk = hasty.colleague("clerk")
        accompanied(clerk, number)
        brings(clerk, companion)
        with city.undecided():
            path = sends(clerk)
            assert path.startswith(f"{CALL}/checking/")
        until(lambda: clerk.get(path).headers.get("location") == CALL)
        assert THEIRS["name"] in clerk.get(CALL).text
        with city.undecided():
            path = leads_to(cancels(clerk, "both"))
            assert path.startswith(f"{CALL}/cancelling/")
        until(lambda: clerk.get(path).headers.get("location") == CALL)
        none = clerk.get(f"{CALL}/cancelling/x/none")
        assert none.status_code == 404
    assert held(city, number) is None
    assert held(city, companion) is None


def test_nothing_is_sent_when_the_look_cannot_be_noted(
    city: City, desk: StaffDesk, clerk: Colleague, numbers: Iterator[int]
) -> None:
    number, companion = next(numbers), next(numbers)
    accompanied(clerk, number)
    with psycopg.connect(desk.database_url, autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON staff_look FROM seiriken_staff")
        try:
            page = clerk.post(COMPANION, **identity(companion))
        finally:
            owner.execute("GRANT INSERT ON staff_look TO seiriken_staff")
    assert page.status_code == 503
    assert f'value="{ticket(companion)}"' in page.text, "nothing typed is lost"
    assert leads_to(clerk.get(CONTACT)) == COMPANION, "they were not confirmed"
    assert held(city, companion) is None


def test_nothing_of_the_companion_stands_in_redis_in_clear(
    city: City, clerk: Colleague, numbers: Iterator[int]
) -> None:
    from redis import Redis

    number, companion = next(numbers), next(numbers)
    accompanied(clerk, number)
    brings(clerk, companion)
    with Redis.from_url(city.redis_url) as redis:
        kept = [redis.get(key) for key in redis.scan_iter("call:*")]
    assert kept
    for text in (THEIRS["name"], THEIRS["email"], ticket(companion)):
        assert all(isinstance(one, bytes) and text.encode() not in one for one in kept)
