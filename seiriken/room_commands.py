"""`seiriken room rate`."""

from __future__ import annotations

from typing import Annotated

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption

app = typer.Typer(help="The waiting room.", no_args_is_help=True)

Rate = Annotated[str, typer.Argument(metavar="N|auto", help="People per minute, or auto.")]
ReleaseId = Annotated[str | None, typer.Option("--release", help="Its id; the current one.")]


@app.callback()
def room() -> None:
    """The waiting room."""


@app.command()
def rate(
    people: Rate, release: ReleaseId = None, home: HomeOption = None, as_json: AsJson = False
) -> None:
    """Fix how many people are let in per minute, or let the room decide again."""
    from redis import Redis, RedisError

    from seiriken.target import find_target
    from waiting_room import keys
    from waiting_room.orders import PER_MINUTE_MAX, set_rate

    is_number = people.isascii() and people.isdigit() and 1 <= int(people) <= PER_MINUTE_MAX
    if people != "auto" and not is_number:
        raise CommandError(
            f"a rate is auto, or a number from 1 to {PER_MINUTE_MAX:,};"
            " to let nobody in, use `seiriken release pause`"
        )
    per_minute = None if people == "auto" else int(people)
    with Redis.from_url(find_target(home).redis_url, socket_timeout=5) as redis:
        try:
            current = redis.get(keys.CURRENT)
        except (RedisError, OSError):
            raise CommandError("Redis does not answer") from None
        release_id = release or (current.decode() if isinstance(current, bytes) else None)
        if release_id is None:
            raise CommandError("no release is open or next to open; name one by --release")
        set_rate(redis, release_id, per_minute)
    if as_json:
        print_json({"release_id": release_id, "per_minute": per_minute})
    else:
        print_lines(
            [
                f"{release_id}: {people} per minute"
                if per_minute is not None
                else f"{release_id}: the room decides"
            ]
        )
