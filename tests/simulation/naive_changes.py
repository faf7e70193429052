"""The naive model's changes of what somebody holds: by themselves, and when they leave."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from allocator.commands import Cancel, Change, Leave, Remind, TakeOver
from allocator.model import Booking, Dose, Refusal
from tests.simulation.naive_books import Books, day_of, given_doses, is_listed
from tests.simulation.naive_search import FirstGot, find_pair, find_second
from tests.simulation.naive_standby import cancelled, find_doses


def change(books: Books, person: bytes, command: Change) -> Booking | Refusal:
    """Another pair, or another dose 2."""
    row = books.live_row(command.campaign_id, person)
    if row is None or (is_listed(row) and not row.given):
        return Refusal.NO_BOOKING
    if books.now < books.catalogue.releases[row.release_id].opens_at:
        return Refusal.OUTSIDE_RELEASE
    second_only = command.doses == "second" or row.first_dose_elsewhere is not None
    if 2 in row.given or (1 in row.given and not second_only):
        return Refusal.DOSE_GIVEN
    given_up = [dose for dose in row.doses if dose.dose == 2 or not second_only]
    if not is_listed(row) and is_past_cut_off(books, row, given_up):
        return Refusal.PAST_CUT_OFF
    with books.given_back(row):
        doses = _changed_doses(books, row, command, second_only)
    if isinstance(doses, Refusal):
        return doses
    row = msgspec.structs.replace(
        row,
        state="booked",
        product_id=books.catalogue.slots[doses[0].slot_id].product_id,
        doses=doses,
        standby=None,
    )
    books.put(person, row)
    return row


def _changed_doses(
    books: Books, row: Booking, command: Change, second_only: bool
) -> tuple[Dose, ...] | Refusal:
    if not second_only:
        pair = find_pair(books, row.release_id, command.wish)
        return pair if isinstance(pair, Refusal) else pair.doses()
    elsewhere = row.first_dose_elsewhere
    if elsewhere is not None:
        return find_doses(books, row.release_id, command.wish, elsewhere)
    kept = tuple(dose for dose in row.doses if dose.dose == 1)
    first = books.catalogue.slots[kept[0].slot_id]
    got = FirstGot(first.product_id, day_of(first), in_range=1 not in row.given)
    second = find_second(books, row.release_id, command.wish, got)
    if isinstance(second, Refusal):
        return second
    return (*kept, Dose(2, second.slot_id))


def is_past_cut_off(books: Books, row: Booking, given_up: list[Dose]) -> bool:
    """Whether the earliest of these doses is too near."""
    before = timedelta(hours=books.catalogue.releases[row.release_id].cut_off_hours)
    starts = [books.catalogue.slots[dose.slot_id].starts_at for dose in given_up]
    return any(start - before <= books.now for start in starts)


def cancel(books: Books, person: bytes, command: Cancel) -> Booking | Refusal:
    """Give back both seats, or that of dose 2."""
    row = books.live_row(command.campaign_id, person)
    if row is None:
        return Refusal.NO_BOOKING
    if is_listed(row):
        kept = given_doses(row)
    elif 2 in row.given or (1 in row.given and command.doses == "both"):
        return Refusal.DOSE_GIVEN
    else:
        kept = tuple(dose for dose in row.doses if dose.dose == 1 and command.doses == "second")
        if kept == row.doses:
            return Refusal.NO_BOOKING
        if is_past_cut_off(books, row, [dose for dose in row.doses if dose not in kept]):
            return Refusal.PAST_CUT_OFF
    if kept:
        row = msgspec.structs.replace(row, state="first_only", doses=kept, standby=None)
    else:
        row = cancelled(row)
    books.put(person, row)
    return row


def remind(books: Books, person: bytes, command: Remind) -> Booking | Refusal:
    """Mails before each dose, or none."""
    row = books.live_row(command.campaign_id, person)
    if row is None:
        return Refusal.NO_BOOKING
    row = msgspec.structs.replace(row, reminders=command.reminders)
    books.put(person, row)
    return row


# Who leaves -----------------------------------------------------------------------------


def leave(books: Books, person: bytes, order: Leave) -> Booking | Refusal:
    """All ends but what was given, or may have been: its time has come."""
    row = books.live_row(order.campaign_id, person)
    if row is None:
        return Refusal.NO_BOOKING
    kept = given_doses(row)
    if not is_listed(row):
        begun = [
            dose for dose in row.doses if not books.is_ahead(books.catalogue.slots[dose.slot_id])
        ]
        kept = tuple(dose for dose in row.doses if dose in kept or dose in begun)
        if kept == row.doses:
            return row
    if kept:
        row = msgspec.structs.replace(row, state="first_only", doses=kept, standby=None)
    else:
        row = cancelled(row)
    books.put(person, row)
    return row


def take_over(books: Books, person: bytes, order: TakeOver) -> Booking | Refusal:
    """What the old ticket holds is the new one's."""
    if person not in books.born:
        return Refusal.NOT_ELIGIBLE
    if books.live_row(order.campaign_id, person) is not None:
        return Refusal.ALREADY_BOOKED
    row = books.live_row(order.campaign_id, order.former_key)
    if row is None:
        return Refusal.NO_BOOKING
    books.put(person, row)
    return row
