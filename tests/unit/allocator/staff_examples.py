"""Whom an order of the staff touches: examples of supply cut and of doses given."""

from __future__ import annotations

from datetime import datetime, timedelta

from allocator.model import Booking, DoseNumber, FirstDose, Refusal
from tests.unit.allocator.offers import MONDAY, NOW, at, day, holding, place

LATER = NOW + timedelta(hours=3)
AGO = FirstDose("pfizer", MONDAY)

ON_THE_DAY = (
    holding(1, 1, 21),
    holding(2, 21, 42),
    holding(3, 1, 21, given=(1,)),
    holding(4, 22),
    holding(5, None, 22, elsewhere=AGO),
    holding(6, 22, 43, listed=place(1, until=LATER)),
    holding(7, 2, 22),
    holding(8, 2, 43),
    holding(9, 21, 43, given=(1,)),
)
"""Eight of these have a dose on day 21; four of the doses are first ones."""

Capacities = dict[int, tuple[int, int]]

CAPACITIES: list[tuple[str, int, Capacities]] = [
    ("more than there are seats", 13, {21: (3, 3), 22: (3, 3)}),
    ("as many as there are seats", 12, {21: (3, 3), 22: (3, 3)}),
    ("a free first dose of the latest slot", 11, {21: (3, 3), 22: (2, 3)}),
    ("then one of the slot before", 10, {21: (2, 3), 22: (2, 3)}),
    ("then a free second dose of the latest", 9, {21: (2, 3), 22: (2, 2)}),
    ("then of the slot before", 8, {21: (2, 2), 22: (2, 2)}),
    ("then what was taken", 7, {21: (2, 2), 22: (1, 2)}),
    ("first doses and second ones", 4, {21: (1, 2), 22: (0, 1)}),
]
"""The capacities of day 21 when so many doses are left for it."""

BOTH = holding(1, 1, 21)
GIVEN_1 = holding(1, 1, 21, given=(1,))
GIVEN_2 = holding(1, 1, 21, given=(1, 2))
ELSEWHERE = holding(1, None, 21, elsewhere=AGO)
WAITS = holding(1, 1, given=(1,), listed=place(1, "slot_closed"))
OFFERED = holding(1, 1, 21, listed=place(1, until=LATER))
GIVEN_OFFERED = holding(1, 1, 21, given=(1,), listed=place(1, "slot_closed", until=LATER))
FIRST_DAY, SECOND_DAY = at(MONDAY, 0), at(day(21), 0)
SECOND = timedelta(seconds=1)

Mark = tuple[Booking | None, DoseNumber, datetime, tuple[DoseNumber, ...] | Refusal]

GIVEN: list[Mark] = [
    (None, 1, FIRST_DAY, Refusal.NO_BOOKING),
    (holding(1, 1), 2, SECOND_DAY, Refusal.NO_BOOKING),
    (ELSEWHERE, 1, SECOND_DAY, Refusal.NO_BOOKING),
    (holding(1, listed=place(1)), 1, FIRST_DAY, Refusal.NO_BOOKING),
    (WAITS, 2, SECOND_DAY, Refusal.NO_BOOKING),
    (OFFERED, 1, FIRST_DAY, Refusal.NO_BOOKING),
    (OFFERED, 2, SECOND_DAY, Refusal.NO_BOOKING),
    (GIVEN_OFFERED, 2, SECOND_DAY, Refusal.NO_BOOKING),
    (BOTH, 1, FIRST_DAY - SECOND, Refusal.NOT_THE_DAY),
    (BOTH, 2, SECOND_DAY - SECOND, Refusal.NOT_THE_DAY),
    (GIVEN_1, 2, SECOND_DAY - SECOND, Refusal.NOT_THE_DAY),
    (BOTH, 2, SECOND_DAY, Refusal.FIRST_DOSE_NOT_GIVEN),
    (BOTH, 1, FIRST_DAY, (1,)),
    (BOTH, 1, SECOND_DAY, (1,)),
    (holding(1, 1), 1, FIRST_DAY, (1,)),
    (GIVEN_1, 1, FIRST_DAY, (1,)),
    (GIVEN_1, 2, SECOND_DAY, (1, 2)),
    (ELSEWHERE, 2, SECOND_DAY, (2,)),
    (WAITS, 1, FIRST_DAY, (1,)),
    (GIVEN_OFFERED, 1, FIRST_DAY, (1,)),
]

TAKEN_BACK: list[Mark] = [
    (None, 1, FIRST_DAY, Refusal.NO_BOOKING),
    (ELSEWHERE, 1, FIRST_DAY, Refusal.NO_BOOKING),
    (OFFERED, 1, FIRST_DAY, Refusal.NO_BOOKING),
    (OFFERED, 2, FIRST_DAY, Refusal.NO_BOOKING),
    (GIVEN_OFFERED, 2, FIRST_DAY, Refusal.NO_BOOKING),
    (GIVEN_2, 1, SECOND_DAY, Refusal.DOSE_GIVEN),
    (WAITS, 1, FIRST_DAY, Refusal.DOSE_GIVEN),
    (GIVEN_OFFERED, 1, FIRST_DAY, Refusal.DOSE_GIVEN),
    (GIVEN_2, 2, SECOND_DAY, (1,)),
    (GIVEN_1, 1, NOW, ()),
    (GIVEN_1, 2, NOW, (1,)),
    (BOTH, 2, NOW, ()),
    (holding(1, None, 21, elsewhere=AGO, given=(2,)), 2, SECOND_DAY, ()),
]
