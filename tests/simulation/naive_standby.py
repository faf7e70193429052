"""The naive model's standby list: joining, offers of freed seats, their end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from allocator.commands import Accept, Expire, Join
from allocator.model import (
    STANDBY_MAX,
    Booking,
    Dose,
    DoseNumber,
    FirstDose,
    Refusal,
    Slot,
    StandbyPlace,
    Wish,
)
from tests.simulation.naive_books import (
    Books,
    calendar_of,
    day_of,
    given_doses,
    in_order,
    minute_of,
    offer_ends,
    product_at_joining,
)
from tests.simulation.naive_search import (
    FirstGot,
    Pair,
    allows,
    find_pair,
    find_second,
    interval_ok_after,
    second_by_rule,
)

FreedSeat = tuple[int, DoseNumber]


def find_doses(
    books: Books, release_id: str, wish: Wish, elsewhere: FirstDose | None
) -> tuple[Dose, ...] | Refusal:
    """Search for what a new booking holds: a pair, or dose 2 after a first elsewhere."""
    if elsewhere is None:
        pair = find_pair(books, release_id, wish)
        return pair if isinstance(pair, Refusal) else pair.doses()
    if elsewhere.product_id not in books.catalogue.products:
        return Refusal.OUTSIDE_RELEASE
    got = FirstGot(elsewhere.product_id, elsewhere.day, in_range=False)
    second = find_second(books, release_id, wish, got)
    return second if isinstance(second, Refusal) else (Dose(2, second.slot_id),)


def join(books: Books, person_key: bytes, booking_id: UUID, command: Join) -> Booking | Refusal:
    """Stand on the list, after the tests of eligibility, window and live rows."""
    found = find_doses(books, command.release_id, command.wish, command.first_dose_elsewhere)
    if found == Refusal.OUTSIDE_RELEASE:
        return Refusal.OUTSIDE_RELEASE
    if not isinstance(found, Refusal):
        return Refusal.PAIRS_FREE
    if len(books.list_of(command.release_id)) >= STANDBY_MAX:
        return Refusal.STANDBY_FULL
    place = StandbyPlace(books.next_rank(command.release_id), "asked", command.wish)
    elsewhere = command.first_dose_elsewhere
    row = Booking(
        booking_number=books.next_number(),
        booking_id=booking_id,
        campaign_id=books.catalogue.releases[command.release_id].campaign_id,
        release_id=command.release_id,
        product_id=elsewhere.product_id if elsewhere else command.wish.product_id or "",
        state="standby",
        doses=(),
        first_dose_elsewhere=elsewhere,
        standby=place,
        reminders=command.reminders,
    )
    books.put(person_key, row)
    return row


def accept(books: Books, person_key: bytes, command: Accept) -> Booking | Refusal:
    """Take what was offered."""
    row = books.live_row(command.campaign_id, person_key)
    if row is None or row.state != "offered" or not _offer_stands(books, row):
        return Refusal.NO_OFFER
    row = msgspec.structs.replace(row, state="booked", standby=None)
    books.put(person_key, row)
    return row


def _offer_stands(books: Books, row: Booking) -> bool:
    assert row.standby is not None
    assert row.standby.offered_until is not None
    return books.now < row.standby.offered_until


def due_offers(books: Books) -> list[tuple[bytes, UUID, str]]:
    """Whose offer has run out, in the order of the list: person, booking, campaign."""
    return [
        (books.holders[row.booking_id], row.booking_id, row.campaign_id)
        for release_id in sorted(books.catalogue.releases)
        for row in books.list_of(release_id)
        if row.state == "offered" and not _offer_stands(books, row)
    ]


def expire(books: Books, person_key: bytes, command: Expire) -> Booking | Refusal:
    """End an offer that was not taken in time."""
    row = books.live_row(command.campaign_id, person_key)
    if row is None or row.booking_id != command.booking_id or row.state != "offered":
        return Refusal.NO_OFFER
    if _offer_stands(books, row):
        return Refusal.NO_OFFER
    place = row.standby
    assert place is not None
    offers = place.offers + 1
    if place.reason == "asked" and offers >= 3:
        row = cancelled(row)
    else:
        rank = books.next_rank(row.release_id)
        place = msgspec.structs.replace(place, rank=rank, offers=offers)
        row = withdrawn(msgspec.structs.replace(row, standby=place))
    books.put(person_key, row)
    return row


def cancelled(row: Booking) -> Booking:
    """A row that holds nothing any more."""
    return msgspec.structs.replace(row, state="cancelled", doses=(), standby=None)


def withdrawn(row: Booking) -> Booking:
    """An offered row, back on the list without its offer."""
    assert row.standby is not None
    place = msgspec.structs.replace(row.standby, offered_until=None)
    return msgspec.structs.replace(
        row,
        state="standby",
        product_id=product_at_joining(row),
        doses=given_doses(row),
        standby=place,
    )


# Offers ---------------------------------------------------------------------------------


def offer_freed(books: Books, freed: Sequence[FreedSeat], expired: UUID | None) -> None:
    """Offer seats that became free, each as long as somebody on the list fits."""
    for slot_id, number in freed:
        while _offer_once(books, books.catalogue.slots[slot_id], number, expired):
            pass


def _offer_once(books: Books, slot: Slot, number: DoseNumber, expired: UUID | None) -> bool:
    if not books.can_get(slot, number):
        return False
    for row in books.list_of(slot.release_id):
        if row.state == "offered" or row.booking_id == expired:
            continue
        new = _fitting(books, row, slot, number)
        if new is not None and _is_in_time(books, new):
            _offer(books, row, new)
            return True
    return False


def _time_to_take(books: Books, new: Sequence[tuple[DoseNumber, Slot]]) -> timedelta:
    earliest = min(slot.starts_at for _, slot in new)
    return min(offer_ends(books.now), earliest - timedelta(hours=1)) - books.now


def _is_in_time(books: Books, new: Sequence[tuple[DoseNumber, Slot]]) -> bool:
    return _time_to_take(books, new) >= timedelta(minutes=30)


def _offer(books: Books, row: Booking, new: Sequence[tuple[DoseNumber, Slot]]) -> None:
    assert row.standby is not None
    until = books.now + _time_to_take(books, new)
    place = msgspec.structs.replace(row.standby, offered_until=until)
    seats = tuple(Dose(number, slot.slot_id) for number, slot in new)
    offered = msgspec.structs.replace(
        row,
        state="offered",
        product_id=new[0][1].product_id,
        doses=in_order((*given_doses(row), *seats)),
        standby=place,
    )
    books.put(books.holders[row.booking_id], offered)


def _fitting(
    books: Books, row: Booking, freed: Slot, number: DoseNumber
) -> Sequence[tuple[DoseNumber, Slot]] | None:
    """Return the seats that a row would get because of the freed one."""
    needs_pair = row.first_dose_elsewhere is None and 1 not in row.given
    if not needs_pair:
        fits = number == 2 and _fits_second(books, row, freed)
        return [(2, freed)] if fits else None
    pair = _pair_from_first(books, row, freed) if number == 1 else None
    if number == 2:
        pair = _pair_from_second(books, row, freed)
    return None if pair is None else [(1, pair.first), (2, pair.second)]


def _pair_from_first(books: Books, row: Booking, first: Slot) -> Pair | None:
    assert row.standby is not None
    second = second_by_rule(books, first)
    if second is None or not allows(row.standby.wish, first):
        return None
    return Pair(first, second)


def _pair_from_second(books: Books, row: Booking, freed: Slot) -> Pair | None:
    assert row.standby is not None
    product = books.product_of(freed)
    pairs = []
    for first in books.slots():
        days = (day_of(freed) - day_of(first)).days
        if (
            calendar_of(first) != calendar_of(freed)
            or not product.interval_days_standard <= days <= product.interval_days_max
            or not books.can_get(first, 1)
            or not allows(row.standby.wish, first)
        ):
            continue
        second = second_by_rule(books, first)
        if second is not None and day_of(second) == day_of(freed):
            pairs.append(Pair(first, second))
    in_time = [pair for pair in pairs if _is_in_time(books, [(1, pair.first)])]
    return min(
        in_time,
        key=lambda pair: (day_of(pair.first), minute_of(pair.first), pair.first.slot_id),
        default=None,
    )


def _fits_second(books: Books, row: Booking, freed: Slot) -> bool:
    assert row.standby is not None
    if row.first_dose_elsewhere is not None:
        product_id, first_day = row.first_dose_elsewhere.product_id, row.first_dose_elsewhere.day
    else:
        first_id = row.slot_of(1)
        assert first_id is not None
        first = books.catalogue.slots[first_id]
        product_id, first_day = first.product_id, day_of(first)
    product = books.product_of(freed)
    return (
        allows(row.standby.wish, freed)
        and freed.product_id == product_id
        and (day_of(freed) - first_day).days >= product.interval_days_standard
        and interval_ok_after(product, first_day, day_of(freed), books.today())
    )
