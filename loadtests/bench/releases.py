"""A release of any size, and requests for it such as residents make.

Half of the days hold first doses and half second doses, 21 days apart; where the days
overlap, slots hold both. Everything follows from a seed: the same run asks the same.

Shares and shapes (made up, said here so that they can be argued with): of ranked
choices a request carries 1 to 5, early days being asked for more; of flexible wishes
half name a venue, a third name times of day, and they span 3 to 28 days.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from allocator.commands import Book, Request
from allocator.model import (
    SITE_TIMEZONE,
    Catalogue,
    Choice,
    Flexible,
    Product,
    Release,
    Slot,
    Venue,
    Wish,
)
from allocator.release import ReleasePlan
from allocator.sealing import Contact, seal_contact

Kind = Literal["choices", "flexible", "mix"]
KINDS: tuple[Kind, ...] = ("choices", "flexible", "mix")

RELEASE_ID = "bench"
BORN = date(1950, 1, 1)
INTERVAL_DAYS = 21
_CONTACT = Contact("試験 百合", "08098765432", "yuri.7@example.jp")
_FLEXIBLE_SHARE = 0.3

_SHAPES = {
    20: (1, 2, 10),
    1_000: (5, 20, 10),
    2_000: (10, 20, 10),
    10_000: (20, 50, 10),
    100_000: (50, 80, 25),
}
"""Slots in all: venues, days, and starts on each day."""

SIZES_OF_RELEASES = tuple(_SHAPES)


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(SITE_TIMEZONE)


def plan_of(slots: int, seats_per_slot: int) -> ReleasePlan:
    """Return a release of so many slots (one of `_SHAPES`) that is open now."""
    venues, days, starts = _SHAPES[slots]
    noon = now().replace(hour=12, minute=0, second=0, microsecond=0)
    first_days = days // 2 if days < 2 * INTERVAL_DAYS else days - INTERVAL_DAYS
    offsets = [
        *range(first_days),
        *range(max(first_days, INTERVAL_DAYS), first_days + INTERVAL_DAYS),
    ]
    made: list[Slot] = []
    for offset in offsets:
        capacities = (
            seats_per_slot if offset < first_days else 0,
            seats_per_slot if offset >= INTERVAL_DAYS else 0,
        )
        day = noon.replace(hour=8) + timedelta(days=3 + offset)
        for venue in range(venues):
            for start in range(starts):
                starts_at = day + timedelta(minutes=20 * start)
                ends_at = starts_at + timedelta(minutes=20)
                number = len(made) + 1
                made.append(
                    Slot(
                        number,
                        RELEASE_ID,
                        f"v{venue:03}",
                        "vaccine",
                        starts_at,
                        ends_at,
                        capacities,
                    )
                )
    assert len(made) == slots
    names = {"ja": "会場", "en": "Venue"}
    return ReleasePlan(
        _release(noon),
        {"vaccine": Product("vaccine", {"ja": "試験"}, INTERVAL_DAYS, 19, 42, 6, "made up")},
        {f"v{venue:03}": Venue(f"v{venue:03}", names, names) for venue in range(venues)},
        tuple(made),
    )


def _release(noon: datetime) -> Release:
    return Release(
        release_id=RELEASE_ID,
        campaign_id="campaign",
        names={"ja": "試験", "en": "Bench"},
        born_from=date(1940, 1, 1),
        born_to=date(1960, 12, 31),
        lobby_at=noon - timedelta(days=2),
        opens_at=noon - timedelta(days=1),
        closes_at=noon + timedelta(days=2),
        cut_off_hours=24,
    )


def catalogue_of(plan: ReleasePlan) -> Catalogue:
    """Return a plan as the allocator would have read it."""
    return Catalogue(
        version=1,
        products=dict(plan.products),
        venues=dict(plan.venues),
        releases={plan.release.release_id: plan.release},
        slots={slot.slot_id: slot for slot in plan.slots},
    )


def seats_for(requests: int, slots: int) -> int:
    """Return seats a slot, so that no slot that is asked for more than others is soon full."""
    return max(20, 10 * requests // slots)


class Wishes:
    """Draw wishes for one release."""

    def __init__(self, slots: Sequence[Slot], kind: Kind, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311, the same wishes each time are wanted
        self._kind = kind
        self._first = sorted(
            (slot for slot in slots if slot.capacities[0] > 0), key=lambda slot: slot.starts_at
        )
        self._days = sorted({slot.day for slot in self._first})
        self._venues = sorted({slot.venue_id for slot in self._first})

    def draw(self) -> Wish:
        """Return the next wish."""
        if self._kind == "mix":
            is_flexible = self._random.random() < _FLEXIBLE_SHARE
        else:
            is_flexible = self._kind == "flexible"
        return self._flexible() if is_flexible else self._choices()

    def _choices(self) -> tuple[Choice, ...]:
        count = self._random.randint(1, min(5, len(self._first)))
        return tuple(Choice(self._early(self._first).slot_id) for _ in range(count))

    def _early(self, slots: list[Slot]) -> Slot:
        place = min(self._random.random(), self._random.random())
        return slots[int(place * len(slots))]

    def _flexible(self) -> Flexible:
        day_min = self._random.choice(self._days)
        times: tuple[Literal["morning", "afternoon"], ...] = ()
        if self._random.random() < 1 / 3:
            times = ("morning",)
        return Flexible(
            day_min=day_min,
            day_max=day_min + timedelta(days=self._random.randint(2, 27)),
            venue_id=self._random.choice(self._venues) if self._random.random() < 0.5 else None,
            times=times,
        )


def requests_of(people: Sequence[bytes], wishes: Wishes, contact_key: bytes) -> list[Request]:
    """Return one request for a booking of each of these people."""
    numbers = random.Random(len(people))  # noqa: S311, ids need only differ
    made = []
    for person_key in people:
        request_id = UUID(int=numbers.getrandbits(128), version=4)
        contact = seal_contact(contact_key, _CONTACT, request_id)
        command = Book(RELEASE_ID, wishes.draw(), contact, "ja")
        made.append(Request(request_id, numbers.randbytes(16), person_key, command))
    return made
