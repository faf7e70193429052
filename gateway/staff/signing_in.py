"""Sign one of the staff in: name, password and code, judged together.

Rule 1: an unknown name, a wrong password, a wrong or used code and a disabled account are one
answer, and cost the same: one password is compared, whoever asks.
Rule 2: an attempt is counted before it is judged, by name and by network; a good one is taken
back. So many attempts at one moment are not more than the limit either.
Rule 3: nobody comes in without a second factor. Who has none yet gets a session that may enrol
one, and nothing else; after it the session is a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.staff import codes
from gateway.staff.access import Role
from gateway.staff.accounts import Account, StaffSession
from gateway.staff.parts import StaffParts
from gateway.staff.passwords import PasswordFault


@dataclass(frozen=True)
class Typed:
    """What somebody typed to sign in. Printed without its content."""

    login: str
    password: str
    code: str

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "Typed(…)"


@dataclass(frozen=True)
class SignedIn:
    """The token of the session that has begun, and whose. `enrols`: it is for enrolling alone."""

    token: str
    enrols: bool
    role: Role | None = None


@dataclass(frozen=True)
class NotConfirmed:
    """The one answer for every cause."""


@dataclass(frozen=True)
class TooManyAttempts:
    """Too many have failed of late."""

    retry_after_s: int


EnrolmentFault = Literal["code_wrong"] | PasswordFault


async def sign_in(
    parts: StaffParts, typed: Typed, network: str
) -> SignedIn | NotConfirmed | TooManyAttempts:
    """Judge an attempt. Raises `StoreAway`."""
    account = await _confirmed(parts, typed, network)
    if not isinstance(account, Account):
        return account
    enrols = not account.is_enrolled
    secret = parts.accounts.new_secret(account.account_id) if enrols else None
    token = await parts.sessions.begin(account.account_id, parts.clock(), secret)
    return SignedIn(token, enrols, account.role)


async def change_password(
    parts: StaffParts, typed: Typed, password: str, network: str
) -> SignedIn | NotConfirmed | PasswordFault | TooManyAttempts:
    """Give an account another password, end its sessions and begin a new one.

    `typed` is what one signs in with: who finds a desk left open cannot take the account over.
    Raises `StoreAway`.
    """
    if (fault := await parts.checker.fault_of(typed.login, password)) is not None:
        return fault
    account = await _confirmed(parts, typed, network)
    if not isinstance(account, Account):
        return account
    stored = await parts.checker.hashed(password)
    if not await parts.accounts.change_password(account.account_id, account.password_hash, stored):
        return NotConfirmed()
    await parts.sessions.end_all(account.account_id)
    return SignedIn(await parts.sessions.begin(account.account_id, parts.clock()), enrols=False)


async def enrol(
    parts: StaffParts, session: StaffSession, password: str, code: str, network: str
) -> SignedIn | EnrolmentFault | TooManyAttempts:
    """Take the second factor and the password into use, and begin a new session.

    A code that is wrong is counted as an attempt. Raises `StoreAway`.
    """
    now = parts.clock()
    if (fault := await parts.checker.fault_of(session.login, password)) is not None:
        return fault
    most = parts.settings.network_failures_max
    if wait_s := await parts.attempts.count("network", network, most, now):
        return TooManyAttempts(wait_s)
    secret = secret_shown(parts, session)
    step = None if secret is None else codes.step_of(secret, code, now.timestamp(), 0)
    if secret is None or step is None:
        return "code_wrong"
    stored = await parts.checker.hashed(password)
    if not await parts.accounts.enrol(session.account_id, stored, secret, step):
        return "code_wrong"
    await parts.attempts.forgive("network", network)
    await parts.sessions.end_all(session.account_id)
    return SignedIn(await parts.sessions.begin(session.account_id, now), enrols=False)


def secret_shown(parts: StaffParts, session: StaffSession) -> str | None:
    """Return the secret that a session is enrolling; None if the key has changed since."""
    sealed = session.enrolling_secret
    return None if sealed is None else parts.accounts.opened(sealed, session.account_id)


async def _confirmed(
    parts: StaffParts, typed: Typed, network: str
) -> Account | NotConfirmed | TooManyAttempts:
    """Judge name, password and code together."""
    now, settings = parts.clock(), parts.settings
    buckets = (
        ("network", network, settings.network_failures_max),
        ("login", typed.login, settings.login_failures_max),
    )
    for kind, whose, most in buckets:
        if wait_s := await parts.attempts.count(kind, whose, most, now):
            return TooManyAttempts(wait_s)
    account = await parts.accounts.named(typed.login)
    stored = None if account is None else account.password_hash
    same = await parts.checker.matches(stored, typed.password)
    if account is None or not same or account.is_disabled:
        return NotConfirmed()
    if account.is_enrolled and not await _takes_code(parts, account, typed.code, now):
        return NotConfirmed()
    for kind, whose, _ in buckets:
        await parts.attempts.forgive(kind, whose)
    return account


async def _takes_code(parts: StaffParts, account: Account, code: str, now: datetime) -> bool:
    assert account.sealed_secret is not None, "asked of enrolled accounts alone"
    secret = parts.accounts.opened(account.sealed_secret, account.account_id)
    if secret is None:
        return False
    step = codes.step_of(secret, code, now.timestamp(), account.step_taken)
    return step is not None and await parts.accounts.take_step(account.account_id, step)
