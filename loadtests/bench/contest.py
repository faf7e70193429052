"""Section 4: the allocator and its rivals on the same server, on few slots and on many."""

from __future__ import annotations

from collections import defaultdict

from loadtests.bench.drain import drain
from loadtests.bench.figures import Row, Target, ratios, row_of
from loadtests.bench.options import Options
from loadtests.bench.rivals.celery_crowd import celery_per_s
from loadtests.bench.rivals.crowd import CONNECTIONS, WAYS, rival_per_s
from loadtests.bench.servers import Servers
from loadtests.bench.show import Progress
from loadtests.bench.towns import build_town

SCENES = {10: 20, 1_000: 2_000}
"""Slots for dose 1, and the slots of the release, half of which give dose 1."""

OURS = "allocator"
CELERY = "a Celery task each"
_ROW_LOCKS = "row locks"
_TIMES_ROW_LOCKS = Target("at least", 20)
_TIMES_THE_BEST = Target("at least", 5)


def measure_rivals(servers: Servers, options: Options, progress: Progress) -> list[Row]:
    """Let all book in turn, run after run."""
    towns = {
        slots: build_town(
            servers,
            slots=in_all,
            people=options.hot_backlog,
            kind="choices",
            seats_per_slot=options.hot_backlog,
        )
        for slots, in_all in SCENES.items()
    }
    rates: defaultdict[tuple[int, str], list[float]] = defaultdict(list)
    for run in range(options.runs_of_others):
        for slots, town in towns.items():
            progress.say(f"rivals, {slots:,} slots, run {run + 1} of {options.runs_of_others}")
            ours = drain(servers, town, backlog=options.hot_backlog, batch_size_max=None)
            rates[slots, OURS].append(ours.bookings_per_s)
            for way in WAYS:
                rate = rival_per_s(servers, way, slots=slots, lasting_s=options.rival_s)
                rates[slots, way].append(rate)
            rates[slots, CELERY].append(
                celery_per_s(
                    servers,
                    slots=slots,
                    tasks=options.rival_tasks,
                    lasting_s_max=options.rival_s,
                )
            )
    return [row for slots in SCENES for row in _rows(slots, rates)]


def _rows(slots: int, rates: defaultdict[tuple[int, str], list[float]]) -> list[Row]:
    def each(what: str, unit: str, runs: list[float], target: Target | None = None) -> Row:
        is_hot = slots == min(SCENES)
        shown_target = target if is_hot else None
        return row_of("4 rivals", f"{slots:,} slots: {what}", unit, runs, target=shown_target)

    ours = rates[slots, OURS]
    rows = [each(OURS, "pairs/s", ours)]
    rows += [
        each(f"{way}, {CONNECTIONS} connections", "pairs/s", rates[slots, way])
        for way in (*WAYS, CELERY)
    ]
    best = [max(runs) for runs in zip(*(rates[slots, way] for way in (*WAYS, CELERY)), strict=True)]
    rows.append(
        each("allocator / row locks", "x", ratios(ours, rates[slots, _ROW_LOCKS]), _TIMES_ROW_LOCKS)
    )
    rows.append(each("allocator / best rival", "x", ratios(ours, best), _TIMES_THE_BEST))
    return rows
