"""What the room did is kept in PostgreSQL: once, in a chain, whatever fails on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from redis import Redis

from allocator.errors import StoreAway
from allocator.migrate import create_login_roles, role_url
from allocator.model import Release
from allocator.record_chain import RoomRecord, chain_findings, draw_findings
from allocator.record_store import (
    AT_ONCE_MAX,
    BEACON_BEFORE,
    STREAM,
    append,
    give_beacon,
    keep_records,
    read_records,
)
from allocator.release_store import Loaded, load_release, read_catalogue
from tests.integration.city import make_plan
from waiting_room import keys
from waiting_room.facts import LineFacts
from waiting_room.plans import ReleasePlan
from waiting_room.records import records_due

AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
PLAN = ReleasePlan("spring", "covid", AT, AT + timedelta(hours=1), AT + timedelta(hours=9))
DRAWN = LineFacts(next_index=9, lobby_count=9, beacon="0815", beacon_source="宝くじ")


@pytest.fixture
def jobs_url(database_url: str) -> str:
    """The database as the role of the jobs may use it."""
    create_login_roles(database_url, {"jobs": "jobs-password"})
    return role_url(database_url, "jobs", "jobs-password")


def send(redis: Redis, seed: bytes = b"s" * 32, at: datetime = AT) -> None:
    """Put on record what the room's tick would, of a release that is drawn."""
    for record in records_due(PLAN, "open", DRAWN, seed):
        fields: dict[Any, Any] = {**record.fields(at)}
        redis.xadd(keys.RECORDS, fields)


def opened_at(database_url: str) -> datetime:
    return release_of(database_url).opens_at


def release_of(database_url: str) -> Release:
    return read_catalogue(database_url).releases["spring"]


def test_both_packages_mean_the_same_stream() -> None:
    assert STREAM == keys.RECORDS


def test_records_are_moved_to_the_table_once(redis: Redis, jobs_url: str) -> None:
    send(redis)
    assert keep_records(redis, jobs_url) == 2
    assert redis.xlen(STREAM) == 0
    assert keep_records(redis, jobs_url) == 0
    send(redis, at=AT + timedelta(hours=3))
    assert keep_records(redis, jobs_url) == 0
    kept = read_records(jobs_url)
    assert [row.record.kind for row in kept] == ["commitment", "draw"]
    assert kept[1].record.content["beacon_source"] == "宝くじ"
    assert kept[0].record.recorded_at == AT
    assert chain_findings(kept) == []


def test_what_is_sent_while_postgresql_is_away_is_kept_later(
    redis: Redis, database_url: str
) -> None:
    send(redis)
    with pytest.raises(StoreAway):
        keep_records(redis, "postgresql://127.0.0.1:9/none")
    assert redis.xlen(STREAM) == 2
    assert keep_records(redis, database_url) == 2


def test_an_entry_that_is_no_record_does_not_hold_up_the_others(
    redis: Redis, jobs_url: str
) -> None:
    redis.xadd(STREAM, {"unknown": "words"})
    send(redis)
    assert keep_records(redis, jobs_url) == 2
    assert redis.xlen(STREAM) == 0


def test_many_records_are_moved_in_turns(redis: Redis, jobs_url: str) -> None:
    for number in range(AT_ONCE_MAX):
        send(redis, number.to_bytes(32, "big"))
    assert keep_records(redis, jobs_url) == AT_ONCE_MAX
    assert keep_records(redis, jobs_url) == AT_ONCE_MAX
    kept = read_records(jobs_url)
    assert chain_findings(kept) == []
    assert f"spring: {AT_ONCE_MAX} different commitments" in draw_findings(kept)


def test_two_that_append_at_once_make_one_chain(database_url: str) -> None:
    record = RoomRecord("spring", "commitment", AT, {"commitment": "aa"})
    with (
        psycopg.connect(database_url, row_factory=psycopg.rows.namedtuple_row) as first,
        psycopg.connect(database_url, row_factory=psycopg.rows.namedtuple_row) as second,
    ):
        append(first, [record])
        second.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            append(second, [record])
        second.rollback()
        first.commit()
        assert append(second, [record]) == 0
        second.commit()
    assert chain_findings(read_records(database_url)) == []


def test_a_record_that_was_altered_in_the_table_is_found(redis: Redis, database_url: str) -> None:
    send(redis)
    keep_records(redis, database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE room_record SET content = content || '{\"lobby_count\": 8}' WHERE kind = 'draw'"
        )
    assert chain_findings(read_records(database_url)) == [
        "record 2 is not what its id was made from"
    ]


def test_the_jobs_can_neither_alter_nor_drop_a_record(redis: Redis, jobs_url: str) -> None:
    send(redis)
    keep_records(redis, jobs_url)
    for order in ("UPDATE room_record SET kind = 'other'", "DELETE FROM room_record"):
        with (
            psycopg.connect(jobs_url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(order.encode())


@pytest.fixture
def offered_url(database_url: str) -> str:
    """A database with the release "spring"."""
    assert isinstance(load_release(database_url, make_plan()), Loaded)
    return database_url


def test_each_beacon_that_is_given_stays_on_record(offered_url: str) -> None:
    before = read_catalogue(offered_url).version
    now = opened_at(offered_url) - timedelta(hours=1)
    for minute, beacon in enumerate(["0815", "4711", "0815"]):
        moment = now + timedelta(minutes=minute)
        assert give_beacon(offered_url, "spring", beacon, "宝くじ", moment)
    release = release_of(offered_url)
    assert (release.beacon, release.beacon_source) == ("0815", "宝くじ")
    assert read_catalogue(offered_url).version == before + 3
    kept = read_records(offered_url)
    assert [row.record.content["beacon"] for row in kept] == ["0815", "4711", "0815"]
    assert chain_findings(kept) == []


def test_loading_a_file_again_keeps_the_beacon(offered_url: str) -> None:
    give_beacon(offered_url, "spring", "0815", "宝くじ", opened_at(offered_url) - BEACON_BEFORE * 2)
    assert isinstance(load_release(offered_url, make_plan()), Loaded)
    assert release_of(offered_url).beacon == "0815"


def test_a_beacon_comes_too_late_at_the_opening_and_after_the_draw(
    redis: Redis, offered_url: str
) -> None:
    before = read_catalogue(offered_url).version
    opens_at = opened_at(offered_url)
    for moment in (opens_at - BEACON_BEFORE, opens_at, opens_at + timedelta(days=1)):
        assert not give_beacon(offered_url, "spring", "0815", "宝くじ", moment)
    send(redis)
    keep_records(redis, offered_url)
    early = opens_at - timedelta(hours=1)
    assert not give_beacon(offered_url, "spring", "0815", "宝くじ", early), "it was drawn already"
    assert release_of(offered_url).beacon == ""
    assert [row.record.kind for row in read_records(offered_url)] == ["commitment", "draw"]
    assert read_catalogue(offered_url).version == before
