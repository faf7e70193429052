"""`seiriken roster change`: people moved out or died, or their tickets were issued anew.

Rule 1: the roster is marked first, so that nobody concerned can book any more; only the allocator
ends or moves a booking. Run again after a fault, the command goes on where it stopped.
Rule 2: nothing personal is printed: counts, and numbers of bookings that need a look.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from seiriken.desk_commands import By, Yes
from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.roster_commands import RosterPath, show_faults
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from allocator.leaving_desk import Endings, Ordering
    from allocator.roster_changes import Concerned, Marked
    from seiriken.progress import Steps
    from seiriken.target import Target

ROUNDS_MAX = 5
REDIS_TIMEOUT_S = 30.0

_WORDS = {
    "moved_out": "moved out",
    "died": "died",
    "reissued": "have another ticket",
    "returned": "are back",
}


def change(
    file: RosterPath,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check, and say what would change; store nothing.")
    ] = False,
    end_old: Annotated[
        bool, typer.Option("--end-old", help="If both tickets have a booking, end the old one's.")
    ] = False,
    by: By = None,
    yes: Yes = False,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Take who moved out or died off the roster, and put new ticket numbers for old ones.

    Their bookings end, or go over to the new ticket. Run again after a fault, it goes on.
    """
    from allocator.leaving_desk import Ordering, endings_of
    from allocator.model import SITE_TIMEZONE
    from allocator.roster import read_keys
    from allocator.roster_changes import mark_changes
    from allocator.roster_changes_file import read_changes_file
    from seiriken.desk_counter import account
    from seiriken.progress import Steps
    from seiriken.target import find_target

    target, ordered_by, steps = find_target(home), account(by), Steps()
    keys = read_keys(target.secrets_dir)
    read = read_changes_file(file.read_bytes())
    checked = None
    if not read.faults:
        checked = mark_changes(target.database_url, keys, read.changes, dry_run=True)
    if checked is None or checked.faults:
        show_faults(checked.faults if checked else read.faults, "changed", as_json=as_json)
        raise typer.Exit(1)
    ordering = Ordering(checked.concerned, ordered_by, end_old)
    foreseen = endings_of(target.database_url, ordering, datetime.now(SITE_TIMEZONE))
    if dry_run:
        _show(checked, foreseen, None, as_json=as_json)
        return
    if not yes:
        shown = "\n".join(_lines(checked, foreseen))
        typer.confirm(f"{shown}\nChange the roster?", abort=True, err=True)
    marked = mark_changes(target.database_url, keys, read.changes, dry_run=False)
    if marked.faults:
        show_faults(marked.faults, "changed", as_json=as_json)
        raise typer.Exit(1)
    ended_sessions = _signed_out(target, marked.concerned, steps)
    done = _carried_out(target, ordering, steps)
    _show(marked, done, ended_sessions, as_json=as_json)


def _carried_out(target: Target, ordering: Ordering, steps: Steps) -> Endings:
    """Give the orders, until a look at the tables finds nothing to order; return what was done."""
    from allocator.leaving_desk import Endings, endings_of
    from allocator.model import SITE_TIMEZONE, Refusal
    from seiriken.desk_errands import Errand, carry_out_all

    done = Endings()
    for _ in range(ROUNDS_MAX):
        left = endings_of(target.database_url, ordering, datetime.now(SITE_TIMEZONE))
        done.conflicts = left.conflicts
        if not left.orders:
            return done
        errands = [Errand(uuid4(), one.person_key, one.command) for one in left.orders]
        with steps.counted("waiting for the allocator", len(errands)) as advance:
            outcomes = carry_out_all(target, errands, advance)
        if None in outcomes:
            break
        for order, outcome in zip(left.orders, outcomes, strict=True):
            if not isinstance(outcome, Refusal):
                done.orders.append(order)
    raise CommandError(
        "the allocator has not answered everything yet; run the same command again: "
        "it goes on where this one stopped, and no booking is ended or told of twice"
    )


def _signed_out(target: Target, concerned: Sequence[Concerned], steps: Steps) -> int:
    """Wait until the roster is published, then end sessions; return how many lived."""
    from redis import Redis

    from gateway.staff.signing_out import PUBLISHED_WAIT_S, sign_out

    with (
        Redis.from_url(target.redis_url, socket_timeout=REDIS_TIMEOUT_S) as redis,
        steps.step("waiting until the roster is published"),
    ):
        ended = sign_out(redis, concerned, PUBLISHED_WAIT_S)
    if ended is None:
        raise CommandError(
            "the roster is marked, but the allocator has not published it yet; "
            "run the same command again: it goes on where this one stopped"
        )
    return ended


def _show(marked: Marked, endings: Endings, sessions: int | None, *, as_json: bool) -> None:
    """Say what was done; without a number of sessions, what would be."""
    if as_json:
        people = {"people": len(marked.concerned), "new": marked.new, "unchanged": marked.unchanged}
        done = {} if sessions is None else {"sessions_ended": sessions}
        bookings = {
            "bookings_ended": endings.ended,
            "seats_given_back": endings.seats,
            "bookings_taken_over": endings.taken_over,
            "conflicts": endings.conflicts,
        }
        print_json({"changed": sessions is not None} | people | bookings | done)
        return
    last = "nothing was stored" if sessions is None else f"{sessions:,} sessions ended"
    print_lines([*_lines(marked, endings), last])


def _lines(marked: Marked, endings: Endings) -> list[str]:
    counts = [f"{marked.new[word]:,} {_WORDS[word]}" for word in _WORDS if word in marked.new]
    lines = [
        f"{len(marked.concerned):,} people: "
        + ", ".join([*counts, f"{marked.unchanged:,} marked so before"]),
        f"bookings ended: {endings.ended:,}; seats given back: {endings.seats:,}",
        f"bookings that go over to the new ticket: {endings.taken_over:,}",
    ]
    if endings.conflicts:
        lines.append(
            "old and new ticket both have a booking. Run this again once the new one's is "
            f"cancelled, or end the old one's by --end-old: {', '.join(endings.conflicts)}"
        )
    return lines
