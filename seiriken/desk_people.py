"""Who an order of the staff is about: read from a file, from standard input, or asked for.

Rule 1: a ticket number, a birth date or a contact detail is never an argument of the
command: arguments stay in the shell's history and show in the list of processes.
Rule 2: what is wrong is said by the name of the field; what was typed is not repeated.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seiriken.errors import CommandError
from seiriken.target import Target

if TYPE_CHECKING:
    from allocator.model import FirstDose
    from allocator.sealing import Contact
    from gateway.fields import FieldError, Fields
    from gateway.forms import SignInForm

INPUT_BYTES_MAX = 65_536
STANDARD_INPUT = Path("-")


@dataclass(frozen=True)
class Ticket:
    """What names a person. Printed without its content."""

    ticket_number: str
    municipality_code: str

    def __repr__(self) -> str:
        """Hide the content, so that a traceback cannot show it."""
        return "Ticket(…)"


@dataclass(frozen=True)
class Arrival:
    """Somebody who stands at the venue. Printed without its content."""

    ticket: Ticket
    birth_date: date
    contact: Contact
    first_dose_elsewhere: FirstDose | None

    def __repr__(self) -> str:
        """Hide the content, so that a traceback cannot show it."""
        return "Arrival(…)"


def read_ticket(source: Path | None, municipality_default: str) -> Ticket:
    """Read a ticket number and, after a blank, the municipality's code where it is another's."""
    if source is None:
        words = [_asked("Ticket number"), _asked("Municipality code", municipality_default)]
    else:
        words = _text(source).split()
    if not 1 <= len(words) <= 2:
        raise CommandError("give the ticket number and, after a blank, the municipality code")
    return _ticket(words[0], words[1] if len(words) > 1 else municipality_default)


def read_arrival(source: Path | None, municipality_default: str, today: date) -> Arrival:
    """Read who walks in: a JSON object, or answers to questions."""
    if source is None:
        return _arrival(_answers(municipality_default), municipality_default, today)
    return _arrival(_object(source), municipality_default, today)


def read_caller(source: Path | None, municipality_default: str, today: date) -> SignInForm:
    """Read who rings: a JSON object as at a sign-in (a `pin` where there is one), or answers."""
    from gateway.forms import parse_sign_in

    if source is None:
        answers = _identity_answers(municipality_default)
        pin = _asked("PIN on the ticket (Enter: none)", "")
        data: Mapping[str, object] = answers | {"pin": pin}
    else:
        data = _object(source)
    form = parse_sign_in(data, municipality_default, today)
    if isinstance(form, list):
        raise CommandError(_said(form))
    if not form.municipality_code:
        raise CommandError("municipality_code: give it, since none is usual here")
    return form


def _object(source: Path) -> Mapping[str, object]:
    from gateway.forms import decode_object

    data = decode_object(_text(source).encode())
    if isinstance(data, list):
        raise CommandError("what was given is not a JSON object")
    return data


def municipality_of(target: Target) -> str:
    """Return the municipality whose code need not be given; empty when it must be."""
    from seiriken.demo_city import MUNICIPALITY_CODE

    own = MUNICIPALITY_CODE if target.home is not None else ""
    return os.environ.get("GATEWAY_MUNICIPALITY_CODE", own)


def _arrival(data: Mapping[str, object], municipality_default: str, today: date) -> Arrival:
    from allocator.sealing import Contact
    from gateway import fields as read
    from gateway.fields import Fields
    from gateway.forms import MUNICIPALITY_DIGITS, TICKET_DIGITS

    fields = Fields(
        data,
        (
            *("ticket_number", "municipality_code", "birth_date"),
            *("name", "kana", "phone", "email", "first_dose_product", "first_dose_date"),
        ),
    )
    ticket = fields.required("ticket_number", read.digits(TICKET_DIGITS))
    code = fields.optional("municipality_code", read.digits(MUNICIPALITY_DIGITS))
    born = fields.required("birth_date", read.past_day(today))
    name, phone = fields.required("name", read.name), fields.required("phone", read.phone)
    email = fields.optional("email", read.email)
    kana = fields.optional("kana", read.kana) or ""
    first_dose = _first_dose(fields, today)
    if not (code or municipality_default):
        fields.add("municipality_code", "required")
    if ticket is None or born is None or name is None or phone is None or fields.errors:
        raise CommandError(_said(fields.errors))
    who = Ticket(ticket, code or municipality_default)
    return Arrival(who, born, Contact(name, phone, email or "", kana), first_dose)


def _first_dose(fields: Fields, today: date) -> FirstDose | None:
    from allocator.model import FirstDose
    from gateway import fields as read

    product = fields.optional("first_dose_product", read.identifier)
    day = fields.optional("first_dose_date", read.past_day(today))
    if fields.has("first_dose_product") != fields.has("first_dose_date"):
        missing = "first_dose_date" if fields.has("first_dose_product") else "first_dose_product"
        fields.add(missing, "required")
    return None if product is None or day is None else FirstDose(product, day)


def _answers(municipality_default: str) -> dict[str, object]:
    """Ask for everything; an empty answer is none."""
    return {
        **_identity_answers(municipality_default),
        "name": _asked("Name"),
        "kana": _asked("Name in kana (Enter: none)", ""),
        "phone": _asked("Phone number"),
        "email": _asked("E-mail address (Enter: none)", ""),
        "first_dose_product": _asked("First dose elsewhere, vaccine (Enter: none)", ""),
        "first_dose_date": _asked("First dose elsewhere, day (Enter: none)", ""),
    }


def _identity_answers(municipality_default: str) -> dict[str, object]:
    return {
        "ticket_number": _asked("Ticket number"),
        "municipality_code": _asked("Municipality code", municipality_default),
        "birth_date": _asked("Birth date (1950-01-31)"),
    }


def _ticket(ticket_number: str, municipality_code: str) -> Ticket:
    from gateway import fields as read
    from gateway.fields import Fields
    from gateway.forms import MUNICIPALITY_DIGITS, TICKET_DIGITS

    given = {"ticket_number": ticket_number, "municipality_code": municipality_code}
    fields = Fields(given, tuple(given))
    ticket = fields.required("ticket_number", read.digits(TICKET_DIGITS))
    code = fields.required("municipality_code", read.digits(MUNICIPALITY_DIGITS))
    if ticket is None or code is None:
        raise CommandError(_said(fields.errors))
    return Ticket(ticket, code)


def _said(errors: list[FieldError]) -> str:
    """Say what is wrong, each at its field."""
    from gateway.problems import field_text

    return "; ".join(f"{error.field}: {field_text(error, 'en')}" for error in errors)


def _asked(question: str, default: str | None = None) -> str:
    shown = bool(default)
    return str(typer.prompt(question, default=default, show_default=shown, err=True))


def _text(source: Path) -> str:
    """Return what stands in a file or in standard input."""
    if source != STANDARD_INPUT:
        with source.open("rb") as file:
            return file.read(INPUT_BYTES_MAX).decode("utf-8", errors="replace")
    return sys.stdin.buffer.read(INPUT_BYTES_MAX).decode("utf-8", errors="replace")
