"""`seiriken rehearse`: play a release with made-up residents, then look for broken promises.

The play speaks HTTP only, to a system that runs already. The audit afterwards reads
the tables of the stack in `--home`, or those that DATABASE_URL names; of a system that is only a
URL it is left out, and the result says so.
"""

from __future__ import annotations

from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Annotated

import typer

from monitoring.settings import named
from seiriken.errors import CommandError
from seiriken.home import Home
from seiriken.output import AsJson, print_json
from seiriken.target import HOME_USUAL

if TYPE_CHECKING:
    from seiriken.rehearsal_run import Theatre

OFFSET_FILE = "rehearsal-offset"


def rehearse(
    people: Annotated[int, typer.Option(help="How many residents come.", min=1)] = 2_000,
    home: Annotated[
        Path | None, typer.Option(help="The stack's folder; var/demo unless a URL is given.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Where residents go.")] = None,
    residents: Annotated[
        Path | None, typer.Option(help="Roster file to take residents from.")
    ] = None,
    skip: Annotated[
        int, typer.Option(help="People of --residents who were played already.", min=0)
    ] = 0,
    seed: Annotated[int | None, typer.Option(help="Same seed, same cast.", min=0)] = None,
    arrive_within: Annotated[float, typer.Option(help="Seconds in which all come.", min=0)] = 10.0,
    patience: Annotated[
        float, typer.Option(help="Seconds after which those who still wait go home.", min=1)
    ] = 300.0,
    as_json: AsJson = False,
) -> None:
    """Play a release with made-up residents over HTTP, then audit the tables."""
    from seiriken.rehearsal_cast import cast, read_residents, take_turn
    from seiriken.rehearsal_run import check_answers, perform
    from seiriken.rehearsal_show import print_report

    folder = None if home is None and url is not None else Home(home or HOME_USUAL)
    theatre = _theatre(folder, url)
    residents_file = residents or (folder.residents_file if folder else None)
    if residents_file is None:
        raise CommandError("name the people to play with: --residents FILE, or --home DIR")
    check_answers(theatre.origin)
    skip += take_turn(folder.path / OFFSET_FILE, people) if folder else 0
    chosen = SystemRandom().randrange(2**32) if seed is None else seed
    characters = cast(read_residents(residents_file, skip, people), chosen, arrive_within)
    report, interrupted = perform(theatre, characters, patience)
    if as_json:
        print_json(report)
    else:
        print_report(report, chosen, interrupted=interrupted)
    if interrupted:
        raise typer.Exit(130)
    if not report.ok:
        raise typer.Exit(1)


def _theatre(folder: Home | None, url: str | None) -> Theatre:
    """Find the system to play in.

    Raises:
        CommandError: nothing runs there, or the URL is none.
    """
    from seiriken.rehearsal_http import Origin
    from seiriken.rehearsal_run import Theatre

    stack = folder.read() if folder else None
    if folder is not None and stack is None:
        raise CommandError(f"no stack runs in {folder.path}; start one with `seiriken up`")
    try:
        origin = Origin.of(url or (stack.url if stack else ""))
    except ValueError as error:
        raise CommandError(f"--url: {error}") from None
    return Theatre(origin, stack.database_url if stack else named("DATABASE_URL") or None)
