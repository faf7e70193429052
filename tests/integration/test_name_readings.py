"""How a name is read goes with it: on the pages of two who come together, and at both desks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from itertools import count

import httpx2
import pytest

from gateway import i18n
from tests.integration.city import CONTACT, City, Resident
from tests.integration.staff import Colleague, StaffDesk, desk_of
from tests.integration.test_api_standby import accept, join, last_day, place, sold_out
from tests.integration.test_companion_pages import accompanied, chooses, identity, leads_to, send
from tests.integration.test_staff_calls import CALL, DETAILS, begins, sends
from tests.integration.test_staff_companions import CONTACT as COMPANION_CONTACT
from tests.integration.test_staff_companions import THEIRS, brings
from tests.integration.test_staff_companions import accompanied as calls_accompanied
from tests.integration.venue_day import arrival
from tests.waiting import until

MINE, OTHERS = "シケン ユリ", "シケン タロウ"


@pytest.fixture(scope="module")
def desk(city: City) -> Iterator[StaffDesk]:
    """The staff gateway of the city."""
    with desk_of(city) as running:
        yield running


@pytest.fixture
def clerk(desk: StaffDesk) -> Colleague:
    """Somebody at the phone."""
    return desk.colleague("clerk")


def kana_on(page: httpx2.Response) -> str:
    """Return what stands in the field for the reading."""
    field = re.search(r'<input[^>]*id="kana"[^>]*>', page.text)
    assert field is not None
    assert 'autocomplete="off"' in field[0], "there is no token for how a name is read"
    value = re.search(r'value="([^"]*)"', field[0])
    return unescape(value[1]) if value else ""


def reading_of(resident: Resident) -> object:
    """Return the reading that somebody sees of their own name."""
    return resident.http.get("/api/v1/me").json()["kana"]


def test_reading_is_asked_once_shown_before_it_is_sent_and_kept_with_the_booking(
    city: City,
) -> None:
    resident, companion = accompanied(city, 1), city.inside(2)
    assert kana_on(resident.http.get("/details")) == ""
    typed = CONTACT | {"kana": "しけん　ﾕﾘ", "companion": "yes"}
    assert leads_to(resident.http.post("/details", data=typed)) == "/companion"
    assert kana_on(resident.http.get("/details")) == MINE
    assert leads_to(resident.http.post("/companion", data=identity(2))) == "/companion/details"
    assert kana_on(resident.http.get("/companion/details")) == "", "it is another's name"
    chooses(resident, kana="しけん たろう")
    assert kana_on(resident.http.get("/companion/details")) == OTHERS
    page = resident.http.get("/check").text
    assert MINE in page
    assert OTHERS in page
    assert leads_to(send(resident)).startswith("/booked/")
    assert (reading_of(resident), reading_of(companion)) == (MINE, OTHERS)
    mine = resident.http.get("/my-booking").text
    assert (MINE in mine, OTHERS in mine) == (True, False)


def test_reading_that_another_window_changed_is_shown_before_it_is_sent(city: City) -> None:
    resident = accompanied(city, 3)
    assert leads_to(resident.http.post("/companion", data=identity(4))) == "/companion/details"
    chooses(resident, kana="ゴジ")
    page = resident.http.get("/check").text
    sent = dict(re.findall(r'type="hidden" name="(request_id|shown)" value="([^"]+)"', page))
    resident.http.post("/companion/details", data=THEIRS | {"kana": "タロウ"})
    again = resident.http.post("/check", data=sent)
    assert (again.status_code, "タロウ" in again.text) == (409, True)
    assert i18n.text("check.changed", "en") in again.text


def test_reading_that_is_taken_out_is_gone(city: City) -> None:
    resident = city.inside(5)
    resident.http.post("/details", data=CONTACT | {"kana": MINE})
    resident.http.post("/details", data=CONTACT | {"kana": ""})
    assert kana_on(resident.http.get("/details")) == ""


def test_who_waited_on_the_standby_list_keeps_the_reading(city: City) -> None:
    wish = last_day("hall", "morning")
    holders = sold_out(city, count(20), wish)
    waiting = city.inside(6)
    contact = CONTACT | {"kana": "しけん　ﾕﾘ"}
    assert join(waiting, wish, contact=contact).status_code == 201
    assert holders[0].cancel().status_code == 200
    until(lambda: place(waiting)["state"] == "offered")
    assert accept(waiting).status_code == 201
    assert reading_of(waiting) == MINE


def test_clerk_asks_for_both_readings_and_reads_them_back(city: City, clerk: Colleague) -> None:
    calls_accompanied(clerk, 7, kana="しけん ゆり")
    assert kana_on(clerk.get(f"{CALL}/details")) == MINE
    clerk.get(f"{CALL}/companion")
    assert leads_to(clerk.post(f"{CALL}/companion", **identity(8))) == COMPANION_CONTACT
    clerk.get(COMPANION_CONTACT)
    wrong = clerk.post(COMPANION_CONTACT, **(THEIRS | {"kana": "Taro"}))
    assert (wrong.status_code, kana_on(wrong)) == (422, "Taro")
    assert 'id="kana-error"' in wrong.text
    clerk.get(f"{CALL}/companion")
    brings(clerk, 8, kana="しけん たろう")
    assert (MINE in clerk.seen, OTHERS in clerk.seen) == (True, True)
    assert sends(clerk) == CALL
    page = clerk.get(CALL).text
    assert (MINE in page, OTHERS in page) == (True, True)
    assert (reading_of(city.inside(7)), reading_of(city.inside(8))) == (MINE, OTHERS)


def test_wrong_reading_is_said_at_its_field_with_what_was_typed(
    clerk: Colleague, desk: StaffDesk
) -> None:
    begins(clerk, 9)
    clerk.get(f"{CALL}/details")
    boss = desk.colleague("supervisor")
    boss.get("/walk-in")
    for answer in (
        clerk.post(f"{CALL}/details", **(DETAILS | {"kana": "百合"})),
        boss.post("/walk-in", **arrival(9, kana="百合")),
    ):
        assert (answer.status_code, kana_on(answer)) == (422, "百合")
        assert 'id="kana-error"' in answer.text
