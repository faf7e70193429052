"""`seiriken rehearse`: play a release with made-up residents, then look for broken promises.

The play speaks HTTP only, to a system that runs already. The audit afterwards reads
the tables of the stack in `--home`; of a system that is only a URL it is left out, and
the result says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Annotated

import typer
import uvloop

from allocator.audit import Told, audit
from allocator.errors import StoreAway
from seiriken.errors import CommandError
from seiriken.home import Home
from seiriken.output import AsJson, print_json
from seiriken.rehearsal_cast import Character, cast, read_residents, take_turn
from seiriken.rehearsal_client import Booking
from seiriken.rehearsal_http import Origin
from seiriken.rehearsal_play import Player, Stage
from seiriken.rehearsal_show import ShownProgress, print_report
from seiriken.rehearsal_tally import Report, Tally
from seiriken.target import HOME_USUAL

OFFSET_FILE = "rehearsal-offset"
LAG_LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Theatre:
    """Where it is played: the system's URL, its people, and its tables if they can be read."""

    origin: Origin
    residents_file: Path
    database_url: str | None
    home: Home | None


def rehearse(
    people: Annotated[int, typer.Option(help="How many residents come.", min=1)] = 2_000,
    home: Annotated[
        Path | None, typer.Option(help="Folder of the stack; var/demo unless a URL is given.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Where residents go.")] = None,
    residents: Annotated[
        Path | None, typer.Option(help="Roster file to take residents from.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same cast.", min=0)] = None,
    arrive_within: Annotated[
        float, typer.Option(help="Seconds in which all arrive.", min=0)
    ] = 10.0,
    patience: Annotated[
        float, typer.Option(help="Seconds after which those who still wait go home.", min=1)
    ] = 300.0,
    as_json: AsJson = False,
) -> None:
    """Play a release with made-up residents over HTTP, then audit the tables."""
    theatre = _theatre(home, url, residents)
    skip = take_turn(theatre.home.path / OFFSET_FILE, people) if theatre.home else 0
    who = read_residents(theatre.residents_file, skip, people)
    chosen = SystemRandom().randrange(2**32) if seed is None else seed
    report, interrupted = _rehearse(theatre, cast(who, chosen, arrive_within), patience)
    if as_json:
        print_json(report)
    else:
        print_report(report, chosen, interrupted=interrupted)
    if interrupted:
        raise typer.Exit(130)
    if not report.ok:
        raise typer.Exit(1)


def _theatre(home: Path | None, url: str | None, residents: Path | None) -> Theatre:
    """Find the system to play in.

    Raises:
        CommandError: nothing runs there, or there is nobody to play.
    """
    folder = None if home is None and url is not None else Home(home or HOME_USUAL)
    stack = folder.read() if folder else None
    if folder is not None and stack is None:
        raise CommandError(f"no stack runs in {folder.path}; start one with `seiriken up`")
    residents_file = residents or (folder.residents_file if folder else None)
    if residents_file is None:
        raise CommandError("name the people to play with: --residents FILE, or --home DIR")
    target = url or (stack.url if stack else "")
    try:
        origin = Origin.of(target)
    except ValueError as error:
        raise CommandError(f"--url: {error}") from None
    return Theatre(origin, residents_file, stack.database_url if stack else None, folder)


def _rehearse(
    theatre: Theatre, characters: Sequence[Character], patience_s: float
) -> tuple[Report, bool]:
    """Play, then audit; return the report, and whether it was stopped by Ctrl-C."""
    _allow_connections(len(characters))
    tally = Tally(len(characters))
    began_at_s, cpu_before_s = time.monotonic(), time.process_time()
    stage = Stage(theatre.origin, tally, began_at_s, patience_s)
    with ShownProgress(tally) as shown, asyncio.Runner(loop_factory=uvloop.new_event_loop) as run:
        interrupted = run.run(_play(stage, characters, shown))
    duration_s = time.monotonic() - began_at_s
    cpu_s = time.process_time() - cpu_before_s
    findings = None
    if theatre.database_url is not None:
        findings = _audit(theatre.database_url, tally.booked)
    return tally.report(duration_s, cpu_s, findings), interrupted


async def _play(stage: Stage, characters: Sequence[Character], shown: ShownProgress) -> bool:
    """Let all characters play; return whether Ctrl-C ended it before its end."""
    watchers = [
        asyncio.create_task(_measure_lag(stage.tally)),
        asyncio.create_task(shown.run()),
    ]
    players = [asyncio.create_task(Player(stage, who).play()) for who in characters]
    try:
        await asyncio.gather(*players)
    except asyncio.CancelledError:
        return True
    finally:
        for task in (*watchers, *players):
            task.cancel()
        await asyncio.gather(*watchers, *players, return_exceptions=True)
    return False


async def _measure_lag(tally: Tally) -> None:
    """Note how late the loop wakes up: it is late when this process has too much to do."""
    while True:
        asked_at_s = time.monotonic()
        await asyncio.sleep(LAG_LOOK_EVERY_S)
        tally.lag_s.append(time.monotonic() - asked_at_s - LAG_LOOK_EVERY_S)


def _audit(database_url: str, booked: Sequence[Booking]) -> dict[str, list[str]]:
    """Look into the tables. A database that cannot be read is itself a finding."""
    try:
        return audit(database_url, [_told(booking) for booking in booked]).findings
    except StoreAway:
        return {"audit": ["the database could not be read"]}


def _told(booking: Booking) -> Told:
    slots = {dose.dose: int(dose.slot_id) for dose in booking.doses}
    return Told(booking.booking_number, slots.get(1), slots.get(2))


def _allow_connections(people: int) -> None:
    """Raise the limit on open files as far as it goes, for a connection or two a person."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = people * 2 + 100
    if soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
