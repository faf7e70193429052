"""What a resident can do with the booking that they hold, besides changing or cancelling it.

The rules are those of `gateway.residents`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID, uuid4

from allocator.model import SITE_TIMEZONE, Refusal
from allocator.reads import Appointment, Appointments, HeldBooking, calendar_file
from gateway.acting import ActingParts
from gateway.identity import Visitor
from gateway.parts import Parts
from gateway.problems import Problem, refused
from gateway.residents import Answered, campaign_of, told, view_of
from gateway.settings import ADDRESS_IN_MAP_URL
from gateway.views import BookingView, DoseView, words_in


@dataclass(frozen=True)
class Kept:
    """A booking as it is shown, and as it is kept."""

    view: BookingView
    held: HeldBooking


async def kept(parts: ActingParts, visitor: Visitor) -> Kept | Problem:
    """Return the booking that the person holds, with its contact details."""
    held = await parts.reads.booking_of(visitor.person_key, campaign_of(visitor))
    if held is None:
        return refused(Refusal.NO_BOOKING)
    return Kept(view_of(parts, visitor, held.booking), held)


async def remind(
    parts: ActingParts, visitor: Visitor, request_id: UUID, *, wanted: bool
) -> Answered:
    """Ask for mails before each dose, or for none."""
    outcome = await parts.inbox.remind(
        request_id, visitor.person_key, campaign_id=campaign_of(visitor), reminders=wanted
    )
    return await told(parts, visitor, request_id, outcome, ("remind", wanted))


async def unsubscribe(parts: Parts, booking_id: UUID) -> bool:
    """Turn a booking's reminders off for whoever has its mails; False while that is undecided.

    Each time they are on is asked for anew: in between its person may have turned them on. Where
    they are off, or the booking does not stand, nothing is asked: a link that is pressed without
    end writes nothing.
    """
    reminded = await parts.reads.reminded_of(booking_id)
    if reminded is None:
        return True
    person_key, campaign_id = reminded
    outcome = await parts.inbox.remind(
        uuid4(), person_key, campaign_id=campaign_id, reminders=False
    )
    return outcome is not None


def calendar_of(parts: Parts, kept: Kept, language: str) -> bytes:
    """Write the appointments as a calendar file: the same events as in the mails."""
    held = kept.held
    booked = Appointments(
        booking_id=held.booking.booking_id,
        booking_number=held.booking.booking_number,
        revision=held.revision,
        told_at=held.arranged_at or held.booked_at,
        appointments=tuple(_appointment(dose) for dose in kept.view.doses),
    )
    return calendar_file(booked, parts.settings.city_name(language), language)


def maps_of(parts: Parts, doses: Iterable[DoseView]) -> dict[str, str]:
    """Return a link to a map for each venue, by its id; none where the city wants none.

    Maps find addresses best in the language of the place. Nothing of the reader is in it.
    """
    pattern = parts.settings.map_url
    venues = {dose.venue.venue_id: dose.venue for dose in doses} if pattern else {}
    return {
        venue_id: pattern.replace(
            ADDRESS_IN_MAP_URL, quote(str(words_in(venue.addresses, "ja")), safe="")
        )
        for venue_id, venue in venues.items()
    }


def _appointment(view: DoseView) -> Appointment:
    slot = view.slot
    return Appointment(
        1 if view.dose == 1 else 2,
        slot.starts_at.astimezone(SITE_TIMEZONE),
        slot.ends_at.astimezone(SITE_TIMEZONE),
        view.venue,
    )
