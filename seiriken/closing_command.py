"""`seiriken desk close-day`: no dose is given at a place on a day; everybody there is moved.

Rule 1: only the allocator moves anybody. This command hands its orders in, one round after
the other, until a round moves nobody: run again after a fault, it goes on where it stopped.
Rule 2: nothing personal is printed: counts, never names or booking numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seiriken.desk_commands import By, Day, VenueId, Yes
from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from allocator.closing import Closing, Displaced, Forecast
    from allocator.commands import CloseSlots
    from seiriken.progress import Steps
    from seiriken.target import Target

Why = Literal["venue", "supply"]
PEOPLE_AT_ONCE_MAX = 2_000
"""As `allocator.model.BOOKINGS_MOVED_MAX`, which is not imported for `--help`."""


@dataclass(frozen=True)
class Closed:
    """What the orders of one run came to, in people."""

    orders: int
    moved: int
    on_standby: int


def close_day(
    venue: VenueId,
    day: Day,
    reason: Annotated[Why, typer.Option(help="The place is shut, or no vaccine comes.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say who would be moved where; order nothing.")
    ] = False,
    at_once: Annotated[
        int, typer.Option(min=1, max=PEOPLE_AT_ONCE_MAX, help="People whom one order moves.")
    ] = PEOPLE_AT_ONCE_MAX,
    by: By = None,
    yes: Yes = False,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Close a place for a day: everybody there gets new dates, or comes to the standby list.

    Who booked first is placed first. Run again after a fault, it goes on where it stopped.
    """
    from allocator.closing import Closing
    from seiriken.desk_counter import account
    from seiriken.progress import Steps
    from seiriken.target import find_target

    why: Literal["slot_closed", "supply_cut"] = (
        "supply_cut" if reason == "supply" else "slot_closed"
    )
    closing = Closing(venue, day.date(), why, account(by), at_once)
    target, steps = find_target(home), Steps()
    orders = _orders(target, closing)
    foreseen = _foreseen(target, orders)
    if dry_run:
        _show_forecast(foreseen, as_json=as_json)
        return
    if not yes:
        shown = "\n".join(forecast_lines(foreseen))
        typer.confirm(f"{shown}\nClose {venue} on {day:%Y-%m-%d}?", abort=True, err=True)
    done = carry_out_closing(target, orders, steps)
    if as_json:
        print_json({"done": True, "closed_slots": foreseen.slots, **_document(done)})
    else:
        went = f"{done.moved:,} people moved, {done.on_standby:,} on the standby list"
        print_lines([f"{venue} is closed on {day:%Y-%m-%d}", f"{went}; each person gets a mail"])


def carry_out_closing(target: Target, orders: Sequence[CloseSlots], steps: Steps) -> Closed:
    """Hand the orders in, in rounds, until one moves nobody; each round closes every slot.

    Raises:
        CommandError: an order was refused, or has no answer yet.
        InboxFull, InboxAway: an order was not handed in, or nobody can tell.
    """
    given = moved = listed = 0
    open_orders = list(orders)
    while open_orders:
        still_open = []
        for order in open_orders:
            displaced = _give(target, order, steps)
            given += 1
            listed += sum(displaced)
            moved += len(displaced) - sum(displaced)
            if displaced:
                still_open.append(order)
                steps.say(f"  {moved:,} people moved, {listed:,} on the standby list so far")
        open_orders = still_open
    return Closed(given, moved, listed)


def forecast_lines(foreseen: Forecast) -> list[str]:
    """Say whom a closed day displaces, by time and dose, and where they go, by days."""
    lines = [
        f"{foreseen.slots:,} slots; {foreseen.moved + foreseen.listed:,} people lose a dose there",
        f"  {foreseen.moved:,} get new dates at the same place; who booked first is placed first",
        f"  {foreseen.listed:,} come to the standby list, before all who asked",
    ]
    if foreseen.withdrawn:
        lines.append(f"{foreseen.withdrawn:,} offers are withdrawn; their people stay on the list")
    losing: Counter[tuple[datetime, int]] = Counter()
    going: Counter[int | None] = Counter()
    for row in foreseen.displaced:
        losing[row.starts_at, row.dose] += row.people
        going[_days_away(row)] += row.people
    lines += [
        f"  {starts_at:%H:%M}  dose {dose}: {people:,}"
        for (starts_at, dose), people in losing.items()
    ]
    lines += [
        f"  {_days_words(days)}: {going[days]:,}"
        for days in sorted(going, key=lambda days: (days is None, abs(days or 0), -(days or 0)))
    ]
    return lines


def _orders(target: Target, closing: Closing) -> tuple[CloseSlots, ...]:
    from allocator.closing import orders_of
    from allocator.model import SITE_TIMEZONE
    from allocator.release_store import read_catalogue

    catalogue = read_catalogue(target.database_url)
    if closing.venue_id not in catalogue.venues:
        raise CommandError(f"there is no place {closing.venue_id}")
    try:
        orders = orders_of(catalogue, closing, datetime.now(SITE_TIMEZONE))
    except ValueError:
        raise CommandError("too many slots for one order: close parts by close-slots") from None
    if not orders:
        raise CommandError(f"{closing.venue_id} has no slots on {closing.day} that are not over")
    return orders


def _foreseen(target: Target, orders: Sequence[CloseSlots]) -> Forecast:
    """Read the ledger as the allocator does, and decide on it what is never written."""
    from allocator.closing import forecast, preview_requests
    from allocator.model import SITE_TIMEZONE, Refusal
    from allocator.roster import read_keys
    from allocator.store import Store
    from seiriken.desk_errands import refusal_words

    store = Store(target.database_url, roster_key=read_keys(target.secrets_dir).roster)
    try:
        ledger, _ = store.load()
        facts = store.facts_of(preview_requests(orders))
    finally:
        store.close()
    foreseen = forecast(ledger, facts, orders, datetime.now(SITE_TIMEZONE))
    if isinstance(foreseen, Refusal):
        raise CommandError(refusal_words(foreseen))
    return foreseen


def _give(target: Target, order: CloseSlots, steps: Steps) -> list[bool]:
    """Give one order; return for each person whom it displaced whether they are on the list."""
    from uuid import uuid4

    from allocator.commands import STAFF_KEY
    from allocator.model import Refusal
    from seiriken.desk_errands import Errand, carry_out, refusal_words

    try:
        outcome = carry_out(target, Errand(uuid4(), STAFF_KEY, order), steps)
    except CommandError:
        raise CommandError(
            "the allocator has not answered yet; run the same command again: "
            "it goes on where this one stopped, and nobody is moved twice"
        ) from None
    if isinstance(outcome, Refusal):
        raise CommandError(refusal_words(outcome))
    assert isinstance(outcome, tuple), "an order is about several people"
    return [booking.standby is not None for booking in outcome]


def _show_forecast(foreseen: Forecast, *, as_json: bool) -> None:
    if as_json:
        print_json({"done": False, "dry_run": True, "forecast": foreseen})
    else:
        print_lines([*forecast_lines(foreseen), "nothing was ordered"])


def _document(done: Closed) -> dict[str, int]:
    return {"orders": done.orders, "moved": done.moved, "on_standby": done.on_standby}


def _days_away(row: Displaced) -> int | None:
    if row.new_starts_at is None:
        return None
    return (row.new_starts_at.date() - row.starts_at.date()).days


def _days_words(days: int | None) -> str:
    if days is None:
        return "to the standby list"
    if days == 0:
        return "same day"
    unit = "day" if abs(days) == 1 else "days"
    return f"{abs(days)} {unit} {'later' if days > 0 else 'earlier'}"
