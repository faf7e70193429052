"""`seiriken letters`: messages that ended untold, told once more; people whom the desk tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from seiriken.desk_commands import By
from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines, print_table
from seiriken.stack_commands import HomeOption

app = typer.Typer(
    help="Messages that nobody could be told, and whom the desk tells.", no_args_is_help=True
)

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


@app.command()
def untold(home: HomeOption = None, as_json: AsJson = False) -> None:
    """List whom no message reaches, and whom the desk rings or writes to: offers come first.

    By booking number, as the staff's page "Messages not told". How to reach somebody is shown there
    alone, where each look is noted.
    """
    from gateway.staff.untold_by_command import SHOWN_MAX, read_untold
    from seiriken.target import find_target

    people = read_untold(find_target(home).database_url)
    if as_json:
        print_json({"untold": people})
        return
    print_table(
        ["message", "booking", "kind", "since", "answer by"],
        [
            [
                str(one.outbox_id),
                one.booking_number,
                one.kind,
                one.created_at.isoformat(timespec="minutes"),
                one.offered_until.isoformat(timespec="minutes") if one.offered_until else "",
            ]
            for one in people
        ],
    )
    if len(people) == SHOWN_MAX:
        print_lines([f"the first {SHOWN_MAX:,} are shown; the others follow once these are told"])


@app.command()
def told(
    message: Annotated[int, typer.Argument(help="Its number, as `letters untold` lists it.")],
    by: By = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Take somebody off the list whom the desk has told; who says so is noted."""
    from gateway.staff.untold_by_command import note_told
    from seiriken.desk_counter import account
    from seiriken.target import find_target

    if not note_told(find_target(home).database_url, message, account(by)):
        raise CommandError("not on the list: told before, or a later message says otherwise")
    if as_json:
        print_json({"told": message})
    else:
        print_lines(["noted: they have been told"])


def _since(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)
