"""Carry a rehearsal out: let the cast play, measure the generator itself, audit the tables."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass

import uvloop

from allocator.audit import Told, audit
from allocator.errors import StoreAway
from seiriken.errors import CommandError
from seiriken.rehearsal_cast import Character
from seiriken.rehearsal_client import Booking, Broken, Device, ProblemTold
from seiriken.rehearsal_http import ConnectionLost, Origin
from seiriken.rehearsal_play import Player, Stage
from seiriken.rehearsal_show import ShownProgress
from seiriken.rehearsal_tally import Report, Tally

LAG_LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Theatre:
    """Where it is played: the system's origin, and its tables if they can be read."""

    origin: Origin
    database_url: str | None


def check_answers(origin: Origin) -> None:
    """Return if something that speaks the contract answers there.

    Raises:
        CommandError: nothing answers, or something else does.
    """
    try:
        asyncio.run(Device(origin, "en").status())
    except ConnectionLost:
        raise CommandError(f"nothing answers at {origin.authority}") from None
    except Broken:
        raise CommandError(f"what answers at {origin.authority} is not Seiriken") from None
    except ProblemTold as told:
        if not told.passes:
            raise CommandError(f"{origin.authority} answers {told.code}") from None


def perform(
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
