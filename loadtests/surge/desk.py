"""The desks while the crowd is there: the staff must not feel it.

The staff gateway is a process of its own with connections of its own (docs/staff.md). Pages are
timed by who asks for them, over the edge's staff listener: a clerk opens and sends the form for
another caller twice a second, a second one books for a caller every two seconds (as many as a room
full of clerks), a supervisor opens the venue's list and the vaccine that is needed, and, when ten
times as many come as the seats inside take, sends in a roster of 100,000 lines to be compared.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from loadtests.bench.figures import Row, Target, row_of
from loadtests.surge.overload import INSIDE_MAX, SEAT_S
from loadtests.surge.playing import city_behind_edge, play
from loadtests.surge.staff_at_work import BookingClerk, Clerk, Supervisor

PHASE_MINUTES = 2.0
CALLERS, BOOKED_FOR = 500, 500
ROSTER_LINES = 100_000

SECTION = "10 desk"
_P99_MS = Target("at most", 1_000)
_NONE = Target("at most", 0)
_SOME = Target("at least", 1)


def measure_desk(scale: float = 1.0, keep: Path | None = None) -> list[Row]:
    """Play it once and return its rows; `scale` makes the phases shorter."""
    phase_s = 60 * PHASE_MINUTES * scale
    per_minute = 60 * INSIDE_MAX / SEAT_S
    known = CALLERS + BOOKED_FOR
    people = int(per_minute * 12 * PHASE_MINUTES * scale) + 1_000 + known
    settings = {
        "ROOM_INSIDE_LIMIT_MAX": str(INSIDE_MAX),
        "ROOM_INSIDE_LIMIT_START": str(INSIDE_MAX),
    }
    options = ["--staff", "--people", str(people), "--pairs", str(people)]
    with city_behind_edge(*options, settings=settings) as (city, _):
        callers = city.residents(known)
        clerk, booking, supervisor = Clerk(city), BookingClerk(city), Supervisor(city)
        arguments = ["--surge", "spike", "--minutes", str(3 * PHASE_MINUTES * scale)]
        arguments += ["--per-minute", str(per_minute), "--patience", "0.5", "--loses-heart", "0"]
        with (
            clerk.at_work(callers[:CALLERS]),
            booking.at_work(callers[CALLERS:]),
            supervisor.at_work(()),
            sends_roster(supervisor, 1.2 * phase_s),
        ):
            played = play(city, *arguments, "--skip", str(known), keep=keep)
    began_s = float(played.document["began_at_s"])
    first, ten = (began_s, began_s + phase_s), (began_s + phase_s, began_s + 2 * phase_s)

    def row(what: str, unit: str, value: float, target: Target | None = None) -> Row:
        return row_of(SECTION, what, unit, [value], target=target, void=played.void)

    rows = [row("residents who came", "people", played.came)]
    for who, at_work in (
        ("the clerk who looks callers up", clerk),
        ("the clerk who books for callers", booking),
        ("the supervisor", supervisor),
    ):
        before, during = at_work.answers_ms(*first), at_work.answers_ms(*ten)
        rows += [
            row(f"{who}: pages at x 10", "", len(during)),
            row(f"{who}: p99 at x 1", "ms", p99(before)),
            row(f"{who}: p99 at x 10", "ms", p99(during), _P99_MS),
        ]
    booked = sum(ten[0] <= at_s < ten[1] for at_s in booking.booked_at_s)
    failed = clerk.failed + booking.failed + supervisor.failed
    return [
        *rows,
        row("callers booked for at x 10", "people", booked, _SOME),
        row("pages that failed", "", failed, _NONE),
        row("findings of the audit (I1-I5)", "", played.findings, _NONE),
    ]


@contextmanager
def sends_roster(supervisor: Supervisor, after_s: float) -> Iterator[None]:
    """Have a roster sent in so many seconds after a block has begun, if it lasts so long."""
    lines = (f"122319,{number:010},1950-01-31" for number in range(ROSTER_LINES))
    content = "\n".join(["municipality_code,ticket_number,birth_date", *lines]).encode()
    timer = threading.Timer(after_s, supervisor.sends_in, ("/roster", content))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def p99(figures: Sequence[float]) -> float:
    """Return the 99th percentile; 0 of too few."""
    return quantiles(figures, n=100)[98] if len(figures) > 1 else 0.0
