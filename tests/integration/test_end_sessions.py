"""`seiriken desk end-sessions`: whoever is signed in is nobody at once, and loses no place."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from gateway.sessions import digest_of
from seiriken.desk_commands import app as desk_app
from seiriken.errors import CommandError
from tests.integration.city import MUNICIPALITY, City, Resident, running_city, ticket
from tests.waiting import until
from waiting_room import keys
from waiting_room.endings import end_all_sessions, end_sessions
from waiting_room.errors import RoomAway


@pytest.fixture
def city(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[City]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", MUNICIPALITY)
    with running_city(database_url, redis_url, tmp_path) as city:
        monkeypatch.setenv("SECRETS_DIR", str(city.secrets_dir))
        yield city


def desk(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(desk_app, ["end-sessions", *words], input=given)


def ended(*words: str, given: str = "") -> Any:
    result = desk(*words, "--yes", "--json", given=given)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def is_somebody(resident: Resident) -> bool:
    return resident.http.get("/api/v1/me").status_code == 200


def until_inside(resident: Resident) -> None:
    """Sign in anew; a token of the very second of the ending counts as ended, too."""

    def signs_in() -> bool:
        return resident.sign_in().status_code == 200 and is_somebody(resident)

    until(signs_in)


def test_one_persons_sessions_end_at_once_on_every_device(city: City) -> None:
    first, second, other = city.inside(1), city.inside(1), city.inside(2)
    place = first.http.get("/api/v1/me").json()["place"]
    done = ended("--ticket-file", "-", given=ticket(1))
    assert done == {"ended_sessions": 2, "all": False}
    for device in (first, second):
        assert not is_somebody(device)
        assert device.http.post("/api/v1/enter").status_code == 401
        assert device.book().status_code == 401
        assert device.http.get("/wait").headers["location"].startswith("/sign-in")
    assert is_somebody(other)
    with Redis.from_url(city.redis_url) as redis:
        assert redis.zcard(keys.inside("spring")) == 1
    until_inside(first)
    assert first.http.get("/api/v1/me").json()["place"] == place
    assert not is_somebody(second)
    assert first.book().status_code == 201


def test_everybodys_sessions_end_at_once(city: City) -> None:
    people = [city.inside(number) for number in range(5)]
    waiting = city.resident(6)
    waiting.sign_in()
    del waiting.http.cookies["session"]
    assert is_somebody(waiting)
    assert ended("--all") == {"ended_sessions": 6, "all": True}
    assert not any(map(is_somebody, [*people, waiting]))
    with Redis.from_url(city.redis_url) as redis:
        assert not redis.zcard(keys.inside("spring"))
        assert not [*redis.scan_iter("session*")]
    until_inside(people[0])
    assert ended("--all")["ended_sessions"] == 1


def test_ending_asks_first_and_says_what_it_did(city: City) -> None:
    resident = city.inside(1)
    refused = desk("--all", given="n\n")
    assert refused.exit_code == 1
    assert is_somebody(resident)
    told = desk("--all", given="y\n")
    assert "1 sessions ended; everybody must sign in again" in told.stdout
    assert not is_somebody(resident)


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (("--all", "--ticket-file", "-"), "", "not both"),
        (("--ticket-file", "-"), ticket(1), "add --yes"),
        (("--ticket-file", "-", "--yes"), "12", "ticket_number: "),
    ],
)
def test_ending_that_cannot_be_meant_says_so(
    city: City, words: tuple[str, ...], given: str, said: str
) -> None:
    result = desk(*words, given=given)
    assert isinstance(result.exception, CommandError)
    assert said in str(result.exception)


def test_redis_away_is_told(tmp_path: Path) -> None:
    now = datetime.now(UTC).timestamp()
    with Redis.from_url(f"unix://{tmp_path}/none") as redis:
        with pytest.raises(RoomAway):
            end_sessions(redis, secrets.token_bytes(16), now)
        with pytest.raises(RoomAway):
            end_all_sessions(redis, now)


def test_session_is_256_random_bits_of_which_redis_has_the_digest(city: City) -> None:
    tokens = [city.inside(1).http.cookies["session"] for _ in range(3)]
    assert len({*tokens}) == 3
    assert {len(token) for token in tokens} == {43}  # 256 bits in base64url
    with Redis.from_url(city.redis_url) as redis:
        for token in tokens:
            assert redis.exists(keys.session(digest_of(token)))
        everything = b" ".join(bytes(name) for name in redis.scan_iter("*"))
        assert all(token.encode() not in everything for token in tokens)


def test_signing_in_again_gives_a_new_session_whatever_the_browser_brought(city: City) -> None:
    resident = city.inside(1)
    planted = "a" * 43
    before = resident.http.cookies["session"]
    resident.sign_in()
    after = resident.http.cookies["session"]
    assert after not in (before, planted)
    victim = city.resident(2)
    victim.http.cookies.set("session", planted)
    victim.sign_in()
    given = {cookie.value for cookie in victim.http.cookies.jar if cookie.name == "session"}
    assert given - {planted}
    with Redis.from_url(city.redis_url) as redis:
        assert not redis.exists(keys.session(digest_of(planted)))


def test_session_lives_for_15_minutes_idle_and_an_hour_at_most(city: City) -> None:
    resident = city.inside(1)
    name = keys.session(digest_of(resident.http.cookies["session"]))
    with Redis.from_url(city.redis_url) as redis:
        until_at, ends_at = (float(redis.hget(name, part) or 0) for part in ("until", "ends_at"))
        assert until_at - time.time() == pytest.approx(900, abs=30)
        assert ends_at - time.time() == pytest.approx(3_600, abs=30)
        del resident.http.cookies["place"]
        redis.hset(name, "ends_at", time.time())
        assert not is_somebody(resident)
