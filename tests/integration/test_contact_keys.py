"""Processes learn of data keys by themselves; the role that rotates sees no more than it must."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from allocator.contact_keys import ContactKeys, KeyRing, contact_keys_of
from allocator.errors import InboxAway, StoreAway
from allocator.key_rotation import open_keys, requests_by_key
from allocator.mail import Letter
from allocator.outbox import Outbox
from monitoring.secrets import create_missing, read_secret
from tests.integration.stored import CONTACT, Stored, StoredBooking


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Path:
    create_missing(tmp_path / "secrets")
    return tmp_path / "secrets"


@pytest.fixture
def stored(database_url: str, secrets_dir: Path) -> Iterator[Stored]:
    with closing(Stored(database_url, read_secret(secrets_dir, "contact.key"))) as made:
        yield made


def rotated(stored: Stored, database_url: str, secrets_dir: Path) -> StoredBooking:
    """Book, then make a key and seal the booking's contact anew."""
    booking = stored.book()
    with open_keys(database_url, secrets_dir) as store:
        store.make_key()
        assert store.reseal(lambda _: None).remaining == 0
    return booking


def test_worker_learns_of_a_key_when_it_meets_it(
    stored: Stored, database_url: str, secrets_dir: Path
) -> None:
    outbox = Outbox(database_url, KeyRing(secrets_dir))
    booking = rotated(stored, database_url, secrets_dir)
    message = stored.message(booking)
    with closing(outbox), outbox.held(message) as letter:
        assert isinstance(letter, Letter)
        assert letter.contact == CONTACT


def test_command_learns_of_keys_by_itself(
    stored: Stored, database_url: str, secrets_dir: Path
) -> None:
    booking = rotated(stored, database_url, secrets_dir)
    ring = contact_keys_of(database_url, secrets_dir)
    assert isinstance(ring, ContactKeys)
    (sealed,) = stored.one("SELECT contact FROM booking")
    opened = asyncio.run(ring.unseal_contact(sealed, booking.booking_id))
    assert opened == CONTACT


def test_servers_that_are_away_are_said(tmp_path: Path, secrets_dir: Path) -> None:
    nowhere = f"postgresql://nobody@/none?host={tmp_path}"
    with pytest.raises(StoreAway):
        asyncio.run(contact_keys_of(nowhere, secrets_dir).relearn())
    with pytest.raises(StoreAway), open_keys(nowhere, secrets_dir):
        pass
    with pytest.raises(InboxAway):
        requests_by_key(f"unix://{tmp_path}/none.sock")


def test_role_of_the_commands_sees_the_sealed_column_and_no_other(
    database_url: str,
) -> None:
    for forbidden in (
        "SELECT person_key FROM booking",
        "UPDATE booking SET state = 'cancelled'",
        "DELETE FROM booking",
        "SELECT FROM roster",
    ):
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("SET ROLE seiriken_keys")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden.encode())
