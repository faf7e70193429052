"""`seiriken desk end-sessions`: a phone was lost, or somebody else may have got in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from seiriken.desk_people import STANDARD_INPUT, municipality_of, read_ticket
from seiriken.errors import CommandError
from seiriken.output import print_json, print_lines
from seiriken.target import Target, find_target

REDIS_TIMEOUT_S = 30.0


def end(
    home: Path | None, ticket_file: Path | None, *, everybody: bool, yes: bool, as_json: bool
) -> None:
    """Ask, end sessions and place tokens, and say how many sessions lived."""
    if everybody and ticket_file is not None:
        raise CommandError("name one ticket, or everybody by --all, not both")
    if ticket_file == STANDARD_INPUT and not yes:
        raise CommandError("standard input cannot answer the question, too: add --yes")
    target = find_target(home)
    person = None if everybody else _person(target, ticket_file)
    whose = "everybody" if everybody else "this person"
    if not yes:
        typer.confirm(f"Sign {whose} out on every device, at once?", abort=True, err=True)
    ended = _end(target, person)
    if as_json:
        print_json({"ended_sessions": ended, "all": everybody})
    else:
        print_lines([f"{ended:,} sessions ended; {whose} must sign in again"])


def _person(target: Target, ticket_file: Path | None) -> bytes:
    from allocator.roster import read_keys
    from allocator.sealing import person_key

    who = read_ticket(ticket_file, municipality_of(target))
    identity_key = read_keys(target.secrets_dir).identity
    return person_key(identity_key, who.municipality_code, who.ticket_number)


def _end(target: Target, person: bytes | None) -> int:
    from redis import Redis

    from waiting_room.endings import end_all_sessions, end_sessions

    now = datetime.now(UTC).timestamp()
    with Redis.from_url(target.redis_url, socket_timeout=REDIS_TIMEOUT_S) as redis:
        if person is None:
            return end_all_sessions(redis, now)
        return end_sessions(redis, person, now)
