"""The code that opens a resident's contact details: from a challenge, not from a store.

Rule 1: a code is kept nowhere. Whoever holds the key works it out again from the challenge that
it answers: the worker, when it writes the mail, and the gateway, when the code is typed. So it
stands in no message, no row and no value of Redis, and a mail that is sent twice says the same.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Source: RFC 4226 (a keyed hash, cut to digits), with HMAC-SHA256, and with a random challenge of
122 bits, used once, in place of its counter.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

CODE_DIGITS = 6
CODE_LIFE_S = 600
"""So long after it was asked for a code can be given."""

CODE_KEY = "code.key"
"""The secret of whoever writes codes and whoever checks them; and links (`reminder_links`)."""

ASKED_STREAM = "step_up:asked"
"""Where gateways put what was asked for, in Redis: challenge, booking, and when (unix s)."""

_HASH_BYTES = 8
"""As much of the hash as leaves no code likelier than another, but for one part in 10^13."""


def code_for(key: bytes, challenge: UUID, booking_id: UUID) -> str:
    """Return the digits that answer a challenge; they are sent where the booking's mails go."""
    digest = hmac.digest(key, b"code|" + challenge.bytes + booking_id.bytes, hashlib.sha256)
    number = int.from_bytes(digest[:_HASH_BYTES], "big") % 10**CODE_DIGITS
    return f"{number:0{CODE_DIGITS}d}"
