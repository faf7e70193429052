"""The draw of the lobby: a published, provably fair order that anybody can recompute.

Rule 1: the order of a lobby depends on the secret seed, the public value (beacon) and the
number of people alone. The seed is committed to before anybody joins, and shown once the
number is frozen; the beacon is what nobody could know before, the city included.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

The order is `compute_shuffled_index` of the Ethereum consensus specification
(phase 0, "swap-or-not" shuffle after Hoang, Morris and Rogaway, 90 rounds, SHA-256):
the element at index i stands afterwards at place p(i), counted from 0. It needs no
list: anybody's place costs at most 180 hashes, whatever the size of the lobby.
The same is computed in the residents' browsers by `gateway/static/draw.js`.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

ROUNDS = 90
SEED_BYTES = 32
LOBBY_COUNT_MAX = 2**40
"""The specification's bound on the number of elements."""

BEACON_CHARS_MAX = 200
"""Greatest length of the public value, and of the words for its source."""

RULES_VERSION = 2
RULES = """\
Seiriken draw, rules version 2 (2026-11).
1. The secret seed is 32 bytes. Before anybody joins, its commitment is published:
   SHA-256(secret seed, then the bytes of this text in UTF-8).
2. The public value ("beacon") is a text of at most 200 characters that nobody could know
   when the commitment was published. It is given, with its source, before the opening.
   When none was given by then, it is: release_id|opens_at (the time in RFC 3339, as in
   status.json). That default adds no surprise.
3. Whoever joins before the opening gets a draw number, counted from 0 in order of arrival.
4. At the opening the number of those people is frozen (lobby_count), and the secret seed is
   shown. The shuffle seed is SHA-256(secret seed, one byte 00, the beacon in UTF-8).
5. The place of draw number i is 1 + compute_shuffled_index(i, lobby_count, shuffle seed) of
   the Ethereum consensus specification, with 90 rounds.
6. Whoever joins later stands behind them in order of arrival: the place of draw number i is
   i + 1.
"""
"""What the commitment covers, to the byte; published at `RULES_URL`."""

RULES_URL = "/draw-rules.txt"


def seed_of(draw_key: bytes, release_id: str) -> bytes:
    """Return the secret seed of a release (32 bytes), the same each time: a wipe changes none."""
    return hmac.digest(draw_key, b"draw|" + release_id.encode(), hashlib.sha256)


def commitment(seed: bytes, rules: str = RULES) -> str:
    """Return what is published before anybody joins: SHA-256(seed, rules) in hexadecimal."""
    return hashlib.sha256(seed + rules.encode()).hexdigest()


def default_beacon(release_id: str, opens_at: str) -> str:
    """Return what is mixed in when no beacon was given; `opens_at` as status.json has it."""
    return f"{release_id}|{opens_at}"


def beacon_fault(text: str) -> str | None:
    """Say why a text can be neither a beacon nor a source; None when it can."""
    if not text.strip() or text != text.strip():
        return "is empty, or begins or ends with a space"
    if not text.isprintable():
        return "holds a character that cannot be printed"
    if len(text) > BEACON_CHARS_MAX:
        return f"has more than {BEACON_CHARS_MAX} characters"
    return None


def shuffle_seed(seed: bytes, beacon: str) -> bytes:
    """Return the seed of the shuffle: SHA-256(seed, one byte 00, beacon in UTF-8)."""
    assert len(seed) == SEED_BYTES, "the seed is 32 bytes"
    return hashlib.sha256(seed + b"\0" + beacon.encode()).digest()


def shuffled_index(index: int, count: int, seed: bytes) -> int:
    """Return where the element at `index` of `count` stands afterwards, counted from 0.

    Bounds: 0 <= index < count <= 2**40; the seed is 32 bytes.
    """
    assert 0 <= index < count <= LOBBY_COUNT_MAX, "no such index"
    assert len(seed) == SEED_BYTES, "the seed is 32 bytes"
    for round_number, pivot in enumerate(_pivots(seed, count)):
        index = _after_round(index, count, seed, round_number, pivot)
    return index


def unshuffled_index(place: int, count: int, seed: bytes) -> int:
    """Return which element stands at `place` (from 0) afterwards: `shuffled_index` undone.

    A round undoes itself, so that the rounds are gone through backwards. Bounds as there.
    """
    assert 0 <= place < count <= LOBBY_COUNT_MAX, "no such place"
    for round_number, pivot in reversed(list(enumerate(_pivots(seed, count)))):
        place = _after_round(place, count, seed, round_number, pivot)
    return place


def place_of(index: int, lobby_count: int, seed: bytes) -> int:
    """Return the place, counted from 1, of one who arrived with `index`; `seed` is the shuffle's.

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


def _after_round(index: int, count: int, seed: bytes, round_number: int, pivot: int) -> int:
    """Return where one round moves an element: it swaps with its partner, or not."""
    partner = (pivot + count - index) % count
    return partner if _swaps(seed, round_number, max(index, partner)) else index


def _swaps(seed: bytes, round_number: int, position: int) -> int:
    """Return the bit that decides whether the pair with this greater position swaps."""
    block = (position // 256).to_bytes(4, "little")
    source = hashlib.sha256(seed + bytes([round_number]) + block).digest()
    return source[position % 256 // 8] >> position % 8 & 1
