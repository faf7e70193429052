"""Passwords of the staff: Argon2id, a few at a time, never printed.

Parameters: OWASP's password storage cheat sheet (19 MiB, two passes, one lane), so that sign-ins
at one moment cannot take the memory of a small process.
"""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LENGTH_MIN, LENGTH_MAX = 15, 128
"""In characters. NIST SP 800-63B-4, section 3.1.1.2: long ones, of any kind."""

AT_ONCE_MAX = 2
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_FIRST_BYTES = 15


def first_password() -> str:
    """Return a password to begin with, for one sign-in: 120 random bits."""
    return secrets.token_urlsafe(_FIRST_BYTES)


def hashed(password: str) -> str:
    """Return the hash that is stored."""
    return _HASHER.hash(password)


def matches(stored: str, password: str) -> bool:
    """Say whether a password is that of a hash."""
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


class Checker:
    """Hashes and compares beside the event loop, `AT_ONCE_MAX` at a time.

    Who has no account is compared, too, with a hash that nothing matches.
    """

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)
        self._decoy = hashed(first_password())

    async def matches(self, stored: str | None, password: str) -> bool:
        """Say whether a password is that of a hash; never, where there is none."""
        async with self._turns:
            same = await asyncio.to_thread(matches, stored or self._decoy, password)
        return same and stored is not None

    async def hashed(self, password: str) -> str:
        """Return the hash that is stored."""
        async with self._turns:
            return await asyncio.to_thread(hashed, password)
