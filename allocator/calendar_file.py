"""A booking's appointments as a calendar file, for mails and for pages (RFC 5545).

Rule 1: the same booking is the same events wherever the file comes from: a UID stays when an
appointment moves, and SEQUENCE is the booking's revision, so that calendars replace what they
have. A UID names no host (RFC 7986, section 5.3).
Rule 2: a file holds when, where and the booking's number, and nothing of the resident.

Times are the site's (Asia/Tokyo), with its VTIMEZONE. Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Literal
from uuid import UUID

import msgspec
from icalendar import Calendar, Event, Timezone, vCalAddress, vText

from allocator.mail_languages import language_of, mail_language, name_in, with_readings
from allocator.model import SITE_TIMEZONE, Venue

CALENDAR_FILE = "vaccination.ics"


class Appointment(msgspec.Struct, frozen=True):
    """When and where one dose is given."""

    dose: Literal[1, 2]
    starts_at: datetime
    ends_at: datetime
    venue: Venue


class Appointments(msgspec.Struct, frozen=True):
    """Those of one booking. `revision` grows when one moves; `told_at` is when this is told."""

    booking_id: UUID
    booking_number: str
    revision: int
    told_at: datetime
    appointments: tuple[Appointment, ...]


class Organizer(msgspec.Struct, frozen=True):
    """Who publishes the appointments in a mail."""

    name: str
    mail_from: str


def calendar_file(
    booked: Appointments, city: str, language: str, organizer: Organizer | None = None
) -> bytes:
    """Write the file in the reader's language; with an organizer, as one that is published."""
    calendar = Calendar()
    calendar.add("prodid", "-//Seiriken//Seiriken//EN")
    calendar.add("version", "2.0")
    if organizer is not None:
        calendar.add("method", "PUBLISH")
    for event in _events(booked, city, language_of(language)):
        if organizer is not None:
            address = vCalAddress(f"mailto:{organizer.mail_from}")
            address.params["CN"] = vText(organizer.name)
            event.add("organizer", address)
        calendar.add_component(event)
    calendar.add_component(_site_timezone())
    return bytes(calendar.to_ical())


@cache
def _site_timezone() -> Timezone:
    """Made once: it takes four fifths of the time of a whole mail."""
    return Timezone.from_tzinfo(SITE_TIMEZONE)


def _events(booked: Appointments, city: str, language: str) -> Iterator[Event]:
    summary = with_readings(mail_language(language).summary, language)
    number = with_readings(mail_language(language).number, language)
    for appointment in booked.appointments:
        venue = appointment.venue
        event = Event()
        event.add("uid", f"{booked.booking_id}-dose{appointment.dose}")
        event.add("sequence", booked.revision)
        event.add("dtstamp", booked.told_at)
        event.add("dtstart", appointment.starts_at)
        event.add("dtend", appointment.ends_at)
        event.add(
            "summary", f"{summary.format(appointment.dose)} ({with_readings(city, language)})"
        )
        place = (name_in(venue.names, language), name_in(venue.addresses, language))
        event.add("location", ", ".join(place))
        event.add("description", number.format(booked.booking_number))
        event.add("status", "CONFIRMED")
        yield event
