"""Who is calling: from a session, or from a place token, or nobody.

Rule 1: only keyed hashes of a ticket leave this process (`person_key`); what the
person signed in with travels sealed, inside the tokens.
Rule 2: a session goes before a place token; a token of somebody else than the
session's person is not looked at.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from allocator.errors import SealBroken
from allocator.reads import (
    Identity,
    birth_check,
    person_key,
    pin_check,
    seal_identity,
    unseal_identity,
)
from gateway.forms import SignInForm
from gateway.sessions import digest_of, place_token, session_token
from gateway.settings import GatewaySettings
from monitoring import metrics
from waiting_room.answers import Session
from waiting_room.line import NO_PIN
from waiting_room.tickets import PlaceToken, sign, verify

if TYPE_CHECKING:
    from gateway.parts import Parts

_NETWORK_BYTES = {socket.AF_INET: 3, socket.AF_INET6: 8}
"""What counts as one network: what one household or office is given at most."""


@dataclass(frozen=True)
class Credentials:
    """The keyed hashes that stand for a ticket, a birth date and the PIN, if one was given."""

    person_key: bytes
    birth_check: bytes
    pin_check: bytes


@dataclass(frozen=True)
class Visitor:
    """Somebody whose identity was confirmed. `session` is there once they were let in."""

    person_key: bytes
    release_id: str
    identity: Identity
    token: PlaceToken | None
    session: Session | None
    session_digest: bytes | None


def credentials(identity_key: bytes, form: SignInForm) -> Credentials:
    """Hash what somebody signs in with."""
    person = person_key(identity_key, form.municipality_code, form.ticket_number)
    pin = NO_PIN if form.pin is None else pin_check(identity_key, person, form.pin)
    return Credentials(person, birth_check(identity_key, person, form.birth_date), pin)


def issue_token(
    parts: Parts, release_id: str, index: int | None, person: bytes, identity: Identity
) -> PlaceToken:
    """Make the place token of a person."""
    sealed = seal_identity(parts.keys.session, identity, person)
    return PlaceToken(release_id, index, person, sealed, int(parts.clock().timestamp()))


def token_text(parts: Parts, token: PlaceToken) -> str:
    """Sign a place token."""
    return sign(parts.keys.place, token)


def held_token(connection: HTTPConnection, parts: Parts) -> PlaceToken | None:
    """Return the place token that the browser sent, if it is genuine."""
    text = place_token(connection, parts.settings)
    if not text:
        return None
    token = verify(parts.keys.place, text, parts.clock().timestamp())
    if token is None:
        metrics.SECURITY_EVENTS.labels("bad_token").inc()
    return token


async def find_visitor(connection: HTTPConnection, parts: Parts) -> Visitor | None:
    """Find out who is calling.

    Raises:
        RoomAway: Redis does not answer.
    """
    token = held_token(connection, parts)
    text = session_token(connection, parts.settings)
    if text is not None:
        digest = digest_of(text)
        session = await parts.line.touch(digest, parts.clock().timestamp())
        if session is not None:
            return _in_session(parts, session, digest, token)
        metrics.SECURITY_EVENTS.labels("session_expired").inc()
    if token is None or (visitor := _with_token(parts, token)) is None:
        return None
    held = place_token(connection, parts.settings) or ""
    return None if await parts.signed_out.has(token, held) else visitor


def network_of(connection: HTTPConnection, settings: GatewaySettings, identity_key: bytes) -> str:
    """Return text that stands for the caller's network and cannot be turned back into it."""
    address = connection.client.host if connection.client else ""
    if settings.client_address_header:
        address = connection.headers.get(settings.client_address_header, address)
    digest = hmac.digest(identity_key, b"network|" + _network(address).encode(), hashlib.sha256)
    return digest[:16].hex()


def _network(address: str) -> str:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        packed = socket.inet_pton(family, address.strip())
    except (OSError, ValueError):
        return "unknown"
    return packed[: _NETWORK_BYTES[family]].hex()


def _in_session(
    parts: Parts, session: Session, digest: bytes, token: PlaceToken | None
) -> Visitor | None:
    identity = _unsealed(parts, session.identity, session.person_key)
    if identity is None:
        return None
    mine = token is not None and token.person_key == session.person_key
    return Visitor(
        session.person_key,
        session.release_id,
        identity,
        token if mine else None,
        session,
        digest,
    )


def _with_token(parts: Parts, token: PlaceToken) -> Visitor | None:
    identity = _unsealed(parts, token.identity, token.person_key)
    if identity is None:
        return None
    return Visitor(token.person_key, token.release_id, identity, token, None, None)


def _unsealed(parts: Parts, sealed: bytes, person: bytes) -> Identity | None:
    """Open what a person signed in with; None if the key has changed since."""
    try:
        return unseal_identity(parts.keys.session, sealed, person)
    except SealBroken:
        metrics.SECURITY_EVENTS.labels("bad_token").inc()
        return None
