"""A town to book in: a database with a release and a roster, and requests that wait in a file.

A run never books in the town itself but in a copy of its database, so that every run
begins alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psycopg

from allocator.release_store import Loaded, load_release, read_catalogue
from allocator.sealing import Identity, seal_identity
from loadtests.bench.errors import BenchStopped
from loadtests.bench.releases import BORN, Kind, Wishes, plan_of, requests_of, seats_for
from loadtests.bench.servers import Servers
from loadtests.bench.statements import statement
from monitoring.secrets import read_secret

_MUNICIPALITY = "122319"


@dataclass(frozen=True)
class Town:
    """The name of the database to copy, and the requests (MessagePack) of its people in order."""

    database: str
    requests_file: Path


@dataclass(frozen=True)
class Checked:
    """What the tables hold after a run."""

    bookings: int


def build_town(
    servers: Servers, *, slots: int, people: int, kind: Kind = "mix", seats_per_slot: int = 0
) -> Town:
    """Load a release of so many slots and a roster, and write one request a person."""
    database = servers.migrated_database()
    url = servers.postgres.url(database)
    plan = plan_of(slots, seats_per_slot or seats_for(people, slots))
    if not isinstance(load_release(url, plan), Loaded):
        raise BenchStopped("the release was refused")
    keys = fill_roster(url, people, read_secret(servers.secrets_dir, "roster.key"))
    wishes = Wishes(tuple(read_catalogue(url).slots.values()), kind)
    contact_key = read_secret(servers.secrets_dir, "contact.key")
    requests_file = servers.folder / f"{database}.requests"
    messages = [msgspec.msgpack.encode(one) for one in requests_of(keys, wishes, contact_key)]
    write_messages(requests_file, messages)
    return Town(database, requests_file)


def fill_roster(database_url: str, people: int, roster_key: bytes) -> list[bytes]:
    """Put people on the roster; return their keys in order.

    Keys and birth checks are numbers that look like the hashes they stand for; the
    identities are sealed as they would be.
    """
    keys = [spread(number) for number in range(people)]
    with (
        psycopg.connect(database_url) as connection,
        connection.cursor() as cursor,
        cursor.copy(statement("roster_filled")) as copy,
    ):
        copy.set_types(["bytea", "bytea", "bytea"])
        for number, key in enumerate(keys):
            identity = Identity(_MUNICIPALITY, f"{number:010d}", BORN)
            copy.write_row((key, spread(number + people), seal_identity(roster_key, identity, key)))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return keys


def read_messages(requests_file: Path, count: int) -> list[bytes]:
    """Return the first `count` requests, each as the gateway would send it."""
    return msgspec.msgpack.decode(requests_file.read_bytes(), type=list[bytes])[:count]


def write_messages(requests_file: Path, messages: Sequence[bytes]) -> None:
    """Keep requests for other processes."""
    requests_file.write_bytes(msgspec.msgpack.encode(messages))


def check_books(database_url: str, answered: int) -> Checked:
    """Compare the tables with the bookings that were answered.

    Raises:
        BenchStopped: a seat was sold twice or counted wrongly, or a booking is missing.
    """
    with psycopg.connect(database_url) as connection:
        row = connection.execute(statement("books_checked")).fetchone()
    assert row is not None
    bookings, oversold, miscounted = map(int, row)
    if oversold or miscounted or bookings != answered:
        raise BenchStopped(
            f"{answered} bookings were answered, {bookings} are stored,"
            f" {oversold} slots are oversold, {miscounted} seats miscounted"
        )
    return Checked(bookings)


def spread(number: int) -> bytes:
    """Return 16 bytes, different for each number and spread evenly (a bijection modulo 2^128)."""
    return (number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128).to_bytes(16, "big")
