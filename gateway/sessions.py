"""What a browser holds (three cookies, an old one four), and what is kept: drafts, questions.

Rule 1: a session token is 256 random bits; Redis knows its SHA-256 alone.
Rule 2: what was typed is kept sealed, bound to the person, and outlives the session
that it was typed in: who has to sign in again loses nothing of it.

Cookies are HttpOnly and SameSite=Lax (a link in a mail still finds the booking; what
changes something is defended in `gateway.middleware`). Over TLS they carry the
`__Host-` prefix, which keeps sibling sites from setting them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.requests import HTTPConnection
from starlette.responses import Response

from allocator.errors import InboxAway, SealBroken
from allocator.reads import seal, unseal
from gateway.devices import DEVICE_AGE_S_MAX
from gateway.settings import GatewaySettings
from waiting_room import keys
from waiting_room.errors import room_away
from waiting_room.joined_calls import JoinedCalls
from waiting_room.tickets import TOKEN_AGE_S_MAX, PlaceToken

CookieName = Literal["session", "place", "device", "form"]
Draft = dict[str, str]

FORM_COOKIE_AGE_S_MAX = 30 * 86_400

_TOKEN_BYTES = 32
_TOKEN_CHARS_MAX = 64


def new_token() -> str:
    """Return a session token: 256 random bits as text."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def digest_of(token: str) -> bytes:
    """Return what stands for a session token in Redis."""
    return hashlib.sha256(token.encode()).digest()


def cookie_name(settings: GatewaySettings, name: CookieName) -> str:
    """Return a cookie's name as it goes over the wire."""
    return f"__Host-{name}" if settings.cookie_secure else name


def session_token(connection: HTTPConnection, settings: GatewaySettings) -> str | None:
    """Return the session token that the browser sent."""
    token = connection.cookies.get(cookie_name(settings, "session"))
    return token if token and len(token) <= _TOKEN_CHARS_MAX else None


def place_token(connection: HTTPConnection, settings: GatewaySettings) -> str | None:
    """Return the text of the place token that the browser sent, not verified."""
    return connection.cookies.get(cookie_name(settings, "place"))


def device_cookie(connection: HTTPConnection, settings: GatewaySettings) -> str:
    """Return what the browser sent of who has signed in on it, not verified."""
    return connection.cookies.get(cookie_name(settings, "device"), "")


def form_cookie(connection: HTTPConnection, settings: GatewaySettings) -> str:
    """Return what the browser sent of the value that goes with its forms, not verified."""
    return connection.cookies.get(cookie_name(settings, "form"), "")


def set_session_cookie(response: Response, settings: GatewaySettings, token: str) -> None:
    """Give the browser its session."""
    _set_cookie(response, settings, "session", token, settings.session_absolute_s)


def set_place_cookie(response: Response, settings: GatewaySettings, token: str) -> None:
    """Give the browser its place."""
    _set_cookie(response, settings, "place", token, TOKEN_AGE_S_MAX)


def set_device_cookie(response: Response, settings: GatewaySettings, text: str) -> None:
    """Give the browser the mark of who has signed in on it."""
    _set_cookie(response, settings, "device", text, DEVICE_AGE_S_MAX)


def set_form_cookie(response: Response, settings: GatewaySettings, nonce: str) -> None:
    """Give a browser the value that goes with its forms (`gateway.form_tokens`)."""
    _set_cookie(response, settings, "form", nonce, FORM_COOKIE_AGE_S_MAX)


def clear_cookies(response: Response, settings: GatewaySettings) -> None:
    """Take session and place from the browser, and forget who has signed in on it."""
    _set_cookie(response, settings, "session", "", 0)
    _set_cookie(response, settings, "place", "", 0)
    _set_cookie(response, settings, "device", "", 0)


def _set_cookie(
    response: Response, settings: GatewaySettings, name: CookieName, value: str, max_age_s: int
) -> None:
    response.set_cookie(
        cookie_name(settings, name),
        value,
        max_age=max_age_s,
        path="/",
        secure=settings.cookie_secure,
        httponly=True,
        samesite="lax",
    )


class DraftStore(Protocol):
    """Where sealed drafts are kept."""

    async def keep_draft(self, digest: bytes, sealed: bytes) -> None:
        """Keep a draft."""

    async def draft(self, digest: bytes) -> bytes | None:
        """Return a draft, None when there is none."""


class Drafts:
    """What each person has typed and not sent yet, sealed."""

    def __init__(self, store: DraftStore, key: bytes) -> None:
        self._store = store
        self._key = key

    async def load(self, person_key: bytes) -> Draft:
        """Return what was kept, empty if nothing. Raises `RoomAway`."""
        digest = self._digest(person_key)
        sealed = await self._store.draft(digest)
        if sealed is None:
            return {}
        try:
            return msgspec.msgpack.decode(unseal(self._key, sealed, digest), type=Draft)
        except SealBroken:
            return {}

    async def save(self, person_key: bytes, draft: Draft) -> None:
        """Keep what was typed in place of what was kept before. Raises `RoomAway`."""
        digest = self._digest(person_key)
        sealed = seal(self._key, msgspec.msgpack.encode(draft), digest)
        await self._store.keep_draft(digest, sealed)

    async def drop(self, person_key: bytes) -> None:
        """Forget what was typed. Raises `RoomAway`."""
        await self.save(person_key, {})

    def _digest(self, person_key: bytes) -> bytes:
        return hmac.digest(self._key, b"draft|" + person_key, hashlib.sha256)


class Asked:
    """Whose question a request id is, while it has no answer.

    Needed only between "still undecided" and the answer: then PostgreSQL knows.
    """

    def __init__(self, redis: Redis, kept_s: int) -> None:
        self._redis = redis
        self._kept_s = kept_s

    async def remember(self, request_id: UUID, person_key: bytes, content: bytes) -> bool:
        """Note who asked for what (a keyed digest); False if that id asked for something else.

        Raises:
            InboxAway: Redis does not answer.
        """
        key, asked = f"asked:{request_id.hex}", person_key + content
        try:
            if await self._redis.set(key, asked, ex=self._kept_s, nx=True):
                return True
            return bool(await self._redis.get(key) == asked)
        except RedisError:
            raise InboxAway from None

    async def by(self, request_id: UUID, person_key: bytes) -> bool:
        """Say whether this person asked. Raises `InboxAway`."""
        try:
            asker = await self._redis.get(f"asked:{request_id.hex}")
        except RedisError:
            raise InboxAway from None
        return isinstance(asker, bytes) and asker.startswith(person_key)


ASKED_TOGETHER_MAX = 100
"""Tokens in one call to Redis."""


class SignedOut:
    """Place tokens that identify nobody any more: signed out, or ended by the staff.

    Their holders keep the place, and sign in again. A wiped Redis forgets them.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._asked = JoinedCalls[tuple[PlaceToken, str], bool](
            self._have_ended, ASKED_TOGETHER_MAX
        )

    async def add(self, token_text: str) -> None:
        """End a token. Raises `RoomAway`."""
        with room_away():
            await self._redis.set(_signed_out_key(token_text), b"1", ex=TOKEN_AGE_S_MAX)

    async def has(self, token: PlaceToken, token_text: str) -> bool:
        """Say whether a (verified) token was ended. Raises `RoomAway`."""
        return await self._asked.call((token, token_text))

    async def _have_ended(self, asked: Sequence[tuple[PlaceToken, str]]) -> Sequence[bool]:
        names: list[str | bytes] = [keys.ENDED_ALL]
        for token, text in asked:
            names += [_signed_out_key(text), keys.ended(token.person_key)]
        with room_away():
            found: Any = await self._redis.mget(names)
        for_all, *own = found
        signed_out, ended = own[::2], own[1::2]
        return [
            out is not None or any(_is_before(token, at) for at in (theirs, for_all))
            for (token, _), out, theirs in zip(asked, signed_out, ended, strict=True)
        ]


def _is_before(token: PlaceToken, ended_at: bytes | None) -> bool:
    """Say whether a token is of before a moment, or of its very second."""
    return ended_at is not None and token.issued_at <= int(ended_at)


def _signed_out_key(token_text: str) -> str:
    return f"signed_out:{hashlib.sha256(token_text.encode()).hexdigest()[:32]}"
