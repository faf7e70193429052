"""The phone desk's share of the waiting room, at the terminal, on a whole city."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from seiriken.desk_commands import app as desk_app
from seiriken.errors import CommandError
from seiriken.room_commands import app as room_app
from tests.integration.city import BORN, MUNICIPALITY, City, make_plan, running_city, ticket
from tests.waiting import until
from waiting_room.orders import set_cap


def settle(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str) -> None:
    """Let the commands find the servers of the test."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", MUNICIPALITY)


@pytest.fixture
def cap() -> int | None:
    """How many may be inside from the beginning on; a test may ask for some by parameter."""
    return None


@pytest.fixture
def city(
    database_url: str,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cap: int | None,
) -> Iterator[City]:
    settle(monkeypatch, database_url, redis_url)
    with Redis.from_url(redis_url) as redis:
        set_cap(redis, "spring", cap)
    with running_city(database_url, redis_url, tmp_path) as city:
        monkeypatch.setenv("SECRETS_DIR", str(city.secrets_dir))
        yield city


def ring(number: int, **changes: str) -> Result:
    """Ring the desk, which asks its command."""
    who = {"ticket_number": ticket(number), "birth_date": BORN.isoformat()} | changes
    return CliRunner().invoke(
        desk_app, ["call", "--caller-file", "-", "--json"], input=json.dumps(who)
    )


def called(number: int) -> Any:
    result = ring(number)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def room(*words: str) -> Any:
    result = CliRunner().invoke(room_app, [*words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("cap", [1])
def test_whoever_rings_keeps_their_place_and_comes_in_by_the_desks_share(city: City) -> None:
    """The next free place inside is the desk's, not the line's."""
    first = city.inside(0)
    waiting, ringing = city.resident(1), city.resident(2)
    until(lambda: waiting.sign_in().json()["state"] == "waiting")
    assert ringing.sign_in().json()["state"] == "waiting"
    place = ringing.http.get("/api/v1/me").json()["place"]
    answer = called(2)
    assert (answer["state"], answer["place"], answer["before_at_desk"]) == ("waiting", place, 0)
    assert first.book().status_code == 201
    until(lambda: called(2)["state"] == "your_turn")
    assert waiting.http.post("/api/v1/enter").status_code == 409
    assert ringing.http.post("/api/v1/enter").status_code == 200
    assert ringing.book().status_code == 201
    until(lambda: waiting.http.post("/api/v1/enter").status_code == 200)


def test_desk_says_what_is_wrong_and_repeats_nothing(city: City) -> None:
    unknown = ring(0, birth_date="1950-01-02")
    assert isinstance(unknown.exception, CommandError)
    assert str(unknown.exception).startswith("ticket number and birth date do not match")
    faulty = ring(0, ticket_number="12 34")
    assert isinstance(faulty.exception, CommandError)
    assert str(faulty.exception).startswith("ticket_number: ")
    assert "34" not in str(faulty.exception)
    assert called(0)["state"] == "your_turn"
    words = CliRunner().invoke(
        desk_app,
        ["call", "--caller-file", "-"],
        input=json.dumps({"ticket_number": ticket(0), "birth_date": BORN.isoformat()}),
    )
    assert "called in: go on for them" in words.stdout


def test_desk_says_that_the_city_is_not_ready_while_nothing_is_published(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A city whose allocator has never run: it would publish what is deleted once more."""
    settle(monkeypatch, database_url, redis_url)
    city = City(database_url, redis_url, tmp_path)
    city.load(make_plan())
    monkeypatch.setenv("SECRETS_DIR", str(city.secrets_dir))
    away = ring(0)
    assert isinstance(away.exception, CommandError)
    assert "not ready yet" in str(away.exception)


def test_operators_message_is_shown_by_language_and_taken_back(city: City) -> None:
    room("message", "少しお待ちください")
    told = room("message", "A moment, please", "--language", "en")
    assert told["messages"] == {"en": "A moment, please"}
    visitor = city.resident(0)

    def landing(language: str) -> str:
        return str(visitor.http.get("/", headers={"Accept-Language": language}).text)

    until(lambda: "A moment, please" in landing("en"))
    assert "少しお待ちください" in landing("ja")
    assert room("cap", "300")["cap"] == 300
    assert room("cap", "auto")["cap"] is None
    assert room("message")["messages"] == {}
    until(lambda: "A moment, please" not in landing("en"))
    for words in (["message", "x" * 501], ["message", "a", "--language", "9"], ["cap", "0"]):
        refused = CliRunner().invoke(room_app, words)
        assert isinstance(refused.exception, CommandError), words
