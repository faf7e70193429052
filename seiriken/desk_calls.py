"""`seiriken desk call`: the phone desk's way into the waiting room for somebody who rings."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from seiriken.desk_people import municipality_of, read_caller
from seiriken.errors import CommandError
from seiriken.output import print_json, print_lines
from seiriken.target import Target, find_target

if TYPE_CHECKING:
    from gateway.identity import Credentials
    from waiting_room.answers import AtDesk, Standing
    from waiting_room.line import Line

NETWORK = "phone-desk"
"""Stands where a resident's network would, when failed attempts are counted; strangers who lock
a ticket do not keep its owner from ringing up."""

REDIS_TIMEOUT_S = 5.0


def answer_call(home: Path | None, caller_file: Path | None, *, as_json: bool) -> None:
    """Confirm who rings, give them their place, put them into the desk's lane, and say so."""
    from allocator.model import SITE_TIMEZONE
    from allocator.release_store import read_catalogue
    from allocator.roster import read_keys
    from gateway.cohorts import releases_for
    from gateway.identity import credentials

    target = find_target(home)
    now = datetime.now(SITE_TIMEZONE)
    form = read_caller(caller_file, municipality_of(target), now.date())
    who = credentials(read_keys(target.secrets_dir).identity, form)
    releases = releases_for(read_catalogue(target.database_url), form.birth_date, now)
    standing, at_desk = asyncio.run(_ask(target, who, releases, now.timestamp()))
    if as_json:
        print_json(_document(standing, at_desk))
    else:
        print_lines(_lines(standing, at_desk))


async def _ask(
    target: Target, who: Credentials, releases: list[str], now: float
) -> tuple[Standing, AtDesk | None]:
    from redis.asyncio import Redis

    from waiting_room.errors import NotReady, RoomAway
    from waiting_room.line import Line

    redis = Redis.from_url(target.redis_url, protocol=2, socket_timeout=REDIS_TIMEOUT_S)
    line = Line(redis, session_idle_s=1, session_absolute_s=1)  # No session is opened here.
    try:
        standing = await _confirmed(line, who, releases, now)
        if standing.word not in ("lobby", "waiting"):
            return standing, None
        return standing, await line.ask_desk(who.person_key, standing.release_id, now)
    except NotReady:
        raise CommandError("the waiting room is not ready yet; try again in a moment") from None
    except RoomAway:
        raise CommandError("the waiting room does not answer") from None
    finally:
        await redis.aclose(close_connection_pool=True)


async def _confirmed(line: Line, who: Credentials, releases: list[str], now: float) -> Standing:
    from waiting_room.answers import SignedIn, TooManyAttempts

    device = f"{NETWORK}:{who.person_key.hex()}"
    answer = await line.sign_in(
        *(who.person_key, who.birth_check, NETWORK, releases, now),
        pin_check=who.pin_check,
        device=device,
    )
    if isinstance(answer, TooManyAttempts):
        wait = f"{answer.retry_after_s} s"
        raise CommandError(f"too many failed attempts; this ticket is locked for {wait}")
    if not isinstance(answer, SignedIn):
        raise CommandError("ticket number and birth date do not match the roster; look again")
    if answer.standing is None:
        raise CommandError("no release is meant for people born on that day")
    return answer.standing


def _document(standing: Standing, at_desk: AtDesk | None) -> dict[str, object]:
    return {
        "release_id": standing.release_id,
        "state": _word(standing, at_desk),
        "place": standing.place,
        "serving": standing.serving,
        "before_at_desk": None if at_desk is None or at_desk.called else at_desk.before,
    }


def _word(standing: Standing, at_desk: AtDesk | None) -> str:
    called = at_desk is not None and at_desk.called
    return "your_turn" if called and standing.state == "open" else standing.word


def _lines(standing: Standing, at_desk: AtDesk | None) -> list[str]:
    place = "" if standing.place is None else f", place {standing.place:,}"
    said = {
        "your_turn": "called in: go on for them on the staff's pages now",
        "inside": "inside already: go on for them on the staff's pages",
        "booked": "holds a booking: it is seen and changed on the staff's pages",
        "closed": "the release is closed",
        "not_open_yet": "the waiting room has not opened yet",
    }.get(_word(standing, at_desk))
    if said is None:
        before = 0 if at_desk is None else at_desk.before
        said = f"in the phone desk's lane, {before:,} before them; ask again in a moment"
    return [f"{standing.release_id}{place}: {said}"]
