"""`seiriken keys`: rotated while a city works, killed in the middle, retired when unneeded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from allocator.commands import Book, Request
from allocator.contact_keys import (
    KeyRing,
    header_of,
    id_of,
    stored_keys,
)
from allocator.errors import SealBroken
from allocator.key_rotation import open_keys
from allocator.model import Flexible
from allocator.sealing import seal_contact, unseal_contact
from allocator.statements import named_rows, statement
from monitoring.secrets import create_missing, read_secret
from seiriken.cli import app
from seiriken.database import make_first_key
from seiriken.errors import CommandError
from tests.integration.stored import CONTACT, Stored
from tests.waiting import until

ROWS = 600
BEGIN = date(2021, 8, 20)
AT_THE_STOP = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
AT_WORK = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Path:
    create_missing(tmp_path / "secrets")
    return tmp_path / "secrets"


@pytest.fixture
def stored(database_url: str, secrets_dir: Path) -> Iterator[Stored]:
    """Bookings that were sealed before there were data keys."""
    with closing(Stored(database_url, read_secret(secrets_dir, "contact.key"))) as made:
        yield made


@pytest.fixture(autouse=True)
def target(
    monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str, secrets_dir: Path
) -> None:
    """Let the commands find the servers of the test."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("SECRETS_DIR", str(secrets_dir))
    monkeypatch.setenv("BACKUP_DIR", str(secrets_dir / "no-backups"))


def keys(*words: str) -> Any:
    """Run a command of `seiriken keys` and return what it answers programs."""
    done = invoked(*words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def invoked(*words: str) -> Result:
    return CliRunner().invoke(app, ["keys", *words, "--json"])


def refusal(*words: str) -> str:
    """Run a command that is refused and return what it says."""
    done = invoked(*words)
    assert isinstance(done.exception, CommandError), done.output
    return str(done.exception)


def ring_of(stored: Stored, secrets_dir: Path) -> KeyRing:
    """Return the ring of a process that begins now."""
    ring = KeyRing(secrets_dir)
    with stored.connection.cursor(row_factory=named_rows) as cursor:
        rows = cursor.execute(statement("data_keys").encode()).fetchall()
    ring.learn(stored_keys(rows))
    return ring


def sealed_rows(stored: Stored) -> list[tuple[UUID, bytes]]:
    return stored.connection.execute("SELECT booking_id, contact FROM booking").fetchall()


def let_learn(stored: Stored) -> None:
    """Let so much time pass that every process knows the newest key."""
    stored.connection.execute("UPDATE data_key SET made_at = made_at - interval '30 minutes'")


@contextmanager
def stop_at(stored: Stored, booking_id: UUID) -> Iterator[None]:
    """Hold up whoever seals a booking anew, in the middle of a batch, for the length of a block."""
    stored.connection.execute(
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_advisory_xact_lock(8); RETURN NEW; END'"
    )
    stored.connection.execute(
        f"CREATE TRIGGER stop BEFORE UPDATE OF contact ON booking FOR EACH ROW "
        f"WHEN (NEW.booking_id = '{booking_id}') EXECUTE FUNCTION stop()".encode()
    )
    stored.connection.execute("SELECT pg_advisory_lock(8)")
    try:
        yield
    finally:
        stored.connection.execute("SELECT pg_advisory_unlock(8)")


def in_inbox(redis: Redis, ring: KeyRing | bytes) -> None:
    """Leave a request undecided."""
    request_id = uuid4()
    contact = seal_contact(ring, CONTACT, request_id)
    command = Book("spring", Flexible(day_min=BEGIN, day_max=BEGIN), contact, "ja")
    message = Request(request_id, bytes(16), bytes(16), command)
    redis.xadd("inbox", {"r": msgspec.msgpack.encode(message), "g": "g0", "h": b"1"})


def test_rotation_seals_everything_anew_and_changes_nothing_else(
    stored: Stored, secrets_dir: Path
) -> None:
    for _ in range(30):
        stored.book()
    everything = "SELECT to_jsonb(b) - 'contact' FROM booking b ORDER BY booking_id"
    before = stored.connection.execute(everything).fetchall()
    first = keys("rotate")
    assert (first["resealed"], first["remaining"]) == (30, 0)
    second = keys("rotate")
    assert second["resealed"] == 30
    assert second["key_id"] != first["key_id"]
    ring = ring_of(stored, secrets_dir)
    for booking_id, contact in sealed_rows(stored):
        assert id_of(contact) == bytes.fromhex(second["key_id"])
        assert unseal_contact(ring, contact, booking_id) == CONTACT
    assert stored.connection.execute(everything).fetchall() == before


def test_list_says_what_each_key_seals(stored: Stored, redis: Redis, secrets_dir: Path) -> None:
    stored.book()
    assert keys("list") == {
        "keys": [],
        "masters": keys("list")["masters"],
        "sealed_without_id": {"contacts": 1, "requests": 0},
    }
    key_id = keys("rotate")["key_id"]
    in_inbox(redis, ring_of(stored, secrets_dir))
    in_inbox(redis, stored.contact_key)
    redis.xadd("inbox", {"r": b"nonsense"})
    listed = keys("list")
    assert [(one["key_id"], one["contacts"]) for one in listed["keys"]] == [(key_id, 1)]
    assert [one["file"] for one in listed["masters"]] == ["contact.key"]
    assert listed["sealed_without_id"] == {"contacts": 0, "requests": 1}
    shown = CliRunner().invoke(app, ["keys", "list"])
    assert key_id in shown.stdout
    assert "seals" in shown.stdout


def test_first_key_is_made_once(database_url: str, secrets_dir: Path) -> None:
    first = make_first_key(database_url, secrets_dir)
    assert make_first_key(database_url, secrets_dir) == first
    assert keys("rotate", "--resume")["key_id"] == first


def test_rotation_that_is_killed_loses_nothing_and_goes_on(
    stored: Stored, database_url: str, secrets_dir: Path
) -> None:
    """kill -9 while a row is held: what was sealed anew stays, the rest is sealed by --resume."""
    stored.book()
    stored.connection.execute(
        "INSERT INTO booking SELECT gen_random_uuid(), 'n' || n, decode(md5(n::text), 'hex'), "
        "campaign_id, release_id, product_id, NULL, dose1_on, NULL, NULL, interval_days_min, "
        "interval_days_max, 'cancelled', contact, language, booked_at "
        "FROM booking, generate_series(1, %s) n",
        [ROWS],
    )
    originals = sealed_rows(stored)
    with psycopg.connect(database_url) as sealing:
        for booking_id, _ in originals:
            contact = seal_contact(stored.contact_key, CONTACT, booking_id)
            sealing.execute(
                "UPDATE booking SET contact = %s WHERE booking_id = %s", [contact, booking_id]
            )
    ids = sorted(booking_id for booking_id, _ in originals)
    with stop_at(stored, ids[ROWS // 2]):
        command = [sys.executable, "-m", "seiriken.cli", "keys", "rotate", "--json"]
        with subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL) as process:
            until(lambda: stored.one(AT_THE_STOP)[0] == 1, 60)
            process.send_signal(signal.SIGKILL)
    until(lambda: stored.one(AT_WORK)[0] == 0, 30)
    ids_found = [id_of(contact) for _, contact in sealed_rows(stored)]
    assert 0 < ids_found.count(None) < len(ids_found)
    ring = ring_of(stored, secrets_dir)
    for booking_id, contact in sealed_rows(stored):
        assert unseal_contact(ring, contact, booking_id) == CONTACT
    done = keys("rotate", "--resume")
    assert done["remaining"] == 0
    assert stored.one("SELECT count(*) FROM data_key")[0] == 1
    assert {id_of(contact) for _, contact in sealed_rows(stored)} == {bytes.fromhex(done["key_id"])}


def test_row_that_the_writer_holds_is_neither_waited_for_nor_lost(
    stored: Stored, database_url: str, secrets_dir: Path
) -> None:
    held, free = stored.book(), stored.book()
    with psycopg.connect(database_url) as writer:
        writer.execute("UPDATE booking SET revision = 7 WHERE booking_id = %s", [held.booking_id])
        said = invoked("rotate")
        assert isinstance(said.exception, CommandError)
        assert "1 remain" in str(said.exception)
    done = keys("rotate", "--resume")
    assert (done["resealed"], done["remaining"]) == (1, 0)
    assert stored.one("SELECT max(revision) FROM booking")[0] == 7
    ring = ring_of(stored, secrets_dir)
    contacts = dict(sealed_rows(stored))
    assert unseal_contact(ring, contacts[free.booking_id], free.booking_id) == CONTACT


def test_bookings_made_in_the_middle_stay_readable(stored: Stored, secrets_dir: Path) -> None:
    """Sealed with what a process knew before: the old key still opens it, and is kept for it."""
    make_first_key(os.environ["DATABASE_URL"], secrets_dir)
    late = ring_of(stored, secrets_dir)
    for _ in range(20):
        stored.book()
    enough = Event()

    def go_on_booking() -> None:
        with closing(psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)) as other:
            while not enough.is_set():
                booking_id = uuid4()
                other.execute(
                    "INSERT INTO booking (booking_id, booking_number, person_key, campaign_id, "
                    "release_id, product_id, dose1_on, interval_days_min, interval_days_max, "
                    "state, contact, language, booked_at) SELECT %s, %s, %s, 'c1', 'spring', "
                    "'comirnaty', current_date, 19, 42, 'cancelled', %s, 'ja', now()",
                    [
                        booking_id,
                        booking_id.hex,
                        booking_id.bytes,
                        seal_contact(late, CONTACT, booking_id),
                    ],
                )

    booking = Thread(target=go_on_booking)
    booking.start()
    try:
        until(lambda: len(sealed_rows(stored)) > 25)
        invoked("rotate")
        before = len(sealed_rows(stored))
        until(lambda: len(sealed_rows(stored)) > before)
    finally:
        enough.set()
        booking.join()
    old, new = (one["key_id"] for one in keys("list")["keys"])
    ring = ring_of(stored, secrets_dir)
    found = {id_of(contact) for _, contact in sealed_rows(stored)}
    assert found == {bytes.fromhex(old), bytes.fromhex(new)}
    for booking_id, contact in sealed_rows(stored):
        assert unseal_contact(ring, contact, booking_id) == CONTACT
    let_learn(stored)
    assert "contacts need it" in refusal("retire", old)
    assert keys("rotate", "--resume")["remaining"] == 0
    assert keys("retire", old) == {"retired": old}


def test_key_that_anything_needs_is_not_retired(
    stored: Stored, redis: Redis, secrets_dir: Path
) -> None:
    old = make_first_key(os.environ["DATABASE_URL"], secrets_dir)
    ring = ring_of(stored, secrets_dir)
    assert "it is the newest" in refusal("retire", old)
    keys("rotate")
    assert "may still seal with it" in refusal("retire", old)
    let_learn(stored)
    in_inbox(redis, ring)
    assert "1 requests in the inbox" in refusal("retire", old)
    redis.delete("inbox")
    stored.contact_key = ring  # type: ignore[assignment]
    stored.book()
    assert "1 contacts need it" in refusal("retire", old)
    keys("rotate", "--resume")
    assert keys("retire", old) == {"retired": old}
    assert "no key has this id" in refusal("retire", old)


def test_master_key_is_rotated_by_wrapping_alone(stored: Stored, secrets_dir: Path) -> None:
    booking = stored.book()
    keys("rotate")
    rows = sealed_rows(stored)
    running = ring_of(stored, secrets_dir)
    old = keys("list")["masters"][0]["master_id"]
    done = keys("rotate", "--master")
    assert (done["rewrapped"], done["master_id"] != old) == (1, True)
    assert sealed_rows(stored) == rows
    for ring in (running, ring_of(stored, secrets_dir)):
        assert unseal_contact(ring, rows[0][1], booking.booking_id) == CONTACT
    assert {one["master_id"] for one in keys("list")["keys"]} == {done["master_id"]}
    assert "backups from before" in refusal("retire", old)
    let_learn(stored)
    assert keys("retire", old, "--backups-checked") == {"retired": old}
    assert [one["file"] for one in keys("list")["masters"]] == ["contact.key"]
    assert unseal_contact(ring_of(stored, secrets_dir), rows[0][1], booking.booking_id) == CONTACT


def test_master_key_that_something_needs_is_not_retired(
    stored: Stored, redis: Redis, secrets_dir: Path
) -> None:
    stored.book()
    in_inbox(redis, stored.contact_key)
    old = keys("list")["masters"][0]["master_id"]
    keys("rotate", "--master")
    let_learn(stored)
    said = refusal("retire", old)
    assert "1 requests in the inbox" in said
    assert "1 contacts need it" in said
    stored.connection.execute("UPDATE data_key SET master_id = decode(%s, 'hex')", [old])
    assert "it wraps 1 data keys" in refusal("retire", old)


def test_master_key_whose_file_came_from_outside_is_used(stored: Stored, secrets_dir: Path) -> None:
    """As in containers, where the operator replaces the files: the command only wraps."""
    booking = stored.book()
    keys("rotate")
    (secrets_dir / "contact-old.key").write_bytes((secrets_dir / "contact.key").read_bytes())
    (secrets_dir / "contact.key").unlink()
    create_missing(secrets_dir)
    assert keys("rotate", "--master")["rewrapped"] == 1
    assert len(list(secrets_dir.glob("contact*"))) == 2
    (secrets_dir / "contact-old.key").unlink()
    (row,) = sealed_rows(stored)
    assert unseal_contact(ring_of(stored, secrets_dir), row[1], booking.booking_id) == CONTACT


def test_master_key_that_is_gone_stops_the_wrapping(
    stored: Stored, database_url: str, secrets_dir: Path
) -> None:
    keys("rotate")
    (secrets_dir / "contact.key").unlink()
    create_missing(secrets_dir)
    with open_keys(database_url, secrets_dir) as store, pytest.raises(SealBroken):
        store.wrap_anew()
    assert isinstance(invoked("rotate", "--master").exception, SealBroken)


def test_contact_that_no_key_opens_is_left_and_said(stored: Stored) -> None:
    stored.book()
    broken = stored.book()
    stored.connection.execute(
        "UPDATE booking SET contact = %s WHERE booking_id = %s",
        [header_of(bytes(8)) + bytes(40), broken.booking_id],
    )
    said = refusal("rotate")
    assert "1 contacts cannot be opened" in said
    assert dict(sealed_rows(stored))[broken.booking_id] == header_of(bytes(8)) + bytes(40)
