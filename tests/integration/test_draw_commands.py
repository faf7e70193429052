"""`seiriken draw`: give a beacon, list the record, and prove a draw from what was published."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from allocator.model import SITE_TIMEZONE
from allocator.record_store import keep_records
from allocator.release_store import Loaded, load_release, read_catalogue
from seiriken.draw_commands import app
from seiriken.errors import CommandError
from tests.integration.city import make_plan
from tests.integration.waiting_room.test_draw import drawn
from tests.integration.waiting_room.town import OPENS_AT, Town, town_with_a_release
from waiting_room.draw import RULES


@pytest.fixture
def town(redis: Redis) -> Town:
    """A town whose lobby of 40 is drawn with a beacon."""
    return town_with_a_release(redis, 100)


@pytest.fixture(autouse=True)
def target(
    monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Let the commands find the servers of the test."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))


@pytest.fixture
def offered(database_url: str) -> None:
    """A release that opens tomorrow."""
    assert isinstance(load_release(database_url, make_plan()), Loaded)
    opens_at = datetime.now(SITE_TIMEZONE) + timedelta(days=1)
    move_opening(database_url, opens_at)


def move_opening(database_url: str, opens_at: datetime) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE release SET opens_at = %s, lobby_at = %s, closes_at = %s",
            (opens_at, opens_at - timedelta(hours=1), opens_at + timedelta(days=2)),
        )


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def told(*words: str, exit_code: int = 0) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == exit_code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def fault(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 1
    assert isinstance(result.exception, CommandError)
    return str(result.exception)


# beacon and record


@pytest.mark.usefixtures("offered")
def test_a_beacon_is_announced_given_and_replaced_and_all_of_it_is_on_record(
    database_url: str,
) -> None:
    assert "announced" in run("beacon", "--source", "宝くじ").stdout
    assert told("beacon", " 0815 ", "--source", "宝くじ") == {
        "release_id": "spring",
        "beacon": "0815",
        "beacon_source": "宝くじ",
    }
    assert "'4711' (宝くじ)" in run("beacon", "4711", "--source", "宝くじ").stdout
    assert read_catalogue(database_url).releases["spring"].beacon == "4711"
    listed = told("record")
    assert listed["in_order"] is True
    assert [row["content"]["beacon"] for row in listed["records"]] == ["", "0815", "4711"]
    assert listed["head"] == listed["records"][-1]["chain_hash"]
    shown = run("record", "--release", "spring").stdout
    assert "beacon: 0815" in shown
    assert "in order: 3 records" in shown
    assert told("record", "--release", "autumn")["records"] == []


@pytest.mark.usefixtures("offered")
def test_a_beacon_that_cannot_be_is_refused_in_plain_words(database_url: str) -> None:
    assert "more than 200 characters" in fault("beacon", "x" * 201, "--source", "lottery")
    assert "cannot be printed" in fault("beacon", "08\t15", "--source", "lottery")
    assert "a source is empty" in fault("beacon", "0815", "--source", " ")
    assert "--release" in fault("beacon", "0815", "--source", "lottery", "--release", "other")
    move_opening(database_url, datetime.now(SITE_TIMEZONE))
    assert "too late: spring is drawn when it opens" in fault("beacon", "1", "--source", "lottery")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE release SET queue = 'fifo'")
    assert "spring is not drawn (queue: fifo)" in fault("beacon", "1", "--source", "lottery")


def test_a_record_that_was_tampered_with_is_said(
    town: Town, redis_url: str, database_url: str
) -> None:
    drawn(town, redis_url, beacon="0815", beacon_source="lottery")
    assert keep_records(town.redis, database_url) == 2
    finding = "spring: the draw's beacon is not the one that was given last"
    assert told("record", exit_code=1)["findings"] == [finding]
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE room_record SET chain_hash = sha256('x') WHERE record_seq = 1")
    broken = run("record")
    assert broken.exit_code == 1
    assert "the chain breaks at record 1" in broken.stdout


# verify


@pytest.fixture
def saved(town: Town, redis_url: str, tmp_path: Path) -> Path:
    """The status document of a lobby of 40, drawn with a beacon, as a file."""
    drawn(town, redis_url, beacon="0815", beacon_source="lottery")
    raw = town.redis.get("room:spring:status")
    assert isinstance(raw, bytes)
    path = tmp_path / "status.json"
    path.write_bytes(raw)
    return path


def test_a_saved_document_proves_a_place(saved: Path) -> None:
    places = [told("verify", "--status", str(saved), "--index", str(i))["place"] for i in range(3)]
    assert len(set(places)) == 3
    assert all(1 <= place <= 40 for place in places)
    shown = run("verify", "--status", str(saved), "--index", "0")
    assert shown.exit_code == 0
    assert "commitment  matches seed and rules" in shown.stdout
    assert f"draw number 0 has place {places[0]}\nverified" in shown.stdout


def test_what_was_altered_in_a_document_is_said_with_exit_code_1(saved: Path) -> None:
    saved.write_text(saved.read_text("utf-8").replace("0815", "4711"), "utf-8")
    shown = run("verify", "--status", str(saved), "--index", "0")
    assert shown.exit_code == 1
    assert "the shuffle seed does not follow from the seed and the beacon" in shown.stdout
    assert shown.stdout.endswith("not verified\n")


def test_the_citys_own_rules_can_be_given(saved: Path, tmp_path: Path) -> None:
    rules = tmp_path / "draw-rules.txt"
    rules.write_text(RULES, "utf-8")
    assert run("verify", "--status", str(saved), "--rules", str(rules)).exit_code == 0
    rules.write_text(RULES.replace("90 rounds", "9 rounds"), "utf-8")
    assert "DOES NOT MATCH" in run("verify", "--status", str(saved), "--rules", str(rules)).stdout


def test_a_draw_can_be_computed_by_hand(saved: Path) -> None:
    draw = json.loads(saved.read_text("utf-8"))["draw"]
    given = ["--seed", draw["revealed_seed"], "--beacon", "0815", "--count", "40"]
    by_hand = told("verify", *given, "--index", "7", "--commitment", draw["commitment"])
    assert by_hand["place"] == told("verify", "--status", str(saved), "--index", "7")["place"]
    assert by_hand["commitment_matches"] is True
    assert "belong together" in fault("verify", "--seed", draw["revealed_seed"])


@pytest.mark.usefixtures("saved")
def test_a_running_city_is_checked_whole(town: Town) -> None:
    for words in ([], ["--all"], ["--release", "spring"]):
        assert told("verify", *words)["verified"] is True
    assert "no such release" in fault("verify", "--release", "autumn")
    person = town.people[0]
    town.redis.zadd("room:spring:entered", {person: 41})
    wrong = told("verify", exit_code=1)
    assert "came in at place 41, which is not its own" in wrong["findings"][0]


def test_a_city_that_is_not_drawn_has_nothing_to_prove(town: Town, redis_url: str) -> None:
    town.tick(town.room(), OPENS_AT - 60)
    assert "not drawn yet" in run("verify").stdout
    assert run("verify").exit_code == 1
    town.redis.flushall()
    drawn(town, redis_url, queue="fifo")
    shown = run("verify", "--index", "3")
    assert shown.exit_code == 0
    assert "draw number 3 has place 4\nthere is no draw here: order of arrival" in shown.stdout


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert "cannot be read" in fault("verify", "--status", str(tmp_path / "none.json"))
    (tmp_path / "other.json").write_text('{"draw": 1}', "utf-8")
    assert "this is no status.json" in fault("verify", "--status", str(tmp_path / "other.json"))
    nowhere = "http://127.0.0.1:9/queue/status.json"
    assert "cannot be fetched" in fault("verify", "--status", nowhere)
