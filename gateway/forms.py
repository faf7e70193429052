"""Read what residents and programs send in: a form, or all that is wrong with it.

Rule 1: all faults are reported at once, each at its field.
Rule 2: JSON bodies and HTML forms pass through the same parsers.
Rule 3: nothing here does I/O or reads a clock.

Shapes: a parser takes a mapping of field names to values and returns a form or a
list of `FieldError`. A field inside another is named with dots (`contact.name`,
`choices.0.slot_id`); what concerns the whole is at `body`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

import msgspec

from allocator.model import CHOICES_MAX, DAYS_SEARCHED_MAX, Choice, FirstDose, Flexible, Wish
from allocator.phones import mobile_number
from gateway import fields as read
from gateway.fields import CODES as CODES
from gateway.fields import WHOLE, Data, Doses, Fault, FieldError, Fields, Reader, faulty, placed
from gateway.fields import TypedDay as TypedDay
from gateway.fields import normalised as normalised

BODY_BYTES_MAX = 64 * 1024
FIELDS_MAX = 30
TICKET_DIGITS = 10
MUNICIPALITY_DIGITS = 6
CODE_DIGITS = 6
REQUEST_ID_FIELD = "Idempotency-Key"
_IDENTITY = ("ticket_number", "birth_date", "municipality_code", "pin")

Form = TypeVar("Form")


@dataclass(frozen=True)
class SignInForm:
    """Who somebody says they are."""

    municipality_code: str
    ticket_number: str
    birth_date: date
    pin: str | None = None

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "SignInForm(…)"


@dataclass(frozen=True)
class ContactForm:
    """How to reach a resident; `kana` is how the name is read, empty where it was not given."""

    name: str
    phone: str
    email: str
    kana: str = ""

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "ContactForm(…)"


@dataclass(frozen=True)
class BookingForm:
    """Contact details, then the wish. `reminders`: mails before each dose are wanted."""

    contact: ContactForm
    wish: Wish
    first_dose_elsewhere: FirstDose | None = None
    reminders: bool = True


@dataclass(frozen=True)
class StandbyForm:
    """Contact details, then what would suit, should others give it back."""

    contact: ContactForm
    wish: Flexible
    first_dose_elsewhere: FirstDose | None = None
    reminders: bool = True


@dataclass(frozen=True)
class CompanionForm:
    """The second of two people who come together."""

    identity: SignInForm
    contact: ContactForm


@dataclass(frozen=True)
class TogetherForm:
    """Contact details, the wish, and who comes along. `reminders`: those of who asks."""

    contact: ContactForm
    wish: Wish
    companion: CompanionForm
    reminders: bool = True


@dataclass(frozen=True)
class ChangeForm:
    """Which doses to move, and where to."""

    doses: Doses
    wish: Wish


@dataclass(frozen=True)
class AvailabilityQuery:
    """What part of the offer to show. Days are inclusive; None means any."""

    venue_id: str | None = None
    product_id: str | None = None
    day_min: date | None = None
    day_max: date | None = None
    doses: Doses = "both"


def decode_object(body: bytes) -> dict[str, object] | list[FieldError]:
    """Read a JSON body that must be an object."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [FieldError(WHOLE, "not_json")]
    return decoded if isinstance(decoded, dict) else [FieldError(WHOLE, "not_an_object")]


def parse_sign_in(
    data: Data, municipality_default: str, today: date
) -> SignInForm | list[FieldError]:
    """Read `ticket_number`, `birth_date` and, where given, `municipality_code` and `pin`."""
    fields = Fields(data, _IDENTITY)
    code = fields.optional("municipality_code", read.digits(MUNICIPALITY_DIGITS))
    ticket = fields.required("ticket_number", read.digits(TICKET_DIGITS))
    born = fields.required("birth_date", read.birth_day(today))
    pin = fields.optional("pin", read.pin)
    if ticket is None or born is None or fields.errors:
        return fields.errors
    return SignInForm(code or municipality_default, ticket, born, pin)


def parse_contact(data: Data, *, may_be_texted: bool = False) -> ContactForm | list[FieldError]:
    """Read `name`, `phone`, `email` and, where given, `kana`.

    Who may be texted needs no e-mail but a mobile phone.
    """
    fields = Fields(data, ("name", "kana", "phone", "email"))
    name = fields.required("name", read.name)
    kana = fields.optional("kana", read.kana) or ""
    phone = fields.required("phone", read.phone)
    if may_be_texted:
        email = fields.optional("email", read.email)
        if email is None and phone is not None and not fields.errors:
            if mobile_number(phone) is None:
                fields.add("email", "email_or_mobile")
            email = ""
    else:
        email = fields.required("email", read.email)
    if name is None or phone is None or email is None or fields.errors:
        return fields.errors
    return ContactForm(name, phone, email, kana)


def parse_code(data: Data) -> str | list[FieldError]:
    """Read the code that opens the contact details."""
    fields = Fields(data, ("code",))
    code = fields.required("code", read.digits(CODE_DIGITS))
    return fields.errors if code is None or fields.errors else code


def parse_first_dose(data: Data, today: date) -> FirstDose | list[FieldError]:
    """Read `product` and `date` of a first dose that was given elsewhere."""
    fields = Fields(data, ("product", "date"))
    product_id = fields.required("product", read.identifier)
    day = fields.required("date", read.past_day(today))
    if product_id is None or day is None or fields.errors:
        return fields.errors
    return FirstDose(product_id, day)


def parse_choice(data: Data) -> Choice | list[FieldError]:
    """Read `slot_id` and, where given, `second_slot_id`."""
    fields = Fields(data, ("slot_id", "second_slot_id"))
    slot_id = fields.required("slot_id", read.slot_id)
    second_slot_id = fields.optional("second_slot_id", read.slot_id)
    if slot_id is None or fields.errors:
        return fields.errors
    return Choice(slot_id, second_slot_id)


def parse_flexible(data: Data) -> Flexible | list[FieldError]:
    """Read `from` and `to` and, where given, `venue`, `product` and `times`."""
    fields = Fields(data, ("venue", "product", "from", "to", "times"))
    venue_id = fields.optional("venue", read.identifier)
    product_id = fields.optional("product", read.identifier)
    day_min = fields.required("from", read.day)
    day_max = fields.required("to", read.day)
    times = fields.optional("times", read.times) or ()
    _check_days(fields, day_min, day_max, DAYS_SEARCHED_MAX)
    if day_min is None or day_max is None or fields.errors:
        return fields.errors
    return Flexible(day_min, day_max, venue_id, product_id, times)


def parse_booking(data: Data, today: date) -> BookingForm | list[FieldError]:
    """Read the body of a booking: `contact`, `choices` or `flexible`, `first_dose_elsewhere`."""
    fields = Fields(data, ("contact", "choices", "flexible", "first_dose_elsewhere"))
    contact = fields.required("contact", _nested(parse_contact))
    wish = _wish(fields)
    elsewhere = fields.optional(
        "first_dose_elsewhere", _nested(lambda inner: parse_first_dose(inner, today))
    )
    if contact is None or wish is None or fields.errors:
        return fields.errors
    return BookingForm(contact, wish, elsewhere)


def parse_standby(data: Data, today: date) -> StandbyForm | list[FieldError]:
    """Read the body of a wait: `contact`, `flexible` and, where given, `first_dose_elsewhere`."""
    fields = Fields(data, ("contact", "flexible", "first_dose_elsewhere"))
    contact = fields.required("contact", _nested(parse_contact))
    wish = fields.required("flexible", _nested(parse_flexible))
    elsewhere = fields.optional(
        "first_dose_elsewhere", _nested(lambda inner: parse_first_dose(inner, today))
    )
    if contact is None or wish is None or fields.errors:
        return fields.errors
    return StandbyForm(contact, wish, elsewhere)


def parse_together(
    data: Data, municipality_default: str, today: date
) -> TogetherForm | list[FieldError]:
    """Read the body of a booking for two: `contact`, `choices` or `flexible`, `companion`."""
    fields = Fields(data, ("contact", "choices", "flexible", "companion"))
    contact = fields.required("contact", _nested(parse_contact))
    wish = _wish(fields)
    companion = fields.required(
        "companion", _nested(lambda inner: parse_companion(inner, municipality_default, today))
    )
    if contact is None or wish is None or companion is None or fields.errors:
        return fields.errors
    return TogetherForm(contact, wish, companion)


def parse_companion(
    data: Data, municipality_default: str, today: date
) -> CompanionForm | list[FieldError]:
    """Read who comes along: what one signs in with, and `contact`."""
    fields = Fields(data, (*_IDENTITY, "contact"))
    contact = fields.required("contact", _nested(parse_contact))
    who = {name: value for name, value in data.items() if name in _IDENTITY}
    identity = parse_sign_in(who, municipality_default, today)
    if contact is None or isinstance(identity, list) or fields.errors:
        return fields.errors + (identity if isinstance(identity, list) else [])
    return CompanionForm(identity, contact)


def parse_change(data: Data) -> ChangeForm | list[FieldError]:
    """Read the body of a change: `doses`, and `choices` or `flexible`."""
    fields = Fields(data, ("doses", "choices", "flexible"))
    doses = fields.required("doses", read.doses)
    wish = _wish(fields)
    if doses is None or wish is None or fields.errors:
        return fields.errors
    return ChangeForm(doses, wish)


def parse_cancel(pairs: Sequence[tuple[str, str]]) -> Doses | list[FieldError]:
    """Read the query of a cancellation: `doses`, both unless given."""
    fields = Fields.of_pairs(pairs, ("doses",))
    doses = fields.optional("doses", read.doses)
    return fields.errors or doses or "both"


def parse_availability(pairs: Sequence[tuple[str, str]]) -> AvailabilityQuery | list[FieldError]:
    """Read the query of the offer: `venue`, `product`, `from`, `to`, `doses`, all optional."""
    fields = Fields.of_pairs(pairs, ("venue", "product", "from", "to", "doses"))
    venue_id = fields.optional("venue", read.identifier)
    product_id = fields.optional("product", read.identifier)
    day_min = fields.optional("from", read.day)
    day_max = fields.optional("to", read.day)
    doses = fields.optional("doses", read.doses) or "both"
    _check_days(fields, day_min, day_max)
    return fields.errors or AvailabilityQuery(venue_id, product_id, day_min, day_max, doses)


def parse_request_id(text: str | None) -> UUID | list[FieldError]:
    """Read the id under which a request may be sent again."""
    if not text:
        return [FieldError(REQUEST_ID_FIELD, "required")]
    try:
        request_id = UUID(text)
    except ValueError:
        return [FieldError(REQUEST_ID_FIELD, "not_a_uuid")]
    # UUID() also takes braces, URNs and missing hyphens; one spelling is enough.
    is_plain = str(request_id) == text.lower()
    return request_id if is_plain else [FieldError(REQUEST_ID_FIELD, "not_a_uuid")]


def _nested(parse: Callable[[Data], Form | list[FieldError]]) -> Reader[Form]:
    """Read an object inside another by that object's own parser."""

    def read_object(value: object) -> Form:
        if not isinstance(value, dict):
            raise faulty("wrong_type")
        form = parse(value)
        if isinstance(form, list):
            raise Fault(*form)
        return form

    return read_object


def _choices(value: object) -> tuple[Choice, ...]:
    """Return 1 to CHOICES_MAX choices, in order of wish."""
    given = read.items(value, CHOICES_MAX)
    if not given:
        raise faulty("too_few", min=1)
    read_choice = _nested(parse_choice)
    choices: list[Choice] = []
    errors: list[FieldError] = []
    for index, item in enumerate(given):
        try:
            choices.append(read_choice(item))
        except Fault as fault:
            errors.extend(placed(str(index), fault))
    if errors:
        raise Fault(*errors)
    return tuple(choices)


def _wish(fields: Fields) -> Wish | None:
    """Read `choices` or `flexible`, exactly one of which must be there."""
    if fields.has("choices") == fields.has("flexible"):
        fields.add("choices", "either_or")
        return None
    choices = fields.optional("choices", _choices)
    return choices or fields.optional("flexible", _nested(parse_flexible))


def _check_days(
    fields: Fields, day_min: date | None, day_max: date | None, days_max: int | None = None
) -> None:
    """Note a last day before the first one, and more than `days_max` days."""
    if day_min is None or day_max is None:
        return
    if day_max < day_min:
        fields.add("to", "dates_reversed")
    elif days_max is not None and (day_max - day_min).days >= days_max:
        fields.add("to", "too_many_days", max=days_max)
