"""Passwords of the staff: Argon2id, a few at a time, never printed.

Parameters: OWASP's password storage cheat sheet (19 MiB, two passes, one lane), so that sign-ins
at one moment cannot take the memory of a small process.

A chosen password is long, and is not guessed soon by who knows common passwords, words, names,
dates, patterns of keys, the account and the city (zxcvbn; OWASP ASVS 5.0, 6.2.4 and 6.2.11).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

PasswordFault = Literal[
    "password_short", "password_long", "password_is_login", "password_guessable"
]

LENGTH_MIN, LENGTH_MAX = 15, 128
"""In characters. NIST SP 800-63B-4, section 3.1.1.2: long ones, of any kind."""

SCORE_MIN = 3
"""Of 0 to 4: from 3 on, who has the stolen hashes needs 100 million guesses or more."""

OWN_WORDS = ("seiriken", "整理券", "inzai", "印西", "vaccine", "ワクチン", "yoyaku", "予約")
_LOOKED_AT = 72
"""The first characters say enough; the time to look at more grows with their square."""

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


def fault_of(login: str, password: str) -> PasswordFault | None:
    """Say what is wrong with a password that somebody chose for their account."""
    if len(password) < LENGTH_MIN:
        return "password_short"
    if len(password) > LENGTH_MAX:
        return "password_long"
    if login in password.lower():
        return "password_is_login"
    return "password_guessable" if is_guessable(password, (login, *OWN_WORDS)) else None


def is_guessable(password: str, words: Sequence[str]) -> bool:
    """Say whether somebody who knows `words`, too, would guess a password soon."""
    judged = zxcvbn(password[:_LOOKED_AT], user_inputs=list(words))
    return int(judged["score"]) < SCORE_MIN


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

    async def fault_of(self, login: str, password: str) -> PasswordFault | None:
        """Say what is wrong with a password that somebody chose for their account."""
        async with self._turns:
            return await asyncio.to_thread(fault_of, login, password)

    async def hashed(self, password: str) -> str:
        """Return the hash that is stored."""
        async with self._turns:
            return await asyncio.to_thread(hashed, password)
