"""A page for each "no", with what is kept, what to do and whom to ring, in every language."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest

from gateway import i18n
from gateway.languages import LANGUAGES
from gateway.settings import GatewaySettings
from tests.integration.city import CONTACT, NOON, City, make_plan, running_city, ticket
from tests.waiting import until

PHONE_DESK = GatewaySettings.model_fields["phone_desk"].default
BIRTH_DATE = {"birth_year": "1950", "birth_month": "1", "birth_day": "1"}
NOBODY = {"birth_year": "1951", "birth_month": "2", "birth_day": "3"}
TRIES_MAX = 30


@pytest.fixture
def city(database_url: str, redis_url: str, tmp_path: Path) -> City:
    """A city whose processes each test starts as it needs them."""
    city = City(database_url, redis_url, tmp_path)
    city.load(make_plan())
    return city


def text_of(answer: httpx2.Response) -> str:
    """Return the words of a page, readings in brackets, as a text browser shows them."""
    words = re.sub(r"<(script|style|title).*?</\1>|<[^>]+>", "", answer.text, flags=re.DOTALL)
    return unescape(words)


def tries(city: City, number: int, language: str, **born: str) -> httpx2.Response:
    """Send the sign-in form in a language."""
    page = city.resident(number).http
    page.cookies.set("language", language)
    return page.post("/sign-in", data={"ticket_number": ticket(number)} | (born or BIRTH_DATE))


def assert_page(answer: httpx2.Response, status: int, code: str, language: str) -> None:
    """The page says what is the matter in the reader's language, whom to ring; it is not kept."""
    assert answer.status_code == status
    assert answer.headers["content-language"] == language
    assert answer.headers["cache-control"] == "no-store"
    text = text_of(answer)
    assert str(i18n.text(f"problem.{code}.title", language)) in text
    assert PHONE_DESK in text
    assert 'name="ticket_number"' not in answer.text, "a page of its own, and no form"


def test_who_comes_too_early_is_told_when_to_come_back(city: City) -> None:
    lobby_at = NOON + timedelta(days=1)
    city.load(make_plan(lobby_at=lobby_at, opens_at=lobby_at))
    with city.allocator(), city.waiting_room(), city.gateway():
        city.wait_until_ready()
        for number, language in enumerate(LANGUAGES):
            early = tries(city, number, language)
            assert_page(early, 409, "not_open_yet", language)
            assert str(i18n.date_time_text(lobby_at, language)) in text_of(early)


def test_who_comes_too_late_or_is_not_meant_is_told_so(city: City) -> None:
    with city.allocator(), city.waiting_room(), city.gateway():
        city.wait_until_ready()
        for language in LANGUAGES:
            born = {"birth_year": "2000", "birth_month": "1", "birth_day": "1"}
            stranger = tries(city, 40, language, **born)
            assert_page(stranger, 409, "not_eligible", language)
        city.order("close")
        late = city.resident(0).http
        until(lambda: late.get("/queue/spring/status.json").json()["state"] == "closed")
        for number, language in enumerate(LANGUAGES):
            assert_page(tries(city, number, language), 410, "release_closed", language)
            closed = city.resident(number).http.get("/", headers={"Cookie": f"language={language}"})
            assert str(i18n.text("landing.closed", language)) in text_of(closed)
            assert PHONE_DESK in text_of(closed)


def test_who_has_tried_too_often_is_told_for_how_long_to_wait(city: City) -> None:
    with city.allocator(), city.waiting_room(), city.gateway():
        city.wait_until_ready()
        for _ in range(TRIES_MAX):
            answer = tries(city, 1, "en", **NOBODY)
            if answer.status_code == 429:
                break
            assert answer.status_code == 401
            assert 'name="ticket_number"' in answer.text, "to be mended and sent again"
        for language in LANGUAGES:
            answer = tries(city, 1, language)
            assert_page(answer, 429, "too_many_attempts", language)
            minutes = -(-int(answer.headers["retry-after"]) // 60)
            assert str(minutes) in text_of(answer)
            assert str(i18n.text("error.kept", language)) in text_of(answer)
            assert 'href="/sign-in"' in answer.text


def test_what_was_typed_while_the_system_was_away_is_taken_afterwards(city: City) -> None:
    with city.gateway():
        early = city.resident(1)
        away = early.http.post("/sign-in", data={"ticket_number": ticket(1)} | BIRTH_DATE)
        assert_page_keeps(away)
        with city.allocator(), city.waiting_room():
            city.wait_until_ready()
            again = early.http.post("/sign-in", data=hidden_fields(away.text))
            assert (again.status_code, again.headers["location"]) == (303, "/details")


def assert_page_keeps(away: httpx2.Response) -> None:
    assert away.status_code == 503
    assert int(away.headers["retry-after"]) > 0
    assert str(i18n.text("error.sent", "en")) in text_of(away)


def hidden_fields(page: str) -> dict[str, str]:
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in fields}


def test_nothing_typed_is_lost_where_it_was_wrong(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Each form with fields: what was typed comes back, each fault at its field and at the top."""
    forms = {
        "/sign-in": ({"ticket_number": "12x", "birth_era": "", "birth_year": "1945"}, 2),
        "/details": ({"name": "", "kana": "Yuri", "phone": "12", "email": "yuri@"}, 4),
        "/first-dose": ({"product": "comirnaty", "first_dose_year": "2021"}, 1),
    }
    with running_city(database_url, redis_url, tmp_path) as city:
        resident = city.inside(3).http
        for path, (typed, faults) in forms.items():
            answer = resident.post(path, data=typed)
            assert (answer.status_code, answer.headers["cache-control"]) == (422, "no-store")
            for name, value in typed.items():
                chosen = rf'id="{name}".*?value="{re.escape(value)}"'
                assert re.search(chosen, answer.text, re.DOTALL), (path, name)
            summary = re.search(r'role="alert".*?</ul>', answer.text, re.DOTALL)
            assert summary is not None
            linked = re.findall(r'href="#(\w+)"', summary[0])
            assert len(linked) == faults, path
            for field in linked:
                assert f'id="{field}-error"' in answer.text
        assert resident.post("/details", data=CONTACT).status_code == 303


def test_dead_session_leads_to_signing_in_and_back(city: City) -> None:
    with city.allocator(), city.waiting_room(), city.gateway():
        city.wait_until_ready()
        resident = city.inside(2).http
        resident.post("/details", data=CONTACT)
        resident.cookies.clear()
        resident.cookies.set("session", "A" * 43)
        led = resident.get("/choose").headers["location"]
        assert led == "/sign-in?" + urlencode({"again": "ended", "back": "choose"})
        typed = {"ticket_number": ticket(2), "back": "choose"} | BIRTH_DATE
        assert resident.post("/sign-in", data=typed).headers["location"] == "/choose"
