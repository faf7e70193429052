"""`seiriken roster import`; `change` is in `seiriken.roster_change_command`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from allocator.roster import Difference
    from allocator.roster_lines import LineFault

TICKETS_SHOWN_MAX = 20

app = typer.Typer(help="Who may book.", no_args_is_help=True)

RosterPath = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV file.")
]


@app.callback()
def roster() -> None:
    """Who may book."""


@app.command("import")
def import_file(
    file: RosterPath,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check, and say what would change; store nothing.")
    ] = False,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Load a city's CSV of eligible people: every line, or none when one is bad."""
    from allocator.model import SITE_TIMEZONE
    from allocator.roster import difference_of, import_people, read_keys
    from allocator.roster_file import read_roster_file
    from seiriken.progress import Steps
    from seiriken.target import find_target

    target = find_target(home)
    keys = read_keys(target.secrets_dir)
    steps = Steps()
    with steps.step("reading the file"):
        read = read_roster_file(file.read_bytes(), datetime.now(SITE_TIMEZONE).date())
    if read.faults:
        show_faults(read.faults, "imported", as_json=as_json)
        raise typer.Exit(1)
    if dry_run:
        with steps.counted("comparing people", len(read.people)) as advance:
            difference = difference_of(target.database_url, keys, read.people, advance)
        _show_difference(difference, as_json=as_json)
        return
    with steps.counted("importing people", len(read.people)) as advance:
        done = import_people(target.database_url, keys, read.people, advance)
    if as_json:
        print_json(done)
    else:
        counts = f"{done.added:,} new, {done.corrected:,} corrected, {done.unchanged:,} unchanged"
        print_lines([f"{done.people:,} people: {counts}"])


def show_faults(faults: Sequence[LineFault], word: str, *, as_json: bool) -> None:
    """List what is wrong with a file, line by line; `word` says what was not done therefore."""
    if as_json:
        print_json({word: False, "faults": faults})
        return
    shown = (
        f"line {fault.line}: {f'{fault.column}: ' if fault.column else ''}{fault.reason}"
        for fault in faults
    )
    print_lines([*shown, f"{len(faults):,} faults; nothing was {word}"])


def _show_difference(difference: Difference, *, as_json: bool) -> None:
    if as_json:
        print_json({"imported": False, "difference": difference})
        return
    new, changed = len(difference.new), len(difference.changed)
    counts = f"{new:,} new, {changed:,} corrected, {difference.unchanged:,} unchanged"
    lines = [f"{difference.people:,} people: {counts}"]
    lines += _ticket_lines("new", difference.new)
    lines += _ticket_lines("corrected", difference.changed)
    if difference.left:
        lines.append(f"{len(difference.left):,} have left, and are not brought back by a file")
        lines += _ticket_lines("has left", difference.left)
    lines.append(f"{len(difference.gone):,} on the roster are not in the file; they stay on it")
    print_lines([*lines, *_ticket_lines("not in the file", difference.gone), "nothing was stored"])


def _ticket_lines(word: str, masked: Sequence[str]) -> list[str]:
    """Name some tickets by what is not masked of them."""
    shown = [f"  {word}: {ticket}" for ticket in masked[:TICKETS_SHOWN_MAX]]
    more = len(masked) - TICKETS_SHOWN_MAX
    return [*shown, f"  {word}: {more:,} more (--json lists all)"] if more > 0 else shown
