"""Pages for two: who comes along is confirmed as at a sign-in, and both are booked, or neither."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import httpx2
import pytest

from gateway import i18n
from monitoring import metrics
from tests.integration.city import (
    BORN,
    CONTACT,
    FIRST_DAY,
    PEOPLE,
    PHONE,
    City,
    Resident,
    flexible,
    ticket,
)

THEIRS = {"name": "試験 太郎", "phone": "0476425111", "email": "taro.8@example.jp"}


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """Residents whom no test has used yet."""
    return count(20)


def says(msgid: str, **params: object) -> str:
    """Return a message as it stands in a page."""
    return str(i18n.text(msgid, "en", **params))


def identity(number: int, **changes: str) -> dict[str, str]:
    born = {"birth_year": str(BORN.year), "birth_month": "1", "birth_day": "1"}
    return {"ticket_number": ticket(number), "birth_era": ""} | born | changes


def leads_to(response: httpx2.Response) -> str:
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def accompanied(city: City, number: int) -> Resident:
    """Let somebody in who says that another comes along."""
    resident = city.inside(number)
    sent = resident.http.post("/details", data=CONTACT | {"companion": "yes"})
    assert leads_to(sent) == "/companion"
    return resident


def chosen(resident: Resident, companion: int) -> None:
    """Say who comes along, and choose a time."""
    sent = resident.http.post("/companion", data=identity(companion))
    assert leads_to(sent) == "/companion/details"
    chooses(resident)


def chooses(resident: Resident, **theirs: str) -> None:
    """Say how to reach the companion, and choose the first time that both can have."""
    http = resident.http
    assert leads_to(http.post("/companion/details", data=THEIRS | theirs)) == "/choose"
    day = re.search(r'href="(/choose/[0-9-]+)"', http.get("/choose").text)
    assert day is not None
    slot = re.search(r'name="slot" value="([0-9-]+)"', http.get(day[1]).text)
    assert slot is not None
    assert leads_to(http.post("/choose", data={"slot": slot[1]})) == "/check"


def send(resident: Resident) -> httpx2.Response:
    page = resident.http.get("/check").text
    form = dict(re.findall(r'type="hidden" name="(request_id|shown)" value="([^"]+)"', page))
    return resident.http.post("/check", data=form)


def test_both_are_booked_and_each_holds_their_own(city: City, numbers: Iterator[int]) -> None:
    number, companion = next(numbers), next(numbers)
    resident = accompanied(city, number)
    assert leads_to(resident.http.get("/choose")) == "/companion", "nobody is known yet"
    assert leads_to(resident.http.get("/check")) == "/companion"
    assert leads_to(resident.http.get("/companion/details")) == "/companion"
    chosen(resident, companion)
    page = resident.http.get("/check").text
    for value in (ticket(number), ticket(companion), CONTACT["email"], THEIRS["email"]):
        assert value in page

    booked = leads_to(send(resident))
    assert booked.startswith("/booked/")
    page = resident.http.get(booked).text
    theirs = city.inside(companion)
    numbers_shown = [one.http.get("/api/v1/booking").json()["booking_number"]
                     for one in (resident, theirs)]  # fmt: skip
    assert all(one in page for one in numbers_shown)
    assert THEIRS["email"] not in page, "R4: each sees their own details"
    assert numbers_shown[1] not in resident.http.get("/my-booking").text
    assert leads_to(theirs.http.get(booked)) == "/my-booking", "another's request"

    later = (FIRST_DAY + timedelta(days=2)).isoformat()
    moved = resident.change(doses="both", flexible=flexible(**{"from": later, "to": later}))
    assert moved.status_code == 200
    assert leads_to(resident.http.get(booked)) == "/my-booking", "each goes their own way"

    cancel = resident.http.get("/cancel").text
    found = re.search(r'name="request_id" value="([^"]+)"', cancel)
    assert found is not None
    gone = resident.http.post("/cancel", data={"request_id": found[1], "doses": "both"})
    assert leads_to(gone) == "/cancelled"
    assert leads_to(resident.http.get(booked)) == "/my-booking"
    assert theirs.http.get("/api/v1/booking").status_code == 200, "theirs stays as it is"

    assert says("details.companion") not in resident.http.get("/details").text
    assert leads_to(resident.http.post("/details", data=CONTACT | {"companion": "yes"}))
    again = resident.http.post("/companion", data=identity(next(numbers)))
    assert (again.status_code, says("field.companion_turn_used") in again.text) == (403, True)


def test_every_failure_is_answered_alike_and_counted(city: City, numbers: Iterator[int]) -> None:
    resident, companion = accompanied(city, next(numbers)), next(numbers)
    wrong_day = resident.http.post("/companion", data=identity(companion, birth_day="2"))
    unknown = resident.http.post("/companion", data=identity(0, ticket_number="9999999999"))
    assert (wrong_day.status_code, unknown.status_code) == (409, 409)
    for answer, typed in ((wrong_day, ticket(companion)), (unknown, "9999999999")):
        assert says("problem.companion_not_confirmed.detail") in answer.text
        assert f'value="{typed}"' in answer.text, "nothing typed is lost"
    same = wrong_day.text.replace(ticket(companion), "9999999999").replace('value="2"', 'value="1"')
    assert _without_clock(same) == _without_clock(unknown.text)

    for _ in range(9):
        city.resident(companion).sign_in(birth_date="1950-01-02")
    counted = metrics.SECURITY_EVENTS.labels("too_many_attempts")
    before = counted._value.get()
    locked = resident.http.post("/companion", data=identity(companion))
    assert (locked.status_code, counted._value.get()) == (429, before + 1)
    assert locked.headers["retry-after"]
    assert 'id="ticket_number-error"' in locked.text
    assert city.resident(companion).sign_in().status_code == 429, "the same counter"


def test_what_is_wrong_with_the_form_is_said_at_the_field(
    city: City, numbers: Iterator[int]
) -> None:
    number, companion = next(numbers), next(numbers)
    resident = accompanied(city, number)
    wrong = resident.http.post("/companion", data=identity(companion, birth_month="13"))
    assert (wrong.status_code, 'value="13"' in wrong.text) == (422, True)
    assert 'id="birth_year-error"' in wrong.text
    mine = resident.http.post("/companion", data=identity(number))
    assert (mine.status_code, says("field.same_person") in mine.text) == (422, True)
    assert leads_to(resident.http.post("/companion", data=identity(companion)))
    filled_in = resident.http.get("/companion/details").text
    assert f'value="{PHONE}"' in filled_in, "nobody types their own number twice"
    assert f'value="{CONTACT["email"]}"' in filled_in
    typed = THEIRS | {"kana": "Taro", "phone": "12"}
    details = resident.http.post("/companion/details", data=typed)
    assert (details.status_code, 'value="試験 太郎"' in details.text) == (422, True)
    assert 'id="phone-error"' in details.text
    assert ('id="kana-error"' in details.text, 'value="Taro"' in details.text) == (True, True)
    assert leads_to(resident.http.post("/companion", data={"none": "yes"})) == "/choose"
    assert says("choose.title.book") in resident.http.get("/choose").text


def test_companion_who_has_booked_already_is_said_at_the_field(
    city: City, numbers: Iterator[int]
) -> None:
    resident, companion = accompanied(city, next(numbers)), next(numbers)
    chosen(resident, companion)
    assert city.inside(companion).book().status_code == 201
    refused = send(resident)
    assert refused.status_code == 409
    assert says("field.companion_booked") in refused.text
    assert f'value="{ticket(companion)}"' in refused.text
    assert resident.http.get("/api/v1/booking").status_code == 404, "neither is booked"
    assert leads_to(resident.http.post("/companion", data={"none": "yes"})) == "/choose"


def test_companion_whom_the_release_is_not_for_is_said_at_the_field(
    city: City, numbers: Iterator[int]
) -> None:
    resident = accompanied(city, next(numbers))
    young = identity(PEOPLE, birth_year="2000")
    assert leads_to(resident.http.post("/companion", data=young)) == "/companion/details"
    chooses(resident)
    refused = send(resident)
    assert refused.status_code == 409
    assert says("field.companion_not_eligible") in refused.text
    assert f'value="{ticket(PEOPLE)}"' in refused.text


def _without_clock(page: str) -> str:
    """Take out what tells one moment from another: when the session ends."""
    return re.sub(r'data-[a-z-]+="[^"]*"|<time.*?</time>|[0-9]{1,2}:[0-9]{2}', "", page)
