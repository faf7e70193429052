"""Planned downtime as residents meet it: a banner before, a page during, the same place after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import pytest
from redis import Redis

from allocator.model import SITE_TIMEZONE
from gateway import i18n
from gateway.forms import BODY_BYTES_MAX
from monitoring.bulletin.maintenance import REDIS_KEY, Plan
from tests.integration.city import CONTACT, City
from tests.waiting import until

NOW = datetime.now(SITE_TIMEZONE)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def no_plans_after(city: City) -> Iterator[None]:
    """Take the plans back, and wait until the city knows."""
    yield
    publish(city)
    page = city.resident(0).http
    until(lambda: page.get("/").status_code == 200 and "Planned downtime" not in page.get("/").text)


def publish(city: City, *plans: Plan) -> None:
    """Tell gateways and room of plans, as the herald does."""
    with Redis.from_url(city.redis_url) as redis:
        redis.set(REDIS_KEY, msgspec.json.encode(plans))


def running_plan() -> Plan:
    now = datetime.now(SITE_TIMEZONE)
    return Plan("m20210901-1", now - HOUR, now + HOUR, now - 8 * 24 * HOUR)


def test_downtime_to_come_is_told_of_on_every_page(city: City) -> None:
    begins = NOW + timedelta(days=8)
    publish(city, Plan("m1", begins, begins + HOUR, NOW))
    page = city.resident(1).http
    until(lambda: "Planned downtime" in page.get("/").text)
    for path in ("/", "/sign-in", "/draw"):
        text = page.get(path, headers={"Accept-Language": "ja"}).text
        assert "システム停止のお知らせ" in text
        assert f"{begins.day}日" in text
    assert page.get("/no-such-page").status_code == 404


def test_while_it_runs_there_is_one_page_with_its_end_and_nothing_is_taken(city: City) -> None:
    resident = city.resident(2)
    place = resident.sign_in().json()["place"]
    publish(city, running_plan())
    until(lambda: resident.http.get("/").status_code == 503)

    answered = resident.http.get("/my-booking")
    assert answered.status_code == 503
    assert 3_500 < int(answered.headers["Retry-After"]) <= 3_600
    assert "down for maintenance" in answered.text
    assert "place in the line and your booking are kept" in answered.text

    told = resident.book()
    assert told.status_code == 503
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["code"] == "maintenance"
    assert datetime.fromisoformat(told.json()["ends_at"]) > NOW

    until(lambda: resident.http.get("/queue/status.json").json()["state"] == "paused")
    assert resident.http.get("/static/seiriken.css").status_code == 200
    assert resident.http.get("/healthz").status_code == 200

    publish(city)
    until(lambda: resident.http.get("/queue/status.json").json()["state"] == "open")
    until(lambda: resident.http.get("/api/v1/me").status_code == 200)
    assert resident.http.get("/api/v1/me").json()["place"] == place
    assert resident.book().status_code == 201


def test_what_was_typed_when_it_began_is_taken_afterwards(city: City) -> None:
    resident = city.inside(4)
    publish(city, running_plan())
    until(lambda: resident.http.get("/").status_code == 503)

    away = resident.http.post("/details", data=CONTACT)
    assert (away.status_code, away.headers["cache-control"]) == (503, "no-store")
    assert str(i18n.text("maintenance.sent", "en")) in away.text
    assert "data-ask-again" not in away.text, "a page that loads itself anew would lose it"
    kept = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', away.text)
    assert dict(kept) == CONTACT
    assert "data-ask-again" in resident.http.get("/details").text

    foreign = {"Sec-Fetch-Site": "cross-site", "X-Requested-With": ""}
    refused = resident.http.post("/details", data=CONTACT, headers=foreign)
    assert (refused.status_code, 'type="hidden"' in refused.text) == (403, False)
    too_large = resident.http.post("/details", data={"name": "a" * BODY_BYTES_MAX})
    assert too_large.status_code == 413

    publish(city)
    until(lambda: resident.http.get("/").status_code == 200)
    taken = resident.http.post("/details", data=dict(kept))
    assert (taken.status_code, taken.headers["location"]) == (303, "/choose")


def test_plan_holds_though_redis_forgets_it(city: City) -> None:
    page = city.resident(3).http
    publish(city, running_plan())
    until(lambda: page.get("/").status_code == 503)
    with Redis.from_url(city.redis_url) as redis:
        redis.delete(REDIS_KEY)
        for _ in range(20):
            assert page.get("/").status_code == 503
