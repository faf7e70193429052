"""The code that opens contact details, from the page to the mail and back, on real servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, cast
from uuid import UUID

import httpx2
import psycopg
import pytest
from redis import Redis

from allocator import asked
from allocator.codes import ASKED_STREAM, CODE_LIFE_S, code_for
from allocator.jobs_settings import JobsSettings
from allocator.migrate import create_login_roles, role_url
from allocator.model import SITE_TIMEZONE
from allocator.notices import NoticeDesk, desk_of
from gateway.step_up import ASKED_MAX, TRIES_MAX
from monitoring import metrics
from monitoring.secrets import read_secret
from tests.integration.city import CONTACT, PHONE, City, Resident
from tests.integration.mail_server import MailServer

CALL = "/api/v1/step-up"
ASK, GIVE = "/my-booking/code", "/my-booking/contact"


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


@pytest.fixture
def desk(city: City, mail_server: MailServer) -> Iterator[NoticeDesk]:
    create_login_roles(city.database_url, {"jobs": "jobs-password"})
    settings = JobsSettings(
        database_url=role_url(city.database_url, "jobs", "jobs-password"),
        redis_url=city.redis_url,
        secrets_dir=city.secrets_dir,
        public_url="https://yoyaku.inzai.example",
        smtp_url=mail_server.url,
    )
    made = desk_of(settings)
    settle(made)
    mail_server.mails.clear()
    yield made
    made.outbox.close()


@pytest.fixture
def redis(city: City) -> Iterator[Redis]:
    with Redis.from_url(city.redis_url, protocol=2) as client:
        yield client


def now() -> datetime:
    return datetime.now(SITE_TIMEZONE)


def settle(desk: NoticeDesk, at: datetime | None = None) -> list[str]:
    due = desk.outbox.due(1_000) + desk.outbox.due(1_000, queue="codes")
    return [desk.tell(one, at or now()) for one in due]


def booked(city: City, number: int) -> Resident:
    resident = city.inside(number)
    assert resident.book().status_code == 201
    resident.http.headers["Accept-Language"] = "en"
    return resident


def asks(resident: Resident) -> httpx2.Response:
    """Press the button of a form that has no field, as a browser does."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return resident.http.post(ASK, content=b"", headers=form)


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def mailed(desk: NoticeDesk, redis: Redis, mail_server: MailServer) -> str:
    """Let the worker do its work; return the code that the last mail brings."""
    assert asked.post_codes(redis, desk.outbox, now()) >= 1
    settle(desk)
    found = re.search(r"^Code: (\d{6})\b", text_of(mail_server.mails[-1]), re.MULTILINE)
    assert found is not None
    return found[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def is_in_full(page: httpx2.Response) -> bool:
    shown = [PHONE in page.text, CONTACT["email"] in page.text]
    assert shown in ([True, True], [False, False])
    return all(shown)


def test_code_from_the_mail_opens_the_details_until_the_session_ends(
    city: City, desk: NoticeDesk, redis: Redis, mail_server: MailServer
) -> None:
    resident = booked(city, 0)
    settle(desk)
    assert not is_in_full(resident.http.get("/my-booking"))
    sent = asks(resident)
    assert (sent.status_code, sent.headers["location"]) == (303, "/my-booking#step-up")
    assert 'name="code"' in resident.http.get("/my-booking").text
    code = mailed(desk, redis, mail_server)
    assert mail_server.recipients[-1] == CONTACT["email"]
    given = resident.http.post(GIVE, data={"code": f" {code} "})
    assert (given.status_code, given.headers["location"]) == (303, "/my-booking#step-up")
    assert is_in_full(resident.http.get("/my-booking"))
    # Another session of the same person has not been told the code.
    assert not is_in_full(city.inside(0).http.get("/my-booking"))
    assert resident.http.post("/api/v1/sign-out").status_code == 204
    assert resident.sign_in().status_code == 200
    assert not is_in_full(resident.http.get("/my-booking"))


def test_code_does_not_wait_behind_news(city: City, desk: NoticeDesk, redis: Redis) -> None:
    settle(desk)
    resident = booked(city, 39)
    asks(resident)
    assert asked.post_codes(redis, desk.outbox, now()) == 1
    assert desk.outbox.backlog().messages == 2, "both are counted as waiting"
    (code,) = desk.outbox.due(10, queue="codes")
    (news,) = desk.outbox.due(10)
    assert news < code, "the news were there first"
    # Else both would be handed out again half a minute later, in the middle of another test.
    assert [desk.tell(one, now()) for one in (code, news)] == ["sent", "sent"]


def test_code_opens_one_session_once(
    city: City, desk: NoticeDesk, redis: Redis, mail_server: MailServer
) -> None:
    resident, elsewhere = booked(city, 1), city.inside(1)
    assert resident.http.post(CALL).json() == {"tries": TRIES_MAX, "lives_s": CODE_LIFE_S}
    code = mailed(desk, redis, mail_server)
    assert elsewhere.http.put(CALL, json={"code": code}).status_code == 422
    assert resident.http.put(CALL, json={"code": code}).json() == {"shown": True}
    assert resident.http.put(CALL, json={"code": code}).status_code == 422
    assert set(resident.http.get("/api/v1/me").json()) == {
        *("name", "kana", "birth_date", "phone", "email", "booking", "state", "place"),
    }


def test_details_of_a_later_booking_are_masked_again(
    city: City, desk: NoticeDesk, redis: Redis, mail_server: MailServer
) -> None:
    resident = booked(city, 2)
    resident.http.post(CALL)
    resident.http.put(CALL, json={"code": mailed(desk, redis, mail_server)})
    assert is_in_full(resident.http.get("/my-booking"))
    assert resident.cancel().status_code == 200
    assert resident.book().status_code == 201
    assert not is_in_full(resident.http.get("/my-booking"))


def test_wrong_code_says_how_many_tries_are_left_and_a_new_code_begins_anew(
    city: City, desk: NoticeDesk, redis: Redis, mail_server: MailServer
) -> None:
    resident = booked(city, 3)
    asks(resident)
    code = mailed(desk, redis, mail_server)
    counted = metrics.SECURITY_EVENTS.labels("wrong_code")
    before = counted._value.get()
    for left in range(TRIES_MAX - 1, 0, -1):
        page = resident.http.post(GIVE, data={"code": wrong(code)})
        assert page.status_code == 422
        assert f"Tries left: {left}." in page.text
        assert 'aria-invalid="true"' in page.text
    assert "can no longer be used" in resident.http.post(GIVE, data={"code": wrong(code)}).text
    used_up = resident.http.post(GIVE, data={"code": code})
    assert (used_up.status_code, is_in_full(used_up)) == (422, False)
    assert counted._value.get() - before == TRIES_MAX + 1
    assert 'name="code"' not in resident.http.get("/my-booking").text
    asks(resident)
    newer = mailed(desk, redis, mail_server)
    assert resident.http.post(GIVE, data={"code": newer}).status_code == 303


def test_answer_is_the_same_whether_a_code_was_asked_for_or_is_used_up(
    city: City, desk: NoticeDesk, redis: Redis, mail_server: MailServer
) -> None:
    never, used_up = booked(city, 4), booked(city, 5)
    used_up.http.post(CALL)
    code = mailed(desk, redis, mail_server)
    for _ in range(TRIES_MAX):
        used_up.http.put(CALL, json={"code": wrong(code)})
    answers = [
        used_up.http.put(CALL, json={"code": wrong(code)}),
        never.http.put(CALL, json={"code": "000000"}),
        used_up.http.put(CALL, json={"code": code}),
    ]
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["errors"][0]["code"] == "used_up"


@pytest.mark.parametrize("given", ["", "12345", "1234567", "12a456"])
def test_what_is_no_code_uses_up_no_try(city: City, given: str) -> None:
    resident = city.inside(6)
    if resident.http.get("/api/v1/booking").status_code == 404:
        resident.book()
    answer = resident.http.put(CALL, json={"code": given})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "code"
    assert resident.http.post(GIVE, data={"code": given}).status_code == 422


def test_codes_are_limited_for_as_long_as_the_first_one_lives(city: City, redis: Redis) -> None:
    resident = booked(city, 7)
    assert [resident.http.post(CALL).status_code for _ in range(ASKED_MAX)] == [202] * ASKED_MAX
    too_many = resident.http.post(CALL)
    assert too_many.status_code == 429
    assert 0 < int(too_many.headers["Retry-After"]) <= CODE_LIFE_S
    page = asks(resident)
    assert page.status_code == 429
    assert "too many attempts" in page.text
    # Nor from another session: the limit is the person's.
    assert city.inside(7).http.post(CALL).status_code == 429
    sends = [key for key in redis.keys("step_up:sends:*") if redis.get(key) == b"%d" % ASKED_MAX]
    assert [0 < redis.ttl(key) <= CODE_LIFE_S for key in sends] == [True]


def test_code_is_for_whoever_holds_a_booking_with_an_address(city: City) -> None:
    nobody = city.inside(8)
    assert nobody.http.post(CALL).json()["code"] == "no_booking"
    outside = httpx2.post(f"{city.url}{CALL}", headers={"X-Requested-With": "seiriken"}, timeout=60)
    assert outside.status_code == 401


def test_mail_that_comes_too_late_is_not_sent(
    city: City, desk: NoticeDesk, redis: Redis, mail_server: MailServer
) -> None:
    booked(city, 9).http.post(CALL)
    settle(desk)
    mail_server.mails.clear()
    asked.post_codes(redis, desk.outbox, now())
    assert set(settle(desk, now() + timedelta(seconds=CODE_LIFE_S))) == {"overtaken"}
    assert mail_server.mails == []


def test_code_that_is_moved_twice_is_mailed_once(
    city: City, desk: NoticeDesk, redis: Redis, mail_server: MailServer
) -> None:
    booked(city, 10).http.post(CALL)
    entries: list[Any] = cast("list[Any]", redis.xrange(ASKED_STREAM))
    assert asked.post_codes(redis, desk.outbox, now()) == 1
    for _, fields in entries:
        redis.xadd(ASKED_STREAM, fields)
    redis.xadd(ASKED_STREAM, {"nothing": "of ours"})
    assert asked.post_codes(redis, desk.outbox, now()) == 0
    assert redis.xlen(ASKED_STREAM) == 0


def test_code_stands_in_no_store_no_message_and_no_log(
    city: City,
    desk: NoticeDesk,
    redis: Redis,
    mail_server: MailServer,
    capfd: pytest.CaptureFixture[str],
) -> None:
    resident = booked(city, 11)
    resident.http.post(CALL)
    code = mailed(desk, redis, mail_server)
    places = [str(value) for value in stored_in(redis)]
    with psycopg.connect(city.database_url) as connection:
        rows = connection.execute("SELECT * FROM outbox").fetchall()
        # A moment's microseconds have six digits, too: of a hundred moments, some may be the code.
        places += [str(one) for row in rows for one in row if not isinstance(one, datetime)]
        challenge, booking_id = connection.execute(
            "SELECT challenge, booking_id FROM outbox WHERE kind = 'code' ORDER BY outbox_id DESC"
        ).fetchall()[0]
    resident.http.put(CALL, json={"code": wrong(code)})
    resident.http.put(CALL, json={"code": code})
    places += [*capfd.readouterr(), str(mail_server.mails[-1]["Subject"])]
    assert [place for place in places if code in re.split(r"[^0-9]+", place)] == []
    key = read_secret(city.secrets_dir, "code.key")
    assert code == code_for(key, UUID(str(challenge)), UUID(str(booking_id)))


def stored_in(redis: Redis) -> Iterator[object]:
    """Return all that Redis holds."""
    for key in redis.scan_iter():
        match redis.type(key):
            case b"hash":
                yield redis.hgetall(key)
            case b"stream":
                yield redis.xrange(key)
            case b"string":
                yield redis.get(key)
            case b"list":
                yield redis.lrange(key, 0, -1)
            case b"zset":
                yield redis.zrange(key, 0, -1)
            case b"set":
                yield redis.smembers(key)


def fails(city: City, number: int, times: int) -> None:
    for _ in range(times):
        assert city.resident(number).sign_in(birth_date="1951-02-03").status_code == 401


def test_resident_is_told_once_a_day_that_others_try_their_ticket(
    city: City, desk: NoticeDesk, redis: Redis, mail_server: MailServer
) -> None:
    booked(city, 12)
    settle(desk)
    mail_server.mails.clear()
    fails(city, 12, asked.ATTEMPTS_MIN - 1)
    fails(city, 13, asked.ATTEMPTS_MIN)  # Holds no booking.
    assert asked.warn(redis, desk.outbox, now()) == 0
    fails(city, 12, 1)
    assert [asked.warn(redis, desk.outbox, now()) for _ in range(3)] == [1, 0, 0]
    assert settle(desk) == ["sent"]
    (mail,) = mail_server.mails
    assert "tried to sign in with your ticket number" in str(mail["Subject"])
    assert "They did not get in" in text_of(mail)
    assert CONTACT["phone"] not in text_of(mail)
    assert asked.warn(redis, desk.outbox, now() + timedelta(hours=23, minutes=59)) == 0
    assert asked.warn(redis, desk.outbox, now() + timedelta(hours=24, minutes=1)) == 1
