"""The rules of the line that speaks the API of the retired "Virtual Waiting Room on AWS".

Rule 1: everything that decides who may have a token, and how fast this line is served,
lives here. `lua/vwr_grant.lua` keeps the same condition where the token is noted (a test
holds the two together), so that parallel calls get one token.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

It is a line of its own, for anonymous visitors of other sites: it has nothing to do with
residents, places or releases. A position is a number from 1; the serving counter is the
last position that may have a token. A position that was served and fetched no token within
the expiry period is spent.

Units: moments are whole unix seconds (`now`, too), as in the original.
Source: "Virtual Waiting Room on AWS", Developer Guide (Public REST APIs, Waiting Room Token
Claims, Inlet Strategies) and Software Architecture (Queue Position Expiry), version 1.1.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias, TypeGuard

import msgspec

EVENT_ID = r"^[A-Za-z0-9._-]{1,64}$"
"""What an event may be called: it is part of a key in Redis."""

POSITION_KEPT_S = 86_400
"""A position (and the token it was given) is forgotten a day after it was given out, or
when its token has run out, whichever is later."""

LINE_KEPT_S = 30 * 86_400
"""The counters of an event outlive every position of it, so that no number is given twice."""

SAVED_S_MAX = 5.0
"""Calls are saved up for so long at most: as long as the slowest tick may take."""

_REQUEST_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

TokenUse = Literal["access", "refresh", "id"]
TOKEN_USES: tuple[TokenUse, ...] = ("access", "refresh", "id")


class InletRules(msgspec.Struct, frozen=True):
    """What an operator sets: positions served per minute, and the expiry period (0: none)."""

    per_minute: int
    expiry_s: int


class Inlet(msgspec.Struct, frozen=True):
    """How far the line is served, and what part of a call is `saved` up."""

    serving: int
    saved: float


class Facts(msgspec.Struct, frozen=True):
    """What is known of one request.

    `number` is None for an unknown request, `called_at` where the call of this position
    is not remembered (it was not called, or so long ago that it is spent); the last two
    are those of its token.
    """

    number: int | None
    entered_at: int
    serving: int
    expiry_s: int
    called_at: int | None
    issued_at: int | None
    expires_at: int | None


class Counters(msgspec.Struct, frozen=True):
    """The counts of one line: positions given out, served, with a token, spent without one."""

    given: int
    serving: int
    tokens: int
    spent: int


class Unknown(msgspec.Struct, frozen=True):
    """Nobody was given a position for this request."""


class NotServed(msgspec.Struct, frozen=True):
    """The serving counter has not reached the position."""


class Spent(msgspec.Struct, frozen=True):
    """The position was served, and its period has passed."""


class Served(msgspec.Struct, frozen=True):
    """It is this position's turn for so many seconds more; None: without end."""

    expires_in_s: int | None


class Grant(msgspec.Struct, frozen=True):
    """What one request's token says."""

    number: int
    issued_at: int
    expires_at: int


Position: TypeAlias = Unknown | NotServed | Spent | Served


def is_request_id(text: object) -> TypeGuard[str]:
    """Say whether something is a request id: a UUID in lower case, as it was given out."""
    return isinstance(text, str) and _REQUEST_ID.fullmatch(text) is not None


def advance(before: Inlet, *, given: int, elapsed_s: float, per_minute: int) -> Inlet:
    """Serve the line for `elapsed_s` more, never beyond the last position `given` out.

    This is the original's periodic inlet, spread evenly over the minute. In any span of
    time at most `per_minute` x (span + SAVED_S_MAX) / 60 positions are called, and one.
    The counter never goes back.
    """
    per_s = per_minute / 60
    saved_max = max(1.0, per_s * SAVED_S_MAX)
    saved = min(saved_max, before.saved + max(0.0, elapsed_s) * per_s)
    calls = max(0, min(int(saved), given - before.serving))
    return Inlet(before.serving + calls, saved - calls)


def position_of(facts: Facts, now: int) -> Position:
    """Judge a request, whether or not it has its token already."""
    if facts.number is None:
        return Unknown()
    if facts.number > facts.serving:
        return NotServed()
    if facts.expiry_s == 0:
        return Served(None)
    if facts.called_at is None:
        return Spent()
    waited_s = now - max(facts.entered_at, facts.called_at)
    if waited_s > facts.expiry_s:
        return Spent()
    return Served(facts.expiry_s - waited_s)


def grant_of(facts: Facts) -> Grant | None:
    """Return the token that a request has been given, if it has one."""
    if facts.number is None or facts.issued_at is None or facts.expires_at is None:
        return None
    return Grant(facts.number, facts.issued_at, facts.expires_at)


def waiting(counters: Counters) -> int:
    """Count who has a position and neither a token nor a spent position."""
    return max(0, counters.given - counters.tokens - counters.spent)


def claims(
    grant: Grant, use: TokenUse, *, event_id: str, request_id: str, issuer: str
) -> dict[str, str | int]:
    """Return the claims of one of the three tokens. The same grant, the same claims."""
    return {
        "aud": event_id,
        "sub": request_id,
        "queue_position": grant.number,
        "token_use": use,
        "iat": grant.issued_at,
        "nbf": grant.issued_at,
        "exp": grant.expires_at,
        "iss": issuer,
    }
