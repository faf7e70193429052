"""Read the file of eligible people that a city exports: every line good, or none counts.

Rule 1: nothing here does I/O or reads a clock.

The file: CSV (`allocator.roster_lines`) with `municipality_code,ticket_number,birth_date`
in its header. A birth date is `yyyy-mm-dd`, `yyyy/m/d` or `yyyymmdd`.
A column `pin` may stand there, too: the 4 to 8 digits printed on a ticket beside its number, or
nothing where a ticket has none.
"""

from __future__ import annotations

import re
from datetime import date

import msgspec

from allocator.roster_lines import LineFault, Lines, Row, Wrong, municipality_code, ticket_number

COLUMNS = ("municipality_code", "ticket_number", "birth_date")
PIN_COLUMN = "pin"
AGE_YEARS_MAX = 130

_PIN = re.compile(r"([0-9]{4,8})?")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{4})(\d{2})(\d{2})")


class Person(msgspec.Struct, frozen=True):
    """One eligible person. Printed without its content.

    `pin` is None when the file has no such column, and empty for a ticket without one.
    """

    municipality_code: str
    ticket_number: str
    birth_date: date
    pin: str | None = None

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "Person(…)"


class RosterFile(msgspec.Struct, frozen=True):
    """What a file holds: people in its order, or faults in its order, never both."""

    people: tuple[Person, ...] = ()
    faults: tuple[LineFault, ...] = ()


def read_roster_file(raw: bytes, today: date) -> RosterFile:
    """Read a whole file. `today` bounds birth dates; see the module for the format."""
    lines = Lines(raw, COLUMNS, (PIN_COLUMN,))
    birth_dates = _BirthDates(today)
    has_pins = PIN_COLUMN in lines.index
    people = [_person(row, birth_dates, has_pins=has_pins) for row in lines]
    if lines.faults:
        return RosterFile(faults=tuple(lines.faults))
    return RosterFile(people=tuple(person for person in people if person is not None))


def _person(row: Row, birth_dates: _BirthDates, *, has_pins: bool) -> Person | None:
    code = row.value("municipality_code", municipality_code)
    ticket = row.value("ticket_number", ticket_number)
    born = row.value("birth_date", birth_dates.read)
    pin = row.value(PIN_COLUMN, _pin) if has_pins else None
    if code is None or ticket is None or born is None or (has_pins and pin is None):
        return None
    return Person(code, ticket, born, pin) if row.is_first("ticket_number", code, ticket) else None


class _BirthDates:
    """Reads birth dates; one that came before is not read again."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._known: dict[str, date] = {}

    def read(self, text: str) -> date:
        if (known := self._known.get(text)) is not None:
            return known
        match = _DATE.fullmatch(text)
        if match is None or not text.isascii():
            raise Wrong("not_a_date")
        year, month, day = (int(part) for part in match.groups() if part is not None)
        try:
            born = date(year, month, day)
        except ValueError:
            raise Wrong("no_such_date") from None
        if born > self._today:
            raise Wrong("in_the_future")
        if self._today.year - born.year > AGE_YEARS_MAX:
            raise Wrong("too_long_ago", years=AGE_YEARS_MAX)
        self._known[text] = born
        return born


def _pin(text: str) -> str:
    if _PIN.fullmatch(text) is None:
        raise Wrong("not_a_pin")
    return text
