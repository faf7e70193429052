"""Where in a plan's text a finding stands. Nothing here does I/O.

Rule 1: a finding about seats says `sessions`, whatever they were made of: what it stands at are
those weeks and sessions of the file that its venue and product name.
Rule 2: what is missing stands at what it should be in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from allocator.finding import Finding

PLACES_MAX = 5
"""So many weeks and sessions a finding about seats stands at; the first ones."""

_SEATS = "sessions"
_FIELDS = {
    "few_pairs_for_people": "release.people",
    "more_pairs_than_people": "release.people",
    "more_pairs_than_roster": "release.people",
    "outside_days": "release.days",
}
"""What else in the file a finding about seats stands at."""

_LINE = re.compile(r"line ([0-9]+)")
_LAST_STEP = re.compile(r"(?:\.[^.\[\]]+|\[[0-9]+\]|^[^.\[\]]+)$")


def lines_of(root: yaml.Node | None) -> dict[str, int]:
    """Return the line of each place in a text, counted from 1."""
    return {} if root is None else dict(_walked(root, ""))


def line_of(path: str, lines: Mapping[str, int]) -> int | None:
    """Return the line of a place, or of the nearest one around it; None where there is none."""
    if named := _LINE.fullmatch(path):
        return int(named[1])
    while path and path not in lines:
        path = _LAST_STEP.sub("", path)
    return lines.get(path) if path else None


def places_of(finding: Finding, document: Any) -> list[str]:
    """Return the places of a finding in a document; the one it says if it says another."""
    if finding.path != _SEATS or not isinstance(document, Mapping):
        return [finding.path] if finding.path else []
    if finding.code in _FIELDS:
        return [_FIELDS[finding.code]]
    asked = {name: finding.values[name] for name in ("venue", "product") if name in finding.values}
    found = [
        f"{kind}[{index}]"
        for kind in ("weeks", _SEATS)
        for index, item in enumerate(document.get(kind, []))
        if all(item[name] == value for name, value in asked.items())
    ]
    return found[:PLACES_MAX]


def _walked(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    match node:
        case yaml.MappingNode(value=pairs):
            for key, value in pairs:
                below = f"{path}.{key.value}".removeprefix(".")
                yield below, key.start_mark.line + 1
                yield from _walked(value, below)
        case yaml.SequenceNode(value=items):
            for index, item in enumerate(items):
                yield f"{path}[{index}]", item.start_mark.line + 1
                yield from _walked(item, f"{path}[{index}]")
