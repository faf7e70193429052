"""The naive model's orders of the staff, and what comes of the bookings that they displace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from allocator.commands import (
    AddSeats,
    CloseSlots,
    CutSupply,
    companion_id,
)
from allocator.model import (
    BOOKINGS_MOVED_MAX,
    Booking,
    Dose,
    DoseNumber,
    Flexible,
    Refusal,
    Slot,
    StandbyPlace,
)
from tests.simulation.naive_books import (
    NUMBERS,
    Books,
    calendar_of,
    day_of,
    given_doses,
    is_listed,
    minute_of,
)
from tests.simulation.naive_search import (
    Pair,
    interval_ok_after,
    nearest,
    second_by_rule,
)
from tests.simulation.naive_standby import withdrawn

Reason = Literal["slot_closed", "supply_cut"]


def by_number(rows: Sequence[Booking]) -> list[Booking]:
    """Sort by booking number."""
    return sorted(rows, key=lambda row: row.booking_number)


def add_seats(books: Books, order: AddSeats) -> tuple[Booking, ...] | Refusal:
    """More seats in a slot."""
    slot = books.catalogue.slots.get(order.slot_id)
    if slot is None or slot.release_id != order.release_id:
        return Refusal.OUTSIDE_RELEASE
    if not books.is_ahead(slot):
        return Refusal.PAST_CUT_OFF
    for number in NUMBERS:
        books.capacities[order.slot_id, number] += order.seats[number - 1]
    return ()


def close_slots(books: Books, order: CloseSlots) -> tuple[Booking, ...] | Refusal:
    """No dose is given in these slots any more."""
    slots = [books.catalogue.slots.get(slot_id) for slot_id in order.slot_ids]
    if any(slot is None or slot.release_id != order.release_id for slot in slots):
        return Refusal.OUTSIDE_RELEASE

    def is_lost(row: Booking, dose: Dose) -> bool:
        return dose.slot_id in order.slot_ids and dose.dose not in row.given

    affected = by_number(
        [row for row in books.rows.values() if any(is_lost(row, dose) for dose in row.doses)]
    )
    if order.people_max is not None:
        affected = _so_many(affected, order.people_max)
    if len(affected) > BOOKINGS_MOVED_MAX:
        return Refusal.TOO_MANY_AT_ONCE
    for row in affected:
        kept = tuple(dose for dose in row.doses if not is_lost(row, dose))
        _hold(books, msgspec.structs.replace(row, doses=kept))
    for slot_id in order.slot_ids:
        for number in NUMBERS:
            books.capacities[slot_id, number] = books.taken(slot_id, number)
    _all_again(books, affected, order.reason)
    return tuple(books.rows[row.booking_id] for row in affected)


def cut_supply(books: Books, order: CutSupply) -> tuple[Booking, ...] | Refusal:
    """Fewer doses than seats on a day."""
    calendar = (order.release_id, order.venue_id, order.product_id)
    slots = books.slots_of(calendar, order.day)
    if not slots:
        return Refusal.OUTSIDE_RELEASE
    seats = [(slot.slot_id, number) for slot in slots for number in NUMBERS]
    total = sum(books.capacities[seat] for seat in seats)
    too_many = max(0, sum(books.taken(*seat) for seat in seats) - order.doses_left)
    movable = _movable(books, [slot.slot_id for slot in slots])
    if too_many > len(movable):
        return Refusal.SECOND_DOSES_PROTECTED
    if too_many > BOOKINGS_MOVED_MAX:
        return Refusal.TOO_MANY_AT_ONCE
    for row, number in movable[:too_many]:
        kept = tuple(dose for dose in row.doses if dose.dose != number)
        _hold(books, msgspec.structs.replace(row, doses=kept))
    _remove_free(books, slots, total - min(total, order.doses_left))
    displaced = by_number([row for row, _ in movable[:too_many]])
    _all_again(books, displaced, "supply_cut")
    return tuple(books.rows[row.booking_id] for row in displaced)


def _movable(books: Books, slot_ids: Sequence[int]) -> list[tuple[Booking, DoseNumber]]:
    """Who gives up a seat in these slots, and of which dose, in order."""
    latest_first = by_number(list(books.rows.values()))[::-1]
    firsts: list[tuple[Booking, DoseNumber]] = [
        (row, 1)
        for row in latest_first
        if row.slot_of(1) in slot_ids
        and 1 not in row.given
        and row.state in {"booked", "first_only", "offered"}
    ]
    seconds: list[tuple[Booking, DoseNumber]] = [
        (row, 2)
        for row in latest_first
        if row.slot_of(2) in slot_ids
        and row.slot_of(1) is not None
        and not _may_have_had_first(books, row)
        and row.state in {"booked", "offered"}
    ]
    return firsts + seconds


def _remove_free(books: Books, slots: Sequence[Slot], count: int) -> None:
    latest_first = sorted(slots, key=lambda slot: (minute_of(slot), slot.slot_id), reverse=True)
    for number in NUMBERS:
        for slot in latest_first:
            removed = min(count, books.free(slot.slot_id, number))
            books.capacities[slot.slot_id, number] -= removed
            count -= removed
    assert count == 0, "so many were free"


# Again ----------------------------------------------------------------------------------


def _hold(books: Books, row: Booking) -> None:
    books.put(books.holders[row.booking_id], row)


def _so_many(affected: list[Booking], most: int) -> list[Booking]:
    """The first of them; two who booked together are both among them, unless one is all."""
    chosen = affected[:most]
    is_cut = 1 < len(chosen) < len(affected)
    if is_cut and companion_id(chosen[-1].booking_id) == affected[most].booking_id:
        return chosen[:-1]
    return chosen


def _all_again(books: Books, affected: Sequence[Booking], reason: Reason) -> None:
    """Place all anew, the second of two beside the first where there is room."""
    lost = [_lost(books, row) for row in affected]
    beside: Booking | None = None
    for number, row in enumerate(affected):
        is_followed = (
            number + 1 < len(affected)
            and lost[number] == lost[number + 1]
            and _are_two(books, row, affected[number + 1])
        )
        if beside is None or not _put_beside(books, row, lost[number], beside):
            _again(books, row, reason, 2 if is_followed else 1)
        beside = books.rows[row.booking_id] if is_followed else None


def _put_beside(books: Books, was: Booking, lost: set[DoseNumber], first: Booking) -> bool:
    """Give the second of two the slots of the first, with dose 1 if its day is another now."""
    if is_listed(first) or first.state != was.state:
        return False
    days = {day_of(books.catalogue.slots[doses[0].slot_id]) for doses in (was.doses, first.doses)}
    stays = 1 not in lost and len(days) == 1
    if _may_have_had_first(books, was) and not stays:
        return False
    wanted = first.doses[1:] if stays else first.doses
    kept = was.doses[:1] if stays else ()
    own = books.rows[was.booking_id].doses
    if any(dose not in own and books.free(dose.slot_id, dose.dose) < 1 for dose in wanted):
        return False
    _hold(books, msgspec.structs.replace(was, doses=(*kept, *wanted)))
    return True


def _lost(books: Books, was: Booking) -> set[DoseNumber]:
    return {dose.dose for dose in was.doses if dose not in books.rows[was.booking_id].doses}


def _are_two(books: Books, one: Booking, other: Booking) -> bool:
    """Whether both booked together, and hold pairs from the same day on."""
    if companion_id(one.booking_id) != other.booking_id or one.product_id != other.product_id:
        return False
    if {one.state, other.state} != {"booked"}:
        return False
    days = [
        day_of(books.catalogue.slots[slot_id])
        for slot_id in (one.slot_of(1), other.slot_of(1))
        if slot_id is not None
    ]
    return len(days) == 2 and days[0] == days[1]


def _again(books: Books, was: Booking, reason: Reason, room: int = 1) -> None:
    """Give a row that lost seats new ones, or list it. `was` is the row before the order.

    With room for two, places where two find room go before all others.
    """
    left = books.rows[was.booking_id]
    if was.state == "offered":
        _hold(books, withdrawn(left))
        return
    lost = _lost(books, was)
    if lost == {2} and 1 not in was.given and _may_have_had_first(books, was):
        _hold(books, _with_second_anew(books, was, room))
        return
    with books.given_back(left):
        doses = _anew(books, was, lost, room)
    if doses is None:
        _hold(books, _listed(books, was, reason))
    else:
        _hold(books, msgspec.structs.replace(was, doses=doses))


def _may_have_had_first(books: Books, was: Booking) -> bool:
    """Whether dose 1 was given, or its time has come, so that it may have been."""
    slot_id = was.slot_of(1)
    return 1 in was.given or (
        slot_id is not None and books.catalogue.slots[slot_id].starts_at <= books.now
    )


def _with_second_anew(books: Books, was: Booking, room: int) -> Booking:
    """Give a row another dose 2 after the dose 1 that it keeps, or none."""
    first = books.catalogue.slots[was.doses[0].slot_id]
    second = second_by_rule(books, first, room) or second_by_rule(books, first)
    if second is None:
        return msgspec.structs.replace(was, state="first_only", doses=was.doses[:1])
    return msgspec.structs.replace(was, doses=Pair(first, second).doses())


def _anew(books: Books, was: Booking, lost: set[DoseNumber], room: int) -> tuple[Dose, ...] | None:
    """What a row gets in place of what it held, while all that it holds counts as free."""
    held = {dose.dose: books.catalogue.slots[dose.slot_id] for dose in was.doses}
    if was.first_dose_elsewhere is not None:
        return _second_anew(books, was, held[2])
    if was.state == "first_only":
        firsts = _firsts_anew(books, held[1])
        return (Dose(1, firsts[0].slot_id),) if firsts else None
    if lost == {2}:
        second = second_by_rule(books, held[1], room) or second_by_rule(books, held[1])
        if second is not None:
            return Pair(held[1], second).doses()
        if 1 in was.given:
            return None
    for people in range(room, 0, -1):
        for first in _firsts_anew(books, held[1], people):
            second = second_by_rule(books, first, people)
            if second is not None:
                return Pair(first, second).doses()
    return None


def _firsts_anew(books: Books, old: Slot, room: int = 1) -> list[Slot]:
    return _one_a_day(books, calendar_of(old), old, 1, lambda _: True, room)


def _one_a_day(
    books: Books,
    calendar: tuple[str, str, str],
    old: Slot,
    number: DoseNumber,
    may_be: Callable[[date], bool],
    room: int = 1,
) -> list[Slot]:
    """The free slot nearest in time of each day around an old slot, the nearest day first."""
    found = []
    for distance in sorted(range(-31, 32), key=lambda days: (abs(days), -days)):
        on = day_of(old) + timedelta(days=distance)
        slots = [
            slot
            for slot in books.slots_of(calendar, on)
            if books.can_get(slot, number) and books.free(slot.slot_id, number) >= room
        ]
        if slots and may_be(on):
            found.append(nearest(slots, minute_of(old)))
    return found


def _second_anew(books: Books, was: Booking, old: Slot) -> tuple[Dose, ...] | None:
    elsewhere = was.first_dose_elsewhere
    assert elsewhere is not None
    product = books.product_of(old)

    def may_be(on: date) -> bool:
        days = (on - elsewhere.day).days
        return days >= product.interval_days_standard and interval_ok_after(
            product, elsewhere.day, on, books.today()
        )

    seconds = _one_a_day(books, calendar_of(old), old, 2, may_be)
    return (Dose(2, seconds[0].slot_id),) if seconds else None


def _listed(books: Books, was: Booking, reason: Reason) -> Booking:
    """On the list, for two months: from a month before the lost day on, but not before today.

    The lost day is of the dose that is still to be got first.
    """
    has_had_first = 1 in was.given or was.first_dose_elsewhere is not None
    slot_id = was.slot_of(2 if has_had_first else 1)
    assert slot_id is not None, "it was lost"
    begin = max(books.today(), day_of(books.catalogue.slots[slot_id]) - timedelta(days=31))
    wish = Flexible(begin, begin + timedelta(days=61), None, was.product_id)
    return msgspec.structs.replace(
        was,
        state="standby",
        doses=given_doses(was),
        standby=StandbyPlace(books.next_rank(was.release_id), reason, wish),
    )
