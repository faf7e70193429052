"""`seiriken retention`: nobody is left in tables and Redis, and no key opens what remains."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from redis import Redis
from typer.testing import CliRunner

from allocator.contact_keys import KeyRing, stored_keys
from allocator.errors import SealBroken
from allocator.key_rotation import open_keys
from allocator.model import SITE_TIMEZONE
from allocator.retention_store import (
    KEYS_REPLACED,
    remove_from_redis,
    remove_from_tables,
    replace_keys,
)
from allocator.sealing import Identity, seal_identity, unseal, unseal_contact
from allocator.statements import named_rows, statement
from gateway.staff.parts import StaffParts, assemble
from gateway.staff.settings import StaffSettings
from monitoring.secrets import SECRET_NAMES, create_missing, read_secret
from seiriken.cli import app
from seiriken.database import make_first_key
from seiriken.embedded_redis import EmbeddedRedis
from seiriken.errors import CommandError
from tests.integration.city import City
from tests.integration.guarded_redis import OWNER, guarded_redis
from tests.integration.stored import PERSONAL, Stored
from tests.system.stack import seiriken
from tests.waiting import until
from waiting_room import keys

CANARY = {"name": "Yuri Canary", "phone": "08098765432"}
MOVED_BACK = (
    "UPDATE slot SET starts_at = starts_at - make_interval(days => %(days)s), "
    "ends_at = ends_at - make_interval(days => %(days)s)"
)


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Path:
    create_missing(tmp_path / "secrets")
    return tmp_path / "secrets"


@pytest.fixture
def target(
    monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str, secrets_dir: Path
) -> None:
    """Let the command find the servers of the test."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("SECRETS_DIR", str(secrets_dir))


@pytest.fixture
def stored(database_url: str, secrets_dir: Path, target: None) -> Iterator[Stored]:
    """Three bookings of a campaign that is long over, one roster line, everybody told."""
    with closing(Stored(database_url, read_secret(secrets_dir, "contact.key"))) as made:
        for _ in range(3):
            made.book()
        make_first_key(database_url, secrets_dir)
        with open_keys(database_url, secrets_dir) as keys:
            keys.reseal(lambda count: None)
        made.connection.execute(
            "INSERT INTO roster VALUES (%s, %s, %s)", [b"p" * 16, b"b" * 16, b"sealed"]
        )
        yield made


def end_campaign(stored: Stored, days_ago: int) -> None:
    """Let the campaign have ended; its generated days follow."""
    today = datetime.now(SITE_TIMEZONE).date()
    ago = int(stored.one("SELECT %s - max(day) FROM slot", [today])[0])
    # Bookings keep their days: what is looked at is the slots'.
    stored.connection.execute("SET session_replication_role = replica")
    stored.connection.execute(MOVED_BACK.encode(), {"days": days_ago - ago})
    stored.connection.execute("SET session_replication_role = origin")
    stored.connection.execute(
        "UPDATE release SET lobby_at = now() - interval '400 days', "
        "opens_at = now() - interval '399 days', closes_at = now() - interval '200 days'"
    )


def answered(*words: str) -> Any:
    done = CliRunner().invoke(app, ["retention", *words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def refusal(*words: str) -> str:
    done = CliRunner().invoke(app, ["retention", *words, "--yes"])
    assert isinstance(done.exception, CommandError), done.output
    return str(done.exception)


def staff_parts(secrets_dir: Path, redis_server: EmbeddedRedis) -> StaffParts:
    """Return what a staff gateway that starts now works with; it asks no database here."""
    return assemble(
        StaffSettings(
            database_url="postgresql:///none",
            redis_url=redis_server.url(),
            secrets_dir=secrets_dir,
            port=0,
            internal_port=0,
            municipality_code="122319",
        )
    )


async def types_for_a_caller(parts: StaffParts, person_key: bytes) -> None:
    """Keep what a clerk has typed and not sent."""
    await parts.drafts.save(person_key, CANARY)
    await parts.redis.aclose()


def on_disk(redis_server: EmbeddedRedis) -> bytes:
    """Return all that Redis has written."""
    files = [one for one in redis_server.data_dir.rglob("*") if one.name.startswith("appendonly")]
    return b"".join(one.read_bytes() for one in files if one.is_file())


def whole_database(stored: Stored) -> str:
    """Return every row of every table as text."""
    names = stored.connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    ).fetchall()
    whole = SQL("SELECT t::text FROM {} t")
    return "\n".join(
        str(row)
        for (name,) in names
        for row in stored.connection.execute(whole.format(Identifier(name))).fetchall()
    )


def test_nobody_is_left_and_no_key_opens_what_was_kept(
    stored: Stored, redis: Redis, secrets_dir: Path
) -> None:
    end_campaign(stored, 100)
    before = stored.connection.execute("SELECT booking_id, contact FROM booking").fetchall()
    old_files = {name: (secrets_dir / name).read_text() for name in KEYS_REPLACED}
    redis.set("draft:1", "x")
    redis.hset("room:spring:places", "p", 1)
    done = answered("--yes")
    assert (done["removed"]["roster"], done["removed"]["contacts"]) == (1, 3)
    assert set(KEYS_REPLACED) <= set(done["keys_replaced"])
    assert done["replace_by_hand"] == []

    assert stored.one("SELECT count(*) FROM roster")[0] == 0
    assert stored.one("SELECT count(*) FROM booking WHERE contact <> ''")[0] == 0
    assert stored.one("SELECT count(*) FROM data_key")[0] == 0
    text = whole_database(stored)
    assert [mark for mark in PERSONAL if mark in text] == []
    assert [contact.hex() for _, contact in before if contact.hex() in text] == []
    assert redis.keys("*") == []
    for name, old in old_files.items():
        assert read_secret(secrets_dir, name).hex() != old.strip()

    ring = KeyRing(secrets_dir)
    for booking_id, sealed in before:
        with pytest.raises(SealBroken):
            unseal_contact(ring, sealed, booking_id)


def test_nobody_can_read_a_caller_in_the_file_of_redis(
    stored: Stored, redis_server: EmbeddedRedis, secrets_dir: Path
) -> None:
    """What a clerk typed for a caller, and who the caller is, as a disk keeps it."""
    end_campaign(stored, 100)
    person = b"p" * 16
    before = staff_parts(secrets_dir, redis_server)
    asyncio.run(types_for_a_caller(before, person))
    with Redis.from_url(redis_server.url()) as redis:
        (name,) = redis.keys("call:*")
        draft, digest = redis.get(name), bytes.fromhex(name.decode().removeprefix("call:"))
        key = before.keys.session
        identity = seal_identity(key, Identity("122319", "0000000042", date(1990, 4, 2)), person)
        redis.hset(keys.session(b"s" * 32), "identity", identity)
    assert isinstance(draft, bytes)
    assert b"Yuri" in unseal(key, draft, digest)
    assert [sealed in on_disk(redis_server) for sealed in (draft, identity)] == [True, True]

    assert answered("--yes")["redis_file_rewritten"]
    until(lambda: not any(sealed in on_disk(redis_server) for sealed in (draft, identity)))
    after = staff_parts(secrets_dir, redis_server)
    assert after.keys.staff == before.keys.staff
    for live in (after.keys.session, *(read_secret(secrets_dir, name) for name in SECRET_NAMES)):
        for sealed, aad in ((draft, digest), (identity, person)):
            with pytest.raises(SealBroken):
                unseal(live, sealed, aad)


def test_redis_that_does_not_write_its_file_anew_is_told_of(
    tmp_path: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_campaign(stored, 100)
    with guarded_redis(tmp_path) as server:
        # A user as the tools were before: INFO, but not the file.
        with Redis.from_url(server.url(OWNER), protocol=2) as redis:
            redis.execute_command("ACL", "SETUSER", "tools", "-bgrewriteaof")
        monkeypatch.setenv("REDIS_URL", server.url("tools"))
        done = CliRunner().invoke(app, ["retention", "--yes"])
        assert "BGREWRITEAOF" in done.stdout
        with Redis.from_url(server.url(OWNER), protocol=2) as redis:
            redis.execute_command("ACL", "SETUSER", "tools", "+bgrewriteaof")
        assert answered("--yes")["redis_file_rewritten"]


def test_what_a_backup_holds_is_not_opened_by_the_new_keys(
    stored: Stored, secrets_dir: Path
) -> None:
    """A restore brings the wrapped keys back; what wrapped them is no more."""
    with stored.connection.cursor(row_factory=named_rows) as cursor:
        wrapped = stored_keys(cursor.execute(statement("data_keys").encode()).fetchall())
    before = stored.connection.execute("SELECT booking_id, contact FROM booking").fetchall()
    replace_keys(secrets_dir)
    ring = KeyRing(secrets_dir)
    ring.learn(wrapped)
    for booking_id, sealed in before:
        with pytest.raises(SealBroken):
            unseal_contact(ring, sealed, booking_id)


def test_numbers_stay(stored: Stored) -> None:
    end_campaign(stored, 100)
    counts = "SELECT count(*), count(DISTINCT person_key) FROM booking WHERE state = 'booked'"
    seats = "SELECT sum(taken) FROM seats"
    journal = "SELECT count(*) FROM journal"
    before = [stored.one(one)[0] for one in (counts, seats, journal)]
    answered("--yes")
    assert [stored.one(one)[0] for one in (counts, seats, journal)] == before
    again = answered("--yes")
    assert (again["removed"]["roster"], again["removed"]["contacts"]) == (0, 0)


def test_before_its_day_nothing_goes(stored: Stored) -> None:
    end_campaign(stored, 90)
    assert "90 days after it are over" in refusal()
    assert "--as-of is for --dry-run" in refusal("--as-of", "2040-01-01")
    assert stored.one("SELECT count(*) FROM roster")[0] == 1
    assert answered("--yes", "--days", "89")["removed"]["roster"] == 1


def test_roster_that_waits_for_its_first_campaign_stays(
    database_url: str, target: None, secrets_dir: Path
) -> None:
    """The roster is imported, no release is loaded yet, and the command runs by night."""
    key = (secrets_dir / "roster.key").read_text()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO roster VALUES (%s, %s, %s)", [b"p" * 16, b"b" * 16, b"sealed"]
        )
        assert "no campaign was ever loaded" in refusal()
        (reason,) = answered("--dry-run")["reasons_to_wait"]
        assert "no campaign was ever loaded" in reason
        assert connection.execute("SELECT count(*) FROM roster").fetchone() == (1,)
    assert (secrets_dir / "roster.key").read_text() == key
    assert answered("--yes", "--without-campaign")["removed"]["roster"] == 1
    assert (secrets_dir / "roster.key").read_text() != key


def test_roster_of_the_next_campaign_stays_when_the_command_runs_again(
    stored: Stored, secrets_dir: Path
) -> None:
    end_campaign(stored, 100)
    answered("--yes")
    for number in range(2):
        line = [bytes([number]) * 16, b"b" * 16, b"sealed"]
        stored.connection.execute("INSERT INTO roster VALUES (%s, %s, %s)", line)
    key = (secrets_dir / "roster.key").read_text()
    assert "nobody on the roster has booked" in refusal()
    assert (secrets_dir / "roster.key").read_text() == key
    assert answered("--yes", "--without-campaign")["removed"]["roster"] == 2


def test_while_somebody_may_book_or_waits_nothing_goes(stored: Stored, redis: Redis) -> None:
    end_campaign(stored, 100)
    redis.xadd("inbox", {"r": "x"})
    stored.connection.execute("UPDATE release SET closes_at = now() + interval '1 day'")
    said = refusal()
    assert "may still book: spring" in said
    assert "1 requests are not decided" in said
    redis.delete("inbox")


def test_dry_run_removes_nothing_and_says_when(stored: Stored) -> None:
    end_campaign(stored, 10)
    told = answered("--dry-run")
    assert told["found"]["contacts"] == 3
    assert len(told["reasons_to_wait"]) == 1
    later = answered("--dry-run", "--as-of", "2099-01-01")
    assert later["reasons_to_wait"] == []
    assert stored.one("SELECT count(*) FROM roster")[0] == 1


def test_journal_still_proves_the_bookings(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain is not rewritten: what it says of contact details, nobody can open."""
    assert city.inside(0).book().status_code == 201
    remove_from_tables(city.database_url)
    remove_from_redis(city.redis_url)
    monkeypatch.setenv("DATABASE_URL", city.database_url)
    monkeypatch.setenv("REDIS_URL", city.redis_url)
    monkeypatch.setenv("SECRETS_DIR", str(city.secrets_dir))
    # A process of its own: what the city here logs must not stand between.
    proved = json.loads(seiriken("verify", "--json").stdout)
    assert (proved["in_order"], proved["findings"]) == (True, [])
    until(lambda: city.resident(1).sign_in().status_code == 401)


def test_keys_of_contacts_count_only_what_is_there(
    stored: Stored, secrets_dir: Path, database_url: str
) -> None:
    end_campaign(stored, 100)
    answered("--yes")
    make_first_key(database_url, secrets_dir)
    listed = CliRunner().invoke(app, ["keys", "list", "--json"])
    shown = json.loads(listed.stdout)
    assert shown["sealed_without_id"]["contacts"] == 0
    assert [one["contacts"] for one in shown["keys"]] == [0]
