"""Place tokens: what the browser holds, and what brings a place back after a wipe.

Rule 1: a token that was altered, is too old, or was signed with another key or in
another version is no token: `verify` returns None, and does not say why.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Shape: base64url without padding of version (1 byte), body (MessagePack array) and
tag (32 bytes, HMAC-SHA256 over version and body; RFC 2104). Moments are unix seconds.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

TOKEN_AGE_S_MAX = 14 * 86_400
"""A token outlives any release's lobby and opening; later it proves nothing."""

TOKEN_CHARS_MAX = 2_048
_VERSION = b"\x01"
_TAG_BYTES = 32
_CLOCK_SKEW_S = 60


class PlaceToken(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A person's place in the line of a release.

    `index` is the order of arrival, None for one who needs no place (holds a
    booking). `identity` is what they signed in with, sealed by the gateway.
    """

    release_id: str
    index: int | None
    person_key: bytes
    identity: bytes
    issued_at: int

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "PlaceToken(…)"


def sign(key: bytes, token: PlaceToken) -> str:
    """Return the token as text that is safe in a cookie and in JSON."""
    signed = _VERSION + msgspec.msgpack.encode(token)
    return urlsafe_b64encode(signed + _tag(key, signed)).rstrip(b"=").decode("ascii")


def verify(key: bytes, text: str, now: float) -> PlaceToken | None:
    """Return what `sign` was given, or None for anything else or older than allowed."""
    if len(text) > TOKEN_CHARS_MAX or not text.isascii():
        return None
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return None
    signed, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
    canonical = urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") == text
    if not hmac.compare_digest(tag, _tag(key, signed)) or not canonical:
        return None
    if signed[:1] != _VERSION:
        return None
    token = msgspec.msgpack.decode(signed[1:], type=PlaceToken)
    age_s = now - token.issued_at
    return token if -_CLOCK_SKEW_S <= age_s <= TOKEN_AGE_S_MAX else None


def _tag(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, signed, hashlib.sha256)
