"""The lobby's order, computed as a page's own script does: the published swap-or-not shuffle.

Written from the rules at `/draw-rules.txt` and the Ethereum consensus specification
(`compute_shuffled_index`, 90 rounds, SHA-256), apart from the city's own code: a
resident who computes another place than the city says is an error of the city.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

ROUNDS = 90
_CACHED_MAX = 1_000_000


def drawn_place(arrival: int, lobby_count: int, seed: bytes) -> int:
    """Return the place (from 1) of who came as number `arrival` (from 0); behind it, in order."""
    if arrival >= lobby_count:
        return arrival + 1
    index = arrival
    for turn in range(ROUNDS):
        flip = (_pivot(seed, turn, lobby_count) + lobby_count - index) % lobby_count
        position = max(index, flip)
        block = _block(seed, turn, position // 256)
        if block[(position % 256) // 8] >> (position % 8) & 1:
            index = flip
    return index + 1


@lru_cache(maxsize=_CACHED_MAX)
def _pivot(seed: bytes, turn: int, lobby_count: int) -> int:
    digest = sha256(seed + bytes([turn])).digest()
    return int.from_bytes(digest[:8], "little") % lobby_count


@lru_cache(maxsize=_CACHED_MAX)
def _block(seed: bytes, turn: int, number: int) -> bytes:
    return sha256(seed + bytes([turn]) + number.to_bytes(4, "little")).digest()
