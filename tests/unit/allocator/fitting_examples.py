"""Whom a freed seat fits, with the doses that they are offered, and until when."""

from __future__ import annotations

from allocator.model import Booking, DoseNumber, FirstDose, Flexible, Slot
from allocator.offering import product_wished
from tests.unit.allocator.offers import ANY, MONDAY, at, day, holding, place, slot

AGO_14 = FirstDose("pfizer", day(-14))


def wish(
    first: int = -3, last: int = 58, *, venue: str | None = None, product: str | None = None
) -> Flexible:
    return Flexible(day(first), day(last), venue, product)


def waits(what: Flexible = ANY, elsewhere: FirstDose | None = None) -> Booking:
    """Somebody on the list as booking 1."""
    listed = place(1, wish=what)
    return holding(1, listed=listed, elsewhere=elsewhere, product=product_wished(listed, elsewhere))


AFTER_DOSE_1 = holding(1, 1, given=(1,), listed=place(1, "slot_closed"))
"""Whoever has had dose 1 in slot 1, and lost dose 2."""

PAIR = [slot(1, MONDAY, seats=(1, 0)), slot(21, day(21), seats=(0, 1))]
SECOND = [slot(1, MONDAY, seats=(1, 0)), slot(9, day(7), seats=(0, 1))]

MORNING = Flexible(MONDAY, MONDAY, times=("morning",))

Fit = tuple[str, Booking, list[Slot], tuple[int, DoseNumber], tuple[int, ...] | None]

PAIRS: list[Fit] = [
    ("a first dose with its second", waits(), PAIR, (1, 1), (1, 21)),
    ("a first dose without a second", waits(), PAIR[:1], (1, 1), None),
    ("of the wished venue", waits(wish(venue="gym")), PAIR, (1, 1), (1, 21)),
    ("of another venue", waits(wish(venue="hall")), PAIR, (1, 1), None),
    ("of another venue, by dose 2", waits(wish(venue="hall")), PAIR, (21, 2), None),
    ("of another product", waits(wish(product="moderna")), PAIR, (1, 1), None),
    ("on the wished day", waits(wish(0, 0)), PAIR, (1, 1), (1, 21)),
    ("the wish bounds the day of dose 1 alone", waits(wish(0, 0)), PAIR, (21, 2), (1, 21)),
    ("before the wished days", waits(wish(1, 30)), PAIR, (1, 1), None),
    ("before the wished days, by dose 2", waits(wish(1, 30)), PAIR, (21, 2), None),
    ("after the wished days", waits(wish(-3, -1)), PAIR, (1, 1), None),
    (
        "at a wished time",
        waits(Flexible(MONDAY, MONDAY, times=("morning",))),
        PAIR,
        (1, 1),
        (1, 21),
    ),
    ("at another time", waits(Flexible(MONDAY, MONDAY, times=("evening",))), PAIR, (1, 1), None),
    (
        "a first dose with the second nearest in time",
        waits(),
        [PAIR[0], slot(20, day(21), 15, seats=(0, 1)), slot(21, day(21), 10, seats=(0, 1))],
        (1, 1),
        (1, 21),
    ),
    (
        "a second dose that makes another second the nearest",
        waits(),
        [PAIR[0], slot(20, day(21), 15, seats=(0, 1)), slot(21, day(21), 10, seats=(0, 1))],
        (20, 2),
        (1, 21),
    ),
    ("a second dose with its first", waits(), PAIR, (21, 2), (1, 21)),
    ("a second dose without a first", waits(), [slot(21, day(21))], (21, 2), None),
    (
        "the earliest day of those in reach",
        waits(),
        [slot(1, MONDAY), slot(2, day(-1)), slot(21, day(21))],
        (21, 2),
        (2, 21),
    ),
    (
        "of one day the earliest",
        waits(),
        [slot(1, MONDAY, 11), slot(2, MONDAY, 10), slot(21, day(21))],
        (21, 2),
        (2, 21),
    ),
    (
        "the earliest at a wished time",
        waits(Flexible(MONDAY, MONDAY, times=("afternoon", "evening"))),
        [slot(1, MONDAY), slot(2, MONDAY, 13), slot(3, MONDAY, 17), slot(21, day(21))],
        (21, 2),
        (2, 21),
    ),
    (
        "passing over a first whose second is on an earlier day",
        waits(),
        [slot(1, MONDAY), slot(2, day(-1)), slot(20, day(20), seats=(0, 1)), slot(21, day(21))],
        (21, 2),
        (1, 21),
    ),
    ("at the end of the interval", waits(), [slot(1, MONDAY), slot(42, day(42))], (42, 2), (1, 42)),
    ("after the interval", waits(), [slot(1, MONDAY), slot(43, day(43))], (43, 2), None),
    ("before the standard day", waits(), [slot(1, MONDAY), slot(20, day(20))], (20, 2), None),
    (
        "not with a first of another venue",
        waits(),
        [slot(1, MONDAY, venue="hall"), slot(21, day(21))],
        (21, 2),
        None,
    ),
]

SECONDS: list[Fit] = [
    ("dose 2 after one elsewhere", waits(ANY, AGO_14), SECOND, (9, 2), (9,)),
    ("dose 1 after one elsewhere", waits(ANY, AGO_14), PAIR, (1, 1), None),
    ("dose 2 on a wished day", waits(wish(7, 7), AGO_14), SECOND, (9, 2), (9,)),
    ("dose 2 before the wished days", waits(wish(8, 30), AGO_14), SECOND, (9, 2), None),
    ("dose 2 of another venue", waits(wish(venue="hall"), AGO_14), SECOND, (9, 2), None),
    (
        "dose 2 of another product",
        waits(ANY, FirstDose("moderna", day(-21))),
        SECOND,
        (9, 2),
        None,
    ),
    (
        "dose 2 before the standard day, though after the shortest interval",
        waits(ANY, FirstDose("pfizer", day(-13))),
        SECOND,
        (9, 2),
        None,
    ),
    (
        "dose 2 at the end of the interval",
        waits(ANY, FirstDose("pfizer", day(-35))),
        SECOND,
        (9, 2),
        (9,),
    ),
    (
        "dose 2 after an interval that can be kept",
        waits(ANY, FirstDose("pfizer", day(-36))),
        SECOND,
        (9, 2),
        None,
    ),
    ("dose 2 overdue", waits(ANY, FirstDose("pfizer", day(-46))), SECOND, (9, 2), (9,)),
    ("dose 2 after our own dose 1", AFTER_DOSE_1, PAIR, (21, 2), (1, 21)),
    (
        "dose 1 after our own dose 1",
        AFTER_DOSE_1,
        [slot(1, MONDAY), slot(2, MONDAY), *PAIR[1:]],
        (2, 1),
        None,
    ),
]

FITTING = [*PAIRS, *SECONDS]

OFFER_ENDS = [
    (at(MONDAY, 9), at(MONDAY, 12)),
    (at(MONDAY, 17, 59), at(MONDAY, 20, 59)),
    (at(MONDAY, 18), at(MONDAY, 21)),
    (at(MONDAY, 18, 1), at(day(1), 9, 1)),
    (at(MONDAY, 20, 59), at(day(1), 11, 59)),
    (at(MONDAY, 21), at(day(1), 12)),
    (at(MONDAY, 23), at(day(1), 12)),
    (at(day(1), 0), at(day(1), 12)),
    (at(day(1), 8, 59), at(day(1), 12)),
    (at(day(1), 9, 1), at(day(1), 12, 1)),
]
"""When an offer of a moment runs out."""
