"""Play a surge: Locust as a process of its own against a city, and what it wrote."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.bench.errors import BenchStopped
from loadtests.bench.room.edge import nginx_program
from loadtests.city import City, running_city
from loadtests.criteria import page_keys
from loadtests.endings import HONEST, Ending
from loadtests.tally import OWN, Book, percentile_ms

LOCUSTFILE = Path(__file__).parents[1] / "locustfile.py"
RUN_S_MAX = 3 * 3600
WAITING_KEYS = ("GET /wait", "GET /queue/{}/status.json")
WAY_IN_KEYS = ("GET /", "GET /sign-in", "POST /sign-in", *WAITING_KEYS)


@dataclass(frozen=True)
class Played:
    """What a run wrote. Moments in unix seconds."""

    document: dict[str, Any]
    book: Book

    @property
    def void(self) -> str:
        """Say why the run does not count; empty when it does."""
        return str(self.document["void"])

    @property
    def opened_at_s(self) -> float:
        """Return when the release opened, or when the run began if it was open before."""
        began_s = float(self.document["began_at_s"])
        return max(began_s, float(self.document["opened_at_s"] or began_s))

    @property
    def findings(self) -> int:
        """Return how many findings the audit had."""
        return len(self.document["findings"] or ())

    @property
    def came(self) -> float:
        """Return how many residents came."""
        return sum(self.book.total("came").values())

    @property
    def booked(self) -> float:
        """Return how many booked."""
        return self.book.total("ended").get(Ending.BOOKED, 0.0)

    @property
    def without_answer(self) -> float:
        """Return how many residents had no clear answer in the end."""
        ended = self.book.total("ended")
        return self.came - sum(count for ending, count in ended.items() if ending in HONEST)

    def booked_between(self, begin_s: float, end_s: float) -> float:
        """Return how many booked in a span of time."""
        moments = self.book.seconds("ended", [Ending.BOOKED.value])
        return sum(count for second, count in moments.items() if begin_s <= second < end_s)

    def booked_by_share_s(self, share: float) -> float:
        """Return how long after the opening that share of all bookings was made."""
        moments, wanted = self.book.seconds("ended", [Ending.BOOKED.value]), share * self.booked
        seen = 0.0
        for second in sorted(moments):
            seen += moments[second]
            if seen >= wanted:
                return second + 1 - self.opened_at_s
        return 0.0

    def p99_ms(
        self, keys: Sequence[str] | None = None, begin_s: float = 0, end_s: float = 9e9
    ) -> float:
        """Return the 99th percentile of answers; of all to residents if no keys are named."""
        chosen = page_keys(self.book) if keys is None else keys
        return percentile_ms(self.book.bins("durations", chosen, begin_s, end_s), 0.99)

    def own_ms(self, name: str, share: float = 0.5) -> float:
        """Return a percentile of one of our own durations."""
        return percentile_ms(self.book.bins("durations", [f"{OWN} {name}"]), share)

    def generator_cpu_s(self) -> float:
        """Return the processor time of the generator."""
        return sum(self.book.seconds("generator cpu").values())


@contextmanager
def city_behind_edge(
    *options: str, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[City, Path | None]]:
    """Run a new city behind its edge, and name the edge's log (`loadtests.surge.edge_log`).

    Where nginx is not installed residents come to the gateways themselves, and there is no log.

    Raises:
        CityFailed: it did not start.
    """
    if nginx_program() is None:
        with running_city(*options, settings=settings) as city:
            yield city, None
        return
    with tempfile.TemporaryDirectory(prefix="seiriken-edge-", dir="/tmp") as folder:
        log_file = Path(folder) / "edge.log"
        own = {"EDGE_LOG_FILE": str(log_file)}
        with running_city(*options, "--edge", settings={**own, **(settings or {})}) as city:
            yield city, log_file


def play(city: City, *options: str, keep: Path | None = None) -> Played:
    """Let residents come, and return what was counted; `keep` is a folder for the reports.

    Raises:
        BenchStopped: Locust ended before its own end.
    """
    with tempfile.TemporaryDirectory(prefix="seiriken-load-", dir="/tmp") as folder:
        out = keep or Path(folder)
        command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless"]
        command += ["--only-summary", "--host", city.url, "--home", str(city.home)]
        done = subprocess.run(
            [*command, "--out", str(out), *options],
            check=False,
            capture_output=True,
            text=True,
            timeout=RUN_S_MAX,
        )
        try:
            document = json.loads((out / "result.json").read_text())
        except (OSError, ValueError):
            last = done.stderr.strip().splitlines()[-3:]
            raise BenchStopped(f"Locust wrote no result: {' / '.join(last)}") from None
    return Played(document, Book(document["numbers"]))
