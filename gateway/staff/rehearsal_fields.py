"""Read who comes to an opening, and how fast they book, from what was typed.

Rule 1: an empty field means the usual value; what is wrong is told at its field, by its bounds.
Rule 2: nothing here does I/O, reads a clock or words a message.

The choices are those of `seiriken release rehearse`: the usual values are `Opening`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from gateway.fields import normalised
from waiting_room.forecast import LASTS_S_MAX, LOBBY_SHARE_MAX, Opening

_USUAL = Opening(people=1, pairs=1)
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")


class Bounds(NamedTuple):
    """What a field may say, from the least to the most. `usual` is None where a plan says it."""

    least: float
    most: float
    usual: float | None
    is_whole: bool = True


FIELDS: Mapping[str, Bounds] = {
    "people": Bounds(1, 100_000_000, None),
    "lobby_percent": Bounds(0, round(LOBBY_SHARE_MAX * 100), round(_USUAL.lobby_share * 100)),
    "within_minutes": Bounds(0.1, LASTS_S_MAX / 60, _USUAL.within_s / 60, is_whole=False),
    "inside": Bounds(1, 1_000_000, _USUAL.inside_max),
    "inside_s": Bounds(1, 3_600, _USUAL.inside_s, is_whole=False),
}


def usual_values() -> dict[str, str]:
    """Return what stands in the fields before anything was typed."""
    return {
        name: f"{bounds.usual:g}" for name, bounds in FIELDS.items() if bounds.usual is not None
    }


def read_opening(values: Mapping[str, str], pairs: int, people: int) -> Opening | list[str]:
    """Return the opening that was typed, or the names of the fields that are wrong.

    `people` come where the field says nothing; 0 if nobody knows how many.
    """
    found: dict[str, float] = {}
    for name, bounds in FIELDS.items():
        usual = (people or None) if bounds.usual is None else bounds.usual
        number = _number(values.get(name, ""), bounds, usual)
        if number is not None:
            found[name] = number
    if wrong := [name for name in FIELDS if name not in found]:
        return wrong
    return Opening(
        people=int(found["people"]),
        pairs=pairs,
        inside_max=int(found["inside"]),
        inside_s=found["inside_s"],
        within_s=found["within_minutes"] * 60,
        lobby_share=found["lobby_percent"] / 100,
    )


def values_of(opening: Opening) -> dict[str, str]:
    """Return an opening as it stands in the fields."""
    return {
        "people": f"{opening.people}",
        "lobby_percent": f"{round(opening.lobby_share * 100)}",
        "within_minutes": f"{round(opening.within_s / 60, 3):.10g}",
        "inside": f"{opening.inside_max}",
        "inside_s": f"{opening.inside_s:.10g}",
    }


def _number(typed: str, bounds: Bounds, usual: float | None) -> float | None:
    plain = normalised(typed).replace(",", "")
    if not plain:
        return usual
    if not _NUMBER.fullmatch(plain) or (bounds.is_whole and "." in plain):
        return None
    number = float(plain)
    return number if bounds.least <= number <= bounds.most else None
