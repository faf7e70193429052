"""The keys of contact details: data keys with ids, each wrapped by a master key.

Rule 1: the newest data key seals, all open. Each value carries the id of its key; a value
without one was sealed with a master key (before there were data keys, or by a process that
could not ask for them), and opens as well.
Rule 2: wrapped data keys stand in PostgreSQL beside what they seal, so that a backup has the keys
that it needs; the master key is a file that no database holds (of our backups, see
`seiriken.backup.taking`).
Rule 3: a process learns of keys by itself: before it seals, when what it knows is older than
`KNOWN_S`; and before it says that a value cannot be opened.

Shapes: a data key is 32 random bytes, its id 8; a value is MARK, id, then what `sealing.seal`
makes, with both as further associated data: so a value cannot be passed off as another key's.
A master's id is 8 bytes of HMAC-SHA256 of a fixed text.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from allocator.errors import KeyMissing, SealBroken, StoreAway
from allocator.sealing import Contact, SealingKey, seal, unseal, unseal_contact
from allocator.statements import named_rows, statement
from monitoring.logs import get_logger
from monitoring.secrets import read_masters

MARK = b"\x00SK1"
KEY_ID_BYTES = 8
HEADER_BYTES = len(MARK) + KEY_ID_BYTES
_KEY_BYTES = 32

KNOWN_S = 60.0
"""Seconds after which a process asks again which key is the newest, before it seals."""

KNOWN_S_MAX = 600.0
"""As long as that, a process seals with what it knows while PostgreSQL is away; then with the
master key itself, which opens for as long as its file is there."""

ASK_AGAIN_S = 5.0
"""Nobody waits for PostgreSQL, while it is away, more often than that."""

DATA_KEYS = statement("data_keys").encode()

_log = get_logger()


class WrappedKey(msgspec.Struct, frozen=True):
    """A data key as it is stored: of use only to who holds the master key of that id."""

    key_id: bytes
    master_id: bytes
    wrapped: bytes


class KeyRing:
    """The keys that one process knows. Printed without their content."""

    def __init__(self, secrets_dir: Path) -> None:
        self._secrets_dir = secrets_dir
        self._masters = read_masters(secrets_dir)
        self._keys: dict[bytes, bytes] = {}
        self._newest: bytes | None = None

    def __repr__(self) -> str:
        """Hide the content."""
        return "KeyRing(…)"

    def learn(self, stored: Sequence[WrappedKey]) -> None:
        """Open the keys that are new, oldest first; what is stored no more is forgotten.

        A key that no master opens is left out, and logged.

        Raises:
            SecretError: a file of the secrets is missing or malformed.
        """
        if any(one.key_id not in self._keys for one in stored):
            self._masters = read_masters(self._secrets_dir)
        masters = {master_id(one): one for one in self._masters}
        known: dict[bytes, bytes] = {}
        for one in stored:
            try:
                known[one.key_id] = self._keys.get(one.key_id) or unwrapped(masters, one)
            except SealBroken:
                _log.error("data_key_refused", reason="no master key opens it")
        self._keys = known
        self._newest = stored[-1].key_id if stored else None

    def learn_masters(self) -> None:
        """Look at the files of the secrets again. Raises `SecretError`."""
        self._masters = read_masters(self._secrets_dir)

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """Encrypt with the newest key, or with the master key while none is known.

        Raises:
            KeyMissing: the newest key could not be opened.
        """
        if self._newest is None:
            return seal(self._masters[0], plaintext, aad)
        if (key := self._keys.get(self._newest)) is None:
            raise KeyMissing
        header = header_of(self._newest)
        return header + seal(key, plaintext, header + aad)

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        """Decrypt what any of the keys sealed. Raises `SealBroken`."""
        if (key := self._keys.get(id_of(sealed) or b"")) is not None:
            header = sealed[:HEADER_BYTES]
            return unseal(key, sealed[HEADER_BYTES:], header + aad)
        for master in self._masters:
            try:
                return unseal(master, sealed, aad)
            except SealBroken:
                continue
        raise SealBroken


class ContactKeys(KeyRing):
    """A ring that reads what is stored by itself, when it must. `clock` counts seconds."""

    def __init__(
        self,
        secrets_dir: Path,
        fetch: Callable[[], Awaitable[Sequence[WrappedKey]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(secrets_dir)
        self._fetch = fetch
        self._clock = clock
        self._known_at = self._asked_at = -math.inf

    async def freshen(self) -> None:
        """Know which key is the newest, before something is sealed. PostgreSQL may be away."""
        now = self._clock()
        if now - self._known_at >= KNOWN_S and now - self._asked_at >= ASK_AGAIN_S:
            self._asked_at = now
            with contextlib.suppress(StoreAway):
                await self.relearn()
        if self._clock() - self._known_at >= KNOWN_S_MAX:
            self._newest = None

    async def relearn(self) -> None:
        """Read again what is stored, and the files of the secrets. Raises `StoreAway`."""
        asked_at = self._clock()
        stored = await self._fetch()
        self.learn_masters()
        self.learn(stored)
        self._known_at = asked_at

    async def unseal_contact(self, sealed: bytes, request_id: UUID) -> Contact:
        """Decrypt contact details, with a key that was made since, too.

        Raises:
            SealBroken: no key that is stored opens them.
            StoreAway: the key is not known, and PostgreSQL does not answer.
        """
        try:
            return unseal_contact(self, sealed, request_id)
        except SealBroken:
            await self.relearn()
            return unseal_contact(self, sealed, request_id)


def contact_keys_of(database_url: str, secrets_dir: Path) -> ContactKeys:
    """Return a ring for a command: it connects when it has to know. Raises `SecretError`."""

    async def fetch() -> list[WrappedKey]:
        try:
            async with await psycopg.AsyncConnection.connect(
                database_url, connect_timeout=10, row_factory=named_rows
            ) as connection:
                return stored_keys(await (await connection.execute(DATA_KEYS)).fetchall())
        except psycopg.Error:
            raise StoreAway from None

    return ContactKeys(secrets_dir, fetch)


async def fresh(key: SealingKey) -> SealingKey:
    """Return what to seal with now."""
    if isinstance(key, ContactKeys):
        await key.freshen()
    return key


def stored_keys(rows: Sequence[Any]) -> list[WrappedKey]:
    """Return the keys that rows of `data_keys` hold, oldest first."""
    return [WrappedKey(bytes(row.key_id), bytes(row.master_id), bytes(row.wrapped)) for row in rows]


def header_of(key_id: bytes) -> bytes:
    """Return what stands before a value that a key sealed."""
    return MARK + key_id


def id_of(sealed: bytes) -> bytes | None:
    """Return the id of the key that sealed a value; None if it was a master key."""
    return sealed[len(MARK) : HEADER_BYTES] if sealed.startswith(MARK) else None


def master_id(master: bytes) -> bytes:
    """Return by what a master key is known, without telling it."""
    return hmac.digest(master, b"seiriken master key id", hashlib.sha256)[:KEY_ID_BYTES]


def new_key(master: bytes) -> WrappedKey:
    """Make a data key."""
    return wrap(master, secrets.token_bytes(KEY_ID_BYTES), secrets.token_bytes(_KEY_BYTES))


def wrap(master: bytes, key_id: bytes, key: bytes) -> WrappedKey:
    """Seal a data key for whoever holds the master key."""
    return WrappedKey(key_id, master_id(master), seal(master, key, _wrapping(key_id)))


def unwrapped(masters: dict[bytes, bytes], stored: WrappedKey) -> bytes:
    """Open a data key with the master key, found by its id. Raises `SealBroken`."""
    if (master := masters.get(stored.master_id)) is None:
        raise SealBroken
    return unseal(master, stored.wrapped, _wrapping(stored.key_id))


def _wrapping(key_id: bytes) -> bytes:
    return b"data key|" + key_id
