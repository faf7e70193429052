"""Personal data is shut, and opens only where it belongs."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
import pytest

from allocator.commands import Cancel
from allocator.errors import SealBroken
from allocator.sealing import (
    Contact,
    Identity,
    birth_check,
    content_digest,
    person_key,
    seal,
    seal_contact,
    seal_identity,
    unseal_contact,
    unseal_identity,
)

KEY, OTHER_KEY = bytes(32), bytes(31) + b"1"
CONTACT = Contact("山田 花子", "0312345678", "hanako@example.jp")
REQUEST, OTHER_REQUEST = UUID(int=1), UUID(int=2)
IDENTITY = Identity("122319", "0123456789", date(1950, 1, 2))


def test_contact_opens_with_its_key_and_request() -> None:
    """Sealed and unsealed, it is the same; twice sealed, it never looks the same."""
    sealed = seal_contact(KEY, CONTACT, REQUEST)
    assert unseal_contact(KEY, sealed, REQUEST) == CONTACT
    assert sealed != seal_contact(KEY, CONTACT, REQUEST)
    assert CONTACT.email.encode() not in sealed


def test_reading_is_sealed_too_and_contact_of_before_there_were_readings_still_opens() -> None:
    read = msgspec.structs.replace(CONTACT, kana="ヤマダ ハナコ")
    assert unseal_contact(KEY, seal_contact(KEY, read, REQUEST), REQUEST) == read
    before = {"name": CONTACT.name, "phone": CONTACT.phone, "email": CONTACT.email}
    old = seal(KEY, msgspec.msgpack.encode(before), REQUEST.bytes)
    assert unseal_contact(KEY, old, REQUEST) == CONTACT


def test_contact_does_not_open_elsewhere() -> None:
    """Moved to another request, with another key, altered or cut: it stays shut."""
    sealed = seal_contact(KEY, CONTACT, REQUEST)
    altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for key, value, request in (
        (KEY, sealed, OTHER_REQUEST),
        (OTHER_KEY, sealed, REQUEST),
        (KEY, altered, REQUEST),
        (KEY, sealed[:5], REQUEST),
        (KEY, b"", REQUEST),
    ):
        with pytest.raises(SealBroken):
            unseal_contact(key, value, request)


def test_identity_is_bound_to_its_person() -> None:
    """A roster entry cannot be moved to another person."""
    person = person_key(KEY, "122319", "0123456789")
    sealed = seal_identity(KEY, IDENTITY, person)
    assert unseal_identity(KEY, sealed, person) == IDENTITY
    with pytest.raises(SealBroken):
        unseal_identity(KEY, sealed, person_key(KEY, "122319", "0123456780"))


def test_person_key_differs_by_municipality_ticket_and_key() -> None:
    """A ticket number is unique within a municipality only."""
    keys = {
        person_key(KEY, "122319", "0123456789"),
        person_key(KEY, "131016", "0123456789"),
        person_key(KEY, "122319", "0123456788"),
        person_key(OTHER_KEY, "122319", "0123456789"),
    }
    assert len(keys) == 4
    assert {len(key) for key in keys} == {16}


def test_birth_check_belongs_to_one_person_and_date() -> None:
    """The same birth date of two people gives two checks."""
    one, other = bytes(16), bytes(15) + b"1"
    checks = {
        birth_check(KEY, one, date(1950, 1, 2)),
        birth_check(KEY, other, date(1950, 1, 2)),
        birth_check(KEY, one, date(1950, 2, 1)),
    }
    assert len(checks) == 3


def test_content_digest_is_equal_for_equal_content_only() -> None:
    """A seal differs each time; the digest of what it seals does not (I5)."""
    both, second = Cancel("campaign", "both"), Cancel("campaign", "second")
    assert content_digest(KEY, both, CONTACT) == content_digest(KEY, both, CONTACT)
    digests = {
        content_digest(KEY, both),
        content_digest(KEY, second),
        content_digest(KEY, both, CONTACT),
        content_digest(OTHER_KEY, both),
    }
    assert len(digests) == 4
    read = msgspec.structs.replace(CONTACT, kana="ヤマダ ハナコ")
    assert content_digest(KEY, both, read) not in digests


def test_request_without_a_reading_is_the_request_that_it_was_before_there_were_readings() -> None:
    before = {"name": CONTACT.name, "phone": CONTACT.phone, "email": CONTACT.email}
    assert msgspec.msgpack.encode(CONTACT) == msgspec.msgpack.encode(before)


def test_personal_values_do_not_print_their_content() -> None:
    """A log line or a traceback shows nothing of them (I10)."""
    assert "花子" not in f"{CONTACT!r} {CONTACT}"
    assert "0123456789" not in f"{IDENTITY!r} {IDENTITY}"
