"""`seiriken roster change`: people moved out or died, or their tickets were issued anew.

Rule 1: the roster is marked first, so that nobody concerned can book any more; only the allocator
ends or moves a booking. Run again after a fault, the command goes on where it stopped.
Rule 2: nothing personal is printed: counts, and numbers of bookings that need a look.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from seiriken.desk_commands import By, Yes
from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.roster_commands import RosterPath, show_faults
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from redis import Redis

    from allocator.commands import TakeOver
    from allocator.model import Booking
    from allocator.roster_changes import Concerned, Marked
    from seiriken.desk_errands import Errand
    from seiriken.progress import Steps
    from seiriken.target import Target

Item = TypeVar("Item")

ROUNDS_MAX = 5
PUBLISHED_WAIT_S = 60.0
LOOK_AGAIN_S = 0.1
REDIS_TIMEOUT_S = 30.0
PEOPLE_AT_ONCE = 5_000

_MAY_SIGN_IN = ("reissued", "returned")
"""Changes after which somebody can sign in who could not: the new ticket, or the old again."""

_WORDS = {
    "moved_out": "moved out",
    "died": "died",
    "reissued": "have another ticket",
    "returned": "are back",
}


@dataclass(frozen=True)
class Ordering:
    """Who is concerned, who orders, and whether of two bookings the old ticket's ends."""

    concerned: Sequence[Concerned]
    ordered_by: str
    end_old: bool


@dataclass
class Endings:
    """What bookings come to: orders with the seats that each gives back, and open questions.

    `conflicts` are bookings of old tickets whose new ones have a booking of their own.
    """

    orders: list[tuple[Errand, int]] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)

    @property
    def ended(self) -> int:
        """Return how many bookings end."""
        return len(self.orders) - self.taken_over

    @property
    def taken_over(self) -> int:
        """Return how many bookings go over to another ticket."""
        return sum(isinstance(errand.command, _take_over()) for errand, _ in self.orders)

    @property
    def seats(self) -> int:
        """Return how many seats come back."""
        return sum(seats for _, seats in self.orders)

    def document(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            "bookings_ended": self.ended,
            "seats_given_back": self.seats,
            "bookings_taken_over": self.taken_over,
            "conflicts": self.conflicts,
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
    foreseen = _endings(target, ordering)
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


def _endings(target: Target, ordering: Ordering) -> Endings:
    """Read what the people hold, and say which orders end it or move it to another ticket."""
    from allocator.desk import open_desk
    from allocator.leaving import as_left
    from allocator.ledger import Ledger
    from allocator.model import SITE_TIMEZONE
    from allocator.release_store import read_catalogue
    from allocator.seats import Seats

    catalogue = read_catalogue(target.database_url)
    ledger = Ledger(catalogue, Seats(catalogue, {}))
    now, found = datetime.now(SITE_TIMEZONE), Endings()
    with open_desk(target.database_url) as desk:
        for some in _pieces(ordering.concerned):
            keys = [k for one in some for k in (one.person_key, one.new_key) if k is not None]
            held = desk.bookings_of(keys)
            by_person: dict[bytes, list[Booking]] = {}
            for (_, person), booking in held.items():
                by_person.setdefault(person, []).append(booking)
            for one in some:
                for booking in by_person.get(one.person_key, ()):
                    is_double = (booking.campaign_id, one.new_key) in held
                    after = as_left(ledger, booking, now)
                    _add(found, ordering, one, (booking, after), is_double=is_double)
    return found


def _add(
    found: Endings,
    ordering: Ordering,
    one: Concerned,
    bookings: tuple[Booking, Booking],
    *,
    is_double: bool,
) -> None:
    """Add what becomes of a booking, given as it is and as it would end.

    `is_double`: the new ticket has a booking of its own.
    """
    from uuid import uuid4

    from allocator.commands import Leave, TakeOver
    from seiriken.desk_errands import Errand

    held, after = bookings
    if one.change == "returned":
        return
    if one.new_key is not None and not is_double:
        order = TakeOver(held.campaign_id, one.person_key, ordering.ordered_by)
        found.orders.append((Errand(uuid4(), one.new_key, order), 0))
    elif is_double and not ordering.end_old:
        found.conflicts.append(held.booking_number)
    elif after != held:
        leave = Leave(held.campaign_id, one.change, ordering.ordered_by)
        seats = len(held.doses) - len(after.doses)
        found.orders.append((Errand(uuid4(), one.person_key, leave), seats))


def _carried_out(target: Target, ordering: Ordering, steps: Steps) -> Endings:
    """Give the orders, until a look at the tables finds nothing to order; return what was done."""
    from allocator.model import Refusal
    from seiriken.desk_errands import carry_out_all

    done = Endings()
    for _ in range(ROUNDS_MAX):
        left = _endings(target, ordering)
        done.conflicts = left.conflicts
        if not left.orders:
            return done
        errands = [errand for errand, _ in left.orders]
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


def _take_over() -> type[TakeOver]:
    from allocator.commands import TakeOver

    return TakeOver


def _signed_out(target: Target, concerned: Sequence[Concerned], steps: Steps) -> int:
    """Wait until the roster is published, then end sessions; return how many lived."""
    from redis import Redis

    from waiting_room.endings import end_sessions

    gone = [one.person_key for one in concerned if one.may_not_sign_in]
    here = [one.new_key or one.person_key for one in concerned if one.change in _MAY_SIGN_IN]
    with (
        Redis.from_url(target.redis_url, socket_timeout=REDIS_TIMEOUT_S) as redis,
        steps.step("waiting until the roster is published"),
    ):
        give_up_at = time.monotonic() + PUBLISHED_WAIT_S
        while _count_published(redis, gone) > 0 or _count_published(redis, here) < len(here):
            if time.monotonic() > give_up_at:
                raise CommandError(
                    "the roster is marked, but the allocator has not published it yet; "
                    "run the same command again: it goes on where this one stopped"
                )
            time.sleep(LOOK_AGAIN_S)
        now = time.time()
        return sum(end_sessions(redis, person, now) for person in gone)


def _count_published(redis: Redis, people: Sequence[bytes]) -> int:
    """Return how many of these can sign in."""
    found = [redis.hmget("roster", list(some)) for some in _pieces(people)]
    return sum(check is not None for checks in found for check in checks)


def _show(marked: Marked, endings: Endings, sessions: int | None, *, as_json: bool) -> None:
    """Say what was done; without a number of sessions, what would be."""
    if as_json:
        people = {"people": len(marked.concerned), "new": marked.new, "unchanged": marked.unchanged}
        done = {} if sessions is None else {"sessions_ended": sessions}
        print_json({"changed": sessions is not None} | people | endings.document() | done)
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


def _pieces(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield so many at a time as one statement may name."""
    for start in range(0, len(items), PEOPLE_AT_ONCE):
        yield items[start : start + PEOPLE_AT_ONCE]
