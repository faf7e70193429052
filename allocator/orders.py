"""Orders of the staff: slots closed, seats added, supply cut.

Rule 1: an order is one decision. Everybody whom it touches has a new pair when it is
decided, or stands on the standby list with the reason (`allocator.rebooking`).
Rule 2: whoever has had dose 1 keeps dose 2 when the supply is cut.
Rule 3: an order that cannot be carried out whole changes nothing.

Nothing here does I/O or reads a clock. Bounds: SLOTS_EDITED_MAX slots and
BOOKINGS_MOVED_MAX bookings an order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from allocator.commands import AddSeats, CloseSlots, CutSupply
from allocator.companions import Holder, Losses, companions_follow, first_of
from allocator.ledger import Edit, Facts, Ledger, Move, Notice, Ruling
from allocator.model import (
    BOOKINGS_MOVED_MAX,
    Booking,
    Dose,
    DoseNumber,
    Refusal,
)
from allocator.rebooking import Rebooking
from allocator.seats import SlotSeats

DOSE_NUMBERS: tuple[DoseNumber, DoseNumber] = (1, 2)


def add_seats(ledger: Ledger, order: AddSeats, now: datetime) -> Ruling:
    """Give a slot that lies ahead more seats."""
    seats = ledger.seats.slots.get(order.slot_id)
    if seats is None or seats.slot.release_id != order.release_id:
        return Ruling(Refusal.OUTSIDE_RELEASE)
    if seats.starts_at <= now:
        return Ruling(Refusal.PAST_CUT_OFF)
    edits = tuple(
        Edit(order.slot_id, dose, capacity + added)
        for dose, capacity, added in zip(
            DOSE_NUMBERS, seats.slot.capacities, order.seats, strict=True
        )
        if added
    )
    return Ruling((), edits=edits)


def close_slots(ledger: Ledger, facts: Facts, order: CloseSlots, now: datetime) -> Ruling:
    """Close slots: their free seats go, and whoever has a dose there is placed anew.

    Where only so many are to be moved, those who booked first are.
    """
    slots = [ledger.seats.slots.get(slot_id) for slot_id in order.slot_ids]
    known = [s for s in slots if s is not None and s.slot.release_id == order.release_id]
    if len(known) < len(slots):
        return Ruling(Refusal.OUTSIDE_RELEASE)
    losses = _losses(_holders(facts, order.release_id), set(order.slot_ids))
    losses = first_of(losses, order.people_max)
    if len(losses) > BOOKINGS_MOVED_MAX:
        return Ruling(Refusal.TOO_MANY_AT_ONCE)
    with ledger.seats.trial():
        for seats in known:
            _shrink_to_taken(ledger, seats)
        ruling = _placed_anew(Rebooking(ledger, order.reason, now), losses, known)
    return _in_the_citys_words(ruling) if order.words else ruling


def cut_supply(ledger: Ledger, facts: Facts, order: CutSupply, now: datetime) -> Ruling:
    """Leave a venue's day so many doses of a product; second doses are kept to the last."""
    calendar = ledger.seats.calendars.get((order.release_id, order.venue_id, order.product_id))
    day = calendar.days.get(order.day) if calendar is not None else None
    if day is None:
        return Ruling(Refusal.OUTSIDE_RELEASE)
    taken = sum(ledger.seats.taken(s.slot_id, dose) for s in day.slots for dose in (1, 2))
    too_many = taken - order.doses_left
    on_the_day = {seats.slot_id for seats in day.slots}
    holders = _holders(facts, order.release_id)
    rebooking = Rebooking(ledger, "supply_cut", now)
    newest = _newest(_losses(holders, on_the_day), rebooking, max(0, too_many))
    losses = dict(sorted(newest))
    if len(losses) < too_many:
        return Ruling(Refusal.SECOND_DOSES_PROTECTED)
    if len(losses) > BOOKINGS_MOVED_MAX:
        return Ruling(Refusal.TOO_MANY_AT_ONCE)
    with ledger.seats.trial():
        _remove_free(ledger, day.slots, order.doses_left - (taken - len(losses)))
        return _placed_anew(rebooking, losses, day.slots)


def _holders(facts: Facts, release_id: str) -> list[Holder]:
    """Return everybody known who holds something of a release."""
    return [
        (person_key, held)
        for (_, person_key), held in facts.held.items()
        if held.release_id == release_id
    ]


def _losses(holders: Iterable[Holder], slot_ids: set[int]) -> Losses:
    """Return who has a dose in these slots that was not given yet, in order of booking number."""
    found = {}
    for person_key, held in holders:
        lost = tuple(
            dose.dose
            for dose in held.doses
            if dose.slot_id in slot_ids and dose.dose not in held.given
        )
        if lost:
            found[held.booking_number] = ((person_key, held), lost)
    return dict(sorted(found.items()))


def _newest(
    losses: Losses, rebooking: Rebooking, count: int
) -> Iterator[tuple[str, tuple[Holder, tuple[DoseNumber, ...]]]]:
    """Yield whose dose goes first when there are too few: of the newest bookings first.

    First doses before second ones; never a second dose of who has had the first, or may have.
    """
    first_doses = [item for item in reversed(losses.items()) if item[1][1] == (1,)]
    second_doses = [
        item
        for item in reversed(losses.items())
        if item[1][1] == (2,) and not rebooking.may_have_had_first(item[1][0][1])
    ]
    yield from (first_doses + second_doses)[:count]


def _placed_anew(rebooking: Rebooking, losses: Losses, slots: Iterable[SlotSeats]) -> Ruling:
    """Take the lost seats away, then place one after the other; within a trial."""
    ledger = rebooking.ledger
    for (_, held), lost in losses.values():
        for number in lost:
            _lose(ledger, held.slot_of(number), number)
    moves: list[Move] = []
    listed = 0
    beside: Move | None = None
    people = list(losses.values())
    for ((person_key, held), lost), is_followed in zip(
        people, companions_follow(people, ledger.seats), strict=True
    ):
        after = None if beside is None else rebooking.beside(held, lost, beside.after)
        if after is None:
            rank = ledger.standby.next_rank(held.release_id) + listed
            after = rebooking.again(held, lost, rank, room=1 + is_followed)
        listed += after.standby is not None and held.standby is None
        moves.append(Move(person_key, held, after, _notice_of(held, after)))
        if beside is not None and _new_doses(beside) != _new_doses(moves[-1]):
            moves[-2:] = [msgspec.structs.replace(move, is_parted=True) for move in moves[-2:]]
        beside = moves[-1] if is_followed else None
    edits = _edits(ledger, slots)
    return Ruling(tuple(move.after for move in moves), tuple(moves), edits)


def _notice_of(held: Booking, after: Booking) -> Notice:
    """Return what is written to somebody who was placed anew, or could not be."""
    if after.standby is not None:
        return "listed"
    return "moved" if after.state == held.state else "cancelled"


def _new_doses(move: Move) -> tuple[Dose, ...]:
    assert move.before is not None, "who is placed anew had a booking"
    return tuple(dose for dose in move.after.doses if dose not in move.before.doses)


def _in_the_citys_words(ruling: Ruling) -> Ruling:
    """Have everybody told in letters that have room for what the city says."""
    in_words: dict[Notice | None, Notice] = {"moved": "closed_moved", "listed": "closed_listed"}
    moves = [
        msgspec.structs.replace(move, notice=in_words.get(move.notice, move.notice))
        for move in ruling.moves
    ]
    return msgspec.structs.replace(ruling, moves=tuple(moves))


def _lose(ledger: Ledger, slot_id: int | None, number: DoseNumber) -> None:
    """Take a seat back, and away."""
    assert slot_id is not None, "the dose is held"
    capacity = ledger.seats.slots[slot_id].slot.capacities[number - 1]
    ledger.seats.give_back(slot_id, number)
    ledger.seats.resize(slot_id, number, capacity - 1)


def _shrink_to_taken(ledger: Ledger, seats: SlotSeats) -> None:
    for number in DOSE_NUMBERS:
        slot_id = seats.slot_id
        ledger.seats.resize(slot_id, number, ledger.seats.taken(slot_id, number))


def _remove_free(ledger: Ledger, slots: list[SlotSeats], free_left: int) -> None:
    """Leave so many free seats: those of dose 2 stay before those of dose 1, and early ones."""
    surplus = sum(sum(seats.free) for seats in slots) - free_left
    for number in DOSE_NUMBERS:
        for seats in sorted(slots, key=lambda s: (s.minute, s.slot_id), reverse=True):
            removed = max(0, min(surplus, seats.free[number - 1]))
            capacity = seats.slot.capacities[number - 1] - removed
            ledger.seats.resize(seats.slot_id, number, capacity)
            surplus -= removed


def _edits(ledger: Ledger, slots: Iterable[SlotSeats]) -> tuple[Edit, ...]:
    """Return how the slots' capacities differ from the catalogue's; within a trial."""
    edits = []
    for seats in slots:
        before = ledger.catalogue.slots[seats.slot_id].capacities
        for number in DOSE_NUMBERS:
            capacity = seats.slot.capacities[number - 1]
            if capacity != before[number - 1]:
                edits.append(Edit(seats.slot_id, number, capacity))
    return tuple(edits)
