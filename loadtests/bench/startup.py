"""Memory and start: a large city's allocator, from its start until all is published."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from allocator.release_store import Loaded, load_release
from loadtests.bench.allocator_process import running_allocator
from loadtests.bench.errors import BenchStopped
from loadtests.bench.releases import plan_of
from loadtests.bench.servers import Servers
from loadtests.bench.statements import statement
from loadtests.bench.towns import fill_roster
from monitoring.secrets import read_secret

_SEATS_PER_SLOT = 20


@dataclass(frozen=True)
class Started:
    """Times from the start of the process, in seconds; memory in bytes until then."""

    ledger_ready_s: float
    roster_published_s: float
    proportional_peak_bytes: int
    resident_peak_bytes: int


def build_city(servers: Servers, *, people: int, slots: int, bookings: int) -> str:
    """Fill a database with a roster, a release and bookings in it; return its name."""
    database = servers.migrated_database()
    url = servers.postgres.url(database)
    if not isinstance(load_release(url, plan_of(slots, _SEATS_PER_SLOT)), Loaded):
        raise BenchStopped("the release was refused")
    fill_roster(url, people, read_secret(servers.secrets_dir, "roster.key"))
    with psycopg.connect(url, autocommit=True) as connection:
        made = connection.execute(statement("bookings_filled"), {"bookings": bookings}).rowcount
        if made != bookings:
            raise BenchStopped(f"{made} bookings were made, not {bookings}")
        connection.execute(statement("seats_counted"))
        connection.execute("VACUUM ANALYZE")
    return database


def start_in(servers: Servers, database: str) -> Started:
    """Start the allocator of a filled database with an empty Redis, and stop it."""
    servers.settle()
    with running_allocator(servers, database) as allocator:
        return Started(
            ledger_ready_s=allocator.ledger_ready_s,
            roster_published_s=allocator.roster_published_s,
            proportional_peak_bytes=allocator.memory_peak_bytes,
            resident_peak_bytes=allocator.resident_peak_bytes(),
        )
