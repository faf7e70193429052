"""`seiriken room rate`, `cap` and `message`; `report` is in `seiriken.room_report`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.release_commands import checked_message
from seiriken.room_report import report
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from redis import Redis

app = typer.Typer(help="The waiting room.", no_args_is_help=True)
app.command()(report)

Rate = Annotated[str, typer.Argument(metavar="N|auto", help="People per minute, or auto.")]
Cap = Annotated[str, typer.Argument(metavar="N|auto", help="People inside at most, or auto.")]
ReleaseId = Annotated[str | None, typer.Option("--release", help="Its id; the current one.")]
Text = Annotated[
    str, typer.Argument(help="One line, at most 500 characters; left out: take it back.")
]
Language = Annotated[
    str | None, typer.Option(help="Of which language (ja, en, ...); left out: for all.")
]

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@app.callback()
def room() -> None:
    """The waiting room."""


@app.command()
def rate(
    people: Rate, release: ReleaseId = None, home: HomeOption = None, as_json: AsJson = False
) -> None:
    """Fix how many people are let in per minute, or let the room decide again."""
    from waiting_room.orders import PER_MINUTE_MAX, set_rate

    what = f"a rate is auto, or a number from 1 to {PER_MINUTE_MAX:,}"
    hint = "; to let nobody in, use `seiriken release pause`"
    number = _number(people, PER_MINUTE_MAX, what + hint)
    release_id = _order(home, release, lambda redis, name: set_rate(redis, name, number))
    _show(release_id, "per_minute", number, "per minute", as_json=as_json)


@app.command()
def cap(
    people: Cap, release: ReleaseId = None, home: HomeOption = None, as_json: AsJson = False
) -> None:
    """Set how many people may be inside at most, or let the room decide again."""
    from waiting_room.orders import CAP_MAX, set_cap

    what = f"a cap is auto, or a number from 1 to {CAP_MAX:,}"
    hint = "; to let nobody in, use `seiriken release pause`"
    number = _number(people, CAP_MAX, what + hint)
    release_id = _order(home, release, lambda redis, name: set_cap(redis, name, number))
    _show(release_id, "cap", number, "inside at most", as_json=as_json)


@app.command()
def message(
    text: Text = "",
    language: Language = None,
    release: ReleaseId = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Show a message to everybody who waits, or take it back."""
    from allocator.release_orders import tell
    from allocator.release_store import read_catalogue
    from seiriken.target import find_target

    checked_message(text)
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise CommandError("a language is a code such as ja, en or zh-Hans")
    database_url = find_target(home).database_url
    releases = read_catalogue(database_url).releases
    release_id = release or _order(home, None, lambda _redis, _name: None)
    if release_id not in releases:
        known = ", ".join(sorted(releases)) or "none"
        raise CommandError(f"no release {release_id}; loaded: {known}")
    told = tell(database_url, releases[release_id], text, language)
    if as_json:
        content = {"message": told.message, "messages": told.messages}
        print_json({"release_id": release_id, **content})
    else:
        done = "shown" if text else "taken back"
        print_lines([f"{release_id}: the message{_in(language)} is {done}"])


def _in(language: str | None) -> str:
    return "" if language is None else f" in {language}"


def _number(text: str, greatest: int, what: str) -> int | None:
    """Return the number, None for auto."""
    if text == "auto":
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= greatest):
        raise CommandError(what)
    return int(text)


def _order(home: Path | None, release: str | None, give: Callable[[Redis, str], None]) -> str:
    """Give an order about a release, the current one when none is named; return its id."""
    from redis import Redis, RedisError

    from seiriken.target import find_target
    from waiting_room import keys

    with Redis.from_url(find_target(home).redis_url, socket_timeout=5) as redis:
        try:
            current = redis.get(keys.CURRENT)
        except (RedisError, OSError):
            raise CommandError("Redis does not answer") from None
        release_id = release or (current.decode() if isinstance(current, bytes) else None)
        if release_id is None:
            raise CommandError("no release is open or next to open; name one by --release")
        give(redis, release_id)
    return release_id


def _show(release_id: str, name: str, number: int | None, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"release_id": release_id, name: number})
    else:
        ordered = "the room decides" if number is None else f"{number} {what}"
        print_lines([f"{release_id}: {ordered}"])
