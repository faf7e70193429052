"""The rows of the comparison: each system's figures, and the ratios within each run. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loadtests.bench.figures import Row, Target, ratios, row_of
from loadtests.bench.generator import percentile
from loadtests.peers.measuring import Measured

SECTION = "peers"
OURS = "Seiriken"
_NONE = Target("at most", 0)
_MIB = 2**20


def rows_of(measured: Mapping[str, Sequence[Measured]]) -> list[Row]:
    """Return all rows, system by system, then the ratios of each to ours."""
    rows = [row for name, runs in measured.items() for row in _rows(name, runs)]
    return rows + _ratio_rows(measured)


def _rows(name: str, runs: Sequence[Measured]) -> list[Row]:
    void = _void(runs)

    def each(what: str, unit: str, figures: list[float], target: Target | None = None) -> Row:
        return row_of(SECTION, f"{name}: {what}", unit, figures, target=target, void=void)

    def counted(what: str, unit: str, figures: list[int]) -> Row:
        """What was found is true whatever limited the speed, and one bad run is a miss."""
        worst = max(figures)
        runs = tuple(float(one) for one in figures)
        is_met = _NONE.is_met_by(worst)
        return Row(SECTION, f"{name}: {what}", unit, runs, worst, str(_NONE), is_met)

    calls_ms = [[1e3 * s for s in one.played.bookings_s] for one in runs]
    answers_ms = [[1e3 * s for s in one.played.answers_s] for one in runs]
    told = [max(1, len(one.played.told)) for one in runs]
    cpu = {
        "CPU, all processes and servers": [one.spent.total_s for one in runs],
        "CPU of its own processes": [one.spent.system_s for one in runs],
        "CPU of PostgreSQL": [one.spent.postgres_s for one in runs],
        "CPU of Redis": [one.spent.redis_s for one in runs],
    }
    return [
        each("bookings", "bookings/s", [one.played.bookings_per_s for one in runs]),
        each("the call that books, p50", "ms", [percentile(one, 50) for one in calls_ms]),
        each("the call that books, p99", "ms", [percentile(one, 99) for one in calls_ms]),
        each("any answer, p99", "ms", [percentile(one, 99) for one in answers_ms]),
        *(
            each(what, "s/1,000 bookings", [1e3 * s / n for s, n in zip(all_s, told, strict=True)])
            for what, all_s in cpu.items()
        ),
        each("memory of its own processes", "MiB", [one.memory_bytes / _MIB for one in runs]),
        each("calls that book, for one booking", "calls", _calls(runs)),
        each("CPU of mails, within that of its own", "s/1,000 bookings", _mail(runs)),
        each("booked", "people", [float(len(one.played.told)) for one in runs]),
        each("nothing left for", "people", [float(one.played.went_home) for one in runs]),
        each("not reached in time", "people", [float(one.played.not_reached) for one in runs]),
        counted("oversold", "seats", [one.audit.oversold_seats for one in runs]),
        counted("half pairs", "bookings", [one.audit.half_pairs for one in runs]),
        counted("told booked, not stored", "people", [one.audit.told_not_stored for one in runs]),
        counted("stored, not told", "bookings", [one.audit.stored_not_told for one in runs]),
        counted("met a fault", "people", [len(one.played.faults) for one in runs]),
        each("generator CPU", "% of a core", [100 * one.played.cpu_share for one in runs]),
        each("generator late, p99", "ms", [1e3 * one.played.lag_p99_s for one in runs]),
    ]


def _calls(runs: Sequence[Measured]) -> list[float]:
    return [len(one.played.bookings_s) / max(1, len(one.played.told)) for one in runs]


def _mail(runs: Sequence[Measured]) -> list[float]:
    return [1e3 * one.spent.mailers_s / max(1, len(one.played.told)) for one in runs]


def _void(runs: Sequence[Measured]) -> str:
    voids = [one.played.void for one in runs if one.played.void]
    return voids[0] if 2 * len(voids) > len(runs) else ""


def _ratio_rows(measured: Mapping[str, Sequence[Measured]]) -> list[Row]:
    """Compare each way in which Seiriken was asked with each of the others."""
    ours = [name for name in measured if name.startswith(OURS)]
    others = [name for name in measured if not name.startswith(OURS)]
    return [
        row
        for our in ours
        for other in others
        for row in _compared(our, measured[our], other, measured[other])
    ]


def _compared(
    our: str, ours: Sequence[Measured], other: str, theirs: Sequence[Measured]
) -> list[Row]:
    void = _void(ours) or _void(theirs)
    rates = ratios(
        [one.played.bookings_per_s for one in ours], [one.played.bookings_per_s for one in theirs]
    )
    return [
        row_of(SECTION, f"{our} / {other}: bookings per second", "x", rates, void=void),
        row_of(
            SECTION,
            f"{other} / {our}: p99 of the call",
            "x",
            ratios(_p99(theirs), _p99(ours)),
            void=void,
        ),
        row_of(
            SECTION,
            f"{other} / {our}: CPU per booking",
            "x",
            ratios(_cost(theirs), _cost(ours)),
            void=void,
        ),
    ]


def _p99(runs: Sequence[Measured]) -> list[float]:
    return [percentile(one.played.bookings_s, 99) for one in runs]


def _cost(runs: Sequence[Measured]) -> list[float]:
    return [one.spent.total_s / max(1, len(one.played.told)) for one in runs]
