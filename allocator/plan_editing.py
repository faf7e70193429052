"""Change what a plan's text says, and leave the rest of it as it was typed. No I/O here.

Rule 1: comments, order and layout stay, so that an edit's history shows what was changed alone.
Rule 2: the new text is read again as every plan is; if it does not say exactly what was wanted,
there is none. (The library reads YAML 1.2, plans are YAML 1.1: 010 is ten or eight.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from ruamel.yaml.tag import Tag

from allocator.plan_items import fitted, left_out
from allocator.release_file import read_any

_WIDTH = 4096
_MOMENT = "tag:yaml.org,2002:timestamp"
_TEXT = Tag(suffix="tag:yaml.org,2002:str")
_HOURS = re.compile(r"[0-9:]+-[0-9:]+")
_INDENTED_LIST = re.compile(r"^( *)[^ #\n-][^\n]*:[^\S\n]*(?:#[^\n]*)?\n\1( *)- ", re.MULTILINE)
_OFFSET_USUAL = 2


def edited(text: str, wanted: Mapping[str, Any]) -> str | None:
    """Return a text that says what is wanted, made of one that said something else.

    None if the text is written in a way that cannot be kept: then it is changed by hand.
    """
    writer = _writer(text)
    try:
        tree = writer.load(text)
    except YAMLError:  # Of another version, which it says at its head.
        return None
    if _differ_in_length(tree, wanted):
        fitting = fitted(text, tree, wanted, lambda item: _dumped(writer, [_node(item)]))
        tree = writer.load(fitting)
    _match(tree, wanted)
    changed = _dumped(writer, tree)
    return changed if read_any(changed) == wanted else None


class _TextsOfTime(VersionedResolver):
    """Days and moments stay texts, as `allocator.release_file` reads them."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag of a node."""
        tag = super().resolve(kind, value, implicit)
        return _TEXT if str(tag) == _MOMENT else tag


def _writer(text: str) -> YAML:
    """Return the library, set to write lists as the text has them."""
    found = _INDENTED_LIST.search(text)
    offset = len(found[2]) if found else _OFFSET_USUAL
    writer = YAML(typ="rt")
    writer.Resolver = _TextsOfTime
    writer.preserve_quotes = True
    writer.width = _WIDTH
    writer.indent(mapping=2, sequence=offset + 2, offset=offset)
    return writer


def _differ_in_length(tree: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Say whether a key is to go, or a list to become longer or shorter."""
    for key, held in tree.items():
        value = wanted.get(key)
        if key not in wanted:
            return True
        if isinstance(held, list) and isinstance(value, list) and len(held) != len(value):
            return True
    return False


def _dumped(writer: YAML, tree: Any) -> str:
    out = StringIO()
    writer.dump(tree, out)
    return out.getvalue()


def _match(tree: MutableMapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Let a mapping say what is wanted; what is the same already is not touched."""
    for key in [key for key in tree if key not in wanted]:
        del tree[key]
    for key, value in wanted.items():
        held = tree.get(key)
        if isinstance(held, CommentedMap) and isinstance(value, Mapping):
            _match(held, value)
        elif isinstance(held, CommentedSeq) and isinstance(value, list):
            _match_list(held, value)
        elif key not in tree or held != value:
            tree[key] = _node(value)


def _match_list(tree: CommentedSeq, wanted: Sequence[Any]) -> None:
    if len(tree) != len(wanted):
        for index in reversed(left_out(tree, wanted)):
            del tree[index]
        for item in wanted[len(tree) :]:
            tree.append(_node(item))
    for index, value in enumerate(wanted):
        if isinstance(tree[index], CommentedMap) and isinstance(value, Mapping):
            _match(tree[index], value)
        elif tree[index] != value:
            tree[index] = _node(value)


def _node(value: Any) -> Any:
    """Write a new value as plans are written: hours in quotes, days as they are.

    What would be read as something else (`yes`, `1:30` in YAML 1.1) is in quotes, too.
    """
    match value:
        case str():
            is_quoted = _HOURS.fullmatch(value) or read_any(value) != value
            return DoubleQuotedScalarString(value) if is_quoted else value
        case Mapping():
            mapped = CommentedMap({key: _node(one) for key, one in value.items()})
            return _in_one_line(mapped, value.values())
        case list():
            return _in_one_line(CommentedSeq([_node(one) for one in value]), value)
    return value


def _in_one_line(node: Any, values: Iterable[object]) -> Any:
    """Write what holds no other list or mapping in one line."""
    if not any(isinstance(value, list | Mapping) for value in values):
        node.fa.set_flow_style()
    return node
