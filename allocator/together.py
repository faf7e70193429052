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
from allocator.seats import Day, SlotSeats

Placement = tuple[SlotSeats, SlotSeats]
"""The slots of the two, the earlier first; one slot twice when it has room for both."""

FourSeats = tuple[Placement, Placement]


def begin_together(seats: SlotSeats, dose: DoseNumber) -> bool:
    """Say whether two can begin in a slot: both in it, or one in it and one right after."""
    free = seats.free[dose - 1]
    if free != 1:
        return free > 1
    minutes = (seats.slot.ends_at - seats.starts_at) // timedelta(minutes=1)
    adjoining = seats.of_day.by_minute.get(seats.minute + minutes)
    return adjoining is not None and adjoining.free[dose - 1] > 0


class SecondsForTwo:
    """Where second doses for two begin, by the rule of the pair; each day is searched once."""

    def __init__(self) -> None:
        self._begin: dict[Day, list[SlotSeats]] = {}

    def after(self, first: SlotSeats, product: Product) -> SlotSeats | None:
        """Return the slot of dose 2 of the one who asks, or None if two have no room."""
        standard, greatest = product.interval_days_standard, product.interval_days_max
        for day in first.of_day.later(standard, greatest):
            if begin := self._on(day):
                return min(begin, key=lambda seats: _second_order(seats, first.minute))
        return None

    def _on(self, day: Day) -> list[SlotSeats]:
        found = self._begin.get(day)
        if found is None:
            found = [seats for seats in day.free_slots(2) if begin_together(seats, 2)]
            self._begin[day] = found
        return found


def _second_order(seats: SlotSeats, minute: int) -> tuple[int, bool, int]:
    return abs(seats.minute - minute), seats.free[1] == 1, seats.minute


def place_together(search: Search, wish: Wish) -> FourSeats | Refusal:
    """Find four seats for two people, or say why there are none."""
    placing = _Placing(search)
    if not isinstance(wish, Flexible):
        return first_found(map(placing.chosen, wish), Refusal.NO_FIRST_DOSE)
    if not search.is_on_offer(wish, 1, None):
        return Refusal.OUTSIDE_RELEASE
    return first_found(placing.flexible(wish), Refusal.NO_FIRST_DOSE)


class _Placing:
    """One search for two; it remembers which days have room for two second doses."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._have_room: dict[Day, bool] = {}

    def chosen(self, choice: Choice) -> FourSeats | Refusal:
        """Place two around a slot that was named."""
        search = self._search
        wished = search.slot(choice.slot_id, 1)
        if wished is None:
            return Refusal.OUTSIDE_RELEASE
        firsts = self._nearest(wished.of_day, 1, wished.minute, around=wished)
        if firsts is None:
            return Refusal.NO_FIRST_DOSE
        product = search.catalogue.products[wished.product_id]
        if choice.second_slot_id is None:
            seconds = self._seconds(firsts, product)
            return Refusal.NO_SECOND_DOSE if seconds is None else (firsts, seconds)
        named = search.slot(choice.second_slot_id, 2)
        if named is None:
            return Refusal.OUTSIDE_RELEASE
        same_product = named.product_id == product.product_id
        if not same_product or not interval_is_met(wished.day, named, product):
            return Refusal.INTERVAL_NOT_MET
        seconds = self._nearest(named.of_day, 2, named.minute, around=named)
        return Refusal.NO_SECOND_DOSE if seconds is None else (firsts, seconds)

    def flexible(self, wish: Flexible) -> Iterator[FourSeats | Refusal]:
        """Yield, day by day, the earliest placement, after the calendars' refusals."""
        search = self._search
        key = (search.release.release_id, wish.venue_id, wish.product_id)
        for on in days_of(wish):
            best: FourSeats | None = None
            for calendar in search.seats.calendars_of(*key):
                found = self._of_day(calendar.days.get(on), wish)
                if isinstance(found, Refusal):
                    yield found
                elif best is None or found[0][0].minute < best[0][0].minute:
                    best = found
            if best is not None:
                yield best

    def _of_day(self, day: Day | None, wish: Flexible) -> FourSeats | Refusal:
        firsts = self._nearest(day, 1, 0, wish=wish) if day is not None else None
        if firsts is None:
            return Refusal.NO_FIRST_DOSE
        product = self._search.catalogue.products[firsts[0].product_id]
        seconds = self._seconds(firsts, product)
        return Refusal.NO_SECOND_DOSE if seconds is None else (firsts, seconds)

    def _seconds(self, firsts: Placement, product: Product) -> Placement | None:
        first = firsts[0]
        standard, greatest = product.interval_days_standard, product.interval_days_max
        for day in first.of_day.later(standard, greatest):
            if self._has_room(day):
                return self._nearest(day, 2, first.minute)
        return None

    def _has_room(self, day: Day) -> bool:
        """Say whether two can have dose 2 on a day: the same for every first dose."""
        has_room = self._have_room.get(day)
        if has_room is None:
            has_room = day.free[1] > 1 and any(True for _ in self._placements(day, 2))
            self._have_room[day] = has_room
        return has_room

    def _nearest(
        self,
        day: Day,
        dose: DoseNumber,
        minute: int,
        *,
        around: SlotSeats | None = None,
        wish: Flexible | None = None,
    ) -> Placement | None:
        """Return the placement nearest to a time, that has a slot or is wished for."""
        placements = [
            placement
            for placement in self._placements(day, dose)
            if (around is None or around in placement)
            and (wish is None or all(at_wished_time(seats, wish) for seats in placement))
        ]
        return min(placements, key=lambda two: _order(two, minute), default=None)

    def _placements(self, day: Day, dose: DoseNumber) -> Iterator[Placement]:
        now = self._search.now
        free = [seats for seats in day.free_slots(dose) if seats.starts_at > now]
        begin_at = {seats.starts_at: seats for seats in free}
        for seats in free:
            if seats.free[dose - 1] > 1:
                yield seats, seats
            if (later := begin_at.get(seats.slot.ends_at)) is not None:
                yield seats, later


def _order(placement: Placement, minute: int) -> tuple[int, bool, int]:
    earlier, later = placement
    return abs(earlier.minute - minute), earlier is not later, earlier.minute
