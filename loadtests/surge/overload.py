"""Ten times the load for a while: who was admitted must not feel it, the others wait in peace.

The city's capacity is what its operator allows: so many inside. The flow before is what that
capacity just takes; then ten times as many come, and then as many as before. All thinking
times are those of people.

Answers are timed at the edge, by its own log, beside what residents saw: the load generator
shares the machine, and is itself late to look at them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtests.bench.figures import Row, Target, row_of
from loadtests.surge import edge_log
from loadtests.surge.edge_log import INSIDE, WAY_IN
from loadtests.surge.playing import WAY_IN_KEYS, Played, city_behind_edge, play
from loadtests.surge.watching import Watched, watching
from loadtests.tally import BIN_S, Book, percentile_ms

INSIDE_MAX = 400
SEAT_S = 54.0
"""Mean time that a seat inside is taken by the residents of `loadtests.habits`, those included who
leave without a word and keep it for three minutes: 400 seats took 7.4 people a second when ten
times as many came. (The median of those who book is 46 s: more come with it than the seats
take, and the line grows at x 1 already.)"""

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
_GROWTH = Target("at most", 0.1)


def measure_overload(scale: float = 1.0, keep: Path | None = None) -> list[Row]:
    """Play it once and return its rows; `scale` makes the phases shorter."""
    phase_s = 60 * PHASE_MINUTES * scale
    per_minute = 60 * INSIDE_MAX / SEAT_S
    people = int(per_minute * 12 * PHASE_MINUTES * scale) + 1_000
    settings = {
        "ROOM_INSIDE_LIMIT_MAX": str(INSIDE_MAX),
        "ROOM_INSIDE_LIMIT_START": str(INSIDE_MAX),
    }
    options = ["--people", str(people), "--pairs", str(max(1_000, people // 2))]
    with city_behind_edge(*options, settings=settings) as (city, log_file):
        pids = city.pids()
        arguments = ["--surge", "spike", "--minutes", str(3 * PHASE_MINUTES * scale)]
        arguments += ["--per-minute", str(per_minute), "--patience", "0.5", "--loses-heart", "0"]
        with watching(pids) as watched:
            played = play(city, *arguments, keep=keep)
        answers = Answers.as_residents_saw(played)
        at_edge = answers if log_file is None else Answers.as_the_edge_saw(log_file)
    return _rows(played, watched, phase_s, answers, at_edge)


@dataclass(frozen=True)
class Answers:
    """How long answers took: to those inside, and to those on their way in."""

    book: Book
    table: str
    inside: Sequence[str]
    way_in: Sequence[str]

    @classmethod
    def as_residents_saw(cls, played: Played) -> Answers:
        """As the generator saw it, its own lateness included."""
        return cls(played.book, "durations", INSIDE_KEYS, WAY_IN_KEYS)

    @classmethod
    def as_the_edge_saw(cls, log_file: Path) -> Answers:
        """As the edge's log says: what the city itself needed."""
        with log_file.open(encoding="utf-8", errors="replace") as lines:
            return cls(edge_log.book_of(lines), edge_log.TABLE, (INSIDE,), (WAY_IN,))

    def p99_ms(self, keys: Sequence[str], begin_s: float, end_s: float) -> float:
        """Return the 99th percentile in a span."""
        return percentile_ms(self.book.bins(self.table, keys, begin_s, end_s), 0.99)


def back_to_normal_s(answers: Answers, end_s: float, normal_ms: float) -> float:
    """Return how long after a moment the answers inside stay within the bound, for 15 s."""
    spans = 3
    last_s = end_s + 600
    moment = end_s
    while moment < last_s:
        if all(
            answers.p99_ms(answers.inside, moment + n * BIN_S, moment + (n + 1) * BIN_S)
            <= normal_ms
            for n in range(spans)
        ):
            return moment - end_s
        moment += BIN_S
    return last_s - end_s


def _rows(
    played: Played, watched: Watched, phase_s: float, seen: Answers, at_edge: Answers
) -> list[Row]:
    began_s = float(played.document["began_at_s"])
    warm_s = min(WARM_S, phase_s / 2)
    spike_s, end_s = began_s + phase_s, began_s + 2 * phase_s
    before = (began_s + warm_s, spike_s)
    during = (spike_s + min(30.0, phase_s / 5), end_s)
    rate_before, rate_during = (
        played.booked_between(*span) / (span[1] - span[0]) for span in (before, during)
    )
    p99_before, p99_during = (at_edge.p99_ms(at_edge.inside, *span) for span in (before, during))
    waiting_ms = at_edge.p99_ms(at_edge.way_in, *during)

    def row(what: str, unit: str, value: float, target: Target | None = None) -> Row:
        return row_of(SECTION, what, unit, [value], target=target, void=played.void)

    # What the crowd itself takes has come by the end of the spike; from then on nothing may grow.
    growth = {name: watched.growth(name, 2 * phase_s + warm_s / 2) for name in watched.memory}
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
        row("inside at x 1, p99 as residents saw it", "ms", seen.p99_ms(seen.inside, *before)),
        row("inside at x 10, p99 as residents saw it", "ms", seen.p99_ms(seen.inside, *during)),
        row("way in at x 10, p99 as residents saw it", "ms", seen.p99_ms(seen.way_in, *during)),
        row(
            "back to 1.5 x the p99 before, after",
            "s",
            back_to_normal_s(at_edge, end_s, 1.5 * p99_before),
            _NORMAL_S,
        ),
        row(f"greatest growth of memory after the spike ({worst})", "x", growth[worst], _GROWTH),
        row("findings of the audit (I1-I5)", "", played.findings, _NONE),
    ]
