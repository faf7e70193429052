"""Ten times the load for a while: who was admitted must not feel it, the others wait in peace.

The city's capacity is what its operator allows: so many inside. The flow before is what that
capacity just takes; then ten times as many come, and then as many as before. All thinking
times are those of people.
"""

from __future__ import annotations

from pathlib import Path

from loadtests.bench.figures import Row, Target, row_of
from loadtests.city import running_city
from loadtests.surge.playing import WAY_IN_KEYS, Played, edge_before, play
from loadtests.surge.watching import Watched, watching
from loadtests.tally import BIN_S, percentile_ms

INSIDE_MAX = 400
DWELL_S = 46.0
"""Median time inside of the residents of `loadtests.habits` (`--only opening` measures it)."""

PHASE_MINUTES = 5.0
WARM_S = 120.0
"""Before, not all whom the flow admits are inside yet."""

SECTION = "8 overload"
INSIDE_KEYS = (
    *("GET /details", "POST /details", "GET /choose", "GET /choose/{}", "POST /choose"),
    *("GET /check", "POST /check", "GET /checking/{}", "GET /booked"),
)
_GOODPUT = Target("at least", 0.95)
_P99_X = Target("at most", 1.5)
_WAITING_MS = Target("at most", 200)
_NORMAL_S = Target("at most", 30)
_NONE = Target("at most", 0)
_GROWTH = Target("at most", 1.0)


def measure_overload(scale: float = 1.0, keep: Path | None = None) -> list[Row]:
    """Play it once and return its rows; `scale` makes the phases shorter."""
    phase_s = 60 * PHASE_MINUTES * scale
    per_minute = 60 * INSIDE_MAX / DWELL_S
    people = int(per_minute * 12 * PHASE_MINUTES * scale) + 1_000
    settings = {
        "ROOM_INSIDE_LIMIT_MAX": str(INSIDE_MAX),
        "ROOM_INSIDE_LIMIT_START": str(INSIDE_MAX),
    }
    options = ["--people", str(people), "--pairs", str(max(1_000, people // 2))]
    with running_city(*options, settings=settings) as city, edge_before(city) as edge:
        url, edge_pid = edge
        pids = city.pids() | ({} if edge_pid is None else {"edge": edge_pid})
        arguments = ["--surge", "spike", "--minutes", str(3 * PHASE_MINUTES * scale)]
        arguments += ["--per-minute", str(per_minute), "--patience", "0.5", "--loses-heart", "0"]
        with watching(pids) as watched:
            played = play(city, url, *arguments, keep=keep)
    return _rows(played, watched, phase_s)


def back_to_normal_s(played: Played, end_s: float, normal_ms: float) -> float:
    """Return how long after a moment the answers inside stay within the bound, for 15 s."""
    spans = 3
    last_s = end_s + 600
    moment = end_s
    while moment < last_s:
        if all(
            _p99(played, moment + n * BIN_S, moment + (n + 1) * BIN_S) <= normal_ms
            for n in range(spans)
        ):
            return moment - end_s
        moment += BIN_S
    return last_s - end_s


def _p99(played: Played, begin_s: float, end_s: float) -> float:
    return percentile_ms(played.book.bins("durations", INSIDE_KEYS, begin_s, end_s), 0.99)


def _rows(played: Played, watched: Watched, phase_s: float) -> list[Row]:
    began_s = float(played.document["began_at_s"])
    warm_s = min(WARM_S, phase_s / 2)
    spike_s, end_s = began_s + phase_s, began_s + 2 * phase_s
    before = (began_s + warm_s, spike_s)
    during = (spike_s + min(30.0, phase_s / 5), end_s)
    rate_before, rate_during = (
        played.booked_between(*span) / (span[1] - span[0]) for span in (before, during)
    )
    p99_before, p99_during = _p99(played, *before), _p99(played, *during)
    waiting_ms = percentile_ms(played.book.bins("durations", WAY_IN_KEYS, *during), 0.99)

    def row(what: str, unit: str, value: float, target: Target | None = None) -> Row:
        return row_of(SECTION, what, unit, [value], target=target, void=played.void)

    growth = {name: watched.growth(name, warm_s) for name in watched.memory}
    worst = max(growth, key=lambda name: growth[name])
    return [
        row("residents who came", "people", played.came),
        row("bookings at x 1", "per s", rate_before),
        row("bookings at x 10", "per s", rate_during),
        row("goodput, x 10 / x 1", "x", rate_during / max(rate_before, 1e-9), _GOODPUT),
        row("answers inside at x 1, p99", "ms", p99_before),
        row("answers inside at x 10, p99", "ms", p99_during),
        row("p99 inside, x 10 / x 1", "x", p99_during / max(p99_before, 1e-9), _P99_X),
        row("way in and waiting page at x 10, p99", "ms", waiting_ms, _WAITING_MS),
        row(
            "back to 1.5 x the p99 before, after",
            "s",
            back_to_normal_s(played, end_s, 1.5 * p99_before),
            _NORMAL_S,
        ),
        row(f"greatest growth of memory ({worst})", "x", growth[worst], _GROWTH),
        row("findings of the audit (I1-I5)", "", played.findings, _NONE),
    ]
