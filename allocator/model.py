"""The words of the allocator: what residents ask for, and what they are answered.

Rule 1: a value here cannot be changed, and one that is built is well formed.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Units: a day is a calendar day at the site (Asia/Tokyo); an interval is counted
in days from the day of dose 1 to the day of dose 2; capacity is in seats, one
seat being one dose for one person in one slot. `person_key` is 16 bytes, a
keyed hash (see `allocator.sealing`); it says nothing about the person.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

SITE_TIMEZONE = ZoneInfo("Asia/Tokyo")

CHOICES_MAX = 5
"""Ranked wishes that one request may carry (the JSON contract, version 1)."""

DAYS_SEARCHED_MAX = 62
"""Days that one flexible wish may span: the work of one decision is bounded."""


class Product(msgspec.Struct, frozen=True):
    """A vaccine as its product information describes it (`source` names the edition)."""

    product_id: str
    names: dict[str, str]
    interval_days_standard: int
    interval_days_min: int
    interval_days_max: int
    doses_per_vial: int
    source: str


class Venue(msgspec.Struct, frozen=True):
    """A place where doses are given. Names and addresses by language code."""

    venue_id: str
    names: dict[str, str]
    addresses: dict[str, str]


class Slot(msgspec.Struct, frozen=True):
    """A venue, a product and a start: `capacities` holds the seats of dose 1 and of dose 2."""

    slot_id: int
    release_id: str
    venue_id: str
    product_id: str
    starts_at: datetime
    ends_at: datetime
    capacities: tuple[int, int]

    @property
    def day(self) -> date:
        """Return the calendar day at the site."""
        return self.starts_at.date()


class Release(msgspec.Struct, frozen=True):
    """A set of slots opened at one moment to a cohort (people born in a range, ends included).

    `state_by_hand` is what an operator last ordered; the clock decides the rest.
    """

    release_id: str
    campaign_id: str
    names: dict[str, str]
    born_from: date
    born_to: date
    lobby_at: datetime
    opens_at: datetime
    closes_at: datetime
    cut_off_hours: int
    state_by_hand: Literal["none", "paused", "closed"] = "none"
    message: str = ""


class Catalogue(msgspec.Struct, frozen=True):
    """All that is on offer, as the operators loaded it. `version` grows with every edit."""

    version: int
    products: dict[str, Product]
    venues: dict[str, Venue]
    releases: dict[str, Release]
    slots: dict[int, Slot]


class Refusal(StrEnum):
    """Why a request got no. In order of precedence; the texts stand in `gateway.problems`."""

    ID_REUSED = "id_reused"
    NOT_ELIGIBLE = "not_eligible"
    OUTSIDE_RELEASE = "outside_release"
    ALREADY_BOOKED = "already_booked"
    NO_BOOKING = "no_booking"
    PAST_CUT_OFF = "past_cut_off"
    INTERVAL_NOT_MET = "interval_not_met"
    NO_SECOND_DOSE = "no_second_dose"
    NO_FIRST_DOSE = "no_first_dose"


class Choice(msgspec.Struct, frozen=True):
    """One ranked wish: a slot, and for dose 2 the slot the rule gives or the one named."""

    slot_id: int
    second_slot_id: int | None = None


class Flexible(msgspec.Struct, frozen=True):
    """A wish without a fixed slot. Days are inclusive; `times` empty means any time.

    morning is before 12:00, afternoon before 17:00, evening from 17:00.
    """

    day_min: date
    day_max: date
    venue_id: str | None = None
    product_id: str | None = None
    times: tuple[Literal["morning", "afternoon", "evening"], ...] = ()

    def __post_init__(self) -> None:
        """Refuse to be built over its bounds."""
        if not 0 <= (self.day_max - self.day_min).days < DAYS_SEARCHED_MAX:
            raise ValueError("a flexible wish spans 1 to DAYS_SEARCHED_MAX days")


class FirstDose(msgspec.Struct, frozen=True):
    """A first dose that was given elsewhere."""

    product_id: str
    day: date


Wish = tuple[Choice, ...] | Flexible


def _check_choices(wish: Wish) -> None:
    if isinstance(wish, tuple) and not 1 <= len(wish) <= CHOICES_MAX:
        raise ValueError("a request carries 1 to CHOICES_MAX choices")


class Book(msgspec.Struct, frozen=True, tag="book"):
    """Both doses, or dose 2 alone when the first was given elsewhere.

    With `first_dose_elsewhere`, a choice's `slot_id` names the slot of dose 2.
    `contact` is sealed: the allocator stores it and cannot read it.
    """

    release_id: str
    wish: tuple[Choice, ...] | Flexible
    contact: bytes
    language: str
    first_dose_elsewhere: FirstDose | None = None

    def __post_init__(self) -> None:
        """Refuse to be built over its bounds."""
        _check_choices(self.wish)


class Change(msgspec.Struct, frozen=True, tag="change"):
    """Swap the pair, or dose 2 alone (then a choice's `slot_id` names the slot of dose 2)."""

    campaign_id: str
    doses: Literal["both", "second"]
    wish: tuple[Choice, ...] | Flexible

    def __post_init__(self) -> None:
        """Refuse to be built over its bounds."""
        _check_choices(self.wish)


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Give back both seats, or that of dose 2 alone."""

    campaign_id: str
    doses: Literal["both", "second"]


Command = Book | Change | Cancel


class Request(msgspec.Struct, frozen=True):
    """A command of one person. The same `request_id` with the same digest is the same request."""

    request_id: UUID
    content_digest: bytes
    person_key: bytes
    command: Command


class Dose(msgspec.Struct, frozen=True):
    """A seat that somebody holds: dose number 1 or 2, in a slot."""

    dose: Literal[1, 2]
    slot_id: int


class Booking(msgspec.Struct, frozen=True):
    """What a person holds.

    `doses` is (1, 2), or (2) after a first dose elsewhere, or (1) once dose 2 was
    given back, or empty once cancelled.
    """

    booking_number: str
    booking_id: UUID
    campaign_id: str
    release_id: str
    product_id: str
    state: Literal["booked", "first_only", "cancelled"]
    doses: tuple[Dose, ...]
    first_dose_elsewhere: FirstDose | None = None


Outcome = Booking | Refusal
