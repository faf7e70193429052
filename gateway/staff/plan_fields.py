"""What is typed into the forms in which a plan is changed, and where a finding stands in them.

Rule 1: what was typed goes into the plan as it is if it cannot be read: the checks of plans refuse
it at its place, and that place is the field's. So forms have no rules of their own.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

A plan is changed as a copy. Fields hold texts.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from allocator.finding import Finding
from gateway.fields import normalised

Document = Mapping[str, Any]

_SHORT_HOUR = re.compile(r"(?<![0-9:])([0-9]:[0-9]{2})")
_BETWEEN_ENDS = re.compile(r"\s*[-~\u301c]\s*")
_BETWEEN_HOURS = re.compile(r"[\s,、;・]+")
_INDEX = re.compile(r"\[[0-9]+\]$")


def hours_typed(typed: str) -> list[str]:
    """Return stretches of hours as a plan has them: 9:00~12:00 is 09:00-12:00."""
    plain = _BETWEEN_ENDS.sub("-", normalised(typed))
    stretches = [one for one in _BETWEEN_HOURS.split(plain) if one]
    return [_SHORT_HOUR.sub(r"0\1", one) for one in stretches]


def number_typed(typed: str) -> int | str | None:
    """Return a number, what is none as it was typed, None if there is nothing."""
    plain = normalised(typed).replace(",", "")
    if plain.isascii() and plain.isdecimal() and len(plain) < 10:
        return int(plain)
    return plain or None


def put(holder: dict[str, Any], key: str, value: object) -> None:
    """Set a key, or take it away if there is nothing to say."""
    if value is None:
        holder.pop(key, None)
    else:
        holder[key] = value


def places_below(finding: Finding, path: str) -> list[str]:
    """Return the places below another at which a finding stands, without an index at their end.

    What is missing stands where it should be; the other place itself is an empty text.
    """
    if not f"{finding.path}.".startswith(f"{path}."):
        return []
    place = finding.path.removeprefix(path).lstrip(".")
    missing = finding.values.get("keys") if finding.values.get("kind") == "missing" else None
    if isinstance(missing, list | tuple):
        return [f"{place}.{key}".lstrip(".") for key in missing]
    return [_INDEX.sub("", place)]


def with_item(document: Document, key: str, index: int, item: Mapping[str, Any]) -> Document:
    """Return the plan with that item in one of its lists, in another's place or behind them."""
    changed = copy.deepcopy(dict(document))
    changed[key][index : index + 1] = [item]
    return changed
