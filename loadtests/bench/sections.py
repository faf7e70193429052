"""The sections of the benchmark: what is measured in which order, and the rows it gives.

What is compared is measured in turn within each run, since the machine's own mood
changes; a ratio is the median of the runs' ratios.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from allocator.settings import AllocatorSettings
from loadtests.bench.ceiling import ceiling_per_s
from loadtests.bench.decision import decisions_per_s
from loadtests.bench.drain import Drained, drain
from loadtests.bench.figures import Row, Target, ratios, row_of
from loadtests.bench.latency import Waits, wait_alone, waits_under_load
from loadtests.bench.machine import sync_s
from loadtests.bench.options import BATCH_SIZES, SLOTS_OF_DECISIONS, Options
from loadtests.bench.own_process import in_own_process
from loadtests.bench.releases import KINDS, Kind
from loadtests.bench.servers import Servers
from loadtests.bench.show import Progress
from loadtests.bench.startup import Started, build_city, start_in
from loadtests.bench.towns import Town, build_town

TOWN_SLOTS = 10_000
BATCH_SIZE_USUAL = int(AllocatorSettings.model_fields["batch_size_max"].default)

_DECISIONS = Target("at least", 150_000)
_DECISION_GROWTH = Target("at most", 1.5)
_OF_CEILING = Target("at least", 0.70)
_WAIT_P99_MS = Target("at most", 50)
_WAIT_ALONE_MS = Target("at most", 8)
_MEMORY_MIB = Target("at most", 1_024)
_START_S = Target("at most", 30)


def measure_decisions(options: Options, progress: Progress) -> list[Row]:
    """Section 1: `decide_batch` alone."""
    rates: defaultdict[tuple[int, Kind], list[float]] = defaultdict(list)
    for run in range(options.runs):
        for slots in SLOTS_OF_DECISIONS:
            progress.say(f"decision, {slots:,} slots, run {run + 1} of {options.runs}")
            found = in_own_process(decisions_per_s, slots, options.decisions)
            for kind, rate in found.items():
                rates[slots, kind].append(rate)
    rows = []
    for kind in KINDS:
        for slots in SLOTS_OF_DECISIONS:
            target = _DECISIONS if slots == TOWN_SLOTS else None
            what = f"{_kind(kind)}, {slots:,} slots"
            rows.append(row_of("1 decision", what, "pairs/s", rates[slots, kind], target=target))
        few, many = SLOTS_OF_DECISIONS[0], SLOTS_OF_DECISIONS[-1]
        growth = ratios(rates[few, kind], rates[many, kind])
        what = f"{_kind(kind)}, cost at {many:,} / at {few:,}"
        rows.append(row_of("1 decision", what, "x", growth, target=_DECISION_GROWTH))
    return rows


def _kind(kind: Kind) -> str:
    return {"choices": "ranked choices", "flexible": "flexible wishes", "mix": "mixed"}[kind]


def build_usual_town(servers: Servers, options: Options, progress: Progress) -> Town:
    """Return the town of sections 2 and 3."""
    progress.say(f"building a town of {options.people:,} people and {TOWN_SLOTS:,} slots")
    return build_town(servers, slots=TOWN_SLOTS, people=options.people)


def measure_durable(
    servers: Servers, town: Town, options: Options, progress: Progress
) -> tuple[list[Row], float]:
    """Sections 2 and 6: a backlog drained, the ceiling, the costs; and the usual rate."""
    sizes = sorted({*BATCH_SIZES, BATCH_SIZE_USUAL})
    ceilings: defaultdict[int, list[float]] = defaultdict(list)
    packed: list[float] = []
    drains: defaultdict[int, list[Drained]] = defaultdict(list)
    syncs_s: list[float] = []
    for run in range(options.runs):
        for size in sizes if run < options.runs_of_others else [BATCH_SIZE_USUAL]:
            progress.say(f"durable, batches of {size:,}, run {run + 1} of {options.runs}")
            backlog = options.backlog
            syncs_s.append(sync_s(servers.folder))
            ceilings[size].append(ceiling_per_s(servers, town, backlog=backlog, batch_size=size))
            drains[size].append(drain(servers, town, backlog=backlog, batch_size_max=size))
        size = BATCH_SIZE_USUAL
        packed.append(
            ceiling_per_s(servers, town, backlog=options.backlog, batch_size=size, is_packed=True)
        )
    rows = []
    for size in sizes:
        ours = [drained.bookings_per_s for drained in drains[size]]
        usual = " (the default)" if size == BATCH_SIZE_USUAL else ""
        target = _OF_CEILING if usual else None
        rows += [
            row_of("2 durable", f"ceiling, batches of {size:,}", "pairs/s", ceilings[size]),
            row_of("2 durable", f"allocator, batches of {size:,}{usual}", "pairs/s", ours),
            row_of(
                "2 durable",
                f"allocator / ceiling, {size:,}",
                "x",
                ratios(ours, ceilings[size]),
                target=target,
            ),
        ]
    what = f"ceiling with arrays packed by hand, {BATCH_SIZE_USUAL:,}"
    rows.append(row_of("2 durable", what, "pairs/s", packed))
    usual_drains = drains[BATCH_SIZE_USUAL]
    rows += _split(usual_drains) + _costs(usual_drains)
    what = "the disk: a page written and synced"
    rows.append(row_of("6 costs", what, "µs", [1e6 * one for one in syncs_s]))
    return rows, median(drained.bookings_per_s for drained in usual_drains)


def _split(drains: list[Drained]) -> list[Row]:
    """Return where the allocator's time went, by its own histograms (parts may overlap)."""
    names = sorted({name for drained in drains for name, s in drained.spent_s.items() if s > 0})
    parts = {
        name: [1e6 * one.spent_s.get(name, 0.0) / one.bookings for one in drains] for name in names
    }
    elapsed = [1e6 * one.elapsed_s / one.bookings for one in drains]
    rows = [
        row_of("2 durable", f"time in {name.replace('_', ' ')}", "µs/booking", runs)
        for name, runs in parts.items()
    ]
    return [*rows, row_of("2 durable", "time in all, by the clock", "µs/booking", elapsed)]


def _costs(drains: list[Drained]) -> list[Row]:
    def each(what: str, unit: str, figures: list[float]) -> Row:
        runs = [figure / one.bookings for figure, one in zip(figures, drains, strict=True)]
        return row_of("6 costs", what, unit, runs)

    return [
        each("write-ahead log", "B/booking", [float(one.costs.log_bytes) for one in drains]),
        each("PostgreSQL CPU", "µs/booking", [1e6 * one.costs.postgres_s for one in drains]),
        each("allocator CPU", "µs/booking", [1e6 * one.costs.allocator_s for one in drains]),
        each("Redis CPU", "µs/booking", [1e6 * one.costs.redis_s for one in drains]),
    ]


def measure_latency(
    servers: Servers, town: Town, usual_per_s: float, options: Options, progress: Progress
) -> list[Row]:
    """Section 3: waits at half of the usual rate, and alone."""
    loaded: list[Waits] = []
    alone_s: list[float] = []
    for run in range(options.latency_runs):
        progress.say(f"latency, run {run + 1} of {options.latency_runs}")
        loaded.append(waits_under_load(servers, town, usual_per_s / 2, options.latency_s))
        alone_s.append(wait_alone(servers, town, options.calls_alone))
    voids = [one.void for one in loaded if one.void]
    void = voids[0] if 2 * len(voids) > len(loaded) else ""

    def each(what: str, unit: str, runs: list[float], target: Target | None = None) -> Row:
        return row_of("3 latency", what, unit, runs, target=target, void=void)

    return [
        each("offered load", "requests/s", [one.offered_per_s for one in loaded]),
        each("answer under load, p50", "ms", [1e3 * one.p50_s for one in loaded]),
        each("answer under load, p95", "ms", [1e3 * one.p95_s for one in loaded]),
        each("answer under load, p99", "ms", [1e3 * one.p99_s for one in loaded], _WAIT_P99_MS),
        each("generator CPU", "% of a core", [100 * one.generator_cpu_share for one in loaded]),
        each("generator late, p99", "ms", [1e3 * one.generator_lag_s for one in loaded]),
        row_of(
            "3 latency",
            "answer to one alone, median",
            "ms",
            [1e3 * one for one in alone_s],
            target=_WAIT_ALONE_MS,
        ),
    ]


def measure_startup(servers: Servers, options: Options, progress: Progress) -> list[Row]:
    """Section 5: the start of a large city's allocator, and its memory."""
    progress.say(
        f"start: building a city of {options.big_roster:,} people, {options.big_slots:,} slots"
        f" and {options.big_bookings:,} bookings"
    )
    city = build_city(
        servers,
        people=options.big_roster,
        slots=options.big_slots,
        bookings=options.big_bookings,
    )
    starts: list[Started] = []
    for run in range(options.startup_runs):
        progress.say(f"start, run {run + 1} of {options.startup_runs}")
        starts.append(start_in(servers, city))
    servers.drop(city)

    def each(what: str, unit: str, runs: list[float], target: Target | None = None) -> Row:
        return row_of("5 start", what, unit, runs, target=target)

    mib = 2**20
    return [
        each("ledger ready", "s", [one.ledger_ready_s for one in starts], _START_S),
        each("roster published", "s", [one.roster_published_s for one in starts], _START_S),
        each(
            "allocator's PSS at most",
            "MiB",
            [one.proportional_peak_bytes / mib for one in starts],
            _MEMORY_MIB,
        ),
        each(
            "allocator's RSS at most",
            "MiB",
            [one.resident_peak_bytes / mib for one in starts],
            _MEMORY_MIB,
        ),
    ]
