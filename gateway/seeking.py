"""What somebody looks for, and what of the offer suits it: from the draft and the booking held.

The rules are those of `gateway.residents`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from allocator.errors import CatalogueMissing
from allocator.model import SITE_TIMEZONE, Catalogue, Choice, FirstDose, Flexible
from gateway import choosing, drafting, residents
from gateway.acting import ActingParts
from gateway.choosing import Offer
from gateway.drafting import Purpose
from gateway.identity import Visitor
from gateway.problems import Problem
from gateway.views import BookingView, DoseView


@dataclass(frozen=True)
class Sought:
    """What somebody looks for. `first` is the first dose that a second one alone must fit."""

    purpose: Purpose
    release_id: str
    first: FirstDose | None


async def sought_by(
    parts: ActingParts, visitor: Visitor, draft: Mapping[str, str]
) -> Sought | Problem:
    """Say what somebody looks for: seats of which release, for which purpose."""
    purpose = drafting.purpose_of(draft)
    if "change" not in draft:
        first = None if purpose == "together" else drafting.first_dose_of(draft)
        return Sought(purpose, visitor.release_id, first)
    held = await residents.held(parts, visitor)
    if isinstance(held, Problem):
        return held
    first = _first_dose_held(held) if purpose == "change_second" else None
    return Sought(purpose, held.booking.release_id, first)


def _first_dose_held(held: BookingView) -> FirstDose | None:
    """Return the first dose of a booking, or the one elsewhere that its second goes with."""
    for dose in held.doses:
        if dose.dose == 1:
            starts_at = dose.slot.starts_at.astimezone(SITE_TIMEZONE)
            return FirstDose(held.booking.product_id, starts_at.date())
    return held.booking.first_dose_elsewhere


def offers_for(parts: ActingParts, sought: Sought) -> list[Offer]:
    """Return what may be chosen, from memory.

    Raises:
        CatalogueMissing: nothing is published yet.
    """
    availability = parts.reads.availability(sought.release_id)
    if availability is None:
        raise CatalogueMissing
    catalogue = parts.reads.catalogue
    if sought.purpose == "together":
        return parts.kept_offers.for_two(catalogue, availability)
    if sought.first is None:
        return parts.kept_offers.pairs(catalogue, availability)
    return choosing.second_offers(catalogue, availability, sought.first, today_of(parts))


def today_of(parts: ActingParts) -> date:
    """Return today's date at the site."""
    return parts.clock().astimezone(SITE_TIMEZONE).date()


def standby_wish(parts: ActingParts, sought: Sought, offers: list[Offer]) -> Flexible | None:
    """Return the wish of whoever stands by; None when there is something left, or no wish yet.

    Each stands by for themselves: two who come together are not offered the list.
    """
    if sought.purpose == "together" or sought.purpose.startswith("change"):
        return None
    return choosing.wish_when_sold_out(offers, today_of(parts))


def doses_of_choice(catalogue: Catalogue, choice: Choice, purpose: Purpose) -> tuple[DoseView, ...]:
    """Return the doses that a choice stands for; none when a slot of it is not on offer."""
    numbers = (1, 2) if drafting.books_pairs(purpose) else (2,)
    slot_ids = (choice.slot_id, choice.second_slot_id)[: len(numbers)]
    slots = [catalogue.slots.get(slot_id) for slot_id in slot_ids if slot_id is not None]
    if len(slots) < len(numbers):
        return ()
    return tuple(
        DoseView(number, slot, catalogue.venues[slot.venue_id])
        for number, slot in zip(numbers, slots, strict=True)
        if slot is not None
    )
