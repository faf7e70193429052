"""What work costs the processors and the log: readings before and after, and their difference."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from loadtests.bench.allocator_process import RunningAllocator
from loadtests.bench.processes import cpu_s_of_family
from loadtests.bench.servers import Servers
from loadtests.bench.statements import statement


@dataclass(frozen=True)
class Costs:
    """Processor seconds of each part, and bytes of PostgreSQL's write-ahead log."""

    allocator_s: float
    postgres_s: float
    redis_s: float
    log_bytes: int

    def since(self, before: Costs) -> Costs:
        """Return what was spent since an earlier reading."""
        return Costs(
            self.allocator_s - before.allocator_s,
            self.postgres_s - before.postgres_s,
            self.redis_s - before.redis_s,
            self.log_bytes - before.log_bytes,
        )


def read_costs(servers: Servers, allocator: RunningAllocator) -> Costs:
    """Return what was spent so far."""
    with psycopg.connect(servers.postgres.url()) as connection:
        row = connection.execute(statement("log_written")).fetchone()
    assert row is not None
    return Costs(
        allocator.cpu_s(),
        cpu_s_of_family(servers.postgres_process),
        cpu_s_of_family(servers.redis_process),
        int(row[0]),
    )
