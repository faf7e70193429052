"""What the AWS-compatible API works with: its line, and the key that signs its tokens.

A token is a JWT (RFC 7519) signed with RS256, whose signature depends on nothing but key and
claims: the same grant gives the same three tokens, always. Its claims are the original's
(`waiting_room.vwr.claims`); `kid` is the key's thumbprint (RFC 7638).
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from redis.asyncio import Redis

from gateway.settings import GatewaySettings
from monitoring.secrets import read_rsa_key
from waiting_room.vwr import TOKEN_USES, Grant, claims
from waiting_room.vwr_line import VwrLine

ALGORITHM = "RS256"
_SIGNED_KEPT_MAX = 1_000
"""Grants whose tokens are kept in memory (some 3 kB each), so that asking again is cheap."""


class TokenSigner:
    """Signs the tokens of one event. Safe to be called from several threads."""

    def __init__(self, key: RSAPrivateKey, *, event_id: str, issuer: str) -> None:
        self._key = key
        self._event_id = event_id
        self._issuer = issuer
        self.public_jwk = _public_jwk(key.public_key())
        self.tokens = lru_cache(_SIGNED_KEPT_MAX)(self._sign)

    def _sign(self, request_id: str, grant: Grant) -> Mapping[str, str]:
        """Return the three tokens of a grant, each under its name."""
        headers = {"kid": self.public_jwk["kid"]}
        return {
            f"{use}_token": jwt.encode(
                claims(
                    grant,
                    use,
                    event_id=self._event_id,
                    request_id=request_id,
                    issuer=self._issuer,
                ),
                self._key,
                algorithm=ALGORITHM,
                headers=headers,
            )
            for use in TOKEN_USES
        }


@dataclass(frozen=True)
class Vwr:
    """The parts of the AWS-compatible API, in a gateway that offers it."""

    event_id: str
    allow_origin: str
    line: VwrLine
    signer: TokenSigner


def vwr_of(settings: GatewaySettings, redis: Redis) -> Vwr | None:
    """Put the parts together; None when the API is switched off.

    Raises:
        SecretError: the key is missing or malformed.
    """
    event_id = settings.vwr_event_id
    if not event_id:
        return None
    return Vwr(
        event_id=event_id,
        allow_origin=settings.vwr_allow_origin,
        line=VwrLine(
            redis,
            event_id,
            token_validity_s=settings.vwr_token_validity_s,
            waiting_max=settings.vwr_waiting_max,
        ),
        signer=TokenSigner(
            read_rsa_key(settings.secrets_dir), event_id=event_id, issuer=settings.vwr_issuer
        ),
    )


def _public_jwk(key: RSAPublicKey) -> Mapping[str, str]:
    """Return the members that the original's `public_key` has."""
    exported = RSAAlgorithm.to_jwk(key, as_dict=True)
    needed = {name: str(exported[name]) for name in ("e", "kty", "n")}
    canonical = json.dumps(needed, separators=(",", ":"), sort_keys=True).encode("ascii")
    thumbprint = urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
    return {"alg": ALGORITHM, "kid": thumbprint, **needed}
