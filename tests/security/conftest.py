"""What attackers find: one city for each module."""

from __future__ import annotations

from tests.integration.conftest import city as city
from tests.integration.conftest import postgres as postgres
from tests.integration.conftest import redis_server as redis_server
from tests.integration.conftest import run_dir as run_dir
from tests.integration.conftest import template as template
