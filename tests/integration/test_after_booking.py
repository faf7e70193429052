"""What a resident has of a booking on its pages: calendar file, map, reminders, masked contact."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from html import unescape
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import httpx2
import icalendar
import psycopg
import pytest

from allocator.model import SITE_TIMEZONE
from gateway import i18n
from tests.integration.city import CONTACT, City, Resident

CALENDAR = "/my-booking/vaccination.ics"
MASKED_EMAIL = re.sub(r"^(.).*@", r"\1****@", CONTACT["email"])


def booked(city: City, number: int, language: str = "en") -> Resident:
    """Return somebody who has just booked by the API, with a browser of that language."""
    resident = city.inside(number)
    assert resident.book().status_code == 201
    resident.http.headers["Accept-Language"] = language
    return resident


def events(answer: httpx2.Response) -> list[Any]:
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def chooses(resident: Resident, page: str) -> httpx2.Response:
    """Press the button of the reminders that the page has."""
    form = page.partition('action="/reminders"')[2]
    fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]+)"', form)[:2])
    return resident.http.post("/reminders", data=fields)


def wants_reminders(city: City, resident: Resident) -> bool:
    number = resident.http.get("/api/v1/booking").json()["booking_number"]
    with psycopg.connect(city.database_url) as connection:
        row = connection.execute(
            "SELECT reminders FROM booking WHERE booking_number = %s", [number]
        ).fetchone()
    assert row is not None
    return bool(row[0])


def test_calendar_file_has_both_doses_and_nothing_of_the_resident(city: City) -> None:
    resident = booked(city, 0)
    answer = resident.http.get(CALENDAR)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="vaccination.ics"'
    assert answer.headers["cache-control"] == "no-store"
    booking = resident.http.get("/api/v1/booking").json()
    starts = [datetime.fromisoformat(dose["starts_at"]) for dose in booking["doses"]]
    found = events(answer)
    assert [event["dtstart"].dt for event in found] == starts
    assert {event["dtstart"].dt.tzinfo.key for event in found} == {SITE_TIMEZONE.key}
    assert all(booking["booking_number"] in event["description"] for event in found)
    assert not [value for value in CONTACT.values() if value in answer.text]
    assert resident.http.get(CALENDAR).content == answer.content


def test_calendar_file_of_a_changed_booking_replaces_the_old_one(city: City) -> None:
    resident = booked(city, 1)
    old = events(resident.http.get(CALENDAR))
    moved = resident.change(
        doses="both",
        choices=[{"slot_id": resident.slots()[-1]["slot_id"]}],
    )
    assert moved.status_code == 200
    new = events(resident.http.get(CALENDAR))
    assert [event["uid"] for event in new] == [event["uid"] for event in old]
    assert [int(event["sequence"]) for event in old + new] == [0, 0, 1, 1]
    assert [event["dtstart"].dt for event in new] != [event["dtstart"].dt for event in old]


@pytest.mark.parametrize(("number", "language"), [(2, "ja"), (3, "ko")])
def test_calendar_file_is_in_the_reader_s_language(city: City, number: int, language: str) -> None:
    answer = booked(city, number, language).http.get(CALENDAR)
    assert answer.headers["content-language"] == language
    assert {"ja": "1回目", "ko": "1차"}[language] in events(answer)[0]["summary"]


def test_calendar_file_is_for_whoever_is_signed_in_and_has_a_booking(city: City) -> None:
    outside = httpx2.get(f"{city.url}{CALENDAR}", timeout=60)
    assert outside.status_code == 303
    assert outside.headers["location"].startswith("/sign-in")
    answer = city.inside(4).http.get(CALENDAR)
    assert (answer.status_code, answer.headers["location"]) == (303, "/my-booking")


def test_map_is_a_plain_link_with_the_venue_s_address_alone(city: City) -> None:
    resident = booked(city, 5)
    for path in ("/booked", "/my-booking"):
        page = resident.http.get(path).text
        links = re.findall(r'<a href="(https:[^"]+)" rel="noopener noreferrer">', page)
        assert {unescape(unquote(link)) for link in links} == {
            "https://www.openstreetmap.org/search?query=大森1"
        }
        assert re.findall(r'(?:src|href)="https?:', page) == ['href="https:'] * len(links)


def test_booked_page_says_where_the_mail_goes_and_not_more(city: City) -> None:
    resident = booked(city, 6)
    page = resident.http.get("/booked").text
    assert str(i18n.text("booked.next_mail", "en", email=MASKED_EMAIL)) in unescape(page)
    assert i18n.text("booked.next_reminders", "en") in page
    mine = resident.http.get("/my-booking").text
    for shown in (page, mine):
        assert CONTACT["email"] not in shown
        assert resident.http.get("/api/v1/me").json()["phone"] not in shown
    assert CONTACT["name"] in mine


def test_reminders_are_turned_off_and_on_again(city: City) -> None:
    resident = booked(city, 7)
    page = resident.http.get("/my-booking").text
    assert i18n.text("reminders.stop", "en") in page
    for button, wanted in (("reminders.start", False), ("reminders.stop", True)):
        answer = chooses(resident, page)
        assert (answer.status_code, answer.headers["location"]) == (303, "/my-booking#reminders")
        assert wants_reminders(city, resident) is wanted
        page = resident.http.get("/my-booking").text
        assert i18n.text(button, "en") in page
    revisions = [int(event["sequence"]) for event in events(resident.http.get(CALENDAR))]
    assert revisions == [0, 0], "nothing has moved"


def test_same_press_twice_is_one_choice(city: City) -> None:
    resident = booked(city, 8)
    page = resident.http.get("/my-booking").text
    assert [chooses(resident, page).status_code for _ in range(2)] == [303, 303]
    assert not wants_reminders(city, resident)


@pytest.mark.parametrize(
    "form",
    [
        {"request_id": str(uuid4())},
        {"request_id": str(uuid4()), "reminders": "maybe"},
        {"request_id": "1", "reminders": "no"},
        {"request_id": str(uuid4()), "reminders": "no", "email": "a@b.example"},
    ],
)
def test_form_that_no_page_sends_is_refused(city: City, form: dict[str, str]) -> None:
    assert city.inside(9).http.post("/reminders", data=form).status_code == 400


def test_without_a_booking_nothing_is_chosen(city: City) -> None:
    form = {"request_id": str(uuid4()), "reminders": "no"}
    answer = city.inside(10).http.post("/reminders", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/my-booking#reminders")


@pytest.mark.parametrize(("number", "ticked"), [(11, {"reminders": "yes"}), (12, {})])
def test_choice_at_the_details_is_the_booking_s(
    city: City, number: int, ticked: dict[str, str]
) -> None:
    resident = city.inside(number)
    assert 'value="yes" checked' in resident.http.get("/details").text
    wrong = resident.http.post("/details", data={**CONTACT, "email": "hanako", **ticked})
    assert wrong.status_code == 422
    assert ('value="yes" checked' in wrong.text) is bool(ticked)
    assert resident.http.post("/details", data={**CONTACT, **ticked}).status_code == 303
    assert ('value="yes" checked' in resident.http.get("/details").text) is bool(ticked)
    day = resident.first_slot()["starts_at"][:10]
    slot = re.search(r'name="slot" value="([^"]+)"', resident.http.get(f"/choose/{day}").text)
    assert slot is not None
    assert resident.http.post("/choose", data={"slot": slot[1]}).headers["location"] == "/check"
    page = resident.http.get("/check").text
    said = "reminders.wanted" if ticked else "reminders.unwanted"
    assert i18n.text(said, "en") in page
    sent = dict(re.findall(r'name="(request_id|shown)" value="([^"]+)"', page))
    answer = resident.http.post("/check", data=sent)
    assert answer.headers["location"] == "/booked"
    assert wants_reminders(city, resident) is bool(ticked)


def change_shown(resident: Resident) -> dict[str, str]:
    """Choose another time for both doses; return the form of the last page.

    It is on the second day: the last has few seats, and who counts the free ones here is a
    moment behind who has taken them.
    """
    http = resident.http
    assert http.post("/change", data={"doses": "both"}).headers["location"] == "/choose"
    day = re.findall(r'href="(/choose/[0-9-]+)"', http.get("/choose").text)[1]
    slot = re.findall(r'name="slot" value="([0-9-]+)"', http.get(day).text)[-1]
    assert http.post("/choose", data={"slot": slot}).headers["location"] == "/check"
    names = "request_id|shown|purpose"
    return dict(re.findall(f'name="({names})" value="([^"]+)"', http.get("/check").text))


def test_change_that_is_sent_again_after_its_answer_is_told_as_a_change(city: City) -> None:
    resident = booked(city, 13)
    form = change_shown(resident)
    assert resident.http.post("/check", data=form).headers["location"] == "/changed"
    again = resident.http.post("/check", data=form).headers["location"]
    assert resident.http.get(again).headers["location"] == "/changed"


def test_change_that_is_sent_twice_at_once_is_told_as_a_change_both_times(city: City) -> None:
    resident = booked(city, 14)
    form = change_shown(resident)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: resident.http.post("/check", data=form), range(4)))
    told = {answer.headers["location"] for answer in answers}
    assert {resident.http.get(one).headers.get("location", one) for one in told} == {"/changed"}
