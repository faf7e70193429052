"""`seiriken roster import`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption

app = typer.Typer(help="Who may book.", no_args_is_help=True)

RosterPath = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV file.")
]


@app.callback()
def roster() -> None:
    """Who may book."""


@app.command("import")
def import_file(file: RosterPath, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Load a city's CSV of eligible people: every line, or none when one is bad."""
    from allocator.model import SITE_TIMEZONE
    from allocator.roster import import_people, read_keys
    from allocator.roster_file import read_roster_file
    from seiriken.progress import Steps
    from seiriken.target import find_target

    target = find_target(home)
    keys = read_keys(target.secrets_dir)
    steps = Steps()
    with steps.step("reading the file"):
        read = read_roster_file(file.read_bytes(), datetime.now(SITE_TIMEZONE).date())
    if read.faults:
        if as_json:
            print_json({"imported": False, "faults": read.faults})
        else:
            shown = (
                f"line {fault.line}: {f'{fault.column}: ' if fault.column else ''}{fault.reason}"
                for fault in read.faults
            )
            print_lines([*shown, f"{len(read.faults):,} faults; nothing was imported"])
        raise typer.Exit(1)
    with steps.counted("importing people", len(read.people)) as advance:
        done = import_people(target.database_url, keys, read.people, advance)
    if as_json:
        print_json(done)
    else:
        counts = f"{done.added:,} new, {done.corrected:,} corrected, {done.unchanged:,} unchanged"
        print_lines([f"{done.people:,} people: {counts}"])
