"""What holds answers against the description finds what is not described."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from gateway.contract import JSON, PROBLEM
from tests.integration.described import find_operation, hold_against_description

KEY: dict[str, Any] = {"algorithm": "Ed25519", "public_key": "k"}
PROBLEM_TOLD: dict[str, Any] = {
    "type": "about:blank",
    "title": "t",
    "status": 503,
    "detail": "d",
    "code": "away",
}


def answer(status: int, kind: str, content: object, path: str = "/api/v1/receipt-key") -> None:
    """Hold an answer that nobody gave against the description."""
    request = httpx2.Request("GET", f"http://127.0.0.1{path}")
    body = json.dumps(content).encode()
    headers = {"Content-Type": kind}
    hold_against_description(
        httpx2.Response(status, headers=headers, content=body, request=request)
    )


def test_answer_as_described_passes() -> None:
    answer(200, JSON, KEY)
    answer(503, PROBLEM, PROBLEM_TOLD)
    answer(418, "text/plain", "", "/elsewhere")


@pytest.mark.parametrize(
    ("status", "kind", "content"),
    [
        (200, JSON, KEY | {"phone": "08098765432"}),
        (200, JSON, {"algorithm": "Ed25519"}),
        (200, JSON, KEY | {"algorithm": "none"}),
        (200, "text/html", KEY),
        (201, JSON, KEY),
        (503, JSON, PROBLEM_TOLD),
        (503, PROBLEM, PROBLEM_TOLD | {"code": "not_found"}),
        (503, PROBLEM, PROBLEM_TOLD | {"stack": "x"}),
        (500, PROBLEM, PROBLEM_TOLD),
    ],
    ids=[
        *("field-too-many", "field-missing", "other-value", "other-kind", "other-status"),
        *("problem-as-json", "code-of-another-status", "member-too-many", "status-of-another"),
    ],
)
def test_answer_that_is_not_described_is_found(status: int, kind: str, content: object) -> None:
    with pytest.raises(AssertionError):
        answer(status, kind, content)


def test_plain_path_goes_before_one_with_an_id() -> None:
    together = find_operation("POST", "/api/v1/bookings/together")
    assert together is not None
    assert together.path == "/api/v1/bookings/together"
    assert find_operation("GET", "/api/v1/bookings/a/b") is None
