"""What those who wait are told, on a real Redis: promises are kept, and it is known how true."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from prometheus_client import REGISTRY
from redis import Redis
from typer.testing import CliRunner

from seiriken.errors import CommandError
from seiriken.progress import Steps
from seiriken.room_commands import app
from seiriken.room_report import Report, gather
from tests.integration.waiting_room.town import OPENS_AT, Gateway, Town, iso, session_of
from waiting_room.admission import AdmissionRules
from waiting_room.answers import Entered
from waiting_room.orders import set_rate
from waiting_room.tick import Room
from waiting_room.tickets import PlaceToken

LOBBY = OPENS_AT - 60
PEOPLE = 1_000
SLOW = AdmissionRules(inside_start=500, inside_max=500, called_per_s_max=5.0, grace_s=300.0)


def document(town: Town) -> dict[str, Any]:
    raw = town.redis.get("room:spring:status")
    assert isinstance(raw, bytes)
    decoded: dict[str, Any] = json.loads(raw)
    return decoded


def latest_s(town: Town, place: int, now: float) -> float:
    """Return the latest moment that the document tells for a place."""
    told = document(town)
    ahead = place - told["serving"]
    high_s: int = next(row["high_s"] for row in told["eta"] if ahead <= row["ahead"])
    return now + high_s


def lobby(town: Town, redis_url: str, count: int = PEOPLE) -> list[PlaceToken]:
    async def story() -> list[PlaceToken]:
        async with Gateway(redis_url) as gateway:
            return await gateway.join_all(town.people[:count], LOBBY)

    return asyncio.run(story())


def opened(town: Town, redis_url: str) -> tuple[Room, float]:
    """Let a crowd wait in a line of five people a second, until its pace is known."""
    town.rules = SLOW
    room = town.room()
    town.tick(room, LOBBY)
    lobby(town, redis_url)
    now = town.tick(room, OPENS_AT, times=30)
    assert document(town)["eta"]
    return room, now


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_the_latest_moment_stands_while_the_line_keeps_its_pace(town: Town, redis_url: str) -> None:
    room, now = opened(town, redis_url)
    moments = []
    for _ in range(40):
        moments.append(latest_s(town, 900, now))
        now = town.tick(room, now + 1)
    assert document(town)["eta_raised"] == []
    assert all(later < earlier + 1 for earlier, later in pairwise(moments))


def test_a_lower_rate_raises_it_once_and_says_so(town: Town, redis_url: str) -> None:
    room, now = opened(town, redis_url)
    before = latest_s(town, 900, now)
    raised = counted("seiriken_eta_raised_total", cause="rate_lowered")
    set_rate(town.redis, "spring", 60)
    now = town.tick(room, now + 1, times=5)
    (rise,) = document(town)["eta_raised"]
    assert rise["reason"] == "rate_lowered"
    assert rise["from_place"] <= 900 <= rise["to_place"]
    after = latest_s(town, 900, now)
    assert 0 < after - before <= rise["by_s"] + 5
    assert counted("seiriken_eta_raised_total", cause="rate_lowered") == raised + 1
    now = town.tick(room, now + 1, times=20)
    assert latest_s(town, 900, now) < after + 1
    town.tick(room, now + 300)
    assert all(rise["reason"] != "rate_lowered" for rise in document(town)["eta_raised"])


def test_after_a_pause_it_is_later_by_the_pause_and_says_so(town: Town, redis_url: str) -> None:
    room, now = opened(town, redis_url)
    before = latest_s(town, 900, now)
    town.offer(state_by_hand="paused")
    now = town.tick(room, now + 1, times=200)
    assert document(town)["eta"] == []
    town.offer()
    now = town.tick(room, now + 1, times=2)
    (rise,) = document(town)["eta_raised"]
    assert rise["reason"] == "paused"
    assert 100 < latest_s(town, 900, now) - before < 300


def test_what_was_promised_before_a_wipe_is_not_known_any_more(town: Town, redis_url: str) -> None:
    room, now = opened(town, redis_url)
    told = town.redis.lrange("room:spring:told", 0, -1)
    town.redis.flushall()
    town.publish()
    town.tick(room, now + 1, times=3)
    assert document(town)["eta"] == []
    again = town.redis.lrange("room:spring:told", 0, -1)
    assert again[: len(told)] == told, "what was told is written again"


def test_it_is_measured_how_true_the_estimates_were(town: Town, redis_url: str) -> None:
    name = "seiriken_eta_error_seconds_count"
    before = sum(counted(name, result=result) for result in ("within", "earlier", "later"))
    within = counted(name, result="within")
    room, now = opened(town, redis_url)
    town.tick(room, now + 1, times=60)
    after = sum(counted(name, result=result) for result in ("within", "earlier", "later"))
    assert after > before
    assert counted(name, result="within") - within >= (after - before) * 0.9


def test_whom_stock_will_not_reach_is_told_of_the_next_release(town: Town) -> None:
    town.offer("summer", campaign_id="campaign-of-spring", opens_at=iso(OPENS_AT + 864_000),
               lobby_at=iso(OPENS_AT + 863_000), closes_at=iso(OPENS_AT + 900_000))  # fmt: skip
    town.tick(town.room(), OPENS_AT)
    assert document(town)["next_release"] == {
        "release_id": "summer",
        "opens_at": "2027-01-25T17:00:00+09:00",
    }
    del town.releases["summer"]
    town.publish()
    town.tick(town.room(), OPENS_AT + 2)
    assert document(town)["next_release"] is None


def played(town: Town, redis_url: str) -> Room:
    """Let 1,000 people draw for 500 pairs: all who are called come, and nine in ten book."""
    town.rules = AdmissionRules(inside_start=100, inside_max=100)
    room = town.room()
    town.tick(room, LOBBY)
    tokens = lobby(town, redis_url)

    async def story() -> None:
        async with Gateway(redis_url) as gateway:
            now = town.tick(room, OPENS_AT)
            standings = [await gateway.line.standing(t, now) for t in tokens]
            order = sorted(zip(standings, tokens, strict=True), key=lambda pair: pair[0].place or 0)
            left, came = 500, 0
            while left > 0:
                for number, (_, token) in enumerate(order[came : town.meta("serving")]):
                    assert isinstance(await gateway.enter(token, now), Entered)
                    if number % 10 and left > 0:
                        left -= 1
                        town.redis.sadd("holders:campaign-of-spring", token.person_key)
                        await gateway.line.booked(session_of(token.person_key))
                    else:
                        await gateway.line.leave(session_of(token.person_key))
                came = town.meta("serving")
                town.redis.set("stock:spring", left)
                now = town.tick(room, now + 1)

    asyncio.run(story())
    return room


def report_of(redis: Redis) -> Report:
    return gather(redis, "spring", Steps())


def test_the_report_says_how_many_of_each_class_got_a_place(town: Town, redis_url: str) -> None:
    played(town, redis_url)
    report = report_of(town.redis)
    assert (report.joined, report.known) == (PEOPLE, PEOPLE)
    classes = {count.told: count for count in report.told}
    likely, unlikely = classes["likely"], classes["unlikely"]
    assert likely.people > 450
    assert (likely.absent, likely.not_called) == (0, 0)
    assert likely.share_booked is not None
    assert 0.85 < likely.share_booked <= 0.95
    assert unlikely.booked == 0
    assert unlikely.people > 250
    assert sum(count.booked for count in report.told) == 500
    assert sum(count.people for count in report.told) == PEOPLE


def test_of_a_line_that_was_wiped_the_report_covers_those_who_came_back(
    town: Town, redis_url: str
) -> None:
    room = played(town, redis_url)
    town.redis.flushall()
    town.publish()
    town.tick(room, OPENS_AT + 600)
    lobby(town, redis_url, count=30)
    report = report_of(town.redis)
    assert report.joined >= PEOPLE
    assert report.known == 30


def test_the_command_prints_the_report(
    town: Town, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"DATABASE_URL": "-", "REDIS_URL": redis_url, "SECRETS_DIR": "-"}.items():
        monkeypatch.setenv(name, value)
    played(town, redis_url)
    told = CliRunner().invoke(app, ["report", "--json"])
    assert told.stdout.encode() == msgspec.json.encode(report_of(town.redis)) + b"\n"
    shown = CliRunner().invoke(app, ["report", "--release", "spring"])
    assert "a place is likely" in shown.stdout
    nowhere = redis_url.replace("redis.sock", "nobody.sock")
    monkeypatch.setenv("REDIS_URL", nowhere)
    assert "does not answer" in str(CliRunner().invoke(app, ["report"]).exception)


def test_where_nothing_is_known_the_report_says_so(town: Town, redis_url: str) -> None:
    with pytest.raises(CommandError, match="knows no line of spring"):
        report_of(town.redis)
    town.tick(town.room(), LOBBY)
    with pytest.raises(CommandError, match="nothing is known of what was told"):
        report_of(town.redis)
