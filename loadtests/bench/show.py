"""Show progress on standard error, and the results as one table on standard output."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from loadtests.bench.figures import Row, shown
from loadtests.bench.machine import in_one_line

_WIDTH = 150


class Progress:
    """Says what is being measured, and since when."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()

    def say(self, text: str) -> None:
        """Write one line."""
        sys.stderr.write(f"[{time.monotonic() - self._began_s:5.0f} s] {text}\n")
        sys.stderr.flush()


def show(machine: Mapping[str, str], rows: Iterable[Row], remarks: Sequence[str]) -> None:
    """Print the table, then what else is to be said."""
    console = Console(width=_WIDTH, highlight=False, markup=False)
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column("section")
    table.add_column("what", no_wrap=True)
    table.add_column("median", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("least to most", justify="right")
    table.add_column("target", justify="right")
    table.add_column("met", overflow="fold")
    section = ""
    for row in rows:
        first = row.section if row.section != section else ""
        section = row.section
        spread = f"{shown(min(row.runs))} to {shown(max(row.runs))}" if len(row.runs) > 1 else ""
        table.add_row(
            first, row.what, shown(row.median), row.unit, spread, row.target, _verdict(row)
        )
    console.print(in_one_line(machine), soft_wrap=True)
    console.print()
    console.print(table)
    for remark in remarks:
        console.print(remark, soft_wrap=True)


def _verdict(row: Row) -> str:
    if row.void:
        return f"void: {row.void}"
    return {None: "", True: "yes", False: "NO"}[row.is_met]
