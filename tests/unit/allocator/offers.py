"""Factories for the allocator's unit tests: a small campaign with one venue or two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from allocator.commands import Accept, Book, Cancel, Change, Command, Expire, Join, Request
from allocator.core import Decision, Facts, Ledger, decide, decide_batch
from allocator.ledger import Move
from allocator.model import (
    SITE_TIMEZONE,
    Booking,
    Catalogue,
    Choice,
    Dose,
    DoseNumber,
    FirstDose,
    Flexible,
    Outcome,
    Product,
    Release,
    Slot,
    StandbyPlace,
    Venue,
)
from allocator.numbering import booking_number
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
ANY = Flexible(NOW.date(), NOW.date() + timedelta(days=61))
"""Whoever wishes for this takes anything."""


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


def cancel_second() -> Cancel:
    """A cancellation of dose 2 alone."""
    return Cancel(CAMPAIGN, "second")


def answer(books: Ledger, known: Facts, asked: Request, now: datetime) -> Outcome:
    """What a request would be answered now; nothing is changed."""
    return decide(books, known, asked, now).outcome


def slots_of(outcome: Outcome) -> tuple[int, ...]:
    """The slots of a booking's doses; fails on a refusal."""
    assert isinstance(outcome, Booking), outcome
    return tuple(dose.slot_id for dose in outcome.doses)


def join(wish: Flexible = ANY, elsewhere: FirstDose | None = None) -> Join:
    """A wish to stand on the list."""
    return Join("release", wish, b"sealed", "ja", elsewhere)


def accept() -> Accept:
    """The word that takes an offer."""
    return Accept(CAMPAIGN)


def expire(number: int) -> Expire:
    """The end of the offer to booking `number`."""
    return Expire(CAMPAIGN, UUID(int=number))


def place(
    rank: int,
    reason: Literal["asked", "slot_closed", "supply_cut"] = "asked",
    *,
    wish: Flexible = ANY,
    offers: int = 0,
    until: datetime | None = None,
) -> StandbyPlace:
    """A place on the list."""
    return StandbyPlace(rank, reason, wish, offers, until)


def holding(
    number: int,
    first: int | None = None,
    second: int | None = None,
    *,
    product: str = "pfizer",
    elsewhere: FirstDose | None = None,
    given: tuple[DoseNumber, ...] = (),
    listed: StandbyPlace | None = None,
) -> Booking:
    """The n-th booking, with seats in these slots; its state follows from the rest."""
    doses = [Dose(1, first)] if first is not None else []
    doses += [Dose(2, second)] if second is not None else []
    state: Literal["booked", "first_only", "standby", "offered"] = (
        "booked" if second is not None else "first_only"
    )
    if listed is not None:
        state = "standby" if listed.offered_until is None else "offered"
    return Booking(
        booking_number=booking_number(number),
        booking_id=UUID(int=number),
        campaign_id=CAMPAIGN,
        release_id="release",
        product_id=product,
        state=state,
        doses=tuple(doses),
        first_dose_elsewhere=elsewhere,
        given=given,
        standby=listed,
    )


def held_by(books: Ledger, *bookings: Booking) -> Facts:
    """Facts in which person n holds the n-th booking, and the ledger follows."""
    known = facts(*range(1, 10))
    for booking in bookings:
        move = Move(person(booking.booking_id.int), None, booking, None)
        books.apply(known, (move,), ())
    return known


def decided(
    books: Ledger, known: Facts, number: int, command: Command, who: int = 1, now: datetime = NOW
) -> Decision:
    """One command, decided and applied."""
    (decision,) = decide_batch(books, known, [request(number, command, who)], now)
    return decision


def free_seats(books: Ledger) -> dict[int, tuple[list[int], tuple[int, int]]]:
    """What is free in every slot, of which capacities."""
    return {
        slot_id: (list(seats.free), seats.slot.capacities)
        for slot_id, seats in books.seats.slots.items()
    }
