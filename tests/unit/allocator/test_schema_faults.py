"""What the schema says against a document: each kind, with the values of its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest

from allocator.finding import KINDS, Value
from allocator.schema_faults import path_of, schema_fault


def fault(asked: Mapping[str, Any], instance: object) -> jsonschema.ValidationError:
    (found,) = jsonschema.Draft202012Validator(asked).iter_errors(instance)
    assert isinstance(found, jsonschema.ValidationError)
    return found


DAY = {"pattern": "^[0-9]+$", "description": "a day, such as 2030-09-04"}
CASES: list[tuple[Mapping[str, Any], object, dict[str, Value]]] = [
    ({"type": "integer"}, "x", {"kind": "type", "wanted": "integer"}),
    ({"type": "object"}, None, {"kind": "empty_file"}),
    ({"properties": {"a": {"type": "array"}}}, {"a": None}, {"kind": "empty"}),
    ({"required": ["a", "b"]}, {"a": 1}, {"kind": "missing", "keys": ["b"]}),
    (
        {
            "properties": {"a": {}},
            "patternProperties": {"^mon$": {}},
            "additionalProperties": False,
        },
        {"a": 1, "mon": 1, "tag": 1},
        {"kind": "unknown_key", "keys": ["tag"]},
    ),
    ({"enum": ["a", 5]}, "b", {"kind": "enum", "allowed": ["a", "5"]}),
    ({"const": 1}, 2, {"kind": "enum", "allowed": ["1"]}),
    (DAY, "x", {"kind": "pattern", "text": "x", "example": "2030-09-04"}),
    ({"pattern": "^a$"}, "x", {"kind": "other", "said": "'x' does not match '^a$'"}),
    ({"propertyNames": False}, {"a": 1}, {"kind": "other"}),
    ({"minimum": 1}, 0, {"kind": "minimum", "limit": 1, "text": "0"}),
    ({"maximum": 1}, 2, {"kind": "maximum", "limit": 1, "text": "2"}),
    ({"minItems": 1}, [], {"kind": "too_few", "limit": 1, "text": "[]"}),
    ({"maxLength": 1}, "ab", {"kind": "too_many", "limit": 1, "text": "ab"}),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, {"kind": "too_many", "limit": 1}),
    ({"uniqueItems": True}, [1, 1], {"kind": "twice"}),
    ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {}, {"kind": "choice"}),
]


@pytest.mark.parametrize(("asked", "instance", "values"), CASES)
def test_each_fault_has_its_kind_and_values(
    asked: Mapping[str, Any], instance: object, values: dict[str, Value]
) -> None:
    found = schema_fault(fault(asked, instance))
    assert found.code == "not_as_schema"
    assert {name: found.values[name] for name in values} == values


def test_every_kind_that_has_words_occurs() -> None:
    kinds = {schema_fault(fault(asked, instance)).values["kind"] for asked, instance, _ in CASES}
    assert kinds == set(KINDS["not_as_schema"])


def test_place_is_written_as_in_the_file() -> None:
    assert path_of(["sessions", 2, "hours", 0]) == "sessions[2].hours[0]"
    assert path_of([]) == ""
