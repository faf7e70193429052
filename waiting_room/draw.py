"""The draw of the lobby: a published, provably fair order that anybody can recompute.

Rule 1: the order of a lobby depends on the seed and on the number of people alone.
The seed is committed to before anybody joins, and shown once the number is frozen.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

The order is `compute_shuffled_index` of the Ethereum consensus specification
(phase 0, "swap-or-not" shuffle after Hoang, Morris and Rogaway, 90 rounds, SHA-256):
the element at index i stands afterwards at place p(i), counted from 0. It needs no
list: anybody's place costs at most 180 hashes, whatever the size of the lobby.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

ROUNDS = 90
SEED_BYTES = 32
LOBBY_COUNT_MAX = 2**40
"""The specification's bound on the number of elements."""

RULES = """\
Seiriken draw, rules of 2026-11.
1. The seed is 32 bytes. Its commitment is SHA-256(seed, then the bytes of this text in UTF-8).
2. Whoever joins before the opening gets an index, counted from 0 in order of arrival.
3. At the opening the number of those people is frozen (lobby_count) and the seed is shown.
4. The place of index i is 1 + compute_shuffled_index(i, lobby_count, seed) of the Ethereum
   consensus specification, with 90 rounds.
5. Whoever joins later stands behind them in order of arrival: the place of index i is i + 1.
"""


def seed_of(draw_key: bytes, release_id: str) -> bytes:
    """Return the secret seed of a release (32 bytes), the same each time: a wipe changes none."""
    return hmac.digest(draw_key, b"draw|" + release_id.encode(), hashlib.sha256)


def commitment(seed: bytes, rules: str = RULES) -> str:
    """Return what is published before anybody joins: SHA-256(seed, rules) in hexadecimal."""
    return hashlib.sha256(seed + rules.encode()).hexdigest()


def shuffled_index(index: int, count: int, seed: bytes) -> int:
    """Return where the element at `index` of `count` stands afterwards, counted from 0.

    Bounds: 0 <= index < count <= 2**40; the seed is 32 bytes.
    """
    assert 0 <= index < count <= LOBBY_COUNT_MAX, "no such index"
    assert len(seed) == SEED_BYTES, "the seed is 32 bytes"
    for round_number, pivot in enumerate(_pivots(seed, count)):
        flip = (pivot + count - index) % count
        position = max(index, flip)
        if _swaps(seed, round_number, position):
            index = flip
    return index


def place_of(index: int, lobby_count: int, seed: bytes) -> int:
    """Return the place, counted from 1, of one who arrived with `index`.

    Those of the lobby stand in the drawn order, later ones behind in order of arrival.
    """
    if index < lobby_count:
        return shuffled_index(index, lobby_count, seed) + 1
    return index + 1


@lru_cache(maxsize=64)
def _pivots(seed: bytes, count: int) -> tuple[int, ...]:
    """Return the pivot of each round; they are the same for everybody in a lobby."""
    return tuple(
        int.from_bytes(hashlib.sha256(seed + bytes([r])).digest()[:8], "little") % count
        for r in range(ROUNDS)
    )


def _swaps(seed: bytes, round_number: int, position: int) -> int:
    """Return the bit that decides whether the pair with this greater position swaps."""
    block = (position // 256).to_bytes(4, "little")
    source = hashlib.sha256(seed + bytes([round_number]) + block).digest()
    return source[position % 256 // 8] >> position % 8 & 1
