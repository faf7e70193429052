"""Calls made from the description alone: no fault, and answers as it says (schemathesis).

So many calls of each operation as `EXAMPLES`, generated; in CI the same ones each time.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.contract import OPERATIONS, description
from tests.integration.city import PROGRAM, City, Resident
from tests.security.fuzzing import ANSWERED_WITHIN_S, OTHER_THREADS_DRAW

pytestmark = pytest.mark.filterwarnings(OTHER_THREADS_DRAW)
EXAMPLES = 20
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
"""Not those that take every valid body for one to be granted: a refusal (409) is an answer, too."""

schema = schemathesis.openapi.from_dict(description())
DESCRIBED = {
    found.ok().label: found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)
}
"""By label. `schema.parametrize` gives all tests one id, of which side by side one alone is run."""


@pytest.fixture(scope="module")
def resident(city: City) -> Resident:
    """Somebody whose calls these are; who was signed out comes in again."""
    return city.inside(1)


@pytest.mark.parametrize("label", sorted(DESCRIBED))
def test_generated_calls_are_answered_as_described(
    label: str, city: City, resident: Resident
) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=DESCRIBED[label].as_strategy())
    def is_as_described(case: Case[Any]) -> None:
        if "session" not in resident.http.cookies:
            assert resident.sign_in().status_code == 200
        cookies = "; ".join(f"{name}={value}" for name, value in resident.http.cookies.items())
        case.call_and_validate(
            base_url=city.url,
            checks=CHECKS,
            headers=PROGRAM | {"Cookie": cookies},
            timeout=ANSWERED_WITHIN_S,
        )
        if case.path == "/api/v1/sign-out":
            resident.http.cookies.clear()

    is_as_described()


def test_every_operation_is_tried() -> None:
    assert len(DESCRIBED) == len(OPERATIONS)
