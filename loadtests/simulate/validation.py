"""The model beside a real run: the same people, pairs and thinking times, on this machine.

The model is told what it cannot know: how many cores the gateways had (what the generator and
the others left them), and how often people chose anew, tenth by tenth of the sale. Wait and
sell-out are then compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from loadtests.simulate.costs import read_costs
from loadtests.simulate.model import SHARE_SOLD, Surge, Town, wait_s
from loadtests.surge.playing import Played, city_behind_edge, play
from loadtests.tally import BIN_S, OWN

MINUTES, LEAD_S = 3.0, 90.0
PAIRS_SHARE = 0.3
CORES = 1.0
"""Of two: the generator, the edge and the servers take the other one."""

WITHIN = 0.15
PARTS = 10
"""Of the sale; in the first everybody gets what they choose, in the last hardly anybody."""


@dataclass(frozen=True)
class Compared:
    """One figure of both, in seconds."""

    what: str
    real_s: float
    model_s: float

    @property
    def ratio(self) -> float:
        """Return model / real."""
        return self.model_s / self.real_s if self.real_s else 0.0

    @property
    def is_within(self) -> bool:
        """Say whether they differ by no more than the bound."""
        return abs(self.ratio - 1) <= WITHIN


def validate(people: int, keep: Path | None = None) -> list[Compared]:
    """Play a real city and the model of it.

    Raises:
        CityFailed: the city did not start.
        BenchStopped: Locust ended before its own end.
    """
    pairs = int(people * PAIRS_SHARE)
    options = ["--people", str(people), "--pairs", str(pairs), "--opens-in", str(int(LEAD_S) + 5)]
    with city_behind_edge(*options) as (city, _):
        left = int(city.status()["queue"]["pairs_left"] or pairs)
        arguments = ["--surge", "opening", "--people", str(people), "--minutes", str(MINUTES)]
        played = play(city, *arguments, "--loses-heart", "0", keep=keep)
    town = Town(
        people=people,
        pairs=left,
        lead_s=played.opened_at_s - float(played.document["began_at_s"]),
        within_s=60 * MINUTES,
        gateway_cores=CORES,
        choices=choices_of(played),
    )
    counted = Surge(town, read_costs()).run()
    return [
        Compared("wait, median", played.own_ms("wait") / 1e3, wait_s(counted, 0.5)),
        Compared("wait, p95", played.own_ms("wait", 0.95) / 1e3, wait_s(counted, 0.95)),
        Compared("99 % sold", played.booked_by_share_s(0.99), counted.sold_out_s or 0.0),
    ]


def choices_of(played: Played) -> tuple[float, ...]:
    """Return how many bookings were asked for, for each one made, in each tenth of the sale."""
    shares = [part / PARTS for part in range(PARTS)] + [SHARE_SOLD]
    moments = [played.opened_at_s + played.booked_by_share_s(share) for share in shares]
    spans = pairwise(BIN_S * round(moment / BIN_S) for moment in moments)
    return tuple(_choices_between(played, *span) for span in spans)


def _choices_between(played: Played, begin_s: float, end_s: float) -> float:
    asked = sum(played.book.bins("durations", [f"{OWN} booking"], begin_s, end_s).values())
    return max(1.0, asked / max(1.0, played.booked_between(begin_s, end_s)))
