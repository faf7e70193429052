"""What a clerk types of a caller: how to reach them, how they are told, and a dose had elsewhere.

Rule 1: nothing here does I/O or reads a clock. The readers are the residents' own
(`gateway.fields`); an e-mail address is asked for only of who wants mails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from allocator.model import FirstDose
from allocator.phones import mobile_number
from gateway import drafting, forms
from gateway import fields as read
from gateway.drafting import Draft
from gateway.fields import FieldError, Fields, TypedDay
from gateway.forms import ContactForm
from gateway.languages import LANGUAGES

CONFIRMATIONS = ("mail", "sms", "letter")
FIELDS = ("name", "kana", "phone", "email", "confirmation", "language", "reminders")
COMPANION_FIELDS = ("name", "kana", "phone", "email")
FIRST_DOSE_FIELDS = ("product", "first_dose_year", "first_dose_month", "first_dose_day")
_ON_PAGE = {"date": "first_dose_year"}


@dataclass(frozen=True)
class Details:
    """A caller's details. `language` is that of their mails and letters."""

    contact: ContactForm
    confirmation: str
    language: str
    reminders: bool
    first_dose: FirstDose | None

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "Details(…)"


def parse(
    values: Mapping[str, str],
    products: frozenset[str],
    today: date,
    confirmations: Sequence[str] = CONFIRMATIONS,
) -> Details | list[FieldError]:
    """Read what was typed; `products` are those that a first dose can have been of.

    `confirmations` are the ways to be told that the city has.
    """
    fields = Fields({name: values.get(name, "") for name in FIELDS}, FIELDS)
    confirmation = values.get("confirmation", "")
    contact = _contact(fields, confirmation)
    if confirmation not in confirmations:
        fields.add("confirmation", "not_a_choice")
    language = values.get("language", "")
    if language not in LANGUAGES:
        fields.add("language", "not_a_choice")
    first = _first_dose(values, products, today)
    errors = fields.errors + (first if isinstance(first, list) else [])
    if errors or contact is None or isinstance(first, list):
        return errors
    reminders = confirmation != "letter" and values.get("reminders") == "yes"
    return Details(contact, confirmation, language, reminders, first)


def parse_companion(values: Mapping[str, str], confirmation: str) -> ContactForm | list[FieldError]:
    """Read how to reach who comes along; they are told in the way that the caller chose."""
    given = {name: values.get(name, "") for name in COMPANION_FIELDS}
    fields = Fields(given, COMPANION_FIELDS)
    contact = _contact(fields, confirmation)
    return fields.errors if contact is None or fields.errors else contact


def _contact(fields: Fields, confirmation: str) -> ContactForm | None:
    """Read name, reading and phone, and the e-mail address of who is told by mail."""
    by_mail = confirmation == "mail"
    name = fields.required("name", read.name)
    kana = fields.optional("kana", read.kana) or ""
    phone = fields.required("phone", read.phone)
    if confirmation == "sms" and phone is not None and mobile_number(phone) is None:
        fields.add("phone", "not_a_mobile")
    email = (fields.required if by_mail else fields.optional)("email", read.email)
    if name is None or phone is None:
        return None
    return ContactForm(name, phone, (email or "") if by_mail else "", kana)


def kept(draft: Mapping[str, str], details: Details) -> Draft:
    """Return the draft with the details in it; another first dose makes a choice fall."""
    made = drafting.with_contact(draft, details.contact, reminders=details.reminders)
    if drafting.first_dose_of(made) != details.first_dose:
        made = drafting.with_first_dose(made, details.first_dose)
    return made | {"confirmation": details.confirmation, "language": details.language}


def typed(draft: Mapping[str, str]) -> dict[str, str]:
    """Return a draft as the fields of the page that asks for the details."""
    values = {"confirmation": "mail", "language": "ja", "reminders": "yes"}
    values |= {name: draft[name] for name in FIELDS if name in draft}
    if (first := drafting.first_dose_of(draft)) is not None:
        parts = (first.product_id, first.day.year, first.day.month, first.day.day)
        values |= dict(zip(FIRST_DOSE_FIELDS, map(str, parts), strict=True))
    return values


def to_letter(draft: Mapping[str, str]) -> Draft:
    """Return what of a draft is still needed once its request was answered."""
    told = {name: draft[name] for name in ("confirmation", "language") if name in draft}
    return told | drafting.companion_kept(draft)


def _first_dose(
    values: Mapping[str, str], products: frozenset[str], today: date
) -> FirstDose | list[FieldError] | None:
    if not any(values.get(name) for name in FIRST_DOSE_FIELDS):
        return None
    year, month, day = (values.get(name, "") for name in FIRST_DOSE_FIELDS[1:])
    given = {"product": values.get("product", ""), "date": TypedDay("", year, month, day)}
    first = forms.parse_first_dose(given, today)
    if isinstance(first, list):
        return [FieldError(_ON_PAGE.get(e.field, e.field), e.code, e.params) for e in first]
    return first if first.product_id in products else [FieldError("product", "not_a_choice")]
