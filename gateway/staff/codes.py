"""The second factor: time-based one-time codes (RFC 6238), each of which counts once.

Rule 1: nothing here does I/O, reads a clock or draws a random number.

Units: a step is 30 s of unix time, counted from 1970; a code has six digits and belongs to a step.
A clock that is up to one step off is forgiven (RFC 6238, section 5.2).
"""

from __future__ import annotations

import hmac

import pyotp

from gateway.fields import normalised

DIGITS = 6
STEP_S = 30
STEPS_OFF_MAX = 1
ISSUER = "Seiriken"


def step_at(now: float) -> int:
    """Return the step that a moment lies in."""
    return int(now // STEP_S)


def step_of(secret: str, code: str, now: float, step_taken: int) -> int | None:
    """Return the step whose code this is, if it is near now and later than `step_taken`."""
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S)
    found = None
    for step in range(step_at(now) - STEPS_OFF_MAX, step_at(now) + STEPS_OFF_MAX + 1):
        # Every step is compared, so that the time taken says nothing.
        is_it = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
        if is_it and step > step_taken:
            found = step
    return found


def code_in(typed: str) -> str:
    """Return a code as digits: authenticators show it in two groups, keyboards in full width.

    Empty if it is none.
    """
    plain = normalised(typed).replace(" ", "")
    return plain if len(plain) == DIGITS and plain.isdecimal() else ""


def enrolment_uri(secret: str, login: str) -> str:
    """Return what an authenticator reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)
