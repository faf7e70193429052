"""`seiriken letters`: messages that ended untold: listed, and told once more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines, print_table
from seiriken.stack_commands import HomeOption

app = typer.Typer(help="Messages that nobody could be told.", no_args_is_help=True)

Days = Annotated[int, typer.Option(min=1, max=3_650, help="Ended within so many days.")]


@app.command("list")
def list_letters(days: Days = 30, home: HomeOption = None, as_json: AsJson = False) -> None:
    """List messages that were refused for good, or that could not be sent for three days.

    By a mail server, or by the provider of short messages (SMS).

    No addresses are shown: the phone desk finds somebody by the booking's number.
    """
    from allocator.dead_letters import SHOWN_MAX, read_dead_letters
    from seiriken.target import find_target

    letters = read_dead_letters(find_target(home).database_url, _since(days))
    if as_json:
        print_json({"letters": letters})
        return
    print_table(
        ["message", "booking", "kind", "why", "tries", "ended"],
        [
            [
                str(one.outbox_id),
                one.booking_number,
                one.kind,
                one.result.replace("_", " "),
                str(one.attempts),
                one.done_at.astimezone().isoformat(timespec="minutes"),
            ]
            for one in letters
        ],
    )
    if len(letters) == SHOWN_MAX:
        print_lines([f"the newest {SHOWN_MAX:,} are shown: ask for fewer --days"])


@app.command()
def retry(
    message: Annotated[list[int] | None, typer.Argument(help="Their numbers.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that ended within --days.")] = False,
    days: Days = 30,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Let messages be told once more; one that a later message has overtaken is not."""
    from allocator.dead_letters import put_back
    from seiriken.target import find_target

    asked = message or []
    if bool(asked) is every:
        raise CommandError("name messages, or say --all")
    done = put_back(find_target(home).database_url, _since(days), asked)
    missing = sorted(set(asked) - set(done))
    if as_json:
        print_json({"put_back": done, "not_found": missing})
    else:
        print_lines([f"{len(done):,} messages are told once more"])
    if missing:
        names = ", ".join(map(str, missing))
        raise CommandError(f"told already, or none that ended untold: {names}")


def _since(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)
