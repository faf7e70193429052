"""Proofs of work at sign-in, in ALTCHA's form (version 2), each taken once.

Rule 1: a challenge is signed for the network that asked for it, and lives PROOF_VALID_S. Its
answer is one of `tries_max` numbers, drawn at random: so the work has an end that can be shown.
Rule 2: the library verifies, by the signed hash of the key that is asked for (`hmac_key_secret`):
one hash, whatever the proof cost. What is read is of one exact shape before it sees it.
Rule 3: what was taken is remembered in Redis until it would have expired.

Whoever has no JavaScript sends the challenge back after a minute instead (`waited`): few such
tries are taken, see `waiting_room.attempts`.
Source of the form: ALTCHA's documentation, "Proof-of-Work v2", algorithm SHA-256 with cost 1.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import altcha
import msgspec
from redis.asyncio import Redis

from gateway.fields import PROOF_CHARS_MAX
from monitoring import metrics
from waiting_room.attempts import SLOW_WINDOW_S, Proof
from waiting_room.errors import room_away

PROOF_VALID_S = 600
_ALGORITHM = "SHA-256"
_COST = 1

Challenge = Mapping[str, object]
Kind = TypeVar("Kind")


class _Parameters(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    algorithm: str
    cost: int
    key_length: int
    key_prefix: str
    key_signature: str
    nonce: str
    salt: str
    expires_at: int


class _Challenge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    parameters: _Parameters
    signature: str


class _Solution(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    counter: int
    derived_key: str
    time: float | None = None


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    challenge: _Challenge
    solution: _Solution


_NO_SOLUTION = _Solution(0, "00")


class Proofs:
    """What a gateway asks for, and takes, when too many sign-ins fail."""

    def __init__(
        self, redis: Redis, key: bytes, *, tries_max: int, clock: Callable[[], datetime]
    ) -> None:
        self._redis = redis
        self._key = key
        self._tries_max = tries_max
        self._clock = clock

    def challenge(self, network: str) -> Challenge:
        """Return a challenge for a network, as JSON's values."""
        metrics.PROOFS.labels("asked").inc()
        made = altcha.create_challenge(
            _ALGORITHM,
            _COST,
            counter=secrets.randbelow(self._tries_max),
            expires_at=int(self._clock().timestamp()) + PROOF_VALID_S,
            hmac_secret=self._secret(network, b"challenge"),
            hmac_key_secret=self._secret(network, b"answer"),
        )
        document: Challenge = made.to_dict()
        return document

    async def kind(self, network: str, proof: str, challenge: str = "") -> Proof:
        """Say what a sign-in brings: a solved challenge, one that has waited, or nothing.

        Both are base64 of ALTCHA's JSON. What counts is used up. Raises `RoomAway`.
        """
        if not proof and not challenge:
            return ""
        given = _read(proof, _Payload) if proof else None
        unsolved = given.challenge if given is not None else _read(challenge, _Challenge)
        brought: Proof = ""
        if given is not None and self._is_solved(network, given):
            brought = "proved"
        elif unsolved is not None and self._has_waited(network, unsolved):
            brought = "waited"
        if not brought or unsolved is None or not await self._spend(unsolved):
            if proof:
                metrics.PROOFS.labels("invalid").inc()
                metrics.SECURITY_EVENTS.labels("bad_proof").inc()
            return ""
        metrics.PROOFS.labels(brought).inc()
        return brought

    def _is_solved(self, network: str, payload: _Payload) -> bool:
        return bool(self._verified(network, payload).verified)

    def _has_waited(self, network: str, challenge: _Challenge) -> bool:
        found = self._verified(network, _Payload(challenge, _NO_SOLUTION))
        age_s = self._clock().timestamp() - (challenge.parameters.expires_at - PROOF_VALID_S)
        is_ours = found.invalid_signature is False and not found.expired
        return is_ours and SLOW_WINDOW_S <= age_s <= PROOF_VALID_S

    def _verified(self, network: str, payload: _Payload) -> altcha.VerifySolutionResult:
        given = altcha.Payload(
            altcha.Challenge.from_dict(msgspec.to_builtins(payload.challenge)),
            altcha.Solution.from_dict(msgspec.to_builtins(payload.solution)),
        )
        return altcha.verify_solution(
            given,
            self._secret(network, b"challenge"),
            hmac_key_secret=self._secret(network, b"answer"),
        )

    async def _spend(self, challenge: _Challenge) -> bool:
        """Note that a challenge was taken; False if it was before."""
        digest = hashlib.sha256(challenge.signature.encode()).hexdigest()[:32]
        with room_away():
            taken = await self._redis.set(f"proof:{digest}", b"1", ex=PROOF_VALID_S, nx=True)
        return bool(taken)

    def _secret(self, network: str, use: bytes) -> str:
        return hmac.digest(self._key, b"proof|" + use + network.encode(), hashlib.sha256).hex()


def in_a_form(challenge: Challenge) -> str:
    """Return a challenge as text for a form's field."""
    return b64encode(msgspec.json.encode(challenge)).decode("ascii")


def _read(text: str, kind: type[Kind]) -> Kind | None:
    """Read base64 of JSON; None if it is anything else."""
    if len(text) > PROOF_CHARS_MAX:
        return None
    try:
        found = msgspec.json.decode(b64decode(text, validate=True), type=kind)
        if isinstance(found, _Payload):
            bytes.fromhex(found.solution.derived_key)
        return found
    except (NoBase64, ValueError, msgspec.DecodeError):
        return None
