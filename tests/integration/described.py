"""Hold every answer of the JSON contract against the description that the gateway serves.

The answers' objects are closed here, so that a field too many is found, too (L10): the description
itself leaves room for fields of later versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx2
from jsonschema import Draft202012Validator

from gateway.contract import OPERATIONS, PROBLEM, Operation, description


def hold_against_description(answer: httpx2.Response) -> None:
    """Fail where an answer is not as described; whatever is not of the contract passes."""
    described = find_operation(answer.request.method, answer.request.url.path)
    if described is None:
        return
    answer.read()
    asked = f"{described.method} {described.path}: {answer.status_code}"
    responses = _closed()["paths"][described.path][described.method.lower()]["responses"]
    assert str(answer.status_code) in responses, f"{asked} is not described"
    content = responses[str(answer.status_code)].get("content", {})
    if not content:
        assert answer.content == b"", asked
        return
    (kind,) = content
    assert answer.headers["content-type"] == kind, asked
    errors = validator(described, answer.status_code).iter_errors(answer.json())
    # Only the place and the rule: an error's own text repeats the answer.
    assert [(error.json_path, error.validator) for error in errors] == [], asked
    if kind == PROBLEM:
        assert answer.json()["status"] == answer.status_code, asked


def find_operation(method: str, path: str) -> Operation | None:
    """Return what is called, by the application's own order: plain paths go first."""
    of_method = [operation for operation in OPERATIONS if operation.method == method]
    plain = (operation for operation in of_method if operation.path == path)
    return next(plain, None) or next(
        (one for one in of_method if _pattern(one.path).fullmatch(path)), None
    )


@cache
def validator(operation: Operation, status: int) -> Draft202012Validator:
    """Return what checks an operation's answers of a status."""
    responses = _closed()["paths"][operation.path][operation.method.lower()]["responses"]
    (content,) = responses[str(status)]["content"].values()
    return Draft202012Validator({**content["schema"], "components": _closed()["components"]})


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", path))


@cache
def _closed() -> dict[str, Any]:
    document = description()
    for schema in _objects(document["components"]["schemas"]):
        schema.setdefault("additionalProperties", False)
    return document


def _objects(schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (schema for schema in schemas.values() if "properties" in schema)
