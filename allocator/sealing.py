"""Keep personal data shut: keyed hashes for look-up, AES-256-GCM for what must be read again.

Rule 1: a sealed value is bound to what it belongs to (`aad`), so that it cannot
be moved to another person or request.
Rule 2: a hash that stands for a person is keyed; without the key, a list of all
ticket numbers is of no use.

Shapes: keys are 32 bytes; a person key and a birth check are 16 bytes (128 bits
of HMAC-SHA256); a sealed value is nonce (12 bytes), ciphertext, tag (16 bytes); what a ring
of keys seals (`allocator/contact_keys.py`) has the key's id before it.
Source of the construction: NIST SP 800-38D (GCM, 96-bit random nonce; at most
2^32 values a key) and RFC 2104 (HMAC).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import date
from typing import Protocol
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from allocator.commands import Command
from allocator.errors import SealBroken

PERSON_KEY_BYTES = 16
CHECK_BYTES = 16
_NONCE_BYTES = 12


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to reach a resident. Never logged; printed without its content.

    `kana` is how the name is read, in katakana; empty where it was not given. Then it is not
    sealed either, so that a request is the same request as before there were readings.
    """

    name: str
    phone: str
    email: str
    kana: str = ""

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "Contact(…)"


class Identity(msgspec.Struct, frozen=True):
    """What a resident signs in with. Printed without its content."""

    municipality_code: str
    ticket_number: str
    birth_date: date

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "Identity(…)"


class Ring(Protocol):
    """Several keys that seal one kind of thing: the newest seals, all open."""

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """Encrypt with the newest key; its id goes with the value."""

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        """Decrypt with the key whose id goes with the value. Raises `SealBroken`."""


SealingKey = bytes | Ring
"""What seals contact details: one key of 32 bytes, or a ring of keys with ids."""


def person_key(identity_key: bytes, municipality_code: str, ticket_number: str) -> bytes:
    """Return the 16 bytes that stand for a person (a ticket is unique within a municipality)."""
    return _digest(identity_key, f"person|{municipality_code}|{ticket_number}".encode())


def birth_check(identity_key: bytes, person: bytes, birth_date: date) -> bytes:
    """Return the 16 bytes that prove the birth date of the person with that key."""
    return _digest(identity_key, b"birth|" + person + birth_date.isoformat().encode())


def pin_check(identity_key: bytes, person: bytes, pin: str) -> bytes:
    """Return the 16 bytes that prove the PIN on the ticket of the person with that key."""
    return _digest(identity_key, b"pin|" + person + pin.encode())


def seal(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt for whoever holds `key` and knows what `aad` it belongs to."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def unseal(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Decrypt what `seal` made.

    Raises:
        SealBroken: the value was changed, or belongs to something else.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)
    except (InvalidTag, ValueError):
        raise SealBroken from None


def seal_contact(key: SealingKey, contact: Contact, request_id: UUID) -> bytes:
    """Encrypt contact details, bound to the request that brings them."""
    plaintext = msgspec.msgpack.encode(contact)
    if isinstance(key, bytes):
        return seal(key, plaintext, request_id.bytes)
    return key.seal(plaintext, request_id.bytes)


def unseal_contact(key: SealingKey, sealed: bytes, request_id: UUID) -> Contact:
    """Decrypt contact details. Raises `SealBroken`."""
    if isinstance(key, bytes):
        plaintext = unseal(key, sealed, request_id.bytes)
    else:
        plaintext = key.unseal(sealed, request_id.bytes)
    return msgspec.msgpack.decode(plaintext, type=Contact)


def seal_identity(key: bytes, identity: Identity, person: bytes) -> bytes:
    """Encrypt a roster entry, bound to the person's key."""
    return seal(key, msgspec.msgpack.encode(identity), person)


def unseal_identity(key: bytes, sealed: bytes, person: bytes) -> Identity:
    """Decrypt a roster entry. Raises `SealBroken`."""
    return msgspec.msgpack.decode(unseal(key, sealed, person), type=Identity)


def content_digest(request_key: bytes, command: Command, contact: Contact | None = None) -> bytes:
    """Return 16 bytes that are equal for equal content.

    `command` must carry no sealed contact (a seal differs each time): the
    details go in as `contact`. Keyed, since they could be guessed.
    """
    return _digest(request_key, msgspec.msgpack.encode((command, contact)))


def _digest(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, hashlib.sha256)[:PERSON_KEY_BYTES]
