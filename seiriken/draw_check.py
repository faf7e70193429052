"""Compute a published draw again, from what `status.json` says of it and nothing else.

Rule 1: the city is believed in nothing: commitment, shuffle seed and place are computed here,
and what was published is compared with them.
Rule 2: nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from waiting_room.draw import (
    LOBBY_COUNT_MAX,
    RULES,
    SEED_BYTES,
    commitment,
    place_of,
    shuffle_seed,
    unshuffled_index,
)


class PublishedDraw(msgspec.Struct, frozen=True):
    """The part `draw` of a status document; what is missing there is empty here."""

    commitment: str = ""
    mode: str = ""
    revealed_seed: str = ""
    lobby_count: int = -1
    beacon: str = ""
    beacon_source: str = ""
    beacon_default: bool = False
    shuffle_seed: str = ""


class PublishedStatus(msgspec.Struct, frozen=True):
    """What is read of a status document; the rest is skipped."""

    draw: PublishedDraw
    release_id: str = ""


class Checked(msgspec.Struct, frozen=True):
    """What came of it. `commitment_matches` is None when none was given to compare with.

    `place` is there with an index, if nothing was found; `shuffle_seed` (hexadecimal) for a
    draw that has happened.
    """

    verified: bool
    findings: list[str]
    release_id: str = ""
    commitment_matches: bool | None = None
    lobby_count: int | None = None
    beacon: str | None = None
    beacon_source: str | None = None
    beacon_default: bool = False
    shuffle_seed: str | None = None
    index: int | None = None
    place: int | None = None


def check_status(status: PublishedStatus, index: int | None = None, rules: str = RULES) -> Checked:
    """Check a published draw, and say which place an index has in it (from 0; None: no one's)."""
    draw = status.draw
    if draw.mode:
        place = None if index is None else index + 1
        return Checked(
            verified=True, findings=[], release_id=status.release_id, index=index, place=place
        )
    if not draw.revealed_seed or draw.lobby_count < 0:
        return _not_checked("the lobby is not drawn yet: its seed is not shown", status.release_id)
    if not draw.commitment:
        return _not_checked("no commitment is published", status.release_id)
    return check_draw(draw, index, rules, release_id=status.release_id)


def check_draw(
    draw: PublishedDraw, index: int | None = None, rules: str = RULES, release_id: str = ""
) -> Checked:
    """Check a draw that has happened; what was not published is not compared."""
    seed = seed_from(draw.revealed_seed)
    if seed is None or not 0 <= draw.lobby_count <= LOBBY_COUNT_MAX:
        return _not_checked("seed or number of people is malformed", release_id)
    if not draw.beacon:
        return _not_checked("the beacon is missing", release_id)
    findings = []
    if draw.beacon_default and not draw.beacon.startswith(f"{release_id}|"):
        findings.append("the beacon is not the default, but is said to be")
    matches = commitment(seed, rules) == draw.commitment.lower() if draw.commitment else None
    if matches is False:
        findings.append("the commitment does not match the seed and the rules")
    mixed = shuffle_seed(seed, draw.beacon)
    if draw.shuffle_seed and draw.shuffle_seed.lower() != mixed.hex():
        findings.append("the shuffle seed does not follow from the seed and the beacon")
    return Checked(
        verified=not findings,
        findings=findings,
        release_id=release_id,
        commitment_matches=matches,
        lobby_count=draw.lobby_count,
        beacon=draw.beacon,
        beacon_source=draw.beacon_source,
        beacon_default=draw.beacon_default,
        shuffle_seed=mixed.hex(),
        index=index,
        place=None if index is None or findings else place_of(index, draw.lobby_count, mixed),
    )


def _not_checked(why: str, release_id: str) -> Checked:
    return Checked(verified=False, findings=[why], release_id=release_id)


def seed_from(text: str) -> bytes | None:
    """Return a seed that was written as 64 hexadecimal digits, None for anything else."""
    try:
        seed = bytes.fromhex(text)
    except ValueError:
        return None
    return seed if len(seed) == SEED_BYTES else None


def sample_of(count: int, size: int) -> Iterator[int]:
    """Yield at most `size` indices of `count`, spread evenly, the first and the last among them."""
    if count <= size:
        yield from range(count)
        return
    yield from (number * (count - 1) // (size - 1) for number in range(size))


def permutation_findings(indices: Iterable[int], count: int, seed: bytes) -> Iterator[str | None]:
    """Yield for each index None, or what is wrong: no such place, held twice, or not undone.

    All indices of a lobby without a finding have every place once. Memory: one number each.
    """
    taken: set[int] = set()
    for index in indices:
        place = place_of(index, count, seed)
        if not 1 <= place <= count:
            yield f"index {index} has place {place} of {count}"
        elif place in taken or unshuffled_index(place - 1, count, seed) != index:
            yield f"place {place} has more than one holder"
        else:
            yield None
        taken.add(place)
