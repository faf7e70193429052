"""Take items out of the lists of a plan's text, and new ones in, by their lines. No I/O here.

Rule 1: an item's own lines come and go, and no other: a comment before or after it stays. (The
library that changes the rest of the text hangs what follows an item on the item's last value.)
Rule 2: what is not written in lines of its own is left as it is: a list in one line, for example.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import yaml

_DASH = "- "


class _Change(msgspec.Struct, frozen=True):
    """The lines from `first` to before `after` become `lines`."""

    first: int
    after: int
    lines: tuple[str, ...] = ()


def fitted(
    text: str, held: Mapping[str, Any], wanted: Mapping[str, Any], write: Callable[[Any], str]
) -> str:
    """Return a text whose lists are as long as is wanted, and without the keys that are not.

    `held` is what the text says; `write` gives the lines of a list of one item.
    """
    root, rows = yaml.compose(text, Loader=yaml.SafeLoader), text.splitlines(keepends=True)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return text
    changes: list[_Change] = []
    for key, node in root.value:
        name = key.value
        if name not in wanted:
            changes.append(_Change(key.start_mark.line, _last_line(node, rows) + 1))
        elif _in_lines(node, rows) and isinstance(wanted[name], list):
            changes += _changes(node, rows, held[name], wanted[name], write)
    for change in reversed(changes):
        rows[change.first : change.after] = change.lines
    return "".join(rows)


def left_out(held: Sequence[Any], wanted: Sequence[Any]) -> list[int]:
    """Return which items are not wanted, if the others stay in their order.

    Only so many as there are too many: others that are not the same were changed.
    """
    out: list[int] = []
    kept = 0
    for index, item in enumerate(held):
        is_kept = kept < len(wanted) and item == wanted[kept]
        if is_kept or len(out) >= len(held) - len(wanted):
            kept += 1
        else:
            out.append(index)
    return out


def _changes(
    node: yaml.SequenceNode,
    rows: list[str],
    held: Sequence[Any],
    wanted: Sequence[Any],
    write: Callable[[Any], str],
) -> Iterator[_Change]:
    for index in left_out(held, wanted):
        item = node.value[index]
        yield _Change(item.start_mark.line, _last_line(item, rows) + 1)
    if len(wanted) > len(held):
        last = _last_line(node, rows)
        margin = rows[node.value[0].start_mark.line].partition(_DASH)[0]
        if not rows[last].endswith("\n"):
            rows[last] += "\n"
        added = (
            textwrap.indent(textwrap.dedent(write(item)), margin) for item in wanted[len(held) :]
        )
        yield _Change(last + 1, last + 1, tuple(added))


def _in_lines(node: yaml.Node, rows: Sequence[str]) -> bool:
    """Say whether it is a list of which each item begins a line of its own."""
    if not isinstance(node, yaml.SequenceNode) or node.flow_style:
        return False
    return all(rows[item.start_mark.line].lstrip().startswith(_DASH) for item in node.value)


def _last_line(node: yaml.Node, rows: Sequence[str]) -> int:
    """Return the last line of what is written there, without the comments that follow."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    line: int = node.end_mark.line - (node.end_mark.column == 0)
    while not rows[line].strip():
        line -= 1
    return line
