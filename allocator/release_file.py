"""Read a release file: YAML, checked by the JSON schema beside this module.

Faults name the place in the file, `sessions[2].capacity.dose_1`. Days and times
stay texts (YAML would turn some of them into numbers), and a key that stands twice
is a fault. The file is at most 1 MiB; aliases are not used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jsonschema
import msgspec
import yaml

from allocator.finding import error
from allocator.limits import KnownProduct
from allocator.release import Finding, ReleasePlan, plan

BYTES_MAX = 1024 * 1024
DEPTH_MAX = 20
_MESSAGE_LENGTH_MAX = 200


def read_release_file(raw: bytes) -> ReleasePlan | list[Finding]:
    """Return the plan in a file, or every fault that was found in its form."""
    if len(raw) > BYTES_MAX:
        return [_fault("too_large", "", f"the file is larger than {BYTES_MAX // 1024} KiB")]
    try:
        document = yaml.load(raw.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506 (safe subclass)
    except UnicodeDecodeError:
        return [_fault("not_utf8", "", "the file is not UTF-8")]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}" if mark is not None else ""
        return [_fault("not_yaml", where, error.problem or "the file is not YAML")]
    except yaml.YAMLError:
        return [_fault("not_yaml", "", "the file holds a character that YAML does not allow")]
    if faults := _schema_faults(document):
        return faults
    return plan(document)


def schema() -> Mapping[str, Any]:
    """Return the JSON schema of release files."""
    text = (files("allocator") / "release-schema.json").read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def known_products() -> list[KnownProduct]:
    """Return the products whose interval is known, with its source."""
    raw = (files("allocator") / "products.json").read_bytes()
    return msgspec.json.decode(raw, type=list[KnownProduct])


def _schema_faults(document: object) -> list[Finding]:
    validator = jsonschema.Draft202012Validator(schema())
    errors = sorted(validator.iter_errors(document), key=lambda error: [*map(str, error.path)])
    return [
        _fault("not_as_schema", _path(error.absolute_path), _words(error)[:_MESSAGE_LENGTH_MAX])
        for error in errors
    ]


def _words(error: jsonschema.ValidationError) -> str:
    """Say what is wrong; of a text that does not fit, in the schema's own words."""
    if error.validator == "type" and error.instance is None:
        return "nothing is here" if error.absolute_path else "the file is empty"
    asked = error.schema
    if error.validator == "pattern" and isinstance(asked, Mapping) and "description" in asked:
        return f"{error.instance!r} is not {asked['description']}"
    return str(error.message)


def _path(parts: Any) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")


def _fault(code: str, path: str, message: str) -> Finding:
    return error(code, path, message)


def _not_yaml(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


class _Loader(yaml.SafeLoader):
    """YAML without its own ideas of dates and times, and without keys that stand twice."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases (a small file could unfold into a huge one) and endless nesting."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _not_yaml("aliases are not used here", event.start_mark)
        if self._depth == DEPTH_MAX:
            raise _not_yaml("it is nested too deeply", event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that stands twice."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                raise _not_yaml(f"{key} stands there twice", node.value[position][0].start_mark)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
