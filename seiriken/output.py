"""Print what a command found: one JSON document with `--json`, else words.

Results go to standard output, errors as one line to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

from monitoring.errors import MonitoringError
from seiriken.errors import CommandError

LINE_WIDTH_MAX = 1_000
"""Of a table that goes into a file or another program, in characters."""

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def print_json(result: object) -> None:
    """Print a result for programs."""
    sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
    sys.stdout.flush()


def print_lines(lines: Sequence[str]) -> None:
    """Print a result for people, long lines unbroken."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their headings, each a line unless a terminal is too narrow for it."""
    heads = (Column(name, overflow="fold") for name in columns)
    table = Table(*heads, box=None, pad_edge=False, show_edge=False)
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = LINE_WIDTH_MAX
    console.print(table)


def print_error(error: Exception) -> None:
    """Print what went wrong, in one line."""
    text = message_of(error)
    if "--json" in sys.argv:
        print_json({"error": text})
    sys.stderr.write(f"seiriken: {text}\n")


def message_of(error: Exception) -> str:
    """Return the text of one of our faults; its class's docstring is the message."""
    detail = str(error)
    if isinstance(error, (CommandError, MonitoringError, OSError)) and detail:
        return detail
    meaning = (type(error).__doc__ or type(error).__name__).strip().splitlines()[0]
    return f"{meaning} ({detail})" if detail else meaning
