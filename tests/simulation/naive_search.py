"""The naive model's search for seats: filter and sort all slots, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

import msgspec

from allocator.model import (
    SITE_TIMEZONE,
    Choice,
    Dose,
    DoseNumber,
    Flexible,
    Product,
    Refusal,
    Slot,
    Wish,
)
from tests.simulation.naive_books import Books, calendar_of, day_of, minute_of

Calendar = tuple[str, str, str]


class Pair(NamedTuple):
    """Both slots of one person."""

    first: Slot
    second: Slot

    def doses(self) -> tuple[Dose, Dose]:
        """As a row holds them."""
        return (Dose(1, self.first.slot_id), Dose(2, self.second.slot_id))


class Placement(NamedTuple):
    """Where two people get one dose: the earlier slot is the lead's."""

    lead: Slot
    companion: Slot


class FirstGot(NamedTuple):
    """A first dose that is there: its product and day; `in_range` asks for min..max always."""

    product_id: str
    day: date
    in_range: bool


def first_in_order(refusals: Iterable[Refusal]) -> Refusal:
    """The refusal that `Refusal` names first."""
    return min(refusals, key=list(Refusal).index)


def time_of(slot: Slot) -> Literal["morning", "afternoon", "evening"]:
    """The time of day in the words of a wish."""
    hour = slot.starts_at.astimezone(SITE_TIMEZONE).hour
    if hour < 12:
        return "morning"
    return "afternoon" if hour < 17 else "evening"


def allows(wish: Flexible, slot: Slot) -> bool:
    """Whether a slot is as wished."""
    return (
        wish.venue_id in {None, slot.venue_id}
        and wish.product_id in {None, slot.product_id}
        and wish.day_min <= day_of(slot) <= wish.day_max
        and (not wish.times or time_of(slot) in wish.times)
    )


def days_of(wish: Flexible) -> list[date]:
    """The days of a wish, in order."""
    count = (wish.day_max - wish.day_min).days + 1
    return [wish.day_min + timedelta(days=number) for number in range(count)]


def interval_is_met(product: Product, first: date, on: date) -> bool:
    """Whether the days between are from the minimum to the maximum."""
    return product.interval_days_min <= (on - first).days <= product.interval_days_max


def interval_ok_after(product: Product, first: date, on: date, today: date) -> bool:
    """As `interval_is_met`; who is overdue may come at any later day."""
    is_overdue = (today - first).days > product.interval_days_max
    days = (on - first).days
    return days >= product.interval_days_min and (days <= product.interval_days_max or is_overdue)


def nearest(slots: Sequence[Slot], minute: int) -> Slot:
    """The slot nearest in time of day, of two as near the earlier."""
    return min(slots, key=lambda s: (abs(minute_of(s) - minute), minute_of(s), s.slot_id))


def on_offer(books: Books, release_id: str, slot_id: int, number: DoseNumber) -> Slot | None:
    """The slot, if it is one of the release and has (or had) seats for that dose."""
    slot = books.catalogue.slots.get(slot_id)
    if slot is None or slot.release_id != release_id or books.capacities[slot_id, number] == 0:
        return None
    return slot


def matches_nothing(books: Books, release_id: str, wish: Flexible, number: DoseNumber) -> bool:
    """Whether no slot of the release is as wished, free or not."""
    return not any(
        slot.release_id == release_id
        and allows(wish, slot)
        and books.capacities[slot.slot_id, number] > 0
        for slot in books.slots()
    )


def second_days(books: Books, first: Slot) -> list[date]:
    """The days on which dose 2 may be by the rule, the standard day first."""
    product = books.product_of(first)
    all_days = range(product.interval_days_standard, product.interval_days_max + 1)
    return [day_of(first) + timedelta(days=days) for days in all_days]


def second_by_rule(books: Books, first: Slot, room: int = 1) -> Slot | None:
    """The rule of the pair; `room` is for so many people."""
    for on in second_days(books, first):
        slots = [
            s
            for s in books.slots_of(calendar_of(first), on)
            if books.can_get(s, 2) and books.free(s.slot_id, 2) >= room
        ]
        if slots:
            return nearest(slots, minute_of(first))
    return None


def named_second(books: Books, release_id: str, first: Slot, slot_id: int) -> Slot | Refusal:
    """The second slot that a choice names, as far as it may be for this first."""
    second = on_offer(books, release_id, slot_id, 2)
    if second is None:
        return Refusal.OUTSIDE_RELEASE
    product = books.product_of(first)
    if second.product_id != first.product_id:
        return Refusal.INTERVAL_NOT_MET
    if not interval_is_met(product, day_of(first), day_of(second)):
        return Refusal.INTERVAL_NOT_MET
    return second


# One person, both doses -----------------------------------------------------------------


def find_pair(books: Books, release_id: str, wish: Wish) -> Pair | Refusal:
    """Search for both doses."""
    if isinstance(wish, Flexible):
        return _flexible_pair(books, release_id, wish)
    refusals = [Refusal.NO_FIRST_DOSE]
    for choice in wish:
        found = _chosen_pair(books, release_id, choice)
        if isinstance(found, Pair):
            return found
        refusals.append(found)
    return first_in_order(refusals)


def _chosen_pair(books: Books, release_id: str, choice: Choice) -> Pair | Refusal:
    first = on_offer(books, release_id, choice.slot_id, 1)
    if first is None:
        return Refusal.OUTSIDE_RELEASE
    if not books.can_get(first, 1):
        return Refusal.NO_FIRST_DOSE
    if choice.second_slot_id is None:
        by_rule = second_by_rule(books, first)
        return Refusal.NO_SECOND_DOSE if by_rule is None else Pair(first, by_rule)
    named = named_second(books, release_id, first, choice.second_slot_id)
    if isinstance(named, Refusal):
        return named
    return Pair(first, named) if books.can_get(named, 2) else Refusal.NO_SECOND_DOSE


def _flexible_pair(books: Books, release_id: str, wish: Flexible) -> Pair | Refusal:
    if matches_nothing(books, release_id, wish, 1):
        return Refusal.OUTSIDE_RELEASE
    refusals = [Refusal.NO_FIRST_DOSE]
    for on in days_of(wish):
        pairs = []
        for calendar in books.calendars(release_id):
            firsts = [
                slot
                for slot in books.slots_of(calendar, on)
                if allows(wish, slot) and books.can_get(slot, 1)
            ]
            if not firsts:
                continue
            second = second_by_rule(books, firsts[0])
            if second is None:
                refusals.append(Refusal.NO_SECOND_DOSE)
            else:
                pairs.append(Pair(firsts[0], second))
        if pairs:
            return min(pairs, key=lambda pair: minute_of(pair.first))
    return first_in_order(refusals)


# One person, dose 2 alone ---------------------------------------------------------------


def find_second(books: Books, release_id: str, wish: Wish, first: FirstGot) -> Slot | Refusal:
    """Search for dose 2 after a first dose that is there already."""
    if isinstance(wish, Flexible):
        return _flexible_second(books, release_id, wish, first)
    refusals = [Refusal.NO_FIRST_DOSE]
    for choice in wish:
        slot = on_offer(books, release_id, choice.slot_id, 2)
        if slot is None:
            refusals.append(Refusal.OUTSIDE_RELEASE)
        elif not fits_after(books, slot, first):
            refusals.append(Refusal.INTERVAL_NOT_MET)
        elif not books.can_get(slot, 2):
            refusals.append(Refusal.NO_SECOND_DOSE)
        else:
            return slot
    return first_in_order(refusals)


def fits_after(books: Books, slot: Slot, first: FirstGot) -> bool:
    """Same product, and an interval that is allowed."""
    product = books.product_of(slot)
    if slot.product_id != first.product_id:
        return False
    if first.in_range:
        return interval_is_met(product, first.day, day_of(slot))
    return interval_ok_after(product, first.day, day_of(slot), books.today())


def _flexible_second(
    books: Books, release_id: str, wish: Flexible, first: FirstGot
) -> Slot | Refusal:
    if wish.product_id not in (None, first.product_id):
        return Refusal.OUTSIDE_RELEASE
    wish = msgspec.structs.replace(wish, product_id=first.product_id)
    if matches_nothing(books, release_id, wish, 2):
        return Refusal.OUTSIDE_RELEASE
    product = books.catalogue.products[first.product_id]
    standard_day = first.day + timedelta(days=product.interval_days_standard)
    refusals = [Refusal.NO_SECOND_DOSE]
    for on in sorted(days_of(wish), key=lambda day: (day < standard_day, day)):
        slots = [
            slot
            for calendar in books.calendars(release_id)
            for slot in books.slots_of(calendar, on)
            if allows(wish, slot) and books.can_get(slot, 2)
        ]
        for slot in sorted(slots, key=minute_of):
            if fits_after(books, slot, first):
                return slot
            refusals.append(Refusal.INTERVAL_NOT_MET)
    return first_in_order(refusals)


# Two people -----------------------------------------------------------------------------


def placements(
    books: Books, calendar: Calendar, on: date, number: DoseNumber, minute: int
) -> list[Placement]:
    """All placements of two on a day, best first."""
    slots = [slot for slot in books.slots_of(calendar, on) if books.can_get(slot, number)]
    found = [Placement(slot, slot) for slot in slots if books.free(slot.slot_id, number) >= 2]
    found += [Placement(a, b) for a in slots for b in slots if a.ends_at == b.starts_at]
    return sorted(
        found,
        key=lambda two: (
            abs(minute_of(two.lead) - minute),
            0 if two.lead == two.companion else 1,
            minute_of(two.lead),
        ),
    )


def seconds_together(books: Books, firsts: Placement) -> Placement | None:
    """The rule of the pair for two."""
    calendar, minute = calendar_of(firsts.lead), minute_of(firsts.lead)
    for on in second_days(books, firsts.lead):
        for best in placements(books, calendar, on, 2, minute):
            return best
    return None


def find_together(
    books: Books, release_id: str, wish: Wish
) -> tuple[Placement, Placement] | Refusal:
    """Search for both doses of two people: the firsts and the seconds."""
    if isinstance(wish, Flexible):
        return _flexible_together(books, release_id, wish)
    refusals = [Refusal.NO_FIRST_DOSE]
    for choice in wish:
        found = _chosen_together(books, release_id, choice)
        if not isinstance(found, Refusal):
            return found
        refusals.append(found)
    return first_in_order(refusals)


def _around(books: Books, slot: Slot, number: DoseNumber) -> Placement | None:
    """The best placement that contains a slot."""
    all_of_the_day = placements(books, calendar_of(slot), day_of(slot), number, minute_of(slot))
    return next((two for two in all_of_the_day if slot in two), None)


def _chosen_together(
    books: Books, release_id: str, choice: Choice
) -> tuple[Placement, Placement] | Refusal:
    slot = on_offer(books, release_id, choice.slot_id, 1)
    if slot is None:
        return Refusal.OUTSIDE_RELEASE
    firsts = _around(books, slot, 1)
    if firsts is None:
        return Refusal.NO_FIRST_DOSE
    if choice.second_slot_id is None:
        seconds = seconds_together(books, firsts)
    else:
        named = named_second(books, release_id, slot, choice.second_slot_id)
        if isinstance(named, Refusal):
            return named
        seconds = _around(books, named, 2)
    return Refusal.NO_SECOND_DOSE if seconds is None else (firsts, seconds)


def _flexible_together(
    books: Books, release_id: str, wish: Flexible
) -> tuple[Placement, Placement] | Refusal:
    if matches_nothing(books, release_id, wish, 1):
        return Refusal.OUTSIDE_RELEASE
    refusals = [Refusal.NO_FIRST_DOSE]
    for on in days_of(wish):
        found = []
        for calendar in books.calendars(release_id):
            wished = [
                two
                for two in placements(books, calendar, on, 1, minute=0)
                if allows(wish, two.lead) and allows(wish, two.companion)
            ]
            if not wished:
                continue
            seconds = seconds_together(books, wished[0])
            if seconds is None:
                refusals.append(Refusal.NO_SECOND_DOSE)
            else:
                found.append((wished[0], seconds))
        if found:
            return min(found, key=lambda four: minute_of(four[0].lead))
    return first_in_order(refusals)
