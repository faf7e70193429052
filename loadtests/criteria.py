"""Whether a run passed: its own criteria, and whether it may count at all.

Rule 1: a run in which the generator was the limit is void, whatever it found: its times are
longer than the city's own.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Units: shares of one; milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.endings import HONEST, Ending
from loadtests.tally import Book, percentile_ms

GENERATOR_CPU_MAX = 0.95
"""Share of one core, over ten seconds. Beyond, requests queue inside the generator."""

GENERATOR_LAG_MS_MAX = 250.0
"""How late the generator's loop may wake up, at its 99th percentile."""

CPU_SPAN_S = 10

PASSED, MISSED, VOID = 0, 1, 3
"""Exit codes."""


@dataclass(frozen=True)
class Limits:
    """What a run is held to."""

    error_share_max: float = 0.001
    page_p99_ms_max: float | None = None


@dataclass(frozen=True)
class Check:
    """One criterion: what was asked, what was found."""

    name: str
    found: str
    limit: str
    is_met: bool


@dataclass(frozen=True)
class Verdict:
    """All criteria, and why the run is void, if it is."""

    checks: Sequence[Check]
    void: str

    @property
    def exit_code(self) -> int:
        """Return what the run's process ends with."""
        if self.void:
            return VOID
        return PASSED if self.passed else MISSED

    @property
    def passed(self) -> bool:
        """Say whether it counts and all was met."""
        return not self.void and all(check.is_met for check in self.checks)


def judge(book: Book, limits: Limits, findings: Sequence[str] | None) -> Verdict:
    """Judge a run; `findings` are the audit's, None when there was no audit."""
    ended = book.total("ended")
    came = sum(book.total("came").values())
    wrong = ended.get(Ending.WENT_WRONG, 0)
    faults = book.total("faults")
    checks = [
        _errors(book, limits),
        Check("residents for whom something went wrong", f"{wrong:,.0f}", "0", wrong == 0),
        _answers(ended, came),
        *[Check(name, f"{count:,.0f}", "0", is_met=False) for name, count in faults.items()],
    ]
    if limits.page_p99_ms_max is not None:
        p99_ms = percentile_ms(book.bins("durations", page_keys(book)), 0.99)
        limit = limits.page_p99_ms_max
        checks.append(
            Check("page answers, p99", f"{p99_ms:,.0f} ms", f"{limit:,.0f} ms", p99_ms <= limit)
        )
    if findings is not None:
        checks.append(Check("findings of the audit", str(len(findings)), "0", not findings))
    return Verdict(checks, void_reason(book))


def page_keys(book: Book) -> list[str]:
    """Return the keys of the durations that are answers to residents."""
    return [key for key in book.keys("durations") if key.startswith(("GET ", "POST "))]


def void_reason(book: Book) -> str:
    """Say by what the generator was itself the limit; empty when it was not."""
    for name in book.keys("generator cpu"):
        highest = _highest_mean(book.seconds("generator cpu", [name]), CPU_SPAN_S)
        if highest > GENERATOR_CPU_MAX:
            return f"the generator ({name}) used {highest:.0%} of a core for {CPU_SPAN_S} s"
        lag_ms = percentile_ms(book.bins("generator lag", [name]), 0.99)
        if lag_ms > GENERATOR_LAG_MS_MAX:
            return f"the generator ({name}) was {lag_ms:,.0f} ms late (p99)"
    return ""


def _errors(book: Book, limits: Limits) -> Check:
    asked = sum(book.bins("durations", page_keys(book)).values())
    failed = sum(book.total("failed").values())
    share = failed / asked if asked else 0.0
    found = f"{failed:,.0f} of {asked:,.0f} ({share:.3%})"
    limit = f"{limits.error_share_max:.1%}"
    return Check("failed requests", found, limit, share <= limits.error_share_max)


def _answers(ended: dict[str, float], came: float) -> Check:
    clear = sum(count for ending, count in ended.items() if ending in HONEST)
    found = f"{clear:,.0f} of {came:,.0f}"
    return Check("residents with a clear answer", found, "all", came > 0 and clear == came)


def _highest_mean(seconds: dict[int, float], span_s: int) -> float:
    """Return the highest mean over so many seconds in a row (fewer, if there are no more)."""
    values = [seconds[second] for second in sorted(seconds)]
    if not values:
        return 0.0
    span = min(span_s, len(values))
    return max(sum(values[n : n + span]) / span for n in range(len(values) - span + 1))
