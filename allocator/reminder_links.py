"""The link in a reminder that turns reminders off: who has the mail need not sign in.

Rule 1: a link names a booking and proves that we wrote it. It shows nothing and opens nothing;
all that can be done with it is that fewer mails are sent.
Rule 2: a link is kept nowhere: whoever holds the key works it out again (as `allocator.codes`).
Nothing here does I/O, reads a clock or draws a random number.

Source: RFC 8058 (one-click unsubscription), whose address must be hard to forge: a keyed hash
(HMAC-SHA256) cut to 128 bits.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

STOP_PATH = "/unsubscribe"
"""Where the city's pages take a link's token: `/unsubscribe/{token}`."""

TOKEN_LENGTH = 43
"""Characters of base64url, without padding: the booking's id and the hash, 16 bytes each."""

_ID_BYTES = 16


def link_token(key: bytes, booking_id: UUID) -> str:
    """Return what a link to turn a booking's reminders off ends with."""
    raw = booking_id.bytes + _hash(key, booking_id)
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def booking_of_link(key: bytes, token: str) -> UUID | None:
    """Return the booking that a link is of; None if we never wrote it, or it was cut off."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        booking_id = UUID(bytes=urlsafe_b64decode(token + "=")[:_ID_BYTES])
    except ValueError:
        return None
    # The whole text is compared, so that a link has one spelling.
    is_ours = hmac.compare_digest(link_token(key, booking_id), token)
    return booking_id if is_ours else None


def _hash(key: bytes, booking_id: UUID) -> bytes:
    return hmac.digest(key, b"unsubscribe|" + booking_id.bytes, hashlib.sha256)[:_ID_BYTES]
