"""Two who booked together are moved together, if there is room for both."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from allocator.commands import STAFF_KEY, CloseSlots, Request, companion_id
from allocator.companions import Loss, come_together, companions_follow
from allocator.core import Decision, decide_batch
from allocator.ledger import Facts, Ledger
from allocator.model import Booking, Dose, DoseNumber, FirstDose
from tests.unit.allocator.offers import MONDAY, NOW, day, held_by, holding, ledger, slot


def ordered(books: Ledger, known: Facts, order: CloseSlots) -> Decision:
    """The order as request 99, decided and applied."""
    asked = Request(UUID(int=99), b"digest", STAFF_KEY, order)
    (decision,) = decide_batch(books, known, [asked], NOW)
    return decision


def two(*doses: int, **changes: object) -> tuple[Booking, Booking]:
    """Two who booked together and hold the same slots; the second with changes."""
    other = msgspec.structs.replace(holding(2, *doses), booking_id=companion_id(UUID(int=1)))
    return holding(1, *doses), msgspec.structs.replace(other, **changes)


def slots_after(made: Decision) -> list[tuple[int, ...]]:
    assert isinstance(made.outcome, tuple)
    return [tuple(dose.slot_id for dose in one.doses) for one in made.outcome]


def roomy() -> Ledger:
    """The nearest time has room for one, a later one for two; so have two days for dose 2."""
    return ledger(
        slot(1, MONDAY, seats=(4, 0)),
        slot(2, day(1), seats=(1, 0)),
        slot(3, day(1), 10, seats=(2, 0)),
        slot(21, day(22), seats=(0, 4)),
        slot(22, day(23), seats=(0, 1)),
        slot(23, day(24), seats=(0, 3)),
    )


def test_two_who_booked_together_are_placed_in_the_same_slots() -> None:
    books = roomy()
    made = ordered(books, held_by(books, *two(1, 21)), CloseSlots("release", (1,), "staff"))
    assert slots_after(made) == [(3, 21), (3, 21)]
    books = roomy()
    strangers = held_by(books, holding(1, 1, 21), holding(2, 1, 21))
    made = ordered(books, strangers, CloseSlots("release", (1,), "staff"))
    assert slots_after(made) == [(2, 21), (3, 21)]


@pytest.mark.parametrize("given", [(), (1,)])
def test_two_who_lose_dose_2_get_another_in_one_slot(given: tuple[DoseNumber, ...]) -> None:
    books = roomy()
    pair = tuple(msgspec.structs.replace(one, given=given) for one in two(1, 21))
    made = ordered(books, held_by(books, *pair), CloseSlots("release", (21,), "staff"))
    assert slots_after(made) == [(1, 23), (1, 23)]


def test_two_without_room_together_are_placed_one_by_one_or_listed() -> None:
    books = ledger(
        slot(1, MONDAY, seats=(2, 0)),
        slot(2, day(1), seats=(1, 0)),
        slot(3, day(2), seats=(2, 0)),
        slot(21, day(22), seats=(0, 3)),
    )
    made = ordered(books, held_by(books, *two(1, 21)), CloseSlots("release", (1,), "staff"))
    assert slots_after(made) == [(2, 21), ()]
    books = ledger(slot(1, MONDAY, seats=(2, 0)), slot(21, day(22), seats=(0, 2)))
    made = ordered(books, held_by(books, *two(1, 21)), CloseSlots("release", (1,), "staff"))
    assert slots_after(made) == [(), ()]


@pytest.mark.parametrize(
    "changes",
    [
        {"product_id": "moderna"},
        {"state": "first_only", "doses": (Dose(1, 1),)},
        {"doses": (Dose(1, 2), Dose(2, 21))},
        {"doses": (Dose(2, 21),), "first_dose_elsewhere": FirstDose("pfizer", MONDAY)},
        {"booking_id": UUID(int=2)},
    ],
)
def test_who_booked_together_and_went_other_ways_is_placed_alone(changes: dict[str, Any]) -> None:
    books = roomy()
    pair = two(1, 21, **changes)
    held_by(books, *pair)
    assert not come_together(books.seats, *pair)
    assert come_together(books.seats, *two(1, 21))


def test_order_over_so_many_people_parts_nobody_from_who_booked_with_them() -> None:
    books = roomy()
    one, other = two(1, 21, booking_number=holding(3).booking_number)
    first = msgspec.structs.replace(one, booking_number=holding(2).booking_number)
    known = held_by(
        books,
        msgspec.structs.replace(holding(9, 1, 21), booking_number=holding(1).booking_number),
        first,
        other,
    )
    made = ordered(books, known, CloseSlots("release", (1,), "staff", people_max=2))
    assert slots_after(made) == [(2, 21)]
    made = ordered(books, known, CloseSlots("release", (1,), "staff", people_max=1))
    assert len(slots_after(made)) == 1


def test_nobody_follows_where_nobody_loses_anything() -> None:
    assert list(companions_follow([], roomy().seats)) == []


def test_who_loses_another_dose_does_not_follow() -> None:
    books = roomy()
    one, other = two(1, 21)
    held_by(books, one, other)
    alike: Loss = ((b"other", other), (1,))
    assert list(companions_follow([((b"one", one), (1,)), alike], books.seats)) == [True, False]
    assert list(companions_follow([((b"one", one), (2,)), alike], books.seats)) == [False, False]
