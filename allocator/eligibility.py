"""Who may book, and when: the cohort, the release's window, one booking per person.

Rule 1: these are asked in the order of `Refusal`; the first that fails is the answer.
Rule 2: a pause of the release stops the waiting room, not the decisions.

Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from allocator.commands import Request
from allocator.ledger import Facts, Ledger, Move
from allocator.model import Booking, Refusal, Release


def bookings_are_open(release: Release, now: datetime) -> bool:
    """Say whether the release takes new bookings at this moment (I7).

    While it is paused nobody is let in; those inside go on.
    """
    return release.state_by_hand != "closed" and release.opens_at <= now < release.closes_at


def changes_are_open(release: Release, now: datetime) -> bool:
    """Say whether bookings of the release may be changed: from its opening on."""
    return release.opens_at <= now


def release_for(
    ledger: Ledger, facts: Facts, release_id: str, people: tuple[bytes, ...], now: datetime
) -> Release | Refusal:
    """Return the release if all of these people may book in it now."""
    release = ledger.catalogue.releases.get(release_id)
    if release is None:
        return Refusal.OUTSIDE_RELEASE
    for person in people:
        if not in_cohort(release, facts.born.get(person)):
            return Refusal.NOT_ELIGIBLE
    return release if bookings_are_open(release, now) else Refusal.OUTSIDE_RELEASE


def in_cohort(release: Release, born: date | None) -> bool:
    """Say whether somebody on the roster (None: not on it) may have places of the release."""
    return born is not None and release.born_from <= born <= release.born_to


def is_replaceable(held: Booking) -> bool:
    """Say whether a new booking takes the place of what is held: a place on the list alone."""
    return held.standby is not None and not held.given


def is_holder(held: Booking) -> bool:
    """Say whether somebody comes in without waiting in line.

    So do all who hold a booking or an offer, or were displaced by the city.
    """
    return held.standby is None or held.state == "offered" or held.standby.reason != "asked"


def replaced(request: Request, held: Booking) -> Move:
    """End a place on the standby list, whose person has found a booking by themselves."""
    after = msgspec.structs.replace(held, state="cancelled", doses=(), standby=None)
    return Move(request.person_key, held, after, None)
