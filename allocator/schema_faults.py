"""What the schema of release files says of a document, as findings. Nothing here does I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

import jsonschema

from allocator.finding import Finding, Value, error

_MESSAGE_LENGTH_MAX = 200
_TEXT_MAX = 60
_BARE = {"anyOf": "choice", "oneOf": "choice", "uniqueItems": "twice"}
_LIMITS = {
    "maxItems": "too_many",
    "maxLength": "too_many",
    "maxProperties": "too_many",
    "maximum": "maximum",
    "minItems": "too_few",
    "minLength": "too_few",
    "minProperties": "too_few",
    "minimum": "minimum",
}


def schema_fault(fault: jsonschema.ValidationError) -> Finding:
    """Return what one fault says: its place, in English, and by its kind."""
    message = _words(fault)[:_MESSAGE_LENGTH_MAX]
    return error("not_as_schema", path_of(fault.absolute_path), message, **_values(fault))


def path_of(parts: Iterable[str | int]) -> str:
    """Return a place in a file as findings have it: `sessions[2].hours[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")


def _words(fault: jsonschema.ValidationError) -> str:
    """Say what is wrong; of a text that does not fit, in the schema's own words."""
    if _is_empty(fault):
        return "nothing is here" if fault.absolute_path else "the file is empty"
    if description := _description(fault):
        return f"{fault.instance!r} is not {description}"
    return str(fault.message)


def _values(fault: jsonschema.ValidationError) -> dict[str, Value]:
    """Return the kind of a fault, and what its sentence speaks of."""
    asked: Any = fault.validator_value
    rule = f"{fault.validator}"
    if rule in _LIMITS:
        return {"kind": _LIMITS[rule], "limit": asked, "text": f"{fault.instance}"[:_TEXT_MAX]}
    if rule in _BARE:
        return {"kind": _BARE[rule]}
    match rule:
        case "type":
            return _of_type(fault)
        case "required":
            instance: Any = fault.instance
            return {"kind": "missing", "keys": [key for key in asked if key not in instance]}
        case "additionalProperties":
            return {"kind": "unknown_key", "keys": _unknown_keys(fault)}
        case "enum" | "const":
            allowed = asked if isinstance(asked, list) else [asked]
            return {"kind": "enum", "allowed": [f"{one}" for one in allowed]}
        case "pattern" if description := _description(fault):
            example = description.rpartition("such as ")[2]
            return {"kind": "pattern", "text": f"{fault.instance}"[:_TEXT_MAX], "example": example}
    return {"kind": "other", "said": str(fault.message)[:_MESSAGE_LENGTH_MAX]}


def _of_type(fault: jsonschema.ValidationError) -> dict[str, Value]:
    if _is_empty(fault):
        return {"kind": "empty" if fault.absolute_path else "empty_file"}
    return {"kind": "type", "wanted": f"{fault.validator_value}"}


def _is_empty(fault: jsonschema.ValidationError) -> bool:
    return fault.validator == "type" and fault.instance is None


def _description(fault: jsonschema.ValidationError) -> str:
    asked = fault.schema
    if fault.validator != "pattern" or not isinstance(asked, Mapping):
        return ""
    return str(asked.get("description", ""))


def _unknown_keys(fault: jsonschema.ValidationError) -> list[str]:
    asked = fault.schema
    assert isinstance(asked, Mapping), "a schema with properties"
    patterns = [re.compile(pattern) for pattern in asked.get("patternProperties", {})]
    known, instance = asked.get("properties", {}), cast(Mapping[object, object], fault.instance)
    return [
        f"{key}"
        for key in instance
        if key not in known and not any(one.search(f"{key}") for one in patterns)
    ]
