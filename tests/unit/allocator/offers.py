"""Factories for the allocator's unit tests: a small campaign with one venue or two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from allocator.core import Facts, Ledger
from allocator.model import (
    SITE_TIMEZONE,
    Book,
    Booking,
    Cancel,
    Catalogue,
    Change,
    Choice,
    Command,
    FirstDose,
    Flexible,
    Product,
    Refusal,
    Release,
    Request,
    Slot,
    Venue,
)
from allocator.sealing import content_digest
from allocator.seats import Seats

PRODUCT = Product("pfizer", {"ja": "ファイザー"}, 21, 19, 42, 6, "edition 1")
OTHER_PRODUCT = Product("moderna", {"ja": "モデルナ"}, 28, 26, 35, 10, "edition 1")
MONDAY = date(2021, 9, 6)
OPENING = datetime(2021, 9, 3, 9, 0, tzinfo=SITE_TIMEZONE)
NOW = OPENING + timedelta(hours=1)
CAMPAIGN = "campaign"
RELEASE = Release(
    release_id="release",
    campaign_id=CAMPAIGN,
    names={"ja": "一般"},
    born_from=date(1900, 1, 1),
    born_to=date(2009, 4, 1),
    lobby_at=OPENING - timedelta(hours=1),
    opens_at=OPENING,
    closes_at=OPENING + timedelta(days=90),
    cut_off_hours=24,
)
ADULT = date(1980, 5, 5)


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A moment at the site."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SITE_TIMEZONE)


def day(offset: int) -> date:
    """A day so many days after the first Monday."""
    return MONDAY + timedelta(days=offset)


def slot(
    slot_id: int,
    on: date,
    hour: int = 9,
    minute: int = 0,
    *,
    seats: tuple[int, int] = (1, 1),
    venue: str = "gym",
    product: str = "pfizer",
    release: str = "release",
) -> Slot:
    """A slot of 30 minutes."""
    starts_at = at(on, hour, minute)
    ends_at = starts_at + timedelta(minutes=30)
    return Slot(slot_id, release, venue, product, starts_at, ends_at, seats)


def ledger(
    *slots: Slot,
    release: Release = RELEASE,
    taken: Mapping[tuple[int, int], int] | None = None,
) -> Ledger:
    """A ledger of these slots."""
    names = {"ja": "体育館"}
    catalogue = Catalogue(
        version=1,
        products={p.product_id: p for p in (PRODUCT, OTHER_PRODUCT)},
        venues={v: Venue(v, names, names) for v in ("gym", "hall")},
        releases={release.release_id: release},
        slots={one.slot_id: one for one in slots},
    )
    return Ledger(catalogue, Seats(catalogue, taken or {}))


def person(number: int) -> bytes:
    """The key of a person."""
    return number.to_bytes(16, "big")


def facts(*people: int, born: date = ADULT) -> Facts:
    """Facts in which these people are on the roster."""
    return Facts(born={person(number): born for number in people})


def request(number: int, command: Command, who: int = 1) -> Request:
    """Request `number` of a person, with the digest of its command."""
    digest = content_digest(bytes(32), command)
    return Request(UUID(int=number), digest, person(who), command)


def book(*slot_ids: int, elsewhere: FirstDose | None = None) -> Book:
    """A booking from ranked choices."""
    wish = tuple(Choice(slot_id) for slot_id in slot_ids)
    return Book("release", wish, b"sealed", "ja", elsewhere)


def book_flexible(wish: Flexible, elsewhere: FirstDose | None = None) -> Book:
    """A booking from a flexible wish."""
    return Book("release", wish, b"sealed", "ja", elsewhere)


def change(*slot_ids: int) -> Change:
    """A change of both doses to the first of these slots."""
    return Change(CAMPAIGN, "both", tuple(Choice(slot_id) for slot_id in slot_ids))


def change_second(*slot_ids: int) -> Change:
    """A change of dose 2 to the first of these slots."""
    return Change(CAMPAIGN, "second", tuple(Choice(slot_id) for slot_id in slot_ids))


def cancel() -> Cancel:
    """A cancellation of both doses."""
    return Cancel(CAMPAIGN, "both")


def slots_of(outcome: Booking | Refusal) -> tuple[int, ...]:
    """The slots of a booking's doses; fails on a refusal."""
    assert isinstance(outcome, Booking), outcome
    return tuple(dose.slot_id for dose in outcome.doses)
