"""What residents are written: from a booking to a whole e-mail, the same bytes each time.

Rule 1: nothing here does I/O, reads a clock or draws a random number (the templates
in `mail_templates/` are read at import). A letter that is rendered twice is the same
mail twice, with the same Message-ID.
Rule 2: a mail holds what its reader needs to come at the right time and place, and
of themselves no more than their name.

Parts: plain text, HTML, and an iCalendar file with each appointment (RFC 5545; its UID
stays when the appointment moves, and SEQUENCE grows, so that calendars replace it).
Times are the site's (Asia/Tokyo).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec
from babel.dates import format_date
from icalendar import Calendar, Event, Timezone, vCalAddress, vText
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from allocator.model import SITE_TIMEZONE, Venue
from allocator.sealing import Contact

Kind = Literal["booked", "changed", "cancelled"]

LANGUAGES = ("ja", "en")
"""The first is written to whoever chose a language that has no templates."""

CALENDAR_FILE = "vaccination.ics"

_DAY_PATTERNS = {"ja": "y年M月d日(E)", "en": "EEEE d MMMM y"}
_ENCODINGS = {"ja": "base64", "en": "quoted-printable"}
_SITE_TIMEZONE = Timezone.from_tzinfo(SITE_TIMEZONE)
"""Made once: it takes four fifths of the time of a whole mail."""

_LINE_OF_TEXT = SMTP.clone(max_line_length=76)

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "mail_templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class Appointment(msgspec.Struct, frozen=True):
    """When and where one dose is given."""

    dose: Literal[1, 2]
    starts_at: datetime
    ends_at: datetime
    venue: Venue


class Letter(msgspec.Struct, frozen=True):
    """What is to be told to whom: `kind` is what happened, the rest is how it stands now.

    `written_at` is when it was decided. Printed without its content.
    """

    outbox_id: int
    kind: Kind
    written_at: datetime
    booking_id: UUID
    booking_number: str
    state: Literal["booked", "first_only", "cancelled"]
    product_names: dict[str, str]
    appointments: tuple[Appointment, ...]
    contact: Contact
    language: str

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return f"Letter(outbox_id={self.outbox_id})"


class Letterhead(msgspec.Struct, frozen=True):
    """Who writes: the city by language, its address for mails, its pages, its phone desk."""

    city_names: dict[str, str]
    mail_from: str
    public_url: str
    phone_desk: str


def is_overtaken(letter: Letter) -> bool:
    """Say whether a later letter tells the opposite of this one.

    A booking that was cancelled before its confirmation went out has a letter for
    each; only the later is sent.
    """
    return letter.state == ("booked" if letter.kind == "cancelled" else "cancelled")


def render(letter: Letter, letterhead: Letterhead) -> EmailMessage:
    """Write the mail: plain text, HTML and, while there are appointments, a calendar file."""
    language = letter.language if letter.language in LANGUAGES else LANGUAGES[0]
    city = letterhead.city_names[language]
    context = {
        "letter": letter,
        "letterhead": letterhead,
        "city": city,
        "product": _in(letter.product_names, language),
        "appointments": [_words(item, language) for item in letter.appointments],
    }
    text = _templates.get_template(f"{language}.txt").make_module(context)
    page = _templates.get_template(f"{language}.html").make_module(context)
    mail = EmailMessage(policy=_LINE_OF_TEXT)
    mail["From"] = Address(city, addr_spec=letterhead.mail_from)
    mail["To"] = letter.contact.email
    mail["Subject"] = str(vars(text)["subject"])
    mail["Date"] = format_datetime(letter.written_at)
    mail["Message-ID"] = _message_id(letter, letterhead)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(str(text), cte=_ENCODINGS[language])
    mail.add_alternative(str(page), subtype="html", cte=_ENCODINGS[language])
    if letter.appointments:
        calendar = _calendar(letter, letterhead, language)
        mail.add_attachment(
            calendar,
            maintype="text",
            subtype="calendar",
            params={"charset": "utf-8", "method": "PUBLISH"},
            filename=CALENDAR_FILE,
            cte="base64",
        )
    mail["Content-Language"] = language
    _fix_boundaries(mail)
    return mail


def _words(appointment: Appointment, language: str) -> dict[str, object]:
    """Return an appointment in the reader's language."""
    return {
        "dose": appointment.dose,
        "day": format_date(appointment.starts_at, _DAY_PATTERNS[language], locale=language),
        "start": f"{appointment.starts_at:%H:%M}",
        "end": f"{appointment.ends_at:%H:%M}",
        "venue": _in(appointment.venue.names, language),
        "address": _in(appointment.venue.addresses, language),
    }


def _calendar(letter: Letter, letterhead: Letterhead, language: str) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Seiriken//Seiriken//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for event in _events(letter, letterhead, language):
        calendar.add_component(event)
    calendar.add_component(_SITE_TIMEZONE)
    return bytes(calendar.to_ical())


def _events(letter: Letter, letterhead: Letterhead, language: str) -> Iterator[Event]:
    city = letterhead.city_names[language]
    summaries = {"ja": "新型コロナワクチン {}回目", "en": "COVID-19 vaccination, dose {}"}
    numbers = {"ja": "予約番号 {}", "en": "Booking number {}"}
    organizer = vCalAddress(f"mailto:{letterhead.mail_from}")
    organizer.params["CN"] = vText(city)
    for appointment in letter.appointments:
        venue = appointment.venue
        event = Event()
        event.add("uid", f"{letter.booking_id}-dose{appointment.dose}@{_domain(letterhead)}")
        event.add("sequence", letter.outbox_id)
        event.add("dtstamp", letter.written_at)
        event.add("dtstart", appointment.starts_at)
        event.add("dtend", appointment.ends_at)
        event.add("summary", f"{summaries[language].format(appointment.dose)} ({city})")
        event.add("location", f"{_in(venue.names, language)}, {_in(venue.addresses, language)}")
        event.add("description", numbers[language].format(letter.booking_number))
        event.add("status", "CONFIRMED")
        event.add("organizer", organizer)
        yield event


def _in(texts: Mapping[str, str], language: str) -> str:
    """Return a name or an address in the reader's language, else in any."""
    return texts.get(language) or texts.get(LANGUAGES[0]) or next(iter(texts.values()), "")


def _domain(letterhead: Letterhead) -> str:
    return letterhead.mail_from.rpartition("@")[2]


def _message_id(letter: Letter, letterhead: Letterhead) -> str:
    return f"<{letter.booking_id}.{letter.outbox_id}@{_domain(letterhead)}>"


def _fix_boundaries(mail: EmailMessage) -> None:
    """Replace the boundaries that would be drawn at random.

    `=_` cannot occur in base64 or quoted-printable text.
    """
    for number, part in enumerate(mail.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_seiriken_{number}")
