"""The end of a session, without a browser: told in time, put off, and got over where one was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from redis import Redis

from tests.integration.city import City, Resident, make_plan
from tests.waiting import until

IDLE_S = 600
INSIDE = "room:spring:inside"
PAGE = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
CONTACT = {"name": "試験 百合", "phone": "08098765432", "email": "yuri.7@example.jp"}


@pytest.fixture
def city(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[City]:
    """A city whose sessions end after a time of its own when nobody uses them."""
    city = City(database_url, redis_url, tmp_path)
    city.load(make_plan())
    with city.allocator(), city.waiting_room(), city.gateway(session_idle_s=IDLE_S):
        city.wait_until_ready()
        yield city


def sends(resident: Resident, path: str, **values: str) -> httpx2.Response:
    """Send a form as a browser does."""
    return resident.http.post(path, data=values, headers=PAGE)


def lets_sessions_run_out(city: City) -> None:
    """Do as if nobody had used any session for as long as it lasts, and their seats with it."""
    with Redis.from_url(city.redis_url) as redis:
        for key in redis.scan_iter("session:*"):
            assert 0 < redis.ttl(key) <= IDLE_S
            redis.delete(key)
        for person in redis.zrange(INSIDE, 0, -1):
            redis.zadd(INSIDE, {person: 0}, xx=True)
        until(lambda: not redis.exists(INSIDE))


def left_s(resident: Resident, path: str) -> int:
    """Return for how many seconds a page says that its session goes on."""
    found = re.search(r'data-left-s="(\d+)"', resident.http.get(path).text)
    assert found is not None, path
    return int(found[1])


def test_every_page_inside_tells_when_the_session_ends(city: City) -> None:
    resident = city.inside(1)
    sends(resident, "/details", **CONTACT)
    for path in ("/details", "/first-dose", "/choose", "/choose"):
        assert IDLE_S - 60 <= left_s(resident, path) <= IDLE_S
        page = resident.http.get(path).text
        assert 'action="/stay"' in page
        assert "\ue000" not in page, "a mark was left over"
    for path in ("/", "/sign-in", "/signed-out"):
        assert "data-left-s" not in resident.http.get(path).text


def test_what_was_wrong_and_sent_after_the_end_comes_back_to_be_mended(city: City) -> None:
    """Without JavaScript nothing warns of the end; what is mended is kept before they wait."""
    resident = city.inside(3)
    del resident.http.cookies["session"]
    faulty = CONTACT | {"phone": "12"}
    answer = sends(resident, "/details", **faulty)
    assert (answer.status_code, answer.headers["cache-control"]) == (422, "no-store")
    assert 'id="phone-error"' in answer.text
    assert all(f'value="{value}"' in answer.text for value in faulty.values())
    assert "data-left-s" not in answer.text, "there is no session to put off"
    mended = sends(resident, "/details", **CONTACT)
    assert (mended.status_code, mended.headers["location"]) == (303, "/wait?back=choose")

    answer = sends(resident, "/first-dose", product="comirnaty", first_dose_year="2021")
    assert answer.status_code == 422
    assert 'value="2021"' in answer.text
    assert resident.http.get("/details").headers["location"] == "/wait?back=details"


def test_kept_page_tells_each_reader_their_own_time(city: City) -> None:
    first = city.inside(1)
    with Redis.from_url(city.redis_url) as redis:
        (key,) = redis.scan_iter("session:*")
        redis.hincrbyfloat(key, "ends_at", -1_000.0)
    second = city.inside(2)
    for resident in (first, second):
        sends(resident, "/details", **CONTACT)
    pages = [resident.http.get("/choose").text for resident in (first, second)]
    assert all("\ue000" not in page for page in pages)
    most_s = [int(re.findall(r'data-most-s="(\d+)"', page)[0]) for page in pages]
    assert 2_400 < most_s[0] <= 2_600
    assert 3_400 < most_s[1] <= 3_600


def test_staying_leaves_the_page_and_begins_the_limit_anew(city: City) -> None:
    resident = city.inside(1)
    token = resident.http.cookies["session"]

    def until_at() -> float:
        with Redis.from_url(city.redis_url) as redis:
            (key,) = redis.scan_iter("session:*")
            return float(redis.hget(key, "until") or 0)

    before = until_at()
    answer = sends(resident, "/stay")
    assert (answer.status_code, answer.content) == (204, b"")
    assert until_at() > before
    assert resident.http.cookies["session"] == token


def test_staying_too_late_opens_another_session(city: City) -> None:
    resident = city.inside(1)
    token = resident.http.cookies["session"]
    lets_sessions_run_out(city)
    assert sends(resident, "/stay").status_code == 204
    assert resident.http.cookies["session"] != token
    assert resident.http.get("/details").status_code == 200


def test_who_was_signed_out_comes_back_to_the_same_page(city: City) -> None:
    resident = city.inside(1)
    sends(resident, "/details", **CONTACT)
    day = resident.first_slot()["starts_at"][:10]
    for path in ("choose", f"choose/{day}", "first-dose", "details", "standby"):
        lets_sessions_run_out(city)
        turned_away = resident.http.get(f"/{path}")
        assert turned_away.headers["location"] == f"/wait?back={path}"
        waiting = resident.http.get(f"/wait?back={path}").text
        assert f'name="back" value="{path}"' in waiting
        entered = sends(resident, "/enter", back=path)
        assert (entered.status_code, entered.headers["location"]) == (303, f"/{path}")


def test_who_has_to_sign_in_again_comes_back_to_the_same_page(city: City) -> None:
    resident = city.inside(1)
    sends(resident, "/details", **CONTACT)
    resident.http.cookies.clear()
    turned_away = resident.http.get("/check")
    assert turned_away.headers["location"] == "/sign-in?again=yes&back=check"
    born = {"birth_year": "1950", "birth_month": "1", "birth_day": "1"}
    for back, leads_to in (
        ("first-dose", "/first-dose"),
        ("choose/2021-06-10", "/choose/2021-06-10"),
        ("//example.jp", "/details"),
        ("choose/../../x", "/details"),
        ("cancel", "/details"),
    ):
        signed_in = sends(resident, "/sign-in", ticket_number="0000000001", back=back, **born)
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, leads_to)
    assert CONTACT["name"] in resident.http.get("/details").text


@pytest.mark.parametrize("elsewhere", ["//example.jp", "/example.jp", "https://example.jp", "x"])
def test_entering_leads_nowhere_but_to_our_pages(city: City, elsewhere: str) -> None:
    resident = city.inside(1)
    entered = sends(resident, "/enter", back=elsewhere)
    assert (entered.status_code, entered.headers["location"]) == (303, "/details")
    assert resident.http.get("/wait", params={"back": elsewhere}).headers["location"] == "/details"


def test_what_was_sent_after_the_end_is_kept(city: City) -> None:
    resident = city.inside(1)
    lets_sessions_run_out(city)
    assert sends(resident, "/details", **CONTACT).headers["location"] == "/wait?back=choose"
    assert sends(resident, "/enter", back="choose").headers["location"] == "/choose"
    day = resident.first_slot()["starts_at"][:10]
    slots = re.findall(r'name="slot" value="([^"]+)"', resident.http.get(f"/choose/{day}").text)
    lets_sessions_run_out(city)
    assert sends(resident, "/choose", slot=slots[0]).headers["location"] == "/check"
    assert resident.http.get("/check").headers["location"] == "/wait?back=check"
    assert sends(resident, "/enter", back="check").headers["location"] == "/check"
    check = resident.http.get("/check")
    assert (check.status_code, CONTACT["email"] in check.text) == (200, True)


def test_first_dose_that_was_sent_after_the_end_is_kept_or_comes_back(city: City) -> None:
    resident = city.inside(1)
    sends(resident, "/details", **CONTACT)
    lets_sessions_run_out(city)
    assert sends(resident, "/first-dose", product="x").status_code == 422
    typed = {"first_dose_year": "2021", "first_dose_month": "6", "first_dose_day": "1"}
    assert sends(resident, "/first-dose", product="comirnaty", **typed).status_code == 303
    sends(resident, "/enter", back="first-dose")
    assert 'value="2021"' in resident.http.get("/first-dose").text


def test_companion_typed_for_longer_than_the_session_is_kept_and_confirmed_later(
    city: City,
) -> None:
    """Nobody is told anything of a ticket without a session: it is kept, and asked again."""
    resident = city.inside(1)
    details = sends(resident, "/details", companion="yes", **CONTACT)
    assert details.headers["location"] == "/companion"
    lets_sessions_run_out(city)
    typed = {"ticket_number": "0000000002", "birth_year": "1950", "birth_month": "1"}
    mended = sends(resident, "/companion", **typed, birth_day="32")
    assert (mended.status_code, 'value="32"' in mended.text) == (422, True)
    kept = sends(resident, "/companion", **typed, birth_day="2")
    assert kept.headers["location"] == "/wait?back=companion"
    assert sends(resident, "/enter", back="companion").headers["location"] == "/companion"
    assert "0000000002" in resident.http.get("/companion").text
    assert sends(resident, "/companion", **typed, birth_day="2").status_code == 409
    sends(resident, "/companion", **typed, birth_day="1")
    lets_sessions_run_out(city)
    faulty = sends(resident, "/companion/details", **(CONTACT | {"phone": "12"}))
    assert (faulty.status_code, CONTACT["name"] in faulty.text) == (422, True)
    kept = sends(resident, "/companion/details", **CONTACT)
    assert kept.headers["location"] == "/wait?back=choose"
