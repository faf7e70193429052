"""What comes of changing and cancelling what somebody holds: on the list, or once given."""

from __future__ import annotations

from datetime import datetime, timedelta

from allocator.commands import Command
from allocator.model import Booking, FirstDose, Refusal
from tests.unit.allocator.offers import (
    MONDAY,
    NOW,
    at,
    cancel,
    cancel_second,
    change,
    change_second,
    day,
    holding,
    place,
)

UNTIL = NOW + timedelta(hours=3)
SECOND = timedelta(seconds=1)
WAITS = holding(1, listed=place(1))
OFFERED = holding(1, 1, 21, listed=place(1, until=UNTIL))
GIVEN_1 = holding(1, 1, 21, given=(1,))
GIVEN_2 = holding(1, 1, 21, given=(1, 2))
LISTED_1 = holding(1, 1, given=(1,), listed=place(1, "slot_closed"))
OFFERED_1 = holding(1, 1, 22, given=(1,), listed=place(1, "slot_closed", until=UNTIL))
FIRST_ONLY_1 = holding(1, 1, given=(1,))
ELSEWHERE_2 = holding(1, None, 21, elsewhere=FirstDose("pfizer", MONDAY), given=(2,))


SOON = at(MONDAY, 9)
"""Dose 1 has begun, and dose 2 lies ahead."""

After = tuple[str, tuple[int, ...]]
"""The state and the slots that are left."""

Held = list[tuple[Booking, Command, datetime, After | Refusal]]

CHANGES: Held = [
    (WAITS, change(2), NOW, Refusal.NO_BOOKING),
    (OFFERED, change_second(22), NOW, Refusal.NO_BOOKING),
    (GIVEN_1, change(2), SOON, Refusal.DOSE_GIVEN),
    (GIVEN_2, change(2), SOON, Refusal.DOSE_GIVEN),
    (GIVEN_2, change_second(22), SOON, Refusal.DOSE_GIVEN),
    (ELSEWHERE_2, change(22), SOON, Refusal.DOSE_GIVEN),
    (GIVEN_1, change_second(22), SOON, ("booked", (1, 22))),
    (GIVEN_1, change_second(22), at(day(20), 9), Refusal.PAST_CUT_OFF),
    (GIVEN_1, change_second(22), at(day(20), 9) - SECOND, ("booked", (1, 22))),
    (LISTED_1, change(2), SOON, Refusal.DOSE_GIVEN),
    (LISTED_1, change_second(22), SOON, ("booked", (1, 22))),
    (LISTED_1, change_second(2), SOON, Refusal.INTERVAL_NOT_MET),
    (OFFERED_1, change_second(22), SOON, ("booked", (1, 22))),
    (OFFERED_1, change_second(21), at(day(21), 8), ("booked", (1, 21))),
    (FIRST_ONLY_1, change(2), SOON, Refusal.DOSE_GIVEN),
    (FIRST_ONLY_1, change_second(22), SOON, ("booked", (1, 22))),
    (holding(1, 1), change(2), NOW, ("booked", (2, 22))),
    (holding(1, 1), change(2), SOON, Refusal.PAST_CUT_OFF),
]
CANCELS: Held = [
    (WAITS, cancel(), NOW, ("cancelled", ())),
    (WAITS, cancel_second(), NOW, ("cancelled", ())),
    (OFFERED, cancel(), SOON, ("cancelled", ())),
    (OFFERED, cancel_second(), SOON, ("cancelled", ())),
    (LISTED_1, cancel(), SOON, ("first_only", (1,))),
    (OFFERED_1, cancel(), at(day(21), 8), ("first_only", (1,))),
    (GIVEN_1, cancel(), SOON, Refusal.DOSE_GIVEN),
    (GIVEN_1, cancel_second(), SOON, ("first_only", (1,))),
    (GIVEN_1, cancel_second(), at(day(20), 9), Refusal.PAST_CUT_OFF),
    (GIVEN_2, cancel_second(), SOON, Refusal.DOSE_GIVEN),
    (FIRST_ONLY_1, cancel(), SOON, Refusal.DOSE_GIVEN),
    (FIRST_ONLY_1, cancel_second(), SOON, Refusal.NO_BOOKING),
    (ELSEWHERE_2, cancel_second(), SOON, Refusal.DOSE_GIVEN),
    (holding(1, 1), cancel(), NOW, ("cancelled", ())),
]
