"""Print the comparison: a column for each system, then the ratios and those who wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table

from loadtests.bench.figures import Row, shown
from loadtests.bench.machine import in_one_line
from loadtests.peers.reporting import SECTION

_WIDTH = 150
_RATIO = "x"


def show_side_by_side(
    machine: Mapping[str, str], rows: Sequence[Row], remarks: Sequence[str]
) -> None:
    """Print two tables of medians; a figure that is not to be trusted stands in brackets."""
    console = Console(width=_WIDTH, highlight=False, markup=False)
    console.print(in_one_line(machine), soft_wrap=True)
    console.print()
    ours = [row for row in rows if row.section == SECTION]
    figures = [row for row in ours if row.unit != _RATIO]
    console.print(_figures(figures))
    console.print()
    others = [row for row in rows if row.section != SECTION]
    console.print(_spreads([row for row in ours if row.unit == _RATIO] + others))
    for void in dict.fromkeys(f"void: {name_of(row)}: {row.void}" for row in rows if row.void):
        console.print(void, soft_wrap=True)
    for remark in remarks:
        console.print(remark, soft_wrap=True)


def name_of(row: Row) -> str:
    """Return which system a row is about."""
    return row.what.partition(": ")[0]


def measure_of(row: Row) -> str:
    """Return what of the system was measured."""
    return row.what.partition(": ")[2]


def in_columns(rows: Sequence[Row]) -> dict[tuple[str, str], dict[str, Row]]:
    """Return the rows by measure and unit, then by system, each in order of appearance."""
    columns: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        columns.setdefault((measure_of(row), row.unit), {})[name_of(row)] = row
    return columns


def cell(row: Row | None) -> str:
    """Return the text of a figure: an exclamation mark where a bound was missed."""
    if row is None:
        return ""
    text = shown(row.median) + ("" if row.is_met is not False else " !")
    return f"({text})" if row.void else text


def _figures(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("median of the runs", overflow="fold")
    table.add_column("unit")
    names = [name for name, _ in groupby(rows, key=name_of)]
    for name in names:
        table.add_column(name, justify="right", overflow="fold")
    for (measure, unit), by_name in in_columns(rows).items():
        table.add_row(measure, unit, *(cell(by_name.get(name)) for name in names))
    return table


def _spreads(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("ratios within each run, and waiting", overflow="fold")
    table.add_column("median", justify="right")
    table.add_column("unit")
    table.add_column("least to most", justify="right")
    for row in rows:
        spread = f"{shown(min(row.runs))} to {shown(max(row.runs))}" if len(row.runs) > 1 else ""
        table.add_row(row.what, cell(row), row.unit, spread)
    return table
