"""A town with one release, and a gateway's side of its line."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis import Redis

from tests.integration.waiting_room.town import Gateway, Town, town_with_a_release


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the gateway runs on."""
    return "asyncio"


@pytest.fixture
def people() -> int:
    """How many live in the town; a module may want others."""
    return 2_000


@pytest.fixture
def town(redis: Redis, people: int) -> Town:
    """A town with one release of 500 pairs; its room has not ticked yet."""
    return town_with_a_release(redis, people)


@pytest.fixture
async def gateway(redis_url: str) -> AsyncIterator[Gateway]:
    """A gateway's side of the line."""
    async with Gateway(redis_url) as gateway:
        yield gateway
