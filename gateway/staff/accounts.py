"""Accounts and sessions of the staff, as the staff gateway keeps them in PostgreSQL.

Rule 1: a session token is 256 random bits; the table knows its SHA-256 alone.
Rule 2: a second factor's secret is kept sealed, bound to its account.
Rule 3: all raise `StoreAway` when PostgreSQL does not answer: then nobody is let in.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp

from allocator.errors import SealBroken
from allocator.reads import seal, unseal
from gateway.sessions import digest_of, new_token
from gateway.staff.access import Role
from gateway.staff.statements import Statements

ATTEMPTS_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True)
class Account:
    """One of the staff. Printed without its hash."""

    account_id: int
    login: str
    role: Role
    password_hash: str
    sealed_secret: bytes | None
    step_taken: int
    is_disabled: bool

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "Account(…)"

    @property
    def is_enrolled(self) -> bool:
        """Say whether the account has its second factor."""
        return self.sealed_secret is not None


@dataclass(frozen=True)
class StaffSession:
    """A live session. `enrolling_secret` is there until the second factor is enrolled."""

    account_id: int
    login: str
    role: Role
    enrolling_secret: bytes | None
    idle_until: datetime
    ends_at: datetime
    """When it ends unused, and when in any case."""
    venues: tuple[str, ...] = ()
    """What a venue's account is bound to; empty for every other role."""


@dataclass(frozen=True)
class Limits:
    """How long a session may last."""

    idle: timedelta
    absolute: timedelta


class Accounts:
    """Who may sign in, and the second factors."""

    def __init__(self, statements: Statements, key: bytes) -> None:
        self._statements = statements
        self._key = key

    async def named(self, login: str) -> Account | None:
        """Return the account of a name."""
        row = await self._statements.row("account_by_login", login=login)
        return None if row is None else _account(row)

    async def all(self) -> list[Account]:
        """Return every account, by name."""
        return [_account(row) for row in await self._statements.rows("accounts_listed")]

    async def reset(self, login: str, password_hash: str) -> int | None:
        """Give an account a first password again, and no second factor; return its id."""
        row = await self._statements.row("account_reset", login=login, password_hash=password_hash)
        return None if row is None else int(row.account_id)

    async def take_step(self, account_id: int, step: int) -> bool:
        """Take the code of a step; False if it, or a later one, was taken before."""
        row = await self._statements.row("code_taken", account_id=account_id, step=step)
        return row is not None

    async def enrol(self, account_id: int, password_hash: str, secret: str, step: int) -> bool:
        """Keep the second factor and the password that its owner chose; False: too late."""
        sealed = self.sealed(secret, account_id)
        row = await self._statements.row(
            "account_enrolled",
            account_id=account_id,
            password_hash=password_hash,
            totp_secret=sealed,
            step=step,
        )
        return row is not None

    async def change_password(self, account_id: int, held: str, chosen: str) -> bool:
        """Replace a password's hash; False: it was another one, or the account is disabled."""
        row = await self._statements.row(
            "password_changed", account_id=account_id, held=held, chosen=chosen
        )
        return row is not None

    def new_secret(self, account_id: int) -> bytes:
        """Draw a second factor's secret (160 bits) and return it sealed."""
        return self.sealed(pyotp.random_base32(), account_id)

    def sealed(self, secret: str, account_id: int) -> bytes:
        """Seal a secret for its account."""
        return seal(self._key, secret.encode(), _bound_to(account_id))

    def opened(self, sealed: bytes, account_id: int) -> str | None:
        """Return a secret; None when it was sealed for another account, or by another key."""
        try:
            return unseal(self._key, sealed, _bound_to(account_id)).decode()
        except SealBroken:
            return None


class StaffSessions:
    """Sessions: begun, seen, ended."""

    def __init__(self, statements: Statements, limits: Limits) -> None:
        self._statements = statements
        self._limits = limits

    async def begin(self, account_id: int, now: datetime, secret: bytes | None = None) -> str:
        """Begin a session and return its token. `secret`: the one that is being enrolled."""
        token = new_token()
        await self._statements.rows("sessions_over_removed", **self._bounds(now))
        await self._statements.rows(
            "session_begun",
            token_digest=digest_of(token),
            account_id=account_id,
            enrolling_secret=secret,
            now=now,
        )
        return token

    async def see(self, token: str, now: datetime) -> StaffSession | None:
        """Return the live session of a token, its idle limit begun anew; None if there is none."""
        row = await self._statements.row(
            "session_seen", token_digest=digest_of(token), now=now, **self._bounds(now)
        )
        if row is None:
            return None
        ends_at = row.began_at + self._limits.absolute
        return StaffSession(
            row.account_id,
            row.login,
            row.role,
            row.enrolling_secret,
            idle_until=min(now + self._limits.idle, ends_at),
            ends_at=ends_at,
            venues=tuple(row.venues),
        )

    async def end(self, token: str) -> None:
        """End one session."""
        await self._statements.rows("session_ended", token_digest=digest_of(token))

    async def end_all(self, account_id: int) -> None:
        """End every session of an account."""
        await self._statements.rows("sessions_of_account_ended", account_id=account_id)

    def _bounds(self, now: datetime) -> dict[str, datetime]:
        return {
            "seen_after": now - self._limits.idle,
            "began_after": now - self._limits.absolute,
        }


class Attempts:
    """Counts attempts before they are judged, so that many at one moment count, too."""

    def __init__(self, statements: Statements, key: bytes) -> None:
        self._statements = statements
        self._key = key

    async def count(self, kind: str, whose: str, most: int, now: datetime) -> int:
        """Count one attempt; return for how many seconds more it is one too many, else 0."""
        row = await self._statements.row(
            "attempt_counted",
            bucket=self._bucket(kind, whose),
            now=now,
            window_began=now - ATTEMPTS_WINDOW,
        )
        if row.attempts <= most:
            return 0
        left: timedelta = row.since + ATTEMPTS_WINDOW - now
        return max(1, round(left.total_seconds()))

    async def forgive(self, kind: str, whose: str) -> None:
        """Take back one that was no failure."""
        await self._statements.rows("attempt_forgiven", bucket=self._bucket(kind, whose))

    def _bucket(self, kind: str, whose: str) -> bytes:
        return hmac.digest(self._key, f"attempt|{kind}|{whose}".encode(), hashlib.sha256)


def _bound_to(account_id: int) -> bytes:
    return f"staff-totp|{account_id}".encode()


def _account(row: Any) -> Account:
    return Account(
        account_id=row.account_id,
        login=row.login,
        role=row.role,
        password_hash=row.password_hash,
        sealed_secret=row.totp_secret,
        step_taken=row.totp_step,
        is_disabled=row.disabled_at is not None,
    )
