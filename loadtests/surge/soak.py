"""Half an hour at half of what the city admits: nothing grows, nothing gets slower."""

from __future__ import annotations

from pathlib import Path

from loadtests.bench.figures import Row, Target, row_of
from loadtests.bench.processes import fetch
from loadtests.bench.waiting import until
from loadtests.city import City
from loadtests.surge.overload import INSIDE_MAX, SEAT_S
from loadtests.surge.playing import Played, city_behind_edge, play
from loadtests.surge.watching import Watched, watching

MINUTES = 30.0
WARM_SHARE = 1 / 3
DRAINED_S_MAX = 60.0

SECTION = "9 soak"
_GROWTH = Target("at most", 0.02)
_DRIFT = Target("at most", 1.2)
_NONE = Target("at most", 0)


def measure_soak(scale: float = 1.0, keep: Path | None = None) -> list[Row]:
    """Play it once and return its rows; `scale` makes it shorter."""
    minutes = MINUTES * scale
    per_minute = 60 * INSIDE_MAX / SEAT_S / 2
    people = int(per_minute * minutes) + 1_000
    settings = {
        "ROOM_INSIDE_LIMIT_MAX": str(INSIDE_MAX),
        "ROOM_INSIDE_LIMIT_START": str(INSIDE_MAX),
    }
    options = ["--people", str(people), "--pairs", str(people)]
    with city_behind_edge(*options, settings=settings) as (city, _):
        pids = city.pids()
        arguments = ["--surge", "soak", "--minutes", str(minutes), "--patience", "5"]
        with watching(pids) as watched:
            played = play(city, *arguments, "--per-minute", str(per_minute), keep=keep)
        until("inbox and outbox are empty", lambda: _left(city) == 0, DRAINED_S_MAX)
        left = _left(city)
    return _rows(played, watched, left, 60 * minutes)


def _left(city: City) -> float:
    """Return how many requests and messages wait."""
    shown = fetch(city.internal_port("worker"), "/metrics")
    outbox = next(
        float(line.split()[-1])
        for line in shown.splitlines()
        if line.startswith("seiriken_outbox_messages ")
    )
    return outbox + float(city.status()["inbox"] or 0)


def _rows(played: Played, watched: Watched, left: float, lasts_s: float) -> list[Row]:
    began_s = float(played.document["began_at_s"])
    warm_s = WARM_SHARE * lasts_s
    third_s = (lasts_s - warm_s) / 2
    early = played.p99_ms(None, began_s + warm_s, began_s + warm_s + third_s)
    late = played.p99_ms(None, began_s + warm_s + third_s, began_s + lasts_s)

    def row(what: str, unit: str, value: float, target: Target | None = None) -> Row:
        return row_of(SECTION, what, unit, [value], target=target, void=played.void)

    grown = [
        row(f"growth of memory, {name}", "x", watched.growth(name, warm_s), _GROWTH)
        for name in sorted(watched.memory)
    ]
    return [
        row("residents who came", "people", played.came),
        row("booked", "people", played.booked),
        row("page answers, p99, first half", "ms", early),
        row("page answers, p99, second half", "ms", late),
        row("drift of the p99", "x", late / max(early, 1e-9), _DRIFT),
        *grown,
        row("inbox and outbox in the end", "", left, _NONE),
        row("residents without a clear answer", "people", played.without_answer, _NONE),
        row("findings of the audit (I1-I5)", "", played.findings, _NONE),
    ]
