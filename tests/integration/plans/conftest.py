"""Two of the staff of a city, and a saved plan of each test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.city import City
from tests.integration.plan_forms import begun
from tests.integration.staff import Colleague, StaffDesk, desk_of


@pytest.fixture(scope="module")
def desk(city: City) -> Iterator[StaffDesk]:
    """The staff gateway of a city."""
    with desk_of(city) as running:
        yield running


@pytest.fixture(scope="module")
def one(desk: StaffDesk) -> Colleague:
    """An operator."""
    return desk.colleague("operator")


@pytest.fixture(scope="module")
def two(desk: StaffDesk) -> Colleague:
    """A supervisor."""
    return desk.colleague("supervisor")


@pytest.fixture
def plan_id(request: pytest.FixtureRequest, one: Colleague) -> str:
    """A saved plan of each test's own."""
    return begun(one, request.node.name)
