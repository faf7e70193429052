"""Where to look for seats: ranked choices or a flexible wish, in one release.

Rule 1: of what fits, the first choice wins, or the earliest day and time.
Rule 2: if nothing fits, the refusal is the earliest in `Refusal`'s order of all
that was met on the way.

Nothing here changes a seat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from allocator.model import (
    SITE_TIMEZONE,
    Catalogue,
    Choice,
    DoseNumber,
    FirstDose,
    Flexible,
    Refusal,
    Release,
    Wish,
)
from allocator.pairing import interval_is_met, interval_is_met_after, second_slot_for
from allocator.seats import PARTS_OF_DAY, Calendar, Seats, SlotSeats

Pair = tuple[SlotSeats | None, SlotSeats]
"""The slots of dose 1 (None: given elsewhere, or staying as it is) and of dose 2."""

Found = TypeVar("Found")
Fits = Callable[[SlotSeats], bool]

_PRECEDENCE = {refusal: place for place, refusal in enumerate(Refusal)}
_ALL_PARTS = tuple(range(len(PARTS_OF_DAY)))


@dataclass(slots=True)
class Search:
    """Look for seats in one release at one moment."""

    catalogue: Catalogue
    seats: Seats
    release: Release
    now: datetime

    def found(self, wish: Wish, elsewhere: FirstDose | None) -> Pair | Refusal:
        """Find both doses, or dose 2 after a first dose that was given elsewhere."""
        return self.pair(wish) if elsewhere is None else self.second_after(wish, elsewhere)

    def pair(self, wish: Wish) -> Pair | Refusal:
        """Find dose 1 and the dose 2 that goes with it."""
        if not isinstance(wish, Flexible):
            first_choice = self._chosen_pair(wish[0])
            if not isinstance(first_choice, Refusal):
                return first_choice  # As is usual: no need to weigh refusals.
            return first_found(map(self._chosen_pair, wish), Refusal.NO_FIRST_DOSE)
        found = first_found(self._flexible_pairs(wish), Refusal.NO_FIRST_DOSE)
        if isinstance(found, Refusal) and not self.is_on_offer(wish, 1, None):
            return Refusal.OUTSIDE_RELEASE
        return found

    def second_of(self, wish: Wish, first: SlotSeats, *, given: bool) -> Pair | Refusal:
        """Find another dose 2 for a dose 1 that stays as it is, or that was given already."""
        if given:
            had = FirstDose(first.product_id, first.day)
            found = self.second_after(wish, had)
            return found if isinstance(found, Refusal) else (first, found[1])
        product = self.catalogue.products[first.product_id]
        standard_day = first.day + timedelta(days=product.interval_days_standard)

        def fits(second: SlotSeats) -> bool:
            return interval_is_met(first.day, second, product)

        second = self._second(wish, product.product_id, standard_day, fits)
        return second if isinstance(second, Refusal) else (first, second)

    def second_after(self, wish: Wish, first: FirstDose) -> Pair | Refusal:
        """Find a dose 2 after a first dose that was given elsewhere."""
        product = self.catalogue.products.get(first.product_id)
        if product is None:
            return Refusal.OUTSIDE_RELEASE
        standard_day = first.day + timedelta(days=product.interval_days_standard)
        today = self.now.astimezone(SITE_TIMEZONE).date()

        def fits(second: SlotSeats) -> bool:
            return interval_is_met_after(first, second, product, today)

        found = self._second(wish, product.product_id, standard_day, fits)
        return found if isinstance(found, Refusal) else (None, found)

    def _chosen_pair(self, choice: Choice) -> Pair | Refusal:
        first = self.slot(choice.slot_id, 1)
        if first is None:
            return Refusal.OUTSIDE_RELEASE
        if not self._is_free(first, 1):
            return Refusal.NO_FIRST_DOSE
        product = self.catalogue.products[first.product_id]
        if choice.second_slot_id is None:
            second = second_slot_for(first, product)
            return Refusal.NO_SECOND_DOSE if second is None else (first, second)
        named = self.slot(choice.second_slot_id, 2)
        if named is None:
            return Refusal.OUTSIDE_RELEASE
        same_product = named.product_id == product.product_id
        if not same_product or not interval_is_met(first.day, named, product):
            return Refusal.INTERVAL_NOT_MET
        return (first, named) if self._is_free(named, 2) else Refusal.NO_SECOND_DOSE

    def _flexible_pairs(self, wish: Flexible) -> Iterator[Pair | Refusal]:
        """Yield the pair of each day's earliest first dose, or else of its calendars' ones."""
        key = (self.release.release_id, wish.venue_id, wish.product_id)
        parts = parts_of(wish)
        for day in days_of(wish):
            first = self.seats.earliest_first_dose(key, day, parts, self.now)
            if first is not None:
                product = self.catalogue.products[first.calendar.key[2]]
                second = second_slot_for(first, product)
                if second is None:
                    yield from self._pairs_of_calendars(self.seats.calendars_of(*key), day, wish)
                else:
                    yield first, second

    def _pairs_of_calendars(
        self, calendars: Iterable[Calendar], day: date, wish: Flexible
    ) -> Iterator[Pair | Refusal]:
        """Yield the earliest pair of one day, if any calendar has one, after the refusals."""
        best: tuple[SlotSeats, SlotSeats] | None = None
        for calendar in calendars:
            found = self._earliest_pair(calendar, day, wish)
            if isinstance(found, Refusal):
                yield found
            elif best is None or found[0].minute < best[0].minute:
                best = found
        if best is not None:
            yield best

    def _earliest_pair(
        self, calendar: Calendar, day: date, wish: Flexible
    ) -> tuple[SlotSeats, SlotSeats] | Refusal:
        """Find the first slot of one day that has a second dose.

        Whether there is a second dose depends on the day alone, so that the
        first free slot answers for all of them.
        """
        slots = calendar.days.get(day)
        if slots is None or slots.free[0] <= 0:
            return Refusal.NO_FIRST_DOSE
        for first in slots.slots:
            if first.free[0] > 0 and first.starts_at > self.now and at_wished_time(first, wish):
                second = second_slot_for(first, self.catalogue.products[calendar.key[2]])
                return Refusal.NO_SECOND_DOSE if second is None else (first, second)
        return Refusal.NO_FIRST_DOSE

    def _second(
        self, wish: Wish, product_id: str, standard_day: date, fits: Fits
    ) -> SlotSeats | Refusal:
        if isinstance(wish, Flexible):
            is_same_product = wish.product_id in (None, product_id)
            if not is_same_product or not self.is_on_offer(wish, 2, product_id):
                return Refusal.OUTSIDE_RELEASE
            seconds = self._flexible_seconds(wish, product_id, standard_day, fits)
            return first_found(seconds, Refusal.NO_SECOND_DOSE)
        chosen = (self._chosen_second(c, product_id, fits) for c in wish)
        return first_found(chosen, Refusal.NO_SECOND_DOSE)

    def _chosen_second(self, choice: Choice, product_id: str, fits: Fits) -> SlotSeats | Refusal:
        second = self.slot(choice.slot_id, 2)
        if second is None:
            return Refusal.OUTSIDE_RELEASE
        if second.product_id != product_id or not fits(second):
            return Refusal.INTERVAL_NOT_MET
        return second if self._is_free(second, 2) else Refusal.NO_SECOND_DOSE

    def _flexible_seconds(
        self, wish: Flexible, product_id: str, standard_day: date, fits: Fits
    ) -> Iterator[SlotSeats | Refusal]:
        """Yield second doses from the standard day on, then those of earlier days."""
        calendars = self.seats.calendars_of(self.release.release_id, wish.venue_id, product_id)
        for day in sorted(days_of(wish), key=lambda day: (day < standard_day, day)):
            free = [s for c in calendars for s in self._free_slots(c, day, 2, wish)]
            for second in sorted(free, key=lambda s: s.minute):
                yield second if fits(second) else Refusal.INTERVAL_NOT_MET

    def _free_slots(
        self, calendar: Calendar, day: date, dose: DoseNumber, wish: Flexible
    ) -> Iterator[SlotSeats]:
        slots = calendar.days.get(day)
        for seats in slots.free_slots(dose) if slots is not None else ():
            if seats.starts_at > self.now and at_wished_time(seats, wish):
                yield seats

    def slot(self, slot_id: int, dose: DoseNumber) -> SlotSeats | None:
        """Return a slot of this release that gives that dose, with seats or full."""
        seats = self.seats.slots.get(slot_id)
        if seats is None or seats.calendar.key[0] != self.release.release_id:
            return None
        gives_dose = seats.free[dose - 1] > 0 or seats.slot.capacities[dose - 1] > 0
        return seats if gives_dose else None

    def is_on_offer(self, wish: Flexible, dose: DoseNumber, product_id: str | None) -> bool:
        """Say whether any slot that is meant gives that dose, with seats or full."""
        key = (self.release.release_id, wish.venue_id, product_id or wish.product_id)
        parts = parts_of(wish)
        return any(self.seats.gives_dose(key, day, parts, dose) for day in days_of(wish))

    def _is_free(self, seats: SlotSeats, dose: DoseNumber) -> bool:
        return seats.free[dose - 1] > 0 and seats.starts_at > self.now


def first_found(candidates: Iterable[Found | Refusal], otherwise: Refusal) -> Found | Refusal:
    """Return the first that is no refusal, else the refusal that comes first in order."""
    refusal = otherwise
    for candidate in candidates:
        if not isinstance(candidate, Refusal):
            return candidate
        refusal = min(refusal, candidate, key=_PRECEDENCE.__getitem__)
    return refusal


def days_of(wish: Flexible) -> Iterator[date]:
    """Yield the days of a wish, in order."""
    for offset in range((wish.day_max - wish.day_min).days + 1):
        yield wish.day_min + timedelta(days=offset)


def parts_of(wish: Flexible) -> Sequence[int]:
    """Return the parts of the day that are wished for, in order, as places in PARTS_OF_DAY."""
    return sorted(PARTS_OF_DAY.index(time) for time in wish.times) or _ALL_PARTS


def wish_allows(wish: Flexible, seats: SlotSeats) -> bool:
    """Say whether a slot is what somebody wished for: venue, product, day and time of day."""
    _, venue_id, product_id = seats.calendar.key
    return (
        wish.venue_id in (None, venue_id)
        and wish.product_id in (None, product_id)
        and wish.day_min <= seats.day <= wish.day_max
        and at_wished_time(seats, wish)
    )


def at_wished_time(seats: SlotSeats, wish: Flexible) -> bool:
    """Say whether a slot begins at a wished time of day."""
    return not wish.times or PARTS_OF_DAY[seats.part] in wish.times
