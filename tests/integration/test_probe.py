"""The synthetic resident in a real city: it goes all the way, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import itertools
import json
import stat
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import msgspec
import psycopg
import pytest
from prometheus_client import REGISTRY
from redis import Redis

from allocator.model import PROBE_BORN, PROBE_ID, SITE_TIMEZONE
from allocator.release_orders import give_order
from allocator.release_store import load_release, read_catalogue
from allocator.verify import verify
from monitoring.bulletin.maintenance import REDIS_KEY, Plan
from monitoring.probe_run import Probe, Run, read_resident, tls_context
from seiriken.embedded_postgres import EmbeddedPostgres
from seiriken.embedded_redis import EmbeddedRedis
from seiriken.errors import CommandError
from seiriken.home import PROBE_FILE
from seiriken.probe_enrolment import enrol
from tests.integration.city import PEOPLE, City, city_of_a_module, make_plan
from tests.waiting import until

WHOLE_WAY = ["landing", "line", "sign_in", "availability", "book", "cancel"]
RETURNS_MAX = 50
"""How often a resident may come back to the front of a line."""


@pytest.fixture(scope="module")
def city(
    postgres: EmbeddedPostgres,
    template: str,
    redis_server: EmbeddedRedis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    """One city for all tests here, the synthetic resident enrolled."""
    home = tmp_path_factory.mktemp("city")
    with city_of_a_module(postgres, template, redis_server, home) as city:
        assert enrol(city.database_url, city.secrets_dir).is_new
        with Redis.from_url(city.redis_url) as redis:
            until(lambda: redis.hlen("roster") == PEOPLE + 2)  # One more is born in 2000.
        until(lambda: go(city).result == "ok")
        yield city


def probe_of(city: City) -> Probe:
    return Probe(city.url, read_resident(city.secrets_dir / PROBE_FILE), tls_context(None))


def go(city: City) -> Run:
    return asyncio.run(probe_of(city).run())


def steps_of(run: Run) -> list[str]:
    return [taken.step for taken in run.steps]


def count(city: City, question: str) -> int:
    with psycopg.connect(city.database_url) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return int(row[0])


def as_test_resident(city: City) -> httpx2.Client:
    """Return a program that is signed in as the synthetic resident."""
    who = json.loads((city.secrets_dir / PROBE_FILE).read_bytes())
    http = city.resident(0).http
    assert http.post("/api/v1/sign-in", json=who).json()["state"] in ("inside", "booked")
    return http


def ask_for(http: httpx2.Client, slot_id: str) -> httpx2.Response:
    body = {
        "contact": {"name": "試験", "phone": "0476000000", "email": "a@example.jp"},
        "choices": [{"slot_id": slot_id}],
    }
    return http.post("/api/v1/bookings", json=body, headers={"Idempotency-Key": str(uuid4())})


def test_a_run_goes_from_the_first_page_to_the_cancellation(city: City) -> None:
    run = go(city)
    assert (run.result, run.failed_at, run.reason) == ("ok", None, "")
    assert steps_of(run) == WHOLE_WAY
    assert all(taken.duration_s > 0 for taken in run.steps)
    assert run.certificate_expires_at is None


def figures() -> dict[str, float | None]:
    """Return the city's figures that a resident's booking would change."""
    read = REGISTRY.get_sample_value
    return {
        "booked": read("seiriken_bookings_total", {"command": "book"}),
        "cancelled": read("seiriken_bookings_total", {"command": "cancel"}),
        "returned": read("seiriken_returned_total", {}),
        "mails": read("seiriken_outbox_messages", {}),
    }


def test_a_run_leaves_nothing_that_residents_or_operators_see(city: City) -> None:
    resident = city.inside(1)
    offer = resident.http.get("/api/v1/availability")
    status = resident.http.get("/queue/status.json").json()
    before = figures()
    assert steps_of(go(city)) == WHOLE_WAY

    unchanged = {"If-None-Match": offer.headers["etag"]}
    assert resident.http.get("/api/v1/availability", headers=unchanged).status_code == 304
    shown = resident.http.get("/queue/status.json").json()
    assert shown["release_id"] == "spring"
    assert shown["outlook"]["pairs_left"] == status["outlook"]["pairs_left"]
    for path in ("/", "/first-dose"):
        assert "自動点検" not in resident.http.get(path, headers={"Accept-Language": "ja"}).text
    assert figures() == before
    left = {"venue": PROBE_ID, "product": PROBE_ID}
    assert REGISTRY.get_sample_value("seiriken_left_pairs", left) is None
    with Redis.from_url(city.redis_url) as redis:
        assert redis.exists("room:spring:told")
        assert not redis.exists("room:probe:told")


def test_a_run_leaves_no_booking_no_seat_and_no_message(city: City) -> None:
    go(city)
    assert count(city, "SELECT count(*) FROM booking WHERE state <> 'cancelled'") == 0
    assert count(city, "SELECT coalesce(sum(taken), 0) FROM seats") == 0
    assert count(city, "SELECT count(*) FROM outbox") == 0
    assert verify(city.database_url).findings == []


def test_runs_may_follow_each_other_for_ever(city: City) -> None:
    """More often than a resident may come back to the front of a line."""
    assert {go(city).result for _ in range(RETURNS_MAX + 5)} == {"ok"}


def test_what_a_run_that_died_has_left_is_given_back_by_the_next(city: City) -> None:
    http = as_test_resident(city)
    (day,) = http.get("/api/v1/availability").json()["days"]
    assert ask_for(http, day["slots"][0]["slot_id"]).status_code == 201
    assert count(city, "SELECT count(*) FROM booking WHERE state = 'booked'") == 1

    run = go(city)
    assert (run.result, steps_of(run)[3]) == ("ok", "clear")
    assert count(city, "SELECT count(*) FROM booking WHERE state = 'booked'") == 0


def test_two_probes_at_once_are_both_well(city: City) -> None:
    async def both() -> list[Run]:
        return await asyncio.gather(*(probe_of(city).run() for _ in range(2)))

    for _ in range(5):
        assert {run.failed_at for run in asyncio.run(both())} == {None}
    assert go(city).result == "ok"
    assert count(city, "SELECT count(*) FROM booking WHERE state = 'booked'") == 0


def test_residents_neither_see_nor_get_the_test_slots(city: City) -> None:
    resident = city.inside(2)
    tests = {
        str(slot.slot_id)
        for slot in read_catalogue(city.database_url).slots.values()
        if slot.release_id == PROBE_ID
    }
    assert len(tests) == 2
    for query in ("", "?doses=second", f"?venue={PROBE_ID}", f"?product={PROBE_ID}"):
        assert not tests & {slot["slot_id"] for slot in resident.slots(query)}
    for slot_id in tests:
        assert ask_for(resident.http, slot_id).json()["code"] == "outside_release"
    elsewhere = {"product": PROBE_ID, "date": "2021-06-01"}
    asked = resident.book(
        flexible={"from": "2099-01-01", "to": "2099-02-01"}, first_dose_elsewhere=elsewhere
    )
    assert asked.json()["code"] == "outside_release"
    typed = {"product": PROBE_ID, "first_dose_year": "2021"}
    typed |= {"first_dose_month": "6", "first_dose_day": "1"}
    assert resident.http.post("/first-dose", data=typed).status_code == 422
    known = typed | {"product": "comirnaty"}
    assert resident.http.post("/first-dose", data=known).status_code == 303


def test_the_test_resident_gets_no_slot_of_the_city(city: City) -> None:
    slot_id = city.inside(3).first_slot()["slot_id"]
    http = as_test_resident(city)
    assert ask_for(http, slot_id).json()["code"] == "outside_release"
    offered = [s for day in http.get("/api/v1/availability").json()["days"] for s in day["slots"]]
    assert {slot["venue"] for slot in offered} == {PROBE_ID}


def test_enrolling_again_changes_nothing(city: City) -> None:
    path = city.secrets_dir / PROBE_FILE
    before = path.read_bytes()
    version = read_catalogue(city.database_url).version
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    assert enrol(city.database_url, city.secrets_dir).is_new is False
    assert path.read_bytes() == before
    assert read_catalogue(city.database_url).version == version


def test_no_other_release_may_reach_the_test_residents_day(city: City) -> None:
    findings = load_release(city.database_url, make_plan(born_from=date(1, 1, 1)))
    assert isinstance(findings, list)
    assert [finding.code for finding in findings] == ["reserved"]


def test_planned_downtime_and_a_closed_release_are_no_failures(city: City) -> None:
    now = datetime.now(SITE_TIMEZONE)
    hour = timedelta(hours=1)
    plan = Plan("m20210901-1", now - hour, now + hour, now - 8 * 24 * hour)
    with Redis.from_url(city.redis_url) as redis:
        redis.set(REDIS_KEY, msgspec.json.encode([plan]))
        until(lambda: go(city).result == "maintenance")
        assert go(city).failed_at is None
        redis.set(REDIS_KEY, msgspec.json.encode([]))
    until(lambda: go(city).result == "ok")

    city.order("pause")  # The probe's line is its own.
    until(lambda: city.resident(0).http.get("/queue/status.json").json()["state"] == "paused")
    assert go(city).result == "ok"
    city.order("resume")

    probes = read_catalogue(city.database_url).releases[PROBE_ID]
    give_order(city.database_url, probes, "close", None, now)
    until(lambda: go(city).result == "closed")
    give_order(city.database_url, probes, "open", None, now)
    until(lambda: go(city).result == "ok")


def test_a_ticket_that_is_not_known_locks_nobody_out(city: City) -> None:
    """Each failed sign-in counts for the network, and ten lock a ticket."""
    known = read_resident(city.secrets_dir / PROBE_FILE)
    unknown = msgspec.structs.replace(known, ticket_number="0000000000")
    probe = Probe(city.url, unknown, tls_context(None))

    async def three_runs() -> list[Run]:
        return [await probe.run() for _ in range(3)]

    before = REGISTRY.get_sample_value("seiriken_sign_ins_total", {"result": "not_confirmed"})
    runs = asyncio.run(three_runs())
    assert {(run.failed_at, run.reason) for run in runs} == {("sign_in", "identity_not_confirmed")}
    after = REGISTRY.get_sample_value("seiriken_sign_ins_total", {"result": "not_confirmed"})
    assert (after or 0.0) - (before or 0.0) == 1
    assert go(city).result == "ok"


def test_strangers_who_guess_do_not_stop_the_probe_where_it_is_known(city: City) -> None:
    probe = probe_of(city)

    async def twice_with_guesses_between() -> tuple[Run, Run]:
        first = await probe.run()
        await asyncio.to_thread(guess_until_held_back, city)
        return first, await probe.run()

    try:
        assert [run.result for run in asyncio.run(twice_with_guesses_between())] == ["ok", "ok"]
        assert go(city).reason == "too_many_attempts"
    finally:
        with Redis.from_url(city.redis_url) as redis:
            redis.delete(*redis.keys("failures:*"))


def guess_until_held_back(city: City) -> None:
    """Try tickets that nobody has, from the probe's network, until it is held back."""
    headers = {"X-Requested-With": "seiriken"}
    with httpx2.Client(base_url=city.url, headers=headers, timeout=60) as http:
        tickets = itertools.count(9_000_000_000)

        def is_held_back() -> bool:
            guess = {"ticket_number": str(next(tickets)), "birth_date": "1950-01-01"}
            return http.post("/api/v1/sign-in", json=guess).status_code == 429

        until(is_held_back, within_s=60)


def test_a_release_that_reaches_the_day_already_stands_against_enrolling(
    database_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT 1")
    assert not isinstance(load_release(database_url, make_plan()), list)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE release SET born_from = %s", [PROBE_BORN])
    with pytest.raises(CommandError, match=r"1800-01-01, too: spring"):
        enrol(database_url, tmp_path)
    assert list(tmp_path.iterdir()) == []
