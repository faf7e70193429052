"""The newest data key seals, all open; a process learns of keys by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest

from allocator.contact_keys import (
    ASK_AGAIN_S,
    HEADER_BYTES,
    KEY_ID_BYTES,
    KNOWN_S,
    KNOWN_S_MAX,
    MARK,
    ContactKeys,
    KeyRing,
    WrappedKey,
    fresh,
    header_of,
    id_of,
    master_id,
    new_key,
)
from allocator.errors import KeyMissing, SealBroken, StoreAway
from allocator.sealing import Contact, seal_contact, unseal_contact
from monitoring.secrets import create_missing, read_secret, replace_master

CONTACT = Contact("山田 花子", "0312345678", "hanako@example.jp")
REQUEST, OTHER_REQUEST = UUID(int=1), UUID(int=2)


class Stored:
    """What PostgreSQL would hold; `is_away` when it does not answer."""

    def __init__(self, *keys: WrappedKey) -> None:
        self.keys = list(keys)
        self.is_away = False
        self.asked = 0
        self.now_s = 0.0

    async def fetch(self) -> Sequence[WrappedKey]:
        self.asked += 1
        if self.is_away:
            raise StoreAway
        return list(self.keys)

    def ring(self, secrets_dir: Path) -> ContactKeys:
        return ContactKeys(secrets_dir, self.fetch, lambda: self.now_s)


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Path:
    create_missing(tmp_path, ["contact.key"])
    return tmp_path


@pytest.fixture
def master(secrets_dir: Path) -> bytes:
    return read_secret(secrets_dir, "contact.key")


def ring_of(secrets_dir: Path, *keys: WrappedKey) -> KeyRing:
    ring = KeyRing(secrets_dir)
    ring.learn(keys)
    return ring


def test_newest_key_seals_and_all_open(secrets_dir: Path, master: bytes) -> None:
    old, new = new_key(master), new_key(master)
    before = ring_of(secrets_dir, old)
    sealed = seal_contact(before, CONTACT, REQUEST)
    assert id_of(sealed) == old.key_id
    both = ring_of(secrets_dir, old, new)
    assert unseal_contact(both, sealed, REQUEST) == CONTACT
    assert id_of(seal_contact(both, CONTACT, REQUEST)) == new.key_id
    assert CONTACT.email.encode() not in sealed


def test_value_sealed_before_there_were_data_keys_still_opens(
    secrets_dir: Path, master: bytes
) -> None:
    sealed = seal_contact(master, CONTACT, REQUEST)
    assert id_of(sealed) is None
    assert unseal_contact(ring_of(secrets_dir, new_key(master)), sealed, REQUEST) == CONTACT


def test_master_key_itself_seals_while_there_is_no_data_key(
    secrets_dir: Path, master: bytes
) -> None:
    sealed = seal_contact(ring_of(secrets_dir), CONTACT, REQUEST)
    assert unseal_contact(master, sealed, REQUEST) == CONTACT


def test_value_does_not_open_elsewhere_nor_as_another_keys(
    secrets_dir: Path, master: bytes
) -> None:
    one, other = new_key(master), new_key(master)
    ring = ring_of(secrets_dir, other, one)
    sealed = seal_contact(ring, CONTACT, REQUEST)
    altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
    renamed = header_of(other.key_id) + sealed[HEADER_BYTES:]
    for value, request in (
        (sealed, OTHER_REQUEST),
        (altered, REQUEST),
        (renamed, REQUEST),
        (sealed[:HEADER_BYTES], REQUEST),
        (MARK + bytes(KEY_ID_BYTES) + sealed[HEADER_BYTES:], REQUEST),
        (b"", REQUEST),
    ):
        with pytest.raises(SealBroken):
            unseal_contact(ring, value, request)
    with pytest.raises(SealBroken):
        unseal_contact(master, sealed, REQUEST)


def test_key_wrapped_by_a_replaced_master_opens_while_its_file_is_there(
    secrets_dir: Path, master: bytes
) -> None:
    key = new_key(master)
    sealed = seal_contact(ring_of(secrets_dir, key), CONTACT, REQUEST)
    replace_master(secrets_dir, "contact-old.key")
    assert read_secret(secrets_dir, "contact.key") != master
    assert unseal_contact(ring_of(secrets_dir, key), sealed, REQUEST) == CONTACT
    (secrets_dir / "contact-old.key").unlink()
    with pytest.raises(SealBroken):
        unseal_contact(ring_of(secrets_dir, key), sealed, REQUEST)


def test_nothing_is_sealed_with_an_older_key_when_the_newest_cannot_be_opened(
    secrets_dir: Path, master: bytes
) -> None:
    ring = ring_of(secrets_dir, new_key(master), new_key(bytes(32)))
    with pytest.raises(KeyMissing):
        seal_contact(ring, CONTACT, REQUEST)


def test_key_that_is_known_outlives_its_masters_file(secrets_dir: Path, master: bytes) -> None:
    key = new_key(master)
    ring = ring_of(secrets_dir, key)
    replace_master(secrets_dir, "old.key")
    ring.learn([key])
    assert id_of(seal_contact(ring, CONTACT, REQUEST)) == key.key_id


def test_process_learns_of_a_new_key_within_a_minute(secrets_dir: Path, master: bytes) -> None:
    first, second = new_key(master), new_key(master)
    stored = Stored(first)
    ring = stored.ring(secrets_dir)

    def sealing_key() -> bytes | None:
        key = asyncio.run(_fresh(ring))
        return id_of(seal_contact(key, CONTACT, REQUEST))

    assert sealing_key() == first.key_id
    stored.keys.append(second)
    stored.now_s = KNOWN_S - 1
    assert (sealing_key(), stored.asked) == (first.key_id, 1)
    stored.now_s = KNOWN_S
    assert (sealing_key(), stored.asked) == (second.key_id, 2)


async def _fresh(ring: ContactKeys) -> ContactKeys:
    assert await fresh(ring) is ring
    return ring


def test_process_seals_with_what_it_knows_for_a_while_when_the_store_is_away(
    secrets_dir: Path, master: bytes
) -> None:
    """Then with the master key itself; and with the data key again when it can ask."""
    key = new_key(master)
    stored = Stored(key)
    ring = stored.ring(secrets_dir)

    def sealed_at(now_s: float) -> bytes:
        stored.now_s = now_s
        return seal_contact(asyncio.run(_fresh(ring)), CONTACT, REQUEST)

    assert id_of(sealed_at(0.0)) == key.key_id
    stored.is_away = True
    assert id_of(sealed_at(KNOWN_S_MAX - 1)) == key.key_id
    assert unseal_contact(master, sealed_at(KNOWN_S_MAX + ASK_AGAIN_S), REQUEST) == CONTACT
    stored.is_away = False
    assert id_of(sealed_at(KNOWN_S_MAX + 2 * ASK_AGAIN_S)) == key.key_id


def test_process_that_never_knew_the_keys_seals_with_the_master_key(
    secrets_dir: Path, master: bytes
) -> None:
    stored = Stored(new_key(master))
    stored.is_away = True
    ring = stored.ring(secrets_dir)
    sealed = seal_contact(asyncio.run(_fresh(ring)), CONTACT, REQUEST)
    assert unseal_contact(master, sealed, REQUEST) == CONTACT


def test_store_that_is_away_is_not_asked_for_every_contact(secrets_dir: Path) -> None:
    stored = Stored()
    stored.is_away = True
    ring = stored.ring(secrets_dir)
    for stored.now_s in (0.0, 1.0, ASK_AGAIN_S - 1, ASK_AGAIN_S):
        asyncio.run(ring.freshen())
    assert stored.asked == 2


def test_unknown_key_is_looked_for_before_the_value_is_refused(
    secrets_dir: Path, master: bytes
) -> None:
    key = new_key(master)
    sealed = seal_contact(ring_of(secrets_dir, key), CONTACT, REQUEST)
    stored = Stored()
    ring = stored.ring(secrets_dir)
    with pytest.raises(SealBroken):
        asyncio.run(ring.unseal_contact(sealed, REQUEST))
    stored.keys.append(key)
    assert asyncio.run(ring.unseal_contact(sealed, REQUEST)) == CONTACT
    assert asyncio.run(ring.unseal_contact(sealed, REQUEST)) == CONTACT
    assert stored.asked == 2


def test_master_key_that_came_since_is_looked_for(secrets_dir: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    create_missing(other, ["contact.key"])
    sealed = seal_contact(read_secret(other, "contact.key"), CONTACT, REQUEST)
    ring = Stored().ring(secrets_dir)
    with pytest.raises(SealBroken):
        asyncio.run(ring.unseal_contact(sealed, REQUEST))
    (secrets_dir / "contact-2.key").write_bytes((other / "contact.key").read_bytes())
    assert asyncio.run(ring.unseal_contact(sealed, REQUEST)) == CONTACT


def test_neither_a_ring_nor_an_id_tells_a_key(secrets_dir: Path, master: bytes) -> None:
    ring = ring_of(secrets_dir, new_key(master))
    assert repr(ring) == "KeyRing(…)"
    assert master_id(master) not in master
