"""A town with one release, and a gateway's side of its line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from redis import Redis

from tests.integration.waiting_room.town import Gateway, Town


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the gateway runs on."""
    return "asyncio"


@pytest.fixture
def town(redis_url: str) -> Iterator[Town]:
    """A town of 2,000 with one release of 500 pairs; its room has not ticked yet."""
    with Redis.from_url(redis_url, protocol=2) as redis:
        town = Town(redis, people=2_000)
        town.offer()
        redis.set("stock:spring", 500)
        yield town


@pytest.fixture
async def gateway(redis_url: str) -> AsyncIterator[Gateway]:
    """A gateway's side of the line."""
    async with Gateway(redis_url) as gateway:
        yield gateway
