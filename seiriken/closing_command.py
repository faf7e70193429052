"""`seiriken desk close-day`: no dose is given at a place on a day; everybody there is moved.

Rule 1: only the allocator moves anybody. This command hands its orders in, one round after
the other, until a round moves nobody: run again after a fault, it goes on where it stopped.
Rule 2: nothing personal is printed: counts, never names or booking numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seiriken.desk_commands import By, Day, VenueId, Yes
from seiriken.desk_errands import IS_TOLD
from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from allocator.closing import Closing, Forecast, Rounds
    from allocator.closing_desk import Foreseen
    from allocator.commands import CloseSlots
    from allocator.model import Booking
    from seiriken.progress import Steps
    from seiriken.target import Target

Why = Literal["venue", "supply"]
PEOPLE_AT_ONCE_MAX = 2_000
"""As `allocator.model.BOOKINGS_MOVED_MAX`, which is not imported for `--help`."""


def close_day(
    venue: VenueId,
    day: Day,
    reason: Annotated[Why, typer.Option(help="The place is shut, or no vaccine comes.")],
    product: Annotated[
        str | None, typer.Option(help="One vaccine's id: the others are given there.")
    ] = None,
    words: Annotated[
        str, typer.Option(help="What the city says of it, for the messages of who is moved.")
    ] = "",
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
    closing = Closing(venue, day.date(), why, account(by), at_once, _checked(words), product)
    closed = venue if product is None else f"{venue} for {product}"
    target, steps = find_target(home), Steps()
    found = _foreseen(target, closing)
    foreseen = found.forecast
    if dry_run:
        _show_forecast(foreseen, as_json=as_json)
        return
    if not yes:
        shown = "\n".join(forecast_lines(foreseen))
        typer.confirm(f"{shown}\nClose {closed} on {day:%Y-%m-%d}?", abort=True, err=True)
    done = carry_out_closing(target, found.orders, steps)
    if as_json:
        print_json({"done": True, "closed_slots": foreseen.slots, **_document(done)})
    else:
        went = f"{done.moved:,} people moved, {done.listed:,} on the standby list"
        print_lines([f"{closed} is closed on {day:%Y-%m-%d}", f"{went}; each person {IS_TOLD}"])


def carry_out_closing(target: Target, orders: Sequence[CloseSlots], steps: Steps) -> Rounds:
    """Hand the orders in, in rounds, until one moves nobody; return what they came to.

    Raises:
        CommandError: an order was refused, or has no answer yet.
        InboxFull, InboxAway: an order was not handed in, or nobody can tell.
    """
    from allocator.closing import Rounds

    rounds = Rounds(orders)
    while (order := rounds.next) is not None:
        rounds.note(_give(target, order, steps))
        said = f"{rounds.moved:,} people moved, {rounds.listed:,} on the standby list"
        steps.say(f"  {said} so far")
    return rounds


def forecast_lines(foreseen: Forecast) -> list[str]:
    """Say whom a closed day displaces, by time and dose, and where they go, by days."""
    from allocator.closing import summary

    people = foreseen.moved + foreseen.listed + foreseen.cancelled
    lines = [
        f"{foreseen.slots:,} slots; {people:,} people lose a dose there",
        f"  {foreseen.moved:,} get new dates at the same place; who booked first is placed first",
        f"  {foreseen.listed:,} come to the standby list, before all who asked",
    ]
    if foreseen.cancelled:
        lines.append(
            f"  {foreseen.cancelled:,} lose dose 2, as dose 1 is over and nobody recorded it:"
            " record it before, and they come to the standby list"
        )
    if foreseen.withdrawn:
        lines.append(f"{foreseen.withdrawn:,} offers are withdrawn; their people stay on the list")
    sums = summary(foreseen)
    lines += [
        f"  {starts_at:%H:%M}  dose {dose}: {people:,}" for starts_at, dose, people in sums.losing
    ]
    lines += [f"  {_days_words(days)}: {people:,}" for days, people in sums.going]
    return lines


def _foreseen(target: Target, closing: Closing) -> Foreseen:
    from allocator.closing import Unclosable
    from allocator.closing_desk import foresee
    from allocator.model import SITE_TIMEZONE, Refusal
    from allocator.roster import read_keys
    from seiriken.desk_errands import refusal_words

    now = datetime.now(SITE_TIMEZONE)
    found = foresee(target.database_url, read_keys(target.secrets_dir).roster, closing, now)
    match found:
        case Unclosable.NO_SUCH_VENUE:
            raise CommandError(f"there is no place {closing.venue_id}")
        case Unclosable.NO_SLOTS_OF_PRODUCT:
            raise CommandError(
                f"{closing.venue_id} has no slots of {closing.product_id} on {closing.day} "
                "that are not over"
            )
        case Unclosable.TOO_MANY_SLOTS:
            raise CommandError("too many slots for one order: close parts by close-slots")
        case Unclosable.NO_SLOTS:
            raise CommandError(
                f"{closing.venue_id} has no slots on {closing.day} that are not over"
            )
        case Refusal():
            raise CommandError(refusal_words(found))
    return found


def _give(target: Target, order: CloseSlots, steps: Steps) -> tuple[Booking, ...]:
    """Give one order; return what everybody whom it displaced holds now."""
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
    return outcome


def _checked(words: str) -> str:
    from allocator.closing import words_of

    line = words_of(words)
    if line is None:
        raise CommandError("--words: 300 characters at most, and nothing that cannot be seen")
    return line


def _show_forecast(foreseen: Forecast, *, as_json: bool) -> None:
    if as_json:
        print_json({"done": False, "dry_run": True, "forecast": foreseen})
    else:
        print_lines([*forecast_lines(foreseen), "nothing was ordered"])


def _document(done: Rounds) -> dict[str, int]:
    return {"orders": done.given, "moved": done.moved, "on_standby": done.listed}


def _days_words(days: int | None) -> str:
    if days is None:
        return "to the standby list"
    if days == 0:
        return "same day"
    unit = "day" if abs(days) == 1 else "days"
    return f"{abs(days)} {unit} {'later' if days > 0 else 'earlier'}"
