"""Show a rehearsal: how far it is (standard error), and what came of it (standard output).

On a terminal a bar; elsewhere a plain line every five seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from seiriken.output import print_lines, print_table
from seiriken.rehearsal_tally import Report, Tally

_BAR_EVERY_S = 0.2
_LINE_EVERY_S = 5.0
_FINDINGS_SHOWN = 5


class ShownProgress:
    """How far the players are."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("rehearsing"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=tally.people)

    def __enter__(self) -> ShownProgress:
        """Begin to show."""
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it."""
        self._bar.stop()

    async def run(self) -> None:
        """Show until cancelled."""
        while True:
            await asyncio.sleep(_BAR_EVERY_S if self._console.is_terminal else _LINE_EVERY_S)
            if self._console.is_terminal:
                self._bar.update(self._task, completed=self._tally.done, description=self._words())
            else:
                self._console.print(
                    f"  {self._tally.done:,} of {self._tally.people:,} done, {self._words()}",
                    soft_wrap=True,
                )

    def _words(self) -> str:
        tally = self._tally
        text = f"{len(tally.booked):,} booked, {tally.waiting:,} waiting"
        errors = tally.errors.total()
        return f"{text}, {errors:,} errors" if errors else text


def print_report(report: Report, seed: int, *, interrupted: bool) -> None:
    """Print what came of it."""
    if interrupted:
        print_lines(["Stopped before its end."])
    rows = [[what, f"{count:,}"] for what, count in _ends(report)]
    print_table(["", "people"], rows)
    print_lines([""])
    times = [
        [name, f"{p.count:,}", *(f"{s * 1000:,.0f} ms" for s in (p.p50_s, p.p95_s, p.p99_s))]
        for name, p in report.times.items()
    ]
    print_table(["", "count", "p50", "p95", "p99"], times)
    print_lines(["", *_words(report, seed), "", *_audit_words(report)])
    if report.errors:
        print_lines([f"ERRORS: {', '.join(report.errors)}"])


def _ends(report: Report) -> Iterator[tuple[str, int]]:
    yield "came", report.people
    yield "booked both doses", report.booked
    for code, count in report.refused.items():
        yield f"refused: {code}", count
    yield "left without booking", report.left
    if report.booked_before:
        yield "had a booking before", report.booked_before
    if report.unfinished:
        yield "not at an end", report.unfinished
    for error, count in report.errors.items():
        yield f"error: {error}", count
    if not report.errors:
        yield "errors", 0


def _words(report: Report, seed: int) -> Iterator[str]:
    habits = ", ".join(f"{name}: {count:,}" for name, count in report.habits.items())
    yield f"Habits        {habits or 'none'}; calls made again: {report.repeated_calls:,}"
    yield f"Duration      {report.duration_s:.1f} s; {report.bookings_per_s:.1f} bookings a second"
    own = report.generator
    verdict = "IT WAS THE LIMIT: the times are its own" if own.was_limit else "not the limit"
    yield (
        f"Generator     {own.cpu_share:.0%} of a core, loop late by {own.lag_p99_s * 1000:.0f} ms "
        f"(p99); {verdict}"
    )
    yield f"Seed          {seed}"


def _audit_words(report: Report) -> Iterator[str]:
    if report.audit is None:
        yield "No audit: only a URL was given. Name the stack with --home to look into its tables."
        return
    yield "Audit of the tables"
    for check, findings in report.audit.items():
        yield f"  {check.replace('_', ' '):20} {len(findings):,}"
        yield from (f"    {finding}" for finding in findings[:_FINDINGS_SHOWN])
        if len(findings) > _FINDINGS_SHOWN:
            yield f"    and {len(findings) - _FINDINGS_SHOWN:,} more"
    broken = [check.replace("_", " ") for check, findings in report.audit.items() if findings]
    yield f"  BROKEN: {', '.join(broken)}" if broken else "  in order"
