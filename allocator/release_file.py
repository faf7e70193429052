"""Read a release file: YAML, checked by the JSON schema beside this module.

Faults name the place in the file, `sessions[2].capacity.dose_1`. Days and times
stay texts (YAML would turn some of them into numbers), and a key that stands twice
is a fault. The file is at most 1 MiB; aliases are not used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import jsonschema
import msgspec
import yaml

from allocator.finding import Value, error
from allocator.plan_places import lines_of
from allocator.product_source import KnownProduct
from allocator.release import Finding, ReleasePlan, plan
from allocator.schema_faults import schema_fault

BYTES_MAX = 1024 * 1024
DEPTH_MAX = 20


def read_release_file(raw: bytes) -> ReleasePlan | list[Finding]:
    """Return the plan in a file, or every fault that was found in its form."""
    document = read_document(raw)
    return document if isinstance(document, list) else plan(document)


def read_document(raw: bytes) -> Mapping[str, Any] | list[Finding]:
    """Return what a file says, as the schema has it, or every fault that was found in its form."""
    if len(raw) > BYTES_MAX:
        message = f"the file is larger than {BYTES_MAX // 1024} KiB"
        return [error("too_large", "", message, most=BYTES_MAX // 1024)]
    try:
        document = yaml.load(raw.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506 (safe subclass)
    except UnicodeDecodeError:
        return [error("not_utf8", "", "the file is not UTF-8")]
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        where = f"line {mark.line + 1}" if mark is not None else ""
        said = fault.problem or "the file is not YAML"
        values = fault.values if isinstance(fault, _NotAsked) else {"kind": "other", "said": said}
        return [error("not_yaml", where, said, **values)]
    except yaml.YAMLError:
        message = "the file holds a character that YAML does not allow"
        return [error("not_yaml", "", message, kind="character")]
    if faults := _schema_faults(document):
        return faults
    checked: Mapping[str, Any] = document
    return checked


def read_any(text: str) -> object:
    """Return what a text says, whatever its form; None if it is no YAML that is used here."""
    try:
        said: object = yaml.load(text, Loader=_Loader)  # noqa: S506 (safe subclass)
    except yaml.YAMLError:
        return None
    return said


def read_lines(text: str) -> dict[str, int]:
    """Return the line of each place in a text; of none if it is no YAML that is used here."""
    try:
        return lines_of(yaml.compose(text, Loader=_Loader))
    except yaml.YAMLError:
        return {}


def schema() -> Mapping[str, Any]:
    """Return the JSON schema of release files."""
    text = (files("allocator") / "release-schema.json").read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def known_products() -> list[KnownProduct]:
    """Return the products of which interval, vial and maker are known, with the sources."""
    raw = (files("allocator") / "products.json").read_bytes()
    return msgspec.json.decode(raw, type=list[KnownProduct])


def _schema_faults(document: object) -> list[Finding]:
    validator = _Validator(schema())
    faults = sorted(validator.iter_errors(document), key=lambda fault: [*map(str, fault.path)])
    return [schema_fault(fault) for fault in faults]


def _is_not_of_pattern(
    _: object, pattern: str, text: object, __: object
) -> Iterator[jsonschema.ValidationError]:
    """Yield a fault where a text is not of a pattern as a whole.

    `$` in Python is before a last line break, too; in a JSON schema it is the end.
    """
    if isinstance(text, str) and re.fullmatch(pattern, text) is None:
        yield jsonschema.ValidationError(f"{text!r} does not match {pattern!r}")


_Validator = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator, {"pattern": _is_not_of_pattern}
)


def _not_yaml(problem: str, mark: Any, **values: Value) -> _NotAsked:
    refused = _NotAsked(problem=problem, problem_mark=mark)
    refused.values = values
    return refused


class _NotAsked(yaml.MarkedYAMLError):
    """YAML that is not used here; carries the values of its finding."""

    values: dict[str, Value]


class _Loader(yaml.SafeLoader):
    """YAML without its own ideas of dates and times, and without keys that stand twice."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases (a small file could unfold into a huge one) and endless nesting."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _not_yaml("aliases are not used here", event.start_mark, kind="alias")
        if self._depth == DEPTH_MAX:
            raise _not_yaml("it is nested too deeply", event.start_mark, kind="depth")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_scalar(self, node: Any) -> Any:
        """Join halves of a character, as JSON writes those beyond U+FFFF; refuse what is none.

        A half by itself cannot be shown, nor can U+0000 be stored.
        """
        text = super().construct_scalar(node)
        try:
            joined = text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            joined = "\0"
        if "\0" in joined:
            message = "the file holds a character that YAML does not allow"
            raise _not_yaml(message, node.start_mark, kind="character")
        return joined

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that stands twice."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                mark = node.value[position][0].start_mark
                message = f"{key} stands there twice"
                raise _not_yaml(message, mark, kind="key_twice", key=f"{key}")
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
