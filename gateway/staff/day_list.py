"""A venue's day: who comes when, what became of each dose, and how somebody is found in it.

Rule 1: a name and its reading are found however they are written (`gateway.readings.folded`); a
number by its digits, the whole of it or its end.
Rule 2: nothing here does I/O, reads a clock or draws a random number. What was opened to be
searched is searched in memory and kept nowhere.

A name is what the resident gave with the booking; the roster holds none. The reading may be left
out: who gave kanji alone is not found by kana, and ticket or booking number serve.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from allocator.model import LOT_LENGTH_MAX, DoseNumber, FirstDose, Slot
from gateway.readings import folded

Mark = Literal["open", "given", "not_come"]

UNDO_REASONS = ("wrong_person", "wrong_lot", "not_given")
"""Why a mark is taken back. Free text would come to hold what is said of people."""

QUERY_LENGTH_MAX = 100
DIGITS_SEARCHED_MIN = 4
"""Fewer digits are found in too many numbers."""

_LOT = re.compile(rf"[0-9A-Z][0-9A-Z-]{{0,{LOT_LENGTH_MAX - 1}}}", re.ASCII)


@dataclass(frozen=True)
class DoseDue:
    """One dose of one person at a venue. Printed without its content."""

    booking_id: UUID
    booking_number: str
    person_key: bytes
    campaign_id: str
    release_id: str
    product_id: str
    language: str
    dose: DoseNumber
    slot_id: int
    starts_at: datetime
    name: str
    phone: str
    email: str
    ticket_number: str
    birth_date: date | None
    mark: Mark
    lot: str = ""
    marked_by: str = ""
    marked_at: datetime | None = None
    given_on: date | None = None
    first_is_given: bool = True
    first_given_on: date | None = None
    first_dose_elsewhere: FirstDose | None = None
    kana: str = ""

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "DoseDue(…)"


@dataclass(frozen=True)
class Tally:
    """How many doses of a list were given, are open, and were not come for."""

    given: int
    open: int
    not_come: int


def found(rows: Iterable[DoseDue], query: str) -> list[DoseDue]:
    """Return whoever a name, a ticket number or a booking number means; all where it is empty."""
    wanted = folded(query)
    return [row for row in rows if _is_meant(row, wanted)]


def _is_meant(row: DoseDue, wanted: str) -> bool:
    if wanted in folded(row.name) or wanted in folded(row.kana):
        return True
    number = wanted.replace("-", "")
    if sum(character.isdigit() for character in number) < DIGITS_SEARCHED_MIN:
        return False
    numbers = (row.ticket_number, folded(row.booking_number).replace("-", ""))
    return any(one.endswith(number) for one in numbers)


def in_order(rows: Iterable[DoseDue]) -> list[DoseDue]:
    """Return rows by time, then as they are read; names in kanji without a reading come last.

    Names in kana stand among the readings, those in letters before them. The number and the
    dose settle the rest.
    """
    return sorted(
        rows,
        key=lambda row: (
            row.starts_at,
            folded(row.kana or row.name),
            row.booking_number,
            row.dose,
        ),
    )


def tally(rows: Sequence[DoseDue]) -> Tally:
    """Count what became of the doses."""
    marks = [row.mark for row in rows]
    return Tally(marks.count("given"), marks.count("open"), marks.count("not_come"))


def lot_in(typed: str) -> str:
    """Return a lot number as it stands on the vial, capital letters; empty if it is none."""
    plain = unicodedata.normalize("NFKC", typed).strip().upper()
    return plain if _LOT.fullmatch(plain) else ""


def last_lot(rows: Iterable[DoseDue], product_id: str, login: str) -> str:
    """Return the lot that somebody recorded last of a product, empty before the first."""
    theirs = [
        (row.marked_at, row.lot)
        for row in rows
        if row.mark == "given" and (row.product_id, row.marked_by) == (product_id, login)
        if row.marked_at is not None
    ]
    return max(theirs)[1] if theirs else ""


def slot_of_now(slots: Iterable[Slot], now: datetime) -> Slot | None:
    """Return the first slot that is not over; None if two begin together, or none is left."""
    left = sorted((slot for slot in slots if slot.ends_at > now), key=lambda one: one.starts_at)
    first = [slot for slot in left if slot.starts_at == left[0].starts_at]
    return first[0] if len(first) == 1 else None


def days_after_first(row: DoseDue, given_on: date) -> int | None:
    """Return how many days after dose 1 a dose 2 of that day is; None where it is not known."""
    if row.dose == 1 or row.first_given_on is None:
        return None
    return (given_on - row.first_given_on).days


def is_too_soon(row: DoseDue, given_on: date, interval_days_min: int) -> bool:
    """Say whether a dose 2 of that day is too soon after the day dose 1 was given on."""
    days = days_after_first(row, given_on)
    return days is not None and days < interval_days_min


def without_superseded(rows: Sequence[DoseDue]) -> list[DoseDue]:
    """Leave out who was noted as not come and then came after all, by another booking."""
    had = {(row.person_key, row.dose) for row in rows if row.mark == "given"}
    return [row for row in rows if row.mark != "not_come" or (row.person_key, row.dose) not in had]
