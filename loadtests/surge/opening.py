"""The opening of a city of 105,000: 60,000 residents within ten minutes, 20,000 pairs.

Thinking times are those of people; only the lobby is short. Behind the edge where nginx is
installed, as a city would run it. `scale` makes all numbers and the time smaller alike, so
that as many come each second.

The admission cap is what two cores bear that also carry the generator: with the usual 2,000 seats
the gateways alone wanted more than the core that is left to them while the crowd still came, and
pages took seconds. One who is inside costs the gateways 16 ms, one who comes 3 ms (`make costs`).

The sell-out is compared with what the allocator's ceiling and the admission cap allow: the
cap's seats, each held as long as the residents really were inside, or the allocator's own
rate, whichever is less.
"""

from __future__ import annotations

from pathlib import Path

from loadtests.bench.figures import Row, Target, row_of
from loadtests.city import City
from loadtests.surge.playing import Played, city_behind_edge, play
from loadtests.surge.watching import Watched, watching

POPULATION, RESIDENTS, PAIRS = 105_000, 60_000, 20_000
MINUTES, LEAD_SHARE = 10.0, 0.5
INSIDE_MAX = 1_200
SETTINGS = {"ROOM_INSIDE_LIMIT_MAX": str(INSIDE_MAX), "ROOM_CALLED_PER_S_MAX": "40"}

ALLOCATOR_PER_S = 10_000.0
"""Below what `--only durable` measures; the cap's rate is some two hundred times less."""

SECTION = "7 opening"
_SOLD_OUT_X = Target("at most", 2)
_P99_MS = Target("at most", 1_000)
_NONE = Target("at most", 0)
_ALL = Target("at least", 1)


def measure_opening(scale: float = 1.0, keep: Path | None = None) -> list[Row]:
    """Play it once and return its rows."""
    minutes = MINUTES * scale
    lead_s = int(60 * minutes * LEAD_SHARE) + 30
    options = ["--people", str(int(POPULATION * scale)), "--pairs", str(int(PAIRS * scale))]
    options += ["--opens-in", str(lead_s)]
    with city_behind_edge(*options, settings=SETTINGS) as (city, _):
        pairs = float(city.status()["queue"]["pairs_left"] or 0)
        pids = city.pids()
        arguments = ["--surge", "opening", "--people", str(int(RESIDENTS * scale))]
        arguments += ["--minutes", str(minutes), "--patience", "30"]
        with watching(pids) as watched:
            played = play(city, *arguments, keep=keep)
        left = _pairs_left(city)
    return _rows(played, watched, pairs, left)


def _pairs_left(city: City) -> float:
    return float(city.status()["queue"]["pairs_left"] or 0)


def ideal_s(pairs: float, inside_s: float) -> float:
    """Return how long the pairs last if every seat inside is always taken."""
    return pairs / min(ALLOCATOR_PER_S, INSIDE_MAX / inside_s)


def _rows(played: Played, watched: Watched, pairs: float, left: float) -> list[Row]:
    void = played.void

    def row(what: str, unit: str, value: float, target: Target | None = None) -> Row:
        return row_of(SECTION, what, unit, [value], target=target, void=void)

    inside_s = played.own_ms("inside") / 1e3
    sold_out_s = played.booked_by_share_s(0.99)
    ideal = ideal_s(0.99 * pairs, max(inside_s, 1e-3))
    spent = {name: cpu_s for name, cpu_s in watched.cpu_s.items() if cpu_s}
    city_s = sum(spent.values())
    return [
        row("residents who came", "people", played.came),
        row("pairs on offer", "pairs", pairs),
        row("booked / pairs on offer", "x", played.booked / pairs if pairs else 0, _ALL),
        row("pairs left", "pairs", left),
        row("findings of the audit (I1-I5)", "", played.findings, _NONE),
        row("residents without a clear answer", "people", played.without_answer, _NONE),
        row("told 'likely', and got none", "people", told_in_vain(played)),
        row("page answers, p99", "ms", played.p99_ms(), _P99_MS),
        row("answer to a booking, p99", "ms", played.own_ms("booking", 0.99)),
        row("opening until 99 % were booked", "s", sold_out_s),
        row("what the cap allows", "s", ideal),
        row("sell-out / what the cap allows", "x", sold_out_s / ideal, _SOLD_OUT_X),
        row("inside, median", "s", inside_s),
        row("wait of those who came in, median", "s", played.own_ms("wait") / 1e3),
        row("processor time, whole city", "ms/resident", 1e3 * city_s / max(1.0, played.came)),
        *[
            row(f"processor time, {name}", "ms/resident", 1e3 * cpu_s / max(1.0, played.came))
            for name, cpu_s in spent.items()
        ],
        row("processor time, generator", "ms/resident", _generator_ms(played)),
    ]


def told_in_vain(played: Played) -> float:
    """Return how many were told that they are likely to get a pair, wanted it, and got none."""
    told = played.book.total("told likely")
    fine = ("booked", "booked before", "left by own will")
    return sum(count for ending, count in told.items() if ending not in fine)


def _generator_ms(played: Played) -> float:
    return 1e3 * played.generator_cpu_s() / max(1.0, played.came)
