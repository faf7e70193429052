"""Put the eligible people of a city into the database: all of a file, or nothing.

Only keyed hashes and sealed values are stored. Importing the same file again
changes nothing; a line whose birth date was corrected replaces the old one; people
who are not in the file stay as they are. The version that the gateways' copy is
compared with grows only when something changed, in the same transaction. A file without
the column of PINs leaves those that are there; an empty cell in that column takes one away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import psycopg

from allocator.errors import StoreAway
from allocator.model import PROBE_BORN
from allocator.roster_file import Person
from allocator.sealing import (
    Identity,
    birth_check,
    person_key,
    pin_check,
    seal_identity,
    unseal_identity,
)
from allocator.statements import statement
from monitoring.secrets import read_secret

CATALOGUE_CHANGED = "catalogue_changed"
"""The PostgreSQL channel on which the allocator hears that catalogue or roster changed."""

_PEOPLE_BETWEEN_REPORTS = 1_000
_DIGITS_SHOWN = 3


class RosterKeys(NamedTuple):
    """The secrets by which people are hashed and sealed, 32 bytes each."""

    identity: bytes
    roster: bytes


class Imported(msgspec.Struct, frozen=True):
    """What one import did, in people. `roster_version` is the one after it."""

    people: int
    added: int
    corrected: int
    unchanged: int
    roster_version: int


class Difference(msgspec.Struct, frozen=True):
    """What one import would do. Tickets are masked: municipality code, and three digits.

    `gone` are on the roster and not in the file; an import leaves them where they are. The
    synthetic resident, whom no file brings, is not among them. `left` are in the file although
    they moved out, died or have another ticket: an import does not bring them back.
    """

    people: int
    unchanged: int
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    left: tuple[str, ...] = ()


def read_keys(secrets_dir: Path) -> RosterKeys:
    """Read the secrets of the roster. Raises `SecretError`."""
    identity = read_secret(secrets_dir, "identity.key")
    return RosterKeys(identity, read_secret(secrets_dir, "roster.key"))


def import_people(
    database_url: str,
    keys: RosterKeys,
    people: Sequence[Person],
    advance: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Store people in one transaction; `advance` is told how many more were sent.

    Raises:
        StoreAway: the database does not answer; nothing was stored.
    """
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            return _import(connection, keys, people, advance)
    except psycopg.OperationalError:
        raise StoreAway from None


def difference_of(
    database_url: str,
    keys: RosterKeys,
    people: Sequence[Person],
    advance: Callable[[int], None] = lambda _: None,
) -> Difference:
    """Say what an import of these people would change, and change nothing.

    Raises:
        StoreAway: the database does not answer.
        SealBroken: the roster was sealed with another key.
    """
    masked: dict[str, list[str]] = {"new": [], "changed": [], "gone": [], "left": []}
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            _send(connection, keys, people, advance)
            parameters = {"has_pins": _have_pins(people)}
            for kind, person, sealed in connection.execute(_sql("roster_difference"), parameters):
                identity = unseal_identity(keys.roster, sealed, person)
                if identity.birth_date != PROBE_BORN:
                    masked[kind].append(_masked(identity))
            connection.rollback()
    except psycopg.OperationalError:
        raise StoreAway from None
    told = {kind: tuple(sorted(tickets)) for kind, tickets in masked.items()}
    unchanged = len(people) - sum(len(told[kind]) for kind in ("new", "changed", "left"))
    return Difference(len(people), unchanged, **told)


def count_people(database_url: str) -> int:
    """Return how many people the roster holds. Raises `StoreAway`."""
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            row = connection.execute(_sql("roster_count")).fetchone()
    except psycopg.OperationalError:
        raise StoreAway from None
    assert row is not None
    return int(row[0])


def _import(
    connection: psycopg.Connection,
    keys: RosterKeys,
    people: Sequence[Person],
    advance: Callable[[int], None],
) -> Imported:
    # Imports take turns. The catalogue's row is not held meanwhile: bookings go on.
    connection.execute(_sql("roster_hold"))
    _send(connection, keys, people, advance)
    has_pins = {"has_pins": _have_pins(people)}
    row = connection.execute(_sql("roster_merge"), has_pins).fetchone()
    assert row is not None
    added, corrected = int(row[0]), int(row[1])
    changed = added + corrected > 0
    version = connection.execute(_sql("roster_version"), {"changed": changed}).fetchone()
    assert version is not None
    if changed:
        connection.execute(f"NOTIFY {CATALOGUE_CHANGED}".encode())
    unchanged = len(people) - added - corrected
    return Imported(len(people), added, corrected, unchanged, int(version[0]))


def _send(
    connection: psycopg.Connection,
    keys: RosterKeys,
    people: Sequence[Person],
    advance: Callable[[int], None],
) -> None:
    """Put people into a table that is there for this transaction alone."""
    connection.execute(_sql("roster_arriving"))
    with connection.cursor() as cursor, cursor.copy(_sql("roster_copy")) as copy:
        copy.set_types(["bytea", "bytea", "bytea", "bytea"])
        for start in range(0, len(people), _PEOPLE_BETWEEN_REPORTS):
            some = people[start : start + _PEOPLE_BETWEEN_REPORTS]
            for person in some:
                copy.write_row(_row(keys, person))
            advance(len(some))


def _have_pins(people: Sequence[Person]) -> bool:
    return any(person.pin is not None for person in people)


def _masked(identity: Identity) -> str:
    """Return whose ticket it is, but for all digits of its number before the last three."""
    hidden = "*" * (len(identity.ticket_number) - _DIGITS_SHOWN)
    return f"{identity.municipality_code} {hidden}{identity.ticket_number[-_DIGITS_SHOWN:]}"


def _row(keys: RosterKeys, person: Person) -> tuple[bytes, bytes, bytes, bytes | None]:
    identity = Identity(person.municipality_code, person.ticket_number, person.birth_date)
    key = person_key(keys.identity, identity.municipality_code, identity.ticket_number)
    check = birth_check(keys.identity, key, identity.birth_date)
    pin = pin_check(keys.identity, key, person.pin) if person.pin else None
    return key, check, seal_identity(keys.roster, identity, key), pin


def _sql(name: str) -> bytes:
    return statement(name).encode()
