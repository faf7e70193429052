"""Decide both doses of a vaccination booking, or neither.

Rule 1: everything that decides who gets which seat lives here: which commands
are allowed in this module, where they look in `search`, which second dose goes
with a first in `pairing`, what is left in `seats`.
Rule 2: nothing here does I/O, reads a clock or draws a random number, so the
same ledger and the same requests, in the same order and at the same moment,
give the same outcomes.

Order of refusals: that of `allocator.model.Refusal`. Bounds on the work of one
request: CHOICES_MAX choices or DAYS_SEARCHED_MAX days, each with at most the
days of one interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from allocator.model import (
    Book,
    Booking,
    Cancel,
    Catalogue,
    Change,
    Dose,
    Outcome,
    Refusal,
    Release,
    Request,
)
from allocator.search import Pair, Search
from allocator.seats import Seats

HolderKey = tuple[str, bytes]
"""(campaign_id, person_key)"""


class Decided(msgspec.Struct, frozen=True):
    """An answer that was given before, and for which content."""

    content_digest: bytes
    person_key: bytes
    outcome: Outcome


class Decision(msgspec.Struct, frozen=True):
    """A request with its answer. `before` is the booking it replaced.

    Not `is_new` means that it had been answered before, and got that answer.
    """

    request: Request
    outcome: Outcome
    before: Booking | None
    is_new: bool


@dataclass
class Facts:
    """What the tables know of the people and requests of one batch.

    `born` has everybody on the roster; `held` the live booking of whoever has
    one; `decided` the requests that were answered before.
    """

    born: dict[bytes, date] = field(default_factory=dict)
    held: dict[HolderKey, Booking] = field(default_factory=dict)
    decided: dict[UUID, Decided] = field(default_factory=dict)


@dataclass
class Ledger:
    """What is on offer and what is left of it. `bookings_made` numbers the bookings."""

    catalogue: Catalogue
    seats: Seats
    bookings_made: int = 0


def decide(ledger: Ledger, facts: Facts, request: Request, now: datetime) -> Outcome:
    """Decide one request, changing nothing."""
    if (earlier := facts.decided.get(request.request_id)) is not None:
        asked_then = (earlier.person_key, earlier.content_digest)
        asked_now = (request.person_key, request.content_digest)
        return earlier.outcome if asked_now == asked_then else Refusal.ID_REUSED
    match request.command:
        case Book() as book:
            return _decide_book(ledger, facts, request, book, now)
        case Change() as change:
            return _decide_change(ledger, facts, request, change, now)
        case cancel:
            return _decide_cancel(ledger, facts, request, cancel, now)


def decide_batch(
    ledger: Ledger, facts: Facts, requests: Sequence[Request], now: datetime
) -> list[Decision]:
    """Decide requests in queue order, each seeing the seats the last one left.

    The only function that changes a ledger. Returns one decision per request, in
    the same order. The caller writes the new ones in one transaction, and throws
    the ledger away if that transaction fails.
    """
    decisions = []
    for request in requests:
        outcome = decide(ledger, facts, request, now)
        is_new = request.request_id not in facts.decided
        before = None
        if is_new and isinstance(outcome, Booking):
            before = facts.held.get((outcome.campaign_id, request.person_key))
            _apply(ledger, facts, request, before, outcome)
        if is_new:
            facts.decided[request.request_id] = Decided(
                request.content_digest, request.person_key, outcome
            )
        decisions.append(Decision(request, outcome, before, is_new))
    return decisions


def _apply(
    ledger: Ledger, facts: Facts, request: Request, before: Booking | None, after: Booking
) -> None:
    """Move seats from the booking that was to the booking that is."""
    for dose in before.doses if before else ():
        ledger.seats.give_back(dose.slot_id, dose.dose)
    for dose in after.doses:
        ledger.seats.take(dose.slot_id, dose.dose)
    if before is None:
        ledger.bookings_made += 1
    key = (after.campaign_id, request.person_key)
    if after.state == "cancelled":
        del facts.held[key]
    else:
        facts.held[key] = after


def _decide_book(
    ledger: Ledger, facts: Facts, request: Request, book: Book, now: datetime
) -> Outcome:
    release = ledger.catalogue.releases.get(book.release_id)
    if release is None:
        return Refusal.OUTSIDE_RELEASE
    if not _in_cohort(release, facts.born.get(request.person_key)):
        return Refusal.NOT_ELIGIBLE
    if not bookings_are_open(release, now):
        return Refusal.OUTSIDE_RELEASE
    if (release.campaign_id, request.person_key) in facts.held:
        return Refusal.ALREADY_BOOKED
    search = Search(ledger.catalogue, ledger.seats, release, now)
    if book.first_dose_elsewhere is None:
        found = search.pair(book.wish)
    else:
        found = search.second_after(book.wish, book.first_dose_elsewhere)
    if isinstance(found, Refusal):
        return found
    return Booking(
        booking_number=booking_number(ledger.bookings_made + 1),
        booking_id=request.request_id,
        campaign_id=release.campaign_id,
        release_id=release.release_id,
        product_id=found[1].slot.product_id,
        state="booked",
        doses=_doses(found),
        first_dose_elsewhere=book.first_dose_elsewhere,
    )


def _decide_change(
    ledger: Ledger, facts: Facts, request: Request, change: Change, now: datetime
) -> Outcome:
    held = facts.held.get((change.campaign_id, request.person_key))
    if held is None:
        return Refusal.NO_BOOKING
    release = ledger.catalogue.releases[held.release_id]
    if not changes_are_open(release, now):
        return Refusal.OUTSIDE_RELEASE
    second_only = change.doses == "second" or held.first_dose_elsewhere is not None
    if _is_past_cut_off(ledger, release, held, now, second_only=second_only):
        return Refusal.PAST_CUT_OFF
    search = Search(ledger.catalogue, ledger.seats, release, now)
    moved = [dose for dose in held.doses if dose.dose == 2 or not second_only]
    with ledger.seats.given_back(moved):
        if held.first_dose_elsewhere is not None:
            found = search.second_after(change.wish, held.first_dose_elsewhere)
        elif second_only:
            found = search.second_of(change.wish, ledger.seats.slots[held.doses[0].slot_id])
        else:
            found = search.pair(change.wish)
    if isinstance(found, Refusal):
        return found
    return msgspec.structs.replace(
        held, product_id=found[1].slot.product_id, state="booked", doses=_doses(found)
    )


def _decide_cancel(
    ledger: Ledger, facts: Facts, request: Request, cancel: Cancel, now: datetime
) -> Outcome:
    held = facts.held.get((cancel.campaign_id, request.person_key))
    if held is None:
        return Refusal.NO_BOOKING
    release = ledger.catalogue.releases[held.release_id]
    second_only = cancel.doses == "second" and held.doses[0].dose == 1
    if second_only and held.state == "first_only":
        return Refusal.NO_BOOKING
    if _is_past_cut_off(ledger, release, held, now, second_only=second_only):
        return Refusal.PAST_CUT_OFF
    if second_only:
        return msgspec.structs.replace(held, state="first_only", doses=held.doses[:1])
    return msgspec.structs.replace(held, state="cancelled", doses=())


def bookings_are_open(release: Release, now: datetime) -> bool:
    """Say whether the release takes new bookings at this moment (I7).

    While it is paused nobody is let in; those inside go on.
    """
    return release.state_by_hand != "closed" and release.opens_at <= now < release.closes_at


def changes_are_open(release: Release, now: datetime) -> bool:
    """Say whether bookings of the release may be changed: from its opening on."""
    return release.opens_at <= now


def booking_number(sequence: int) -> str:
    """Return the number a resident can read out: 7 digits and a check digit.

    The check digit is Damm's (H. M. Damm, 2004): it catches every single wrong
    digit and every swap of neighbours.
    """
    digits = f"{sequence:07d}"
    check = 0
    for digit in digits:
        check = _DAMM[check][int(digit)]
    return f"{digits}-{check}"


_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def _in_cohort(release: Release, born: date | None) -> bool:
    return born is not None and release.born_from <= born <= release.born_to


def _is_past_cut_off(
    ledger: Ledger, release: Release, held: Booking, now: datetime, *, second_only: bool
) -> bool:
    """Say whether the first seat that would be given up is too near, or in the past."""
    given_up = [dose for dose in held.doses if dose.dose == 2 or not second_only]
    if not given_up:
        return False
    starts_at = ledger.seats.slots[given_up[0].slot_id].slot.starts_at
    return starts_at - timedelta(hours=release.cut_off_hours) <= now


def _doses(pair: Pair) -> tuple[Dose, ...]:
    first, second = pair
    dose2 = Dose(2, second.slot.slot_id)
    return (dose2,) if first is None else (Dose(1, first.slot.slot_id), dose2)
