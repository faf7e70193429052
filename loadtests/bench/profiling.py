"""Where the allocator's processor time goes while it drains a backlog.

The profiler slows every call down, the short ones most: read the order, not the sum.
"""

from __future__ import annotations

import pstats
from pathlib import Path
from typing import Any

from loadtests.bench.drain import drain
from loadtests.bench.servers import Servers
from loadtests.bench.towns import Town

LINES = 12


def profile_drain(servers: Servers, town: Town, backlog: int) -> list[str]:
    """Return the functions that cost most in themselves, one a line."""
    profile_file = servers.folder / "allocator.profile"
    drained = drain(
        servers,
        town,
        backlog=backlog,
        batch_size_max=None,
        command=("-m", "loadtests.bench.profiled", str(profile_file)),
    )
    return costliest(profile_file, drained.bookings)


def costliest(profile_file: Path, bookings: int) -> list[str]:
    """Return the costliest functions of a profile, per booking."""
    stats: Any = pstats.Stats(str(profile_file))
    by_own_time = sorted(stats.stats.items(), key=lambda item: -item[1][2])
    lines = ["own µs/booking   with callees   calls/booking   function"]
    for (file, line, function), (_, calls, own_s, all_s, _) in by_own_time[:LINES]:
        place = f"{Path(file).parent.name}/{Path(file).name}:{line} " if line else ""
        lines.append(
            f"{1e6 * own_s / bookings:14.1f} {1e6 * all_s / bookings:14.1f}"
            f" {calls / bookings:15.2f}   {place}{function}"
        )
    return lines
