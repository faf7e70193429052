"""Known devices: a cookie that says who has signed in on this device before.

Rule 1: nothing personal is in it. It is a random number, and for each of up to DEVICE_PEOPLE_MAX
people a moment and a keyed tag over number, moment and person: only whoever has the key and
already knows the person can see that they belong together.
Rule 2: it opens nothing. Whoever has it still needs ticket and birth date; their failures are
counted for this device and person alone, so that strangers cannot lock them out.
Rule 3: nothing here does I/O or reads a clock. Units: `now` is in unix seconds.

Shape: base64url without padding of number (16 bytes) and marks (4 bytes of seconds, 16 of tag).
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

NUMBER_BYTES = 16
DEVICE_PEOPLE_MAX = 4
"""A family's: so many people may share a device and all stay known on it."""

DEVICE_AGE_S_MAX = 180 * 86_400
"""From the booking of the first dose past the second, with changes in between."""

_TAG_BYTES = 16
_MOMENT_BYTES = 4
_MARK_BYTES = _MOMENT_BYTES + _TAG_BYTES
_BYTES_MAX = NUMBER_BYTES + DEVICE_PEOPLE_MAX * _MARK_BYTES


def device_of(key: bytes, cookie: str, person: bytes, now: float) -> str:
    """Return text that stands for a device and a person who has used it; empty if unknown."""
    raw = _raw(cookie)
    number = raw[:NUMBER_BYTES]
    if not any(_is_persons(key, number, mark, person, now) for mark in _marks(raw)):
        return ""
    return _digest(key, b"bucket|" + number + person).hex()


def with_person(key: bytes, cookie: str, person: bytes, now: float, new_number: bytes) -> str:
    """Return the cookie of a device on which a person has just signed in.

    `new_number` (16 random bytes) is used when the device has no cookie yet.
    """
    raw = _raw(cookie)
    number = raw[:NUMBER_BYTES] or new_number
    moment = int(now).to_bytes(_MOMENT_BYTES, "big")
    others = [mark for mark in _marks(raw) if not _is_persons(key, number, mark, person, now)]
    marks = [moment + _tag(key, number, moment, person), *others][:DEVICE_PEOPLE_MAX]
    return urlsafe_b64encode(number + b"".join(marks)).rstrip(b"=").decode("ascii")


def _raw(cookie: str) -> bytes:
    """Return what a cookie holds; nothing if it is none of ours."""
    try:
        raw = urlsafe_b64decode(cookie.encode("ascii") + b"=" * (-len(cookie) % 4))
    except (binascii.Error, ValueError):
        return b""
    is_whole = len(raw) > NUMBER_BYTES and (len(raw) - NUMBER_BYTES) % _MARK_BYTES == 0
    return raw if is_whole and len(raw) <= _BYTES_MAX else b""


def _marks(raw: bytes) -> Iterator[bytes]:
    for start in range(NUMBER_BYTES, len(raw), _MARK_BYTES):
        yield raw[start : start + _MARK_BYTES]


def _is_persons(key: bytes, number: bytes, mark: bytes, person: bytes, now: float) -> bool:
    moment, tag = mark[:_MOMENT_BYTES], mark[_MOMENT_BYTES:]
    is_fresh = now - int.from_bytes(moment, "big") <= DEVICE_AGE_S_MAX
    return hmac.compare_digest(tag, _tag(key, number, moment, person)) and is_fresh


def _tag(key: bytes, number: bytes, moment: bytes, person: bytes) -> bytes:
    return _digest(key, b"mark|" + number + moment + person)


def _digest(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, b"known device|" + message, hashlib.sha256)[:_TAG_BYTES]
