"""What residents are written: from a booking to a whole e-mail, the same bytes each time.

Rule 1: nothing here does I/O, reads a clock or draws a random number (the templates
in `mail_templates/` are read at import). A letter that is rendered twice is the same
mail twice, with the same Message-ID.
Rule 2: a mail holds what its reader needs to come at the right time and place, and
of themselves no more than their name.

Parts: plain text, HTML, and a calendar file with each appointment that stands
(`allocator.calendar_file`). An offer has none: what is not accepted does not belong into a
calendar.
Times are the site's (Asia/Tokyo).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from allocator.calendar_file import CALENDAR_FILE as CALENDAR_FILE
from allocator.calendar_file import Appointment as Appointment
from allocator.calendar_file import Appointments, Organizer, calendar_file
from allocator.codes import CODE_LIFE_S
from allocator.ledger import Notice
from allocator.mail_headers import MAIL_POLICY, stop_headers
from allocator.mail_languages import (
    day_words,
    html_language,
    language_of,
    mail_language,
    name_in,
    with_readings,
)
from allocator.model import SITE_TIMEZONE, StandbyPlace
from allocator.reminder_links import STOP_PATH
from allocator.reminding import DAYS_BEFORE, Reminder, is_timely
from allocator.sealing import Contact

SafetyMail = Literal["code", "attempts"]
Kind = Notice | Reminder | SafetyMail
State = Literal["booked", "first_only", "standby", "offered", "cancelled"]

TOLD_IN: Mapping[Kind, frozenset[State]] = {
    "booked": frozenset({"booked", "first_only"}),
    "changed": frozenset({"booked", "first_only"}),
    "moved": frozenset({"booked", "first_only"}),
    "cancelled": frozenset({"first_only", "cancelled"}),
    "joined": frozenset({"standby"}),
    "listed": frozenset({"standby"}),
    "closed_moved": frozenset({"booked", "first_only"}),
    "closed_listed": frozenset({"standby"}),
    "offered": frozenset({"offered"}),
    "offer_over": frozenset({"standby", "cancelled"}),
    "left_city": frozenset({"first_only", "cancelled"}),
    "reminder_week": frozenset({"booked", "first_only"}),
    "reminder_day": frozenset({"booked", "first_only"}),
    "code": frozenset({"booked", "first_only", "standby", "offered"}),
    "attempts": frozenset({"booked", "first_only", "standby", "offered"}),
}
"""In which states of the booking each kind of letter still tells the truth."""

_WRITTEN_AS: Mapping[Kind, Kind] = {"closed_moved": "moved", "closed_listed": "listed"}
"""Letters of a closed day are the same letters, with what the city itself says of it."""

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "mail_templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class Letter(msgspec.Struct, frozen=True):
    """What is to be told to whom: `kind` is what happened, the rest is how it stands now.

    `written_at` is when it was decided; `standby` is there while somebody waits or has
    an offer. `reminded_of` is the dose that a reminder is of; None when it does not stand as it
    did, or its person wants no reminders any more. `code` is there if one was asked for.
    `words` are what the city says of a closed day, as it was typed: shown, never a template.
    `is_parted`: they booked together with somebody, and the city could not place both together.
    `left_why` is there if its reader left the roster: moved out, died, or has another ticket.
    `stop_token`: what turns reminders off, in the link of each (`allocator.reminder_links`).
    `has_waited`: it was told to wait for its turn at the provider, and has.
    `put_back_at`: when somebody had it told once more, after it had ended untold.
    Printed without its content.
    """

    outbox_id: int
    kind: Kind
    written_at: datetime
    booking_id: UUID
    booking_number: str
    state: State
    product_names: dict[str, str]
    appointments: tuple[Appointment, ...]
    contact: Contact
    language: str
    standby: StandbyPlace | None = None
    first_is_given: bool = False
    revision: int = 0
    reminded_of: Appointment | None = None
    code: str = ""
    queue: Literal["notices", "reminders", "codes"] = "notices"
    has_waited: bool = False
    put_back_at: datetime | None = None
    words: str = ""
    left_why: str = ""
    is_parted: bool = False
    stop_token: str = ""

    @property
    def tried_since(self) -> datetime:
        """Return since when it has been tried, or could have been."""
        return self.written_at if self.put_back_at is None else self.put_back_at

    @property
    def written_as(self) -> Kind:
        """Return whose words it is written in."""
        return _WRITTEN_AS.get(self.kind, self.kind)

    @property
    def is_for_safety(self) -> bool:
        """Say whether it is about who looks at the booking, not about the booking."""
        return self.kind in ("code", "attempts")

    @property
    def is_reminder(self) -> bool:
        """Say whether it tells nothing new."""
        return self.kind in DAYS_BEFORE

    @property
    def shown(self) -> tuple[Appointment, ...]:
        """Return the appointments to come to; in news of a change, not the dose that was given."""
        if self.is_for_safety or self.kind == "left_city":
            return ()
        if self.reminded_of is not None:
            return (self.reminded_of,)
        is_news = self.standby is not None or self.written_as in ("moved", "cancelled")
        if not (is_news and self.first_is_given):
            return self.appointments
        return tuple(item for item in self.appointments if item.dose != 1)

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return f"Letter(outbox_id={self.outbox_id})"


class Letterhead(msgspec.Struct, frozen=True):
    """Who writes: the city by language, its address for mails, its pages, its phone desk."""

    city_names: dict[str, str]
    mail_from: str
    public_url: str
    phone_desk: str


def is_overtaken(letter: Letter, now: datetime) -> bool:
    """Say whether a later letter tells the opposite of this one, or it comes too late.

    A booking that was cancelled before its confirmation went out has a letter for
    each; only the later is sent. An offer that no longer stands is not told of, and nobody is
    reminded of a dose that was moved, or that has begun. A code that is too old opens nothing.
    Nobody writes to the dead. Who moved out cannot sign in, so neither codes nor word of attempts
    (which may be their own) go to them.
    """
    if letter.left_why == "died" or (letter.left_why == "moved_out" and letter.is_for_safety):
        return True
    match letter.kind:
        case "reminder_week" | "reminder_day" as reminder:
            dose = letter.reminded_of
            if dose is None or not is_timely(reminder, dose.starts_at, now):
                return True
        case "code":
            if now - letter.written_at >= timedelta(seconds=CODE_LIFE_S):
                return True
    return letter.state not in TOLD_IN[letter.kind]


def render(letter: Letter, letterhead: Letterhead) -> EmailMessage:
    """Write the mail: plain text, HTML and, where appointments stand, a calendar file."""
    language = language_of(letter.language)
    encoding = mail_language(language).encoding
    context = context_of(letter, letterhead, language)
    text = templates.get_template("letter.txt").make_module(context)
    page = templates.get_template("letter.html").make_module(context)
    mail = EmailMessage(policy=MAIL_POLICY)
    mail["From"] = Address(name_in(letterhead.city_names, language), addr_spec=letterhead.mail_from)
    mail["To"] = letter.contact.email
    mail["Subject"] = with_readings(str(vars(text)["subject"]), language)
    mail["Date"] = format_datetime(letter.written_at)
    mail["Message-ID"] = _message_id(letter, letterhead)
    mail["Auto-Submitted"] = "auto-generated"
    if stop_url := _stop_url(letter, letterhead):
        for name, value in stop_headers(stop_url).items():
            mail[name] = value
    mail.set_content(with_readings(str(text), language), cte=encoding)
    mail.add_alternative(with_readings(str(page), language), subtype="html", cte=encoding)
    if context["has_calendar"]:
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


def context_of(letter: Letter, letterhead: Letterhead, language: str) -> dict[str, object]:
    """Return what the templates write of; `language` is one that there are words in."""
    product = name_in(letter.product_names, language)
    about_booking = ("booked", "changed", "moved", "code", "attempts", *DAYS_BEFORE)
    return {
        "letter": letter,
        "kind": letter.written_as,
        "letterhead": letterhead,
        "city": name_in(letterhead.city_names, language),
        "language": language,
        "html_language": html_language(language),
        "product": product,
        "appointments": [_words(item, language) for item in letter.shown],
        "is_booking": letter.written_as in about_booking
        or (letter.kind in ("cancelled", "left_city") and product),
        "reason": "asked" if letter.standby is None else letter.standby.reason,
        "until": _moment_words(letter, language),
        "stop_url": _stop_url(letter, letterhead),
        "has_calendar": letter.standby is None and bool(letter.shown),
    }


def _words(appointment: Appointment, language: str) -> dict[str, object]:
    """Return an appointment in the reader's language."""
    return {
        "dose": appointment.dose,
        "day": day_words(appointment.starts_at, language),
        "start": f"{appointment.starts_at:%H:%M}",
        "end": f"{appointment.ends_at:%H:%M}",
        "venue": name_in(appointment.venue.names, language),
        "address": name_in(appointment.venue.addresses, language),
    }


def _moment_words(letter: Letter, language: str) -> str:
    """Return until when an offer can be accepted, in the reader's language; else nothing."""
    if letter.standby is None or letter.standby.offered_until is None:
        return ""
    until = letter.standby.offered_until.astimezone(SITE_TIMEZONE)
    pattern = mail_language(language).until
    return pattern.format(day=day_words(until, language), time=f"{until:%H:%M}")


def _calendar(letter: Letter, letterhead: Letterhead, language: str) -> bytes:
    booked = Appointments(
        letter.booking_id,
        letter.booking_number,
        letter.revision,
        letter.written_at,
        letter.appointments,
    )
    city = name_in(letterhead.city_names, language)
    return calendar_file(booked, city, language, Organizer(city, letterhead.mail_from))


def _stop_url(letter: Letter, letterhead: Letterhead) -> str:
    """Return where one press turns reminders off; nothing in what is no reminder."""
    if not letter.stop_token:
        return ""
    return f"{letterhead.public_url.rstrip('/')}{STOP_PATH}/{letter.stop_token}"


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
