"""Find another place for whoever loses theirs through no fault of their own.

Rule 1: as little changes as can be: dose 1 stays if it can, the venue always does, and
the new day is the one nearest to the old, at the nearest time.
Rule 2: who cannot be placed stands on the standby list, before everybody who asked, for the days
around the lost one, and a dose 1 that was given stays with them. So does one whose time has begun:
it may have been given, though nobody has recorded it yet. A list is no place for it, so their dose
2 is cancelled, and they choose another.

Rule 3: two who booked together and lose the same are placed in the same slots, where there are
such; else each by rule 1.

Called inside a trial (`Seats.trial`), in which the lost seats are gone already. Work
for one booking: 2 × DAYS_AROUND + 1 days, each with the days of one interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from allocator.ledger import Ledger
from allocator.model import (
    DAYS_SEARCHED_MAX,
    SITE_TIMEZONE,
    Booking,
    Dose,
    DoseNumber,
    FirstDose,
    Flexible,
    Product,
    StandbyPlace,
)
from allocator.offering import back_on_list
from allocator.pairing import interval_is_met_after, second_slot_for
from allocator.seats import Day, SlotSeats

DAYS_AROUND = DAYS_SEARCHED_MAX // 2

Reason = Literal["slot_closed", "supply_cut"]


@dataclass(frozen=True, slots=True)
class Rebooking:
    """Place people anew in one release at one moment."""

    ledger: Ledger
    reason: Reason
    now: datetime

    def again(
        self, held: Booking, lost: tuple[DoseNumber, ...], rank: int, *, room: int = 1
    ) -> Booking:
        """Return what somebody holds who lost those doses; `rank` is for the list.

        With `room` for 2, slots that have it are taken before others: somebody comes with them.

        The seats of `held` that are not lost are still taken, and are taken (or given
        back) as the returned booking says when this returns.
        """
        if held.state == "offered":
            assert held.standby is not None, "an offer is made to somebody on the list"
            place = msgspec.structs.replace(held.standby, offered_until=None)
            return self._moved(held, lost, back_on_list(held, place))
        if lost == (2,) and held.first_dose_elsewhere is None:
            first = self._slot(held, 1)
            second = self._second_of(first, room) or self._second_of(first, 1)
            if second is not None:
                both = (held.doses[0], Dose(2, second.slot_id))
                return self._moved(held, lost, msgspec.structs.replace(held, doses=both))
            if 1 in held.given:
                return self._moved(held, lost, self._listed(held, rank))
            if self.may_have_had_first(held):
                alone = msgspec.structs.replace(held, state="first_only", doses=held.doses[:1])
                return self._moved(held, lost, alone)
        self._give_back(held, lost)
        doses = (self._anew_for_two(held) if room > 1 else None) or self._anew(held)
        after = (
            self._listed(held, rank)
            if doses is None
            else msgspec.structs.replace(held, doses=doses)
        )
        self._take(after)
        return after

    def beside(
        self, held: Booking, lost: tuple[DoseNumber, ...], companion: Booking
    ) -> Booking | None:
        """Return what the second of two holds in the slots of the first; None without room there.

        They lost the same, and come together (`allocator.companions`). Who lost dose 2 alone keeps
        dose 1 if the first has theirs on that day still: else the first had to move both, as no
        dose 2 was in time for it. The seats are taken when this returns a booking.
        """
        if companion.state != held.state:
            return None
        kept: tuple[Dose, ...] = ()
        if 1 not in lost and self._slot(held, 1).day == self._slot(companion, 1).day:
            kept = held.doses[:1]
        elif self.may_have_had_first(held):
            return None
        new = companion.doses[len(kept) :]
        slots = self.ledger.seats.slots
        own = [dose for dose in held.doses if dose.dose not in lost]
        if any(d not in own and not slots[d.slot_id].free[d.dose - 1] for d in new):
            return None
        return self._moved(held, lost, msgspec.structs.replace(held, doses=(*kept, *new)))

    def may_have_had_first(self, held: Booking) -> bool:
        """Say whether somebody has had dose 1, or may have: its time has begun."""
        if 1 in held.given or held.first_dose_elsewhere is not None:
            return True
        return held.slot_of(1) is not None and self._slot(held, 1).starts_at <= self.now

    def _anew_for_two(self, held: Booking) -> tuple[Dose, ...] | None:
        """Find a pair anew in slots with room for two, by the same rule as for one."""
        for first in self._around(self._slot(held, 1), 1, room=2):
            if (second := self._second_of(first, 2)) is not None:
                return Dose(1, first.slot_id), Dose(2, second.slot_id)
        return None

    def _anew(self, held: Booking) -> tuple[Dose, ...] | None:
        """Find all doses of a booking anew, around the day of the first that it had."""
        old = self._slot(held, held.doses[0].dose)
        if held.first_dose_elsewhere is not None:
            second = self._second_after(old, held.first_dose_elsewhere)
            return None if second is None else (Dose(2, second.slot_id),)
        for first in self._around(old, 1):
            if held.state == "first_only":
                return (Dose(1, first.slot_id),)
            second = second_slot_for(first, self._product(first))
            if second is not None:
                return Dose(1, first.slot_id), Dose(2, second.slot_id)
        return None

    def _second_after(self, old: SlotSeats, first: FirstDose) -> SlotSeats | None:
        product, today = self._product(old), self.now.astimezone(SITE_TIMEZONE).date()
        standard_day = first.day + timedelta(days=product.interval_days_standard)
        return next(
            (
                seats
                for seats in self._around(old, 2)
                if seats.day >= standard_day and interval_is_met_after(first, seats, product, today)
            ),
            None,
        )

    def _second_of(self, first: SlotSeats, room: int) -> SlotSeats | None:
        """Find dose 2 by the rule of the pair, for a dose 1 that may lie in the past."""
        product = self._product(first)
        standard, greatest = product.interval_days_standard, product.interval_days_max
        for day in first.of_day.later(standard, greatest):
            second = self._nearest(day, 2, first.minute, room)
            if second is not None:
                return second
        return None

    def _around(self, old: SlotSeats, dose: DoseNumber, *, room: int = 1) -> Iterator[SlotSeats]:
        """Yield one free slot a day, the nearest days first, of two as near the later."""
        for distance in range(DAYS_AROUND + 1):
            for offset in (distance, -distance) if distance else (0,):
                day = old.calendar.days.get(old.day + timedelta(days=offset))
                seats = self._nearest(day, dose, old.minute, room)
                if seats is not None:
                    yield seats

    def _nearest(
        self, day: Day | None, dose: DoseNumber, minute: int, room: int
    ) -> SlotSeats | None:
        free = (
            s
            for s in (day.free_slots(dose) if day else ())
            if s.starts_at > self.now and s.free[dose - 1] >= room
        )
        return min(free, key=lambda s: (abs(s.minute - minute), s.minute), default=None)

    def _listed(self, held: Booking, rank: int) -> Booking:
        """Let somebody wait for the days around the one that they lost, those of the past left out.

        Of whoever has had dose 1 the list looks at the day of dose 2, of others at dose 1's.
        """
        number: DoseNumber = 2 if 1 in held.given else held.doses[0].dose
        nearest_min = self._slot(held, number).day - timedelta(days=DAYS_AROUND)
        day_min = max(self.now.astimezone(SITE_TIMEZONE).date(), nearest_min)
        day_max = day_min + timedelta(days=DAYS_SEARCHED_MAX - 1)
        wish = Flexible(day_min, day_max, None, held.product_id)
        return back_on_list(held, StandbyPlace(rank, self.reason, wish))

    def _moved(self, held: Booking, lost: tuple[DoseNumber, ...], after: Booking) -> Booking:
        self._give_back(held, lost)
        self._take(after)
        return after

    def _give_back(self, held: Booking, lost: tuple[DoseNumber, ...]) -> None:
        for dose in held.doses:
            if dose.dose not in lost:
                self.ledger.seats.give_back(dose.slot_id, dose.dose)

    def _take(self, after: Booking) -> None:
        for dose in after.doses:
            self.ledger.seats.take(dose.slot_id, dose.dose)

    def _slot(self, held: Booking, number: DoseNumber) -> SlotSeats:
        slot_id = held.slot_of(number)
        assert slot_id is not None, "the dose is held"
        return self.ledger.seats.slots[slot_id]

    def _product(self, seats: SlotSeats) -> Product:
        return self.ledger.catalogue.products[seats.product_id]
