"""Check answers against the JSON contract."""

from __future__ import annotations

from typing import Any

import httpx2
import jsonschema


def code_of(answer: httpx2.Response, status: int) -> str:
    """Return the code of a problem, which must have this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["code"])


def checked(answer: httpx2.Response, schema: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """Return a document, which must be as the schema says."""
    assert answer.status_code == status, answer.text
    document: dict[str, Any] = answer.json()
    jsonschema.validate(document, schema)
    return document
