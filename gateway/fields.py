"""Read one value that somebody sent in, or say what is wrong with it.

Rule 1: what is wrong is a code that `gateway.i18n` has the words for; it never
repeats what was typed.
Rule 2: what is read as digits is normalised first (NFKC: 全角 digits and signs
become ASCII). Names stay as typed: NFKC would turn the characters of some
people's names into other ones.
Rule 3: nothing here does I/O or reads a clock.

Shapes: a reader takes a value of unknown type and returns what it reads, or
raises `Fault`. Lengths are in characters.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal, TypeVar, cast

from allocator.model import PROBE_BORN
from gateway.eras import ERAS, NotBegun, Over, day_in
from gateway.readings import reading

ID_LENGTH_MAX = 64
NAME_LENGTH_MAX = 100
PHONE_LENGTH_MAX = 20
PHONE_DIGITS_MIN, PHONE_DIGITS_MAX = 10, 15
"""ITU-T E.164 allows 15 digits; a Japanese number has 10 or 11."""
EMAIL_LENGTH_MAX = 254
SLOT_ID_DIGITS_MAX = 18
PIN_DIGITS_MIN, PIN_DIGITS_MAX = 4, 8
PROOF_CHARS_MAX = 2_000
DAY_MIN = date(1900, 1, 1)
YEAR_DIGITS, ERA_YEAR_DIGITS_MAX = 4, 2

CODES = frozenset(
    {
        "companion_booked",
        "companion_not_eligible",
        "companion_on_standby",
        "companion_turn_used",
        "control_characters",
        "date_in_future",
        "date_too_old",
        "dates_reversed",
        "either_or",
        "era_not_begun",
        "era_not_chosen",
        "era_over",
        "not_a_choice",
        "not_a_date",
        "not_a_pin",
        "email_or_mobile",
        "not_a_mobile",
        "not_a_phone",
        "not_kana",
        "not_a_uuid",
        "not_an_email",
        "not_an_id",
        "not_an_object",
        "not_digits",
        "not_json",
        "not_this_code",
        "repeated",
        "required",
        "same_person",
        "too_few",
        "too_long",
        "too_many",
        "too_many_days",
        "unknown_field",
        "used_up",
        "wrong_length",
        "wrong_type",
    }
)
"""Every code that a `FieldError` can carry."""

WHOLE = "body"
"""The field of what is wrong with the whole."""

Doses = Literal["both", "second"]
Time = Literal["morning", "afternoon", "evening"]
Read = TypeVar("Read")
Reader = Callable[[object], Read]
Data = Mapping[str, object]

_CONTROL_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that names in some scripts are written with."""

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−ー"), "-")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|(\d{2})(\d{2}))", re.ASCII)
_PHONE = re.compile(r"\+?[0-9() -]+", re.ASCII)
_EMAIL = re.compile(
    r"[A-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[A-Z0-9](?:[A-Z0-9-]{0,61}[A-Z0-9])?\.)+[A-Z0-9](?:[A-Z0-9-]{0,61}[A-Z0-9])?",
    re.ASCII | re.IGNORECASE,
)
"""Dots may follow each other: mobile carriers in Japan have given such addresses out."""
_ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_DOSES = ("both", "second")
_TIMES = ("morning", "afternoon", "evening")


@dataclasses.dataclass(frozen=True)
class FieldError:
    """What is wrong with one field. `params` fill the braces of the message."""

    field: str
    code: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class TypedDay:
    """A day as it was typed into the parts of a form. `era` is empty for a Western year."""

    era: str
    year: str
    month: str
    day: str

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "TypedDay(…)"


class Fault(Exception):
    """A value is not what its field wants. The errors' own fields are those inside it."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__()
        self.errors = errors


class Fields:
    """Read the fields of one mapping, gathering in `errors` what is wrong with them."""

    def __init__(self, data: Data, names: Sequence[str]) -> None:
        self.errors: list[FieldError] = []
        self._data = data
        if any(name not in names for name in data):
            # The unknown name is the sender's own text, so that it is not repeated.
            self.add(WHOLE, "unknown_field", names=", ".join(names))

    @classmethod
    def of_pairs(cls, pairs: Sequence[tuple[str, str]], names: Sequence[str]) -> Fields:
        """Read a query string or an HTML form, in which each name may stand once."""
        fields = cls(dict(pairs), names)
        for name in names:
            if sum(key == name for key, _ in pairs) > 1:
                fields.add(name, "repeated")
        return fields

    def add(self, name: str, code: str, **params: object) -> None:
        """Note one fault."""
        self.errors.append(FieldError(name, code, params))

    def has(self, name: str) -> bool:
        """Say whether a value was given. JSON's null and an empty text count as none."""
        return self._data.get(name) not in (None, "")

    def required(self, name: str, read: Reader[Read]) -> Read | None:
        """Read a field that must be there. None means that a fault was noted."""
        if not self.has(name):
            self.add(name, "required")
            return None
        return self.optional(name, read)

    def optional(self, name: str, read: Reader[Read]) -> Read | None:
        """Read a field if it is there. None means that it is not, or that a fault was noted."""
        if not self.has(name):
            return None
        try:
            return read(self._data[name])
        except Fault as fault:
            self.errors.extend(placed(name, fault))
            return None


def placed(name: str, fault: Fault) -> list[FieldError]:
    """Name the fields of a fault from where they stand: `contact.name`, `choices.0.slot_id`."""
    return [
        FieldError(_inside(name, error.field), error.code, error.params) for error in fault.errors
    ]


def _inside(name: str, field: str) -> str:
    return name if field in ("", WHOLE) else f"{name}.{field}"


def faulty(code: str, **params: object) -> Fault:
    """Build a fault of the value itself."""
    return Fault(FieldError("", code, params))


def _is_control(character: str) -> bool:
    is_joiner = character in _JOINERS
    return not is_joiner and unicodedata.category(character) in _CONTROL_CATEGORIES


def normalised(text: str) -> str:
    """Turn full-width digits and signs, and all kinds of dashes, into ASCII, and trim."""
    if text.isascii():
        return text.strip()  # As is usual: nothing to turn.
    return unicodedata.normalize("NFKC", text).translate(_DASHES).strip()


def text(value: object, length_max: int) -> str:
    """Read a text without control characters, trimmed."""
    if not isinstance(value, str):
        raise faulty("wrong_type")
    is_plain = value.isascii() and value.isprintable()
    if not is_plain and any(map(_is_control, value)):
        raise faulty("control_characters")
    trimmed = value.strip()
    if not trimmed:
        raise faulty("required")
    if len(trimmed) > length_max:
        raise faulty("too_long", max=length_max)
    return trimmed


def digits(length: int) -> Reader[str]:
    """Read exactly `length` digits."""

    def read(value: object) -> str:
        given = normalised(text(value, ID_LENGTH_MAX))
        if not _is_digits(given):
            raise faulty("not_digits", length=length)
        if len(given) != length:
            raise faulty("wrong_length", length=length)
        return given

    return read


def pin(value: object) -> str:
    """Read the PIN that is printed on a ticket."""
    given = normalised(text(value, ID_LENGTH_MAX))
    if not _is_digits(given) or not PIN_DIGITS_MIN <= len(given) <= PIN_DIGITS_MAX:
        raise faulty("not_a_pin", min=PIN_DIGITS_MIN, max=PIN_DIGITS_MAX)
    return given


def name(value: object) -> str:
    """Read a person's name, as it was typed."""
    return text(value, NAME_LENGTH_MAX)


def kana(value: object) -> str:
    """Read how a name is read: kana of any kind, as katakana."""
    given = reading(text(value, NAME_LENGTH_MAX))
    if given is None:
        raise faulty("not_kana")
    if len(given) > NAME_LENGTH_MAX:
        raise faulty("too_long", max=NAME_LENGTH_MAX)
    return given


def phone(value: object) -> str:
    """Read a phone number: its digits, behind a plus where there was one."""
    given = normalised(text(value, PHONE_LENGTH_MAX))
    found = "".join(c for c in given if c.isdigit())
    if not _PHONE.fullmatch(given) or not PHONE_DIGITS_MIN <= len(found) <= PHONE_DIGITS_MAX:
        raise faulty("not_a_phone")
    return f"+{found}" if given.startswith("+") else found


def email(value: object) -> str:
    """Read an e-mail address that looks like one."""
    given = unicodedata.normalize("NFKC", text(value, EMAIL_LENGTH_MAX))
    if len(given) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(given):
        raise faulty("not_an_email")
    return given


def day(value: object) -> date:
    """Read a calendar day written 1950-01-31, 1950/1/31 or 19500131, or typed in parts."""
    if isinstance(value, TypedDay):
        return _typed_day(value)
    found = _DATE.fullmatch(normalised(text(value, ID_LENGTH_MAX)))
    if found is None:
        raise faulty("not_a_date")
    year, month, day_of_month = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, month, day_of_month)
    except ValueError:
        raise faulty("not_a_date") from None


def _typed_day(typed: TypedDay) -> date:
    """Read a day whose year is Western, or counted within an era (`gateway.eras`)."""
    year, month, day_of_month = (
        normalised(text(part, ID_LENGTH_MAX)) if part else ""
        for part in (typed.year, typed.month, typed.day)
    )
    if not typed.era:
        if _is_digits(year) and len(year) <= ERA_YEAR_DIGITS_MAX:
            raise faulty("era_not_chosen")
        return day(f"{year}-{month}-{day_of_month}")
    if (era := ERAS.get(typed.era)) is None:
        raise faulty("not_a_choice")
    counted = ["1" if year == "元" else year, month, day_of_month]
    if not all(_is_digits(part) and len(part) <= YEAR_DIGITS for part in counted):
        raise faulty("not_a_date")
    try:
        meant = day_in(era, *map(int, counted))
    except ValueError:
        raise faulty("not_a_date") from None
    match meant:
        case NotBegun():
            raise faulty("era_not_begun", first=meant.first)
        case Over():
            raise faulty("era_over", last=meant.last)
    return meant


def past_day(today: date) -> Reader[date]:
    """Read a calendar day from DAY_MIN to today."""

    def read(value: object) -> date:
        given = day(value)
        if given > today:
            raise faulty("date_in_future")
        if given < DAY_MIN:
            raise faulty("date_too_old")
        return given

    return read


def birth_day(today: date) -> Reader[date]:
    """Read a day as `past_day` does; the synthetic resident's is one, too."""
    past = past_day(today)

    def read(value: object) -> date:
        given = day(value)
        return given if given == PROBE_BORN else past(value)

    return read


def identifier(value: object) -> str:
    """Read the id of a venue or a product."""
    given = text(value, ID_LENGTH_MAX)
    if not _ID.fullmatch(given):
        raise faulty("not_an_id")
    return given


def slot_id(value: object) -> int:
    """Read the id of a slot: a text of digits."""
    given = normalised(text(value, ID_LENGTH_MAX))
    if not _is_digits(given) or len(given) > SLOT_ID_DIGITS_MAX:
        raise faulty("not_an_id")
    return int(given)


def doses(value: object) -> Doses:
    """Read which doses are meant."""
    if not isinstance(value, str):
        raise faulty("wrong_type")
    if value not in _DOSES:
        raise faulty("not_a_choice")
    return cast("Doses", value)


def items(value: object, length_max: int) -> list[object]:
    """Read a list of at most `length_max` things."""
    if not isinstance(value, list):
        raise faulty("wrong_type")
    if len(value) > length_max:
        raise faulty("too_many", max=length_max)
    return value


def times(value: object) -> tuple[Time, ...]:
    """Read the times of day that suit, each at most once."""
    given = items(value, len(_TIMES))
    if any(time not in _TIMES for time in given):
        raise faulty("not_a_choice")
    if any(given.count(time) > 1 for time in given):
        raise faulty("repeated")
    return tuple(cast("list[Time]", given))


def _is_digits(given: str) -> bool:
    return given.isascii() and given.isdigit()
