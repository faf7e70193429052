"""Place tokens that no gateway has signed as they are, made of one that a gateway has."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

import msgspec

from monitoring.secrets import read_secret
from tests.system.attackers import Device
from tests.system.stack import Stack
from waiting_room.tickets import PlaceToken, verify

TAG_BYTES = 32
FLIPS = (0x01, 0x80)


def altered_tokens(token: str) -> Iterator[str]:
    """Yield a token with each of its bytes altered, cut, lengthened, and spelt otherwise."""
    raw = _decoded(token)
    for at in range(len(raw)):
        for flip in FLIPS:
            yield _encoded(raw[:at] + bytes([raw[at] ^ flip]) + raw[at + 1 :])
    yield from (_encoded(raw[:-1]), _encoded(raw + b"\0"), _encoded(raw[:-TAG_BYTES]))
    yield from (token[:-1], token + "A", token + "=", token + token, "A" * len(token))


def with_other_body(token: str, **changes: object) -> str:
    """Write a token's body anew with changes, and leave the signature that it had."""
    raw = _decoded(token)
    body = msgspec.msgpack.decode(raw[1:-TAG_BYTES], type=PlaceToken)
    other = msgspec.msgpack.encode(msgspec.structs.replace(body, **changes))
    return _encoded(raw[:1] + other + raw[-TAG_BYTES:])


def place_key(stack: Stack) -> bytes:
    """Return the key that only gateways have."""
    return read_secret(stack.home.secrets_dir, "place.key")


def token_of(stack: Stack, device: Device) -> PlaceToken:
    """Return what stands in a device's place token."""
    token = verify(place_key(stack), device.cookies["place"], time.time())
    assert token is not None
    return token


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
