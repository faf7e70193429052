"""The end of a staff session: told in time, put off by a press; one comes back to the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.integration.city import City
from tests.integration.staff import Colleague, StaffDesk, desk_of

IDLE = timedelta(minutes=15)


@pytest.fixture(scope="module")
def desk(city: City) -> Iterator[StaffDesk]:
    """The staff gateway of the city."""
    with desk_of(city) as running:
        yield running


def seconds(page: str, name: str) -> int:
    """Return one of the times that a page tells its script."""
    found = re.search(rf'data-{name}-s="([0-9]+)"', page)
    assert found is not None
    return int(found[1])


def back_in(page: str) -> str:
    """Return the page to go on at that the form for signing in holds."""
    found = re.search(r'name="back" value="([^"]*)"', page)
    return found[1].replace("&amp;", "&") if found else ""


def signs_in_again(who: Colleague, **changes: str) -> str:
    """Sign in with the form that is shown; return where it leads."""
    back = back_in(who.seen)
    return who.sign_in(**({"back": back} if back else {}), **changes).headers["location"]


def test_page_tells_when_the_session_ends(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    page = clerk.get("/caller").text
    assert 890 <= seconds(page, "left") <= 900
    assert 28_700 <= seconds(page, "most") <= 28_800
    for _ in range(47):
        desk.passes(timedelta(minutes=10))
        page = clerk.get("/caller").text
    assert seconds(page, "left") == seconds(page, "most") <= 600, "no use puts this end off"


def test_one_press_puts_the_end_off_and_needs_the_forms_token(desk: StaffDesk) -> None:
    clerk = desk.colleague("clerk")
    clerk.get("/caller")
    for _ in range(3):
        desk.passes(IDLE - timedelta(minutes=1))
        assert clerk.post("/stay").status_code == 204
    clerk.seen = ""
    assert clerk.post("/stay").status_code == 403
    desk.passes(IDLE)
    assert clerk.post("/stay").status_code == 401


def test_who_signs_in_again_is_back_at_the_page(desk: StaffDesk) -> None:
    boss = desk.colleague("supervisor")
    desk.passes(IDLE)
    asked = boss.get("/venue?venue=school")
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/sign-in?back=%2Fvenue%3Fvenue%3Dschool",
    )
    boss.get(asked.headers["location"])
    assert boss.sign_in(back=back_in(boss.seen), code="000000").status_code == 401
    assert signs_in_again(boss) == "/venue?venue=school"


def test_who_sent_a_form_too_late_is_back_at_the_page_that_it_was_on(desk: StaffDesk) -> None:
    boss = desk.colleague("supervisor")
    boss.get("/closing")
    desk.passes(IDLE)
    boss.post("/closing")
    assert signs_in_again(boss) == "/closing"
    boss.get("/venue")
    desk.passes(IDLE)
    boss.http.headers["referer"] = f"{desk.url}/venue?venue=hall"
    boss.post("/venue/given")
    assert signs_in_again(boss) == "/venue?venue=hall"
    boss.get("/venue")
    desk.passes(IDLE)
    boss.http.headers["referer"] = "http://["
    boss.post("/venue/given")
    assert (signs_in_again(boss), boss.http.headers.pop("referer")) == ("/", "http://[")


@pytest.mark.parametrize(
    "back", ["//elsewhere.example", "https://elsewhere.example/venue", "/plans", "/sign-out", "/x"]
)
def test_nobody_is_led_elsewhere_nor_to_what_is_not_theirs(desk: StaffDesk, back: str) -> None:
    hall = desk.returning("", "")
    hall.get(f"/sign-in?back={back}")
    assert back_in(hall.seen) == ("/plans" if back == "/plans" else "")
    nurse = desk.colleague("venue")
    nurse.http.cookies.clear()
    assert nurse.sign_in(back=back).headers["location"] == "/"
    assert nurse.get(f"/sign-in?back={back}").headers["location"] == "/venue"


def test_what_a_form_is_sent_to_leads_to_its_page_when_it_is_asked_for(desk: StaffDesk) -> None:
    nurse = desk.colleague("venue")
    assert nurse.get("/venue/dose").headers["location"] == "/venue"
    assert nurse.get("/caller/place").headers["location"] == "/caller"
    nurse.http.cookies.clear()
    assert nurse.get("/venue/dose").headers["location"] == "/venue"
