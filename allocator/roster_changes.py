"""Mark who left the roster, and put tickets that were issued anew in place of the old ones.

Rule 1: all of a file, or nothing, in one transaction. The same file again changes nothing.
Rule 2: nobody is removed. Who left stays, marked, so that records of their doses name them and an
old file of people does not bring them back; they can neither sign in nor book.
Rule 3: bookings are not touched here: what becomes of them is the allocator's to decide
(`allocator.leaving`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from allocator.errors import StoreAway
from allocator.roster import CATALOGUE_CHANGED, RosterKeys
from allocator.roster_changes_file import Change, OnRoster, RosterChange, fault_of
from allocator.roster_lines import LineFault
from allocator.sealing import Identity, birth_check, person_key, seal_identity, unseal_identity
from allocator.statements import named_rows, statement


class Concerned(msgspec.Struct, frozen=True):
    """One person by their key, what became of them, and the key of their new ticket if any."""

    person_key: bytes
    change: Change
    new_key: bytes | None = None

    @property
    def may_not_sign_in(self) -> bool:
        """Say whether the ticket opens nothing any more."""
        return self.change != "returned"


class Marked(msgspec.Struct, frozen=True):
    """What a file of changes did, or would do, to the roster, in people by change."""

    concerned: tuple[Concerned, ...] = ()
    new: dict[Change, int] = {}
    unchanged: int = 0
    faults: tuple[LineFault, ...] = ()


def mark_changes(
    database_url: str, keys: RosterKeys, changes: Sequence[RosterChange], *, dry_run: bool
) -> Marked:
    """Carry changes out on the roster, unless one of them does not fit it; or say what they are.

    Raises:
        StoreAway: the database does not answer; nothing was stored.
        SealBroken: the roster was sealed with another key.
    """
    try:
        with psycopg.connect(
            database_url, connect_timeout=10, row_factory=named_rows
        ) as connection:
            if not dry_run:
                connection.execute(_sql("roster_hold"))
            return _mark(connection, keys, changes, dry_run=dry_run)
    except psycopg.OperationalError:
        raise StoreAway from None


def _mark(
    connection: psycopg.Connection[Any],
    keys: RosterKeys,
    changes: Sequence[RosterChange],
    *,
    dry_run: bool,
) -> Marked:
    concerned = tuple(_concerned(keys, change) for change in changes)
    known = _on_roster(connection, keys, concerned)
    faults, pending = [], []
    for change, person in zip(changes, concerned, strict=True):
        there = known.get(person.person_key)
        new = None if person.new_key is None else known.get(person.new_key)
        fault = fault_of(change, there, new, person.new_key)
        if fault is not None:
            faults.append(fault)
        elif there is not None and there.left_why != _left_why(person):
            pending.append((change, person, there))
    if faults:
        return Marked(faults=tuple(faults))
    if pending and not dry_run:
        _store(connection, keys, pending)
    new_ones = Counter(person.change for _, person, _ in pending)
    return Marked(concerned, dict(new_ones), len(changes) - len(pending))


def _concerned(keys: RosterKeys, change: RosterChange) -> Concerned:
    code = change.municipality_code
    key = person_key(keys.identity, code, change.ticket_number)
    new = change.new_ticket_number
    new_key = person_key(keys.identity, code, new) if new else None
    return Concerned(key, change.change, new_key)


def _on_roster(
    connection: psycopg.Connection[Any], keys: RosterKeys, concerned: Sequence[Concerned]
) -> dict[bytes, OnRoster]:
    asked = [
        key
        for person in concerned
        for key in (person.person_key, person.new_key)
        if key is not None
    ]
    found = {}
    for row in connection.execute(_sql("roster_rows"), {"person_keys": asked}):
        identity = unseal_identity(keys.roster, row.sealed, row.person_key)
        found[row.person_key] = OnRoster(identity.birth_date, row.left_why, row.reissued_as)
    return found


def _store(
    connection: psycopg.Connection[Any],
    keys: RosterKeys,
    pending: Sequence[tuple[RosterChange, Concerned, OnRoster]],
) -> None:
    left = {
        "person_key": [person.person_key for _, person, _ in pending],
        "left_why": [_left_why(person) for _, person, _ in pending],
        "reissued_as": [person.new_key for _, person, _ in pending],
    }
    connection.execute(_sql("roster_left"), left)
    issued: dict[str, list[bytes]] = {"person_key": [], "birth_check": [], "sealed": []}
    for change, person, there in pending:
        if person.new_key is not None:
            born = there.birth_date
            who = Identity(change.municipality_code, change.new_ticket_number, born)
            issued["person_key"].append(person.new_key)
            issued["birth_check"].append(birth_check(keys.identity, person.new_key, born))
            issued["sealed"].append(seal_identity(keys.roster, who, person.new_key))
    connection.execute(_sql("roster_issued"), issued)
    connection.execute(_sql("roster_version"), {"changed": True})
    connection.execute(f"NOTIFY {CATALOGUE_CHANGED}".encode())


def _left_why(person: Concerned) -> str | None:
    return person.change if person.may_not_sign_in else None


def _sql(name: str) -> bytes:
    return statement(name).encode()
