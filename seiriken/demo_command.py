"""`seiriken demo`: fill an empty system with the made-up city, as `seiriken up` does its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption, OpensInOption, SeedOption


def demo(
    *,
    into: Annotated[
        Path, typer.Option(help="Folder for what is made up: the roster and the release.")
    ],
    home: HomeOption = None,
    people: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="In the made-up city; 20,000.")
    ] = None,
    pairs: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="On offer; 6 for every 10 people.")
    ] = None,
    seed: SeedOption = None,
    opens_in: OpensInOption = None,
    as_json: AsJson = False,
) -> None:
    """Fill an empty system with the made-up city: its people, then its release."""
    from seiriken.demo import Demo, load_demo, samples
    from seiriken.home import Home
    from seiriken.progress import Steps
    from seiriken.target import find_target

    target, folder = find_target(home), Home(into)
    folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    filled = Demo(folder, target.database_url, people, pairs, seed, opens_in, target.secrets_dir)
    load_demo(filled, Steps())
    those = samples(folder)
    if as_json:
        print_json(
            {
                "residents_file": str(folder.residents_file),
                "samples": [
                    {"ticket_number": one.ticket_number, "birth_date": one.birth_date}
                    for one in those
                ],
            }
        )
    else:
        print_lines([f"ticket {one.ticket_number}, born {one.birth_date}" for one in those])
