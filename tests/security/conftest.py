"""What attackers find: one city for each module, behind its edge and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seiriken.embedded_postgres import EmbeddedPostgres
from seiriken.embedded_redis import EmbeddedRedis
from tests.integration.conftest import city as city
from tests.integration.conftest import postgres as postgres
from tests.integration.conftest import redis_server as redis_server
from tests.integration.conftest import run_dir as run_dir
from tests.integration.conftest import template as template
from tests.security.site import Door, Site, running_site


@pytest.fixture(scope="module")
def site(
    postgres: EmbeddedPostgres,
    template: str,
    redis_server: EmbeddedRedis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A city behind its edge, with somebody in it whose booking attackers are after."""
    home = tmp_path_factory.mktemp("attacked")
    with running_site(postgres, template, redis_server, home) as running:
        yield running


@pytest.fixture(params=["edge", "gateway"])
def door(site: Site, request: pytest.FixtureRequest) -> Door:
    """Where the attack is tried: each is tried at both."""
    site.forget_failures()
    return site.doors[request.param]
