"""Those who wait: polls of status.json at a gateway, bare Starlette and nginx.

Measured by the benchmark's own sections 7 and 8, whose rows these are.
"""

from __future__ import annotations

from loadtests.bench.figures import Row
from loadtests.bench.options import Options
from loadtests.bench.room.edge import NOT_INSTALLED, nginx_program
from loadtests.bench.room.reading import measure_edge, measure_status
from loadtests.bench.servers import Servers
from loadtests.bench.show import Progress


def measure_waiting(servers: Servers, runs: int, progress: Progress) -> tuple[list[Row], list[str]]:
    """Return the rows, and what was left out."""
    options = Options(runs=runs)
    rows = measure_status(servers, options, progress)
    program = nginx_program()
    if program is None:
        return rows, [f"edge left out: {NOT_INSTALLED}"]
    return rows + measure_edge(servers, program, options, progress), []
