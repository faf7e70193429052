"""Somebody without an e-mail address books with a mobile phone, where the city sends SMS."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from redis import Redis

from allocator import asked
from allocator.jobs_settings import JobsSettings
from allocator.migrate import create_login_roles, role_url
from allocator.model import SITE_TIMEZONE
from allocator.notices import NoticeDesk, desk_of
from allocator.sms import TOKEN_FILE
from seiriken.embedded_postgres import EmbeddedPostgres
from seiriken.embedded_redis import EmbeddedRedis
from tests.integration.city import CONTACT, PHONE, City, Resident, city_of_a_module
from tests.integration.sms_provider import SmsProvider

NOBODYS = CONTACT | {"email": ""}


@pytest.fixture(scope="module")
def city(
    postgres: EmbeddedPostgres,
    template: str,
    redis_server: EmbeddedRedis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    """A city that sends short messages."""
    home = tmp_path_factory.mktemp("city")
    with city_of_a_module(postgres, template, redis_server, home, short_messages=True) as running:
        yield running


@pytest.fixture
def provider() -> Iterator[SmsProvider]:
    server = SmsProvider()
    yield server
    server.close()


@pytest.fixture
def desk(city: City, provider: SmsProvider, tmp_path: Path) -> Iterator[NoticeDesk]:
    create_login_roles(city.database_url, {"jobs": "jobs-password"})
    (city.secrets_dir / TOKEN_FILE).write_text("secret")
    made = desk_of(
        JobsSettings(
            database_url=role_url(city.database_url, "jobs", "jobs-password"),
            redis_url=city.redis_url,
            secrets_dir=city.secrets_dir,
            public_url="https://yoyaku.inzai.example",
            mail_dir=tmp_path / "mail",
            sms_url=provider.url,
        )
    )
    yield made
    made.close()


def settle(desk: NoticeDesk) -> list[str]:
    due = desk.outbox.due(100) + desk.outbox.due(100, queue="codes")
    return [desk.tell(one, datetime.now(SITE_TIMEZONE)) for one in due]


def chooses(resident: Resident) -> str:
    """Choose the first time, send, and return the page that says so."""
    http = resident.http
    day = re.search(r'href="(/choose/[0-9-]+)"', http.get("/choose").text)
    assert day is not None
    slot = re.search(r'name="slot" value="([0-9-]+)"', http.get(day[1]).text)
    assert slot is not None
    assert http.post("/choose", data={"slot": slot[1]}).headers["location"] == "/check"
    page = http.get("/check").text
    assert "No e-mail address" in page
    form = dict(re.findall(r'type="hidden" name="(request_id|shown)" value="([^"]+)"', page))
    return str(http.get(http.post("/check", data=form).headers["location"]).text)


def test_booking_and_code_come_by_short_message(
    city: City, desk: NoticeDesk, provider: SmsProvider
) -> None:
    resident = city.inside(0)
    resident.http.headers["Accept-Language"] = "en"
    assert "text message" in resident.http.get("/details").text
    landline = resident.http.post("/details", data=NOBODYS | {"phone": "0476-42-5111"})
    assert landline.status_code == 422
    assert "0476-42-5111" in landline.text, "nothing typed is lost"
    assert "Enter your e-mail address. If you have none" in landline.text
    assert resident.http.post("/details", data=NOBODYS | {"reminders": "yes"}).status_code == 303

    booked = chooses(resident)
    assert f"text message (SMS) to ****{PHONE[-3:]}" in booked
    assert settle(desk) == ["texted"]
    (confirmed,) = provider.posted
    assert json.loads(confirmed.body)["to"] == f"+81{PHONE[1:]}"

    page = resident.http.get("/my-booking").text
    assert "we remind you by text message" in page
    assert PHONE not in page
    assert (
        resident.http.post(
            "/my-booking/code",
            content=b"",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ).status_code
        == 303
    )
    assert "6-digit code by text message" in resident.http.get("/my-booking").text
    with Redis.from_url(city.redis_url, protocol=2) as redis:
        assert asked.post_codes(redis, desk.outbox, datetime.now(SITE_TIMEZONE)) == 1
    assert settle(desk) == ["texted"]
    code = re.search(r"^Code: (\d{6})$", json.loads(provider.posted[-1].body)["text"], re.MULTILINE)
    assert code is not None
    assert resident.http.post("/my-booking/contact", data={"code": code[1]}).status_code == 303
    assert PHONE in resident.http.get("/my-booking").text


def test_call_still_asks_for_an_address(city: City) -> None:
    """The JSON contract says so; what others have built goes on as it was."""
    resident = city.inside(1)
    answer = resident.book(contact=NOBODYS)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["contact.email"]
