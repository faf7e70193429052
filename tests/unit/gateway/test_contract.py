"""The description of the contract is whole: every route, every refusal, every shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from gateway.app import create_app
from gateway.contract import (
    DESCRIPTION_PATH,
    OPERATIONS,
    PREFIXES,
    Operation,
    description,
    description_json,
)
from gateway.parts import Parts
from gateway.policies import PolicyRoute
from gateway.problems import STATUS


def values_of(document: object, name: str) -> Iterator[object]:
    """Yield every value that has this name, however deep it stands."""
    match document:
        case dict():
            if name in document:
                yield document[name]
            for value in document.values():
                yield from values_of(value, name)
        case list():
            for value in document:
                yield from values_of(value, name)


def responses(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = description()["paths"][operation.path][operation.method.lower()]
    described: dict[str, Any] = found["responses"]
    return described


def test_every_route_of_the_contract_is_described_with_its_policy(parts: Parts) -> None:
    routes = {
        (method, route.path, route.policy)
        for route in create_app(parts).routes
        if isinstance(route, PolicyRoute) and route.path.startswith(PREFIXES)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert len(routes) > 15
    assert {(one.method, one.path, one.policy) for one in OPERATIONS} == routes


def test_description_is_served_to_everybody_and_may_be_kept(client: TestClient) -> None:
    answer = client.get(DESCRIPTION_PATH)
    assert answer.content == description_json()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert "set-cookie" not in answer.headers
    assert answer.json()["openapi"] == "3.1.0"


def test_every_reference_leads_somewhere_and_every_shape_is_a_schema() -> None:
    document = description()
    schemas = document["components"]["schemas"]
    references = set(values_of(document, "$ref"))
    assert references <= {f"#/components/schemas/{name}" for name in schemas}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    for pattern in values_of(document, "pattern"):
        re.compile(str(pattern))


def test_what_is_sent_has_no_other_fields_and_every_shape_says_what_it_is() -> None:
    schemas = description()["components"]["schemas"]
    for operation in OPERATIONS:
        if operation.body is not None:
            assert schemas[operation.body.__name__]["additionalProperties"] is False
    assert all(schema.get("description") for schema in schemas.values())


@pytest.mark.parametrize("status", sorted(set(STATUS.values()) - {405}))
def test_every_code_of_a_refusal_is_described_where_its_status_is(status: int) -> None:
    codes = sorted(code for code, of in STATUS.items() if of == status)
    told = [responses(one)[str(status)] for one in OPERATIONS if str(status) in responses(one)]
    assert told
    for response in told:
        assert [codes] == [list(c) for c in values_of(response, "enum") if isinstance(c, list)]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_whoever_may_not_call_is_told_so(client: TestClient, operation: Operation) -> None:
    """Of a gateway whose parts are away: what is answered before they are asked."""
    path = re.sub(r"\{\w+\}", "5d3b6a52-9c1e-4f7a-8b8e-2f6f4e1c9a70", operation.path)
    for headers in ({"X-Requested-With": "seiriken"}, {"X-Requested-With": "other"}):
        answer = client.request(operation.method, path, headers=headers)
        assert str(answer.status_code) in responses(operation), answer.status_code
