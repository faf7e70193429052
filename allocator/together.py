"""Where two people who come together can be placed: four seats, two for each dose.

Rule 1: for each dose both are in one slot, or in two that adjoin; the one who asked
gets the earlier.
Rule 2: nearest to the wished time first; of two as near, one slot before two.
Rule 3: the second doses follow the rule of the pair (`allocator.pairing`), on the
first day from the standard one on that has room for two.

Nothing here changes a seat. Work for one wish: as for one person's, times the slots of
a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from allocator.model import Choice, DoseNumber, Flexible, Product, Refusal, Wish
from allocator.pairing import interval_is_met
from allocator.search import Search, at_wished_time, days_of, first_found
from allocator.seats import Calendar, Day, SlotSeats

Placement = tuple[SlotSeats, SlotSeats]
"""The slots of the two, the earlier first; one slot twice when it has room for both."""

FourSeats = tuple[Placement, Placement]


def place_together(search: Search, wish: Wish) -> FourSeats | Refusal:
    """Find four seats for two people, or say why there are none."""
    if isinstance(wish, Flexible):
        if not search.is_on_offer(wish, 1, None):
            return Refusal.OUTSIDE_RELEASE
        return first_found(_flexible(search, wish), Refusal.NO_FIRST_DOSE)
    return first_found((_chosen(search, one) for one in wish), Refusal.NO_FIRST_DOSE)


def _chosen(search: Search, choice: Choice) -> FourSeats | Refusal:
    wished = search.slot(choice.slot_id, 1)
    if wished is None:
        return Refusal.OUTSIDE_RELEASE
    firsts = _nearest(search, wished.calendar.days[wished.day], 1, wished.minute, around=wished)
    if firsts is None:
        return Refusal.NO_FIRST_DOSE
    product = search.catalogue.products[wished.slot.product_id]
    if choice.second_slot_id is None:
        seconds = _seconds(search, firsts, product)
        return Refusal.NO_SECOND_DOSE if seconds is None else (firsts, seconds)
    named = search.slot(choice.second_slot_id, 2)
    if named is None:
        return Refusal.OUTSIDE_RELEASE
    same_product = named.slot.product_id == product.product_id
    if not same_product or not interval_is_met(wished.day, named, product):
        return Refusal.INTERVAL_NOT_MET
    seconds = _nearest(search, named.calendar.days[named.day], 2, named.minute, around=named)
    return Refusal.NO_SECOND_DOSE if seconds is None else (firsts, seconds)


def _flexible(search: Search, wish: Flexible) -> Iterator[FourSeats | Refusal]:
    calendars = search.seats.calendars_of(search.release.release_id, wish.venue_id, wish.product_id)
    for day in days_of(wish):
        found = [
            _of_calendar(search, calendar, calendar.days.get(day), wish) for calendar in calendars
        ]
        places = [one for one in found if not isinstance(one, Refusal)]
        yield from sorted(places, key=lambda four: four[0][0].minute)
        yield from (refusal for refusal in found if isinstance(refusal, Refusal))


def _of_calendar(
    search: Search, calendar: Calendar, day: Day | None, wish: Flexible
) -> FourSeats | Refusal:
    firsts = _nearest(search, day, 1, 0, wish=wish) if day is not None else None
    if firsts is None:
        return Refusal.NO_FIRST_DOSE
    seconds = _seconds(search, firsts, search.catalogue.products[calendar.key[2]])
    return Refusal.NO_SECOND_DOSE if seconds is None else (firsts, seconds)


def _seconds(search: Search, firsts: Placement, product: Product) -> Placement | None:
    first = firsts[0]
    for interval in range(product.interval_days_standard, product.interval_days_max + 1):
        day = first.calendar.days.get(first.day + timedelta(days=interval))
        if day is not None:
            seconds = _nearest(search, day, 2, first.minute)
            if seconds is not None:
                return seconds
    return None


def _nearest(
    search: Search,
    day: Day,
    dose: DoseNumber,
    minute: int,
    *,
    around: SlotSeats | None = None,
    wish: Flexible | None = None,
) -> Placement | None:
    """Return the placement nearest to a time, among those that have a slot or are wished for."""
    placements = [
        placement
        for placement in _placements(search, day, dose)
        if (around is None or around in placement)
        and (wish is None or all(at_wished_time(seats, wish) for seats in placement))
    ]
    return min(placements, key=lambda two: _order(two, minute), default=None)


def _order(placement: Placement, minute: int) -> tuple[int, bool, int]:
    earlier, later = placement
    return abs(earlier.minute - minute), earlier is not later, earlier.minute


def _placements(search: Search, day: Day, dose: DoseNumber) -> Iterator[Placement]:
    free = [seats for seats in day.free_slots(dose) if seats.slot.starts_at > search.now]
    begin_at = {seats.slot.starts_at: seats for seats in free}
    for seats in free:
        if seats.free[dose - 1] > 1:
            yield seats, seats
        if (later := begin_at.get(seats.slot.ends_at)) is not None:
            yield seats, later
