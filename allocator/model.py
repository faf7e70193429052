"""The words of the allocator: what is on offer, what residents wish for, what they hold.

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

STANDBY_MAX = 10_000
"""People on the standby list of one release: the search for whom to offer a pair is bounded."""

SLOTS_EDITED_MAX = 500
"""Slots that one order of the staff may close."""

BOOKINGS_MOVED_MAX = 2_000
"""Bookings that one order of the staff may move: one decision, one journal entry, one commit."""

CLOSING_WORDS_MAX = 300
"""Characters of what the city says of a closed day: two or three sentences."""

SEATS_ADDED_MAX = 1_000
"""Seats that one order of the staff may add to a slot, for each dose."""

LOT_LENGTH_MAX = 20
"""Characters of the number on a vial."""

REASON_LENGTH_MAX = 40
"""Characters of why a mark is taken back: one of a list, not free text."""


PROBE_ID = "probe"
"""The id of the release, the campaign, the venue and the product of the synthetic resident."""

PROBE_BORN = date(1800, 1, 1)
"""A day on which nobody who lives was born: the whole cohort of the synthetic resident. A roster
file with it is refused (`allocator.roster_file`), and so is any other release for it."""


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

    `state_by_hand` is what an operator last ordered; the clock decides the rest. `queue` is
    how its line works: the lobby is drawn, or stays in order of arrival (fifo), or there is
    no line (none). `desk_share` of the places inside (0 to 0.9) are the phone desk's while it
    is at work (L6). `messages` (by language) go before `message` in their languages. `beacon`
    and its source are the public value that the draw mixes in.
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
    queue: Literal["draw", "fifo", "none"] = "draw"
    desk_share: float = 0.2
    messages: dict[str, str] = {}
    beacon: str = ""
    beacon_source: str = ""

    @property
    def is_for_probe(self) -> bool:
        """Say whether it is the synthetic resident's, and so none for residents."""
        return self.campaign_id == PROBE_ID


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
    ON_STANDBY = "on_standby"
    NO_BOOKING = "no_booking"
    NO_OFFER = "no_offer"
    DOSE_GIVEN = "dose_given"
    NOT_THE_DAY = "not_the_day"
    FIRST_DOSE_NOT_GIVEN = "first_dose_not_given"
    PAST_CUT_OFF = "past_cut_off"
    SECOND_DOSES_PROTECTED = "second_doses_protected"
    TOO_MANY_AT_ONCE = "too_many_at_once"
    INTERVAL_NOT_MET = "interval_not_met"
    NO_SECOND_DOSE = "no_second_dose"
    NO_FIRST_DOSE = "no_first_dose"
    PAIRS_FREE = "pairs_free"
    STANDBY_FULL = "standby_full"


class Choice(msgspec.Struct, frozen=True, gc=False):
    """One ranked wish: a slot, and for dose 2 the slot the rule gives or the one named."""

    slot_id: int
    second_slot_id: int | None = None


class Flexible(msgspec.Struct, frozen=True, gc=False):
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


class FirstDose(msgspec.Struct, frozen=True, gc=False):
    """A first dose that was given elsewhere."""

    product_id: str
    day: date


Wish = tuple[Choice, ...] | Flexible


DoseNumber = Literal[1, 2]


class Dose(msgspec.Struct, frozen=True, gc=False):
    """A seat that somebody holds: dose number 1 or 2, in a slot."""

    dose: DoseNumber
    slot_id: int


class StandbyPlace(msgspec.Struct, frozen=True, gc=False):
    """Where a person stands on the standby list, and what they were offered.

    Whom the city displaced comes before who asked; then the lower rank comes first.
    `offers` counts those that ran out; `offered_until` is there while one stands.
    """

    rank: int
    reason: Literal["asked", "slot_closed", "supply_cut"]
    wish: Flexible
    offers: int = 0
    offered_until: datetime | None = None


class Booking(msgspec.Struct, frozen=True, gc=False):
    """What a person holds.

    `doses` is (1, 2), or (2) after a first dose elsewhere, or (1) once dose 2 was
    given back, or empty once cancelled. `given` are the numbers of those that were given.
    On the standby list (`standby`) it is empty, or (1) if that was given; an offer
    (`offered`) holds its seats until it is taken or runs out. `product_id` is empty
    while somebody on the list may get any. `reminders` says whether the person wants mails
    before each dose (`allocator.reminding`).
    """

    booking_number: str
    booking_id: UUID
    campaign_id: str
    release_id: str
    product_id: str
    state: Literal["booked", "first_only", "standby", "offered", "cancelled"]
    doses: tuple[Dose, ...]
    first_dose_elsewhere: FirstDose | None = None
    given: tuple[DoseNumber, ...] = ()
    standby: StandbyPlace | None = None
    reminders: bool = True

    def slot_of(self, number: DoseNumber) -> int | None:
        """Return the slot of a dose, None if there is none."""
        for dose in self.doses:
            if dose.dose == number:
                return dose.slot_id
        return None


Outcome = Booking | Refusal | tuple[Booking, ...]
"""What a person holds after the command, or why not; what several people hold, where
the command was about several."""
