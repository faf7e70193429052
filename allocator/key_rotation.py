"""Make, wrap and drop the keys of contact details, and seal stored contacts anew.

Rule 1: the work is done as the role `seiriken_keys`, which sees and changes the sealed column of a
booking and nothing else of it. It is no decision, so that it needs no epoch: the writer never
changes that column, and a row is changed only where it still holds what was opened.
Rule 2: rows that the writer holds are passed over, and batches are small: this side never waits
for the writer, so that there is no deadlock, and the writer waits for one batch at most.
Rule 3: a batch is a transaction. Killed at any moment, each row is sealed with the old key or with
the new one, both of which open; what remains is found by looking.
Rule 4: an error of PostgreSQL never leaves this module as it is (its text repeats rows).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from redis import Redis
from redis.exceptions import RedisError

from allocator.contact_keys import (
    DATA_KEYS,
    MARK,
    KeyRing,
    WrappedKey,
    header_of,
    id_of,
    master_id,
    new_key,
    stored_keys,
    unwrapped,
    wrap,
)
from allocator.errors import InboxAway, SealBroken, StoreAway
from allocator.inbox import INBOX_KEY
from allocator.statements import named_rows, statement
from monitoring.secrets import read_masters

BATCH_ROWS = 200
_PASSES_MAX = 20
_ENTRIES_READ = 1_000
_ROLE = b"SET ROLE seiriken_keys"
_SESSION = "-c statement_timeout=60s -c lock_timeout=10s"
_FIRST = UUID(int=0)


class StoredKey(msgspec.Struct, frozen=True):
    """A data key as operators see it. Ids are hexadecimal; `contacts` are those it seals."""

    key_id: str
    master_id: str
    made_at: datetime
    wrapped_at: datetime
    resealed_at: datetime | None
    contacts: int


class Resealed(msgspec.Struct, frozen=True):
    """What one rotation did, in contacts. `unreadable` ones no key opens; they stay as they are."""

    key_id: str
    resealed: int
    remaining: int
    unreadable: int


class KeyStore:
    """The stored keys and what they seal, over one connection, for one command."""

    def __init__(self, connection: psycopg.Connection[Any], secrets_dir: Path) -> None:
        self._connection = connection
        self._secrets_dir = secrets_dir

    def data_keys(self) -> list[StoredKey]:
        """Return the data keys, oldest first."""
        contacts = self.contacts_by_key()
        return [
            StoredKey(
                row.key_id.hex(),
                row.master_id.hex(),
                row.made_at,
                row.wrapped_at,
                row.resealed_at,
                contacts.get(row.key_id.hex(), 0),
            )
            for row in self._connection.execute(DATA_KEYS).fetchall()
        ]

    def contacts_by_key(self) -> dict[str, int]:
        """Return how many contacts each key seals; "" is any master key, from before data keys."""
        rows = self._connection.execute(_sql("contacts_by_key"), {"mark": MARK}).fetchall()
        return {row.key_id.hex() if row.key_id is not None else "": row.contacts for row in rows}

    def make_key(self, *, only_first: bool = False) -> str:
        """Make a data key that seals from now on, and return its id.

        With `only_first` nothing is made where there is one; its id is returned.
        """
        master = read_masters(self._secrets_dir)[0]
        with self._connection.transaction():
            self._connection.execute(_sql("data_keys_held"))
            if only_first and (stored := self._wrapped()):
                return stored[-1].key_id.hex()
            key = new_key(master)
            self._connection.execute(_sql("data_key_inserted"), msgspec.structs.asdict(key))
        return key.key_id.hex()

    def wrap_anew(self) -> int:
        """Wrap every data key with `contact.key`; return how many that concerned.

        Raises:
            SealBroken: a key is wrapped by a master of which there is no file; nothing was changed.
        """
        masters = read_masters(self._secrets_dir)
        by_id = {master_id(one): one for one in masters}
        newest = master_id(masters[0])
        with self._connection.transaction():
            self._connection.execute(_sql("data_keys_held"))
            others = [one for one in self._wrapped() if one.master_id != newest]
            for one in others:
                made = wrap(masters[0], one.key_id, unwrapped(by_id, one))
                self._connection.execute(_sql("data_key_rewrapped"), msgspec.structs.asdict(made))
        return len(others)

    def reseal(self, advance: Callable[[int], None], batch_rows: int = BATCH_ROWS) -> Resealed:
        """Seal every stored contact with the newest key that is not sealed with it yet.

        `advance` is told how many more were. Rows that somebody holds are tried again.
        """
        ring = KeyRing(self._secrets_dir)
        stored = self._wrapped()
        assert stored, "a key was made before"
        ring.learn(stored)
        header = header_of(stored[-1].key_id)
        done, unreadable = 0, 0
        for _ in range(_PASSES_MAX):
            resealed, unreadable = self._one_pass(ring, header, batch_rows, advance)
            done += resealed
            if self.remaining(stored[-1].key_id.hex()) <= unreadable:
                break
        remaining = self.remaining(stored[-1].key_id.hex())
        if remaining == 0:
            parameters = {"key_id": stored[-1].key_id}
            self._connection.execute(_sql("data_key_resealed"), parameters)
        return Resealed(stored[-1].key_id.hex(), done, remaining, unreadable)

    def remaining(self, key_id: str) -> int:
        """Return how many contacts are not sealed with a key."""
        return sum(count for one, count in self.contacts_by_key().items() if one != key_id)

    def retire(self, key_id: str) -> None:
        """Drop a data key: what it sealed can never be opened again."""
        self._connection.execute(_sql("data_key_retired"), {"key_id": bytes.fromhex(key_id)})

    def _wrapped(self) -> list[WrappedKey]:
        return stored_keys(self._connection.execute(DATA_KEYS).fetchall())

    def _one_pass(
        self, ring: KeyRing, header: bytes, batch_rows: int, advance: Callable[[int], None]
    ) -> tuple[int, int]:
        done, unreadable, after = 0, 0, _FIRST
        while True:
            with self._connection.transaction():
                parameters = {"after": after, "header": header, "limit": batch_rows}
                rows = self._connection.execute(_sql("contacts_to_reseal"), parameters).fetchall()
                if not rows:
                    return done, unreadable
                after = rows[-1].booking_id
                batch = list(_sealed_anew(ring, rows))
                written = self._connection.execute(_sql("contacts_resealed"), _columns(batch))
            done += written.rowcount
            unreadable += len(rows) - len(batch)
            advance(written.rowcount)


def _sealed_anew(ring: KeyRing, rows: Sequence[Any]) -> Iterator[tuple[UUID, bytes, bytes]]:
    for row in rows:
        try:
            plaintext = ring.unseal(row.contact, row.booking_id.bytes)
        except SealBroken:
            continue
        yield row.booking_id, row.contact, ring.seal(plaintext, row.booking_id.bytes)


def _columns(batch: Sequence[tuple[UUID, bytes, bytes]]) -> Mapping[str, list[Any]]:
    return {
        "booking_id": [booking_id for booking_id, _, _ in batch],
        "was": [was for _, was, _ in batch],
        "contact": [contact for _, _, contact in batch],
    }


def _sql(name: str) -> bytes:
    return statement(name).encode()


@contextmanager
def open_keys(database_url: str, secrets_dir: Path) -> Iterator[KeyStore]:
    """Connect for the length of a block, as the role that may do no more than this.

    Raises:
        StoreAway: PostgreSQL does not answer.
    """
    try:
        with psycopg.connect(
            database_url,
            connect_timeout=10,
            autocommit=True,
            row_factory=named_rows,
            options=_SESSION,
        ) as connection:
            connection.execute(_ROLE)
            yield KeyStore(connection, secrets_dir)
    except psycopg.Error:
        raise StoreAway from None


def requests_by_key(redis_url: str) -> dict[str, int]:
    """Return how many requests of the inbox hold a contact that each key seals ("": a master).

    Raises:
        InboxAway: Redis does not answer.
    """
    counts: dict[str, int] = {}
    try:
        with Redis.from_url(redis_url, socket_timeout=5, protocol=2) as redis:
            start = "-"
            while entries := redis.xrange(INBOX_KEY, start, "+", _ENTRIES_READ):
                for _, fields in entries:
                    for key_id in _ids_in(fields[b"r"]):
                        counts[key_id] = counts.get(key_id, 0) + 1
                start = f"({entries[-1][0].decode()}"
    except RedisError:
        raise InboxAway from None
    return counts


def _ids_in(message: bytes) -> set[str]:
    """Return the keys whose contacts a request holds."""
    try:
        command: dict[str, Any] = msgspec.msgpack.decode(message)["command"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return set()  # Nobody can decide it.
    contacts = [command.get("contact"), (command.get("companion") or {}).get("contact")]
    return {(id_of(one) or b"").hex() for one in contacts if one}
