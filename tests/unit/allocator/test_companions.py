"""Two who booked together are moved together, if there is room for both."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from allocator.batch import JournalHead, batch_of
from allocator.commands import STAFF_KEY, CloseSlots, Request, companion_id
from allocator.companions import Loss, come_together, companions_follow
from allocator.core import Decision, decide_batch
from allocator.ledger import Facts, Ledger
from allocator.model import Booking, Dose, DoseNumber, FirstDose
from tests.unit.allocator.offers import MONDAY, NOW, at, day, held_by, holding, ledger, slot


def ordered(books: Ledger, known: Facts, order: CloseSlots, now: datetime = NOW) -> Decision:
    """The order as request 99, decided and applied."""
    asked = Request(UUID(int=99), b"digest", STAFF_KEY, order)
    (decision,) = decide_batch(books, known, [asked], now)
    return decision


def two(*doses: int, **changes: object) -> tuple[Booking, Booking]:
    """Two who booked together and hold the same slots; the second with changes."""
    other = msgspec.structs.replace(holding(2, *doses), booking_id=companion_id(UUID(int=1)))
    return holding(1, *doses), msgspec.structs.replace(other, **changes)


def slots_after(made: Decision) -> list[tuple[int, ...]]:
    assert isinstance(made.outcome, tuple)
    return [tuple(dose.slot_id for dose in one.doses) for one in made.outcome]


def told(made: Decision) -> list[tuple[str | None, bool]]:
    """Return what each is told, and whether also that they are parted."""
    return [(move.notice, move.is_parted) for move in made.moves]


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
    assert told(made) == [("moved", False)] * 2
    books = roomy()
    strangers = held_by(books, holding(1, 1, 21), holding(2, 1, 21))
    made = ordered(books, strangers, CloseSlots("release", (1,), "staff"))
    assert slots_after(made) == [(2, 21), (3, 21)]
    assert told(made) == [("moved", False)] * 2, "they booked by themselves"


@pytest.mark.parametrize("given", [(), (1,)])
def test_two_who_lose_dose_2_get_another_in_one_slot(given: tuple[DoseNumber, ...]) -> None:
    books = roomy()
    pair = tuple(msgspec.structs.replace(one, given=given) for one in two(1, 21))
    made = ordered(books, held_by(books, *pair), CloseSlots("release", (21,), "staff"))
    assert slots_after(made) == [(1, 23), (1, 23)]


def scarce(seats_late: int) -> Ledger:
    """No dose 2 is in time for a dose 1 of the first Monday, once slot 21 is closed."""
    return ledger(
        slot(1, MONDAY, seats=(4, 0)),
        slot(2, day(25), seats=(seats_late, 0)),
        slot(21, day(22), seats=(0, 4)),
        slot(24, day(47), seats=(0, 4)),
    )


@pytest.mark.parametrize(
    ("seats_late", "given", "slots"),
    [
        (2, (), [(2, 24), (2, 24)]),
        (2, (1,), [(2, 24), (1,)]),
        (1, (), [(2, 24), ()]),
    ],
)
def test_second_of_two_moves_a_dose_1_that_the_first_had_to_move(
    seats_late: int, given: tuple[DoseNumber, ...], slots: list[tuple[int, ...]]
) -> None:
    """Else it would stand beside a dose 2 that is not in time for it (I2)."""
    books = scarce(seats_late)
    made = ordered(
        books, held_by(books, *two(1, 21, given=given)), CloseSlots("release", (21,), "staff")
    )
    assert slots_after(made) == slots
    assert [parted for _, parted in told(made)] == [len(slots[1]) < 2] * 2


def test_two_whose_first_doses_nobody_has_recorded_keep_them_and_are_told_alike() -> None:
    """They came yesterday, perhaps: nobody is sent to a first dose a second time."""
    books = scarce(2)
    order = CloseSlots("release", (21,), "staff", words="The lift is broken.")
    made = ordered(books, held_by(books, *two(1, 21)), order, at(day(1), 8))
    assert slots_after(made) == [(1,), (1,)]
    assert isinstance(made.outcome, tuple)
    assert [one.state for one in made.outcome] == ["first_only"] * 2
    assert told(made) == [("cancelled", False)] * 2


def test_two_who_keep_the_last_seats_of_dose_2_are_not_told_that_they_are_parted() -> None:
    """Their own seats have room for them."""
    books = ledger(
        slot(1, MONDAY, seats=(2, 0)),
        slot(2, day(1), seats=(2, 0)),
        slot(21, day(22), seats=(0, 2)),
    )
    made = ordered(books, held_by(books, *two(1, 21)), CloseSlots("release", (1,), "staff"))
    assert slots_after(made) == [(2, 21), (2, 21)]
    assert told(made) == [("moved", False)] * 2


def test_two_whom_a_closed_day_parts_are_told_so_and_nobody_else_is() -> None:
    books = ledger(
        slot(1, MONDAY, seats=(4, 0)),
        slot(2, day(1), seats=(1, 0)),
        slot(3, day(2), seats=(1, 0)),
        slot(4, day(3), seats=(2, 0)),
        slot(21, day(24), seats=(0, 5)),
    )
    order = CloseSlots("release", (1,), "staff", words="The lift is broken.")
    made = ordered(books, held_by(books, *two(1, 21), holding(3, 1, 21), holding(4, 1, 21)), order)
    assert told(made) == [("closed_moved", False)] * 4, "slot 4 has room for two"
    books = ledger(
        slot(1, MONDAY, seats=(4, 0)),
        *(slot(number, day(number), seats=(1, 0)) for number in (2, 3, 4, 5)),
        slot(21, day(26), seats=(0, 4)),
    )
    made = ordered(books, held_by(books, *two(1, 21), holding(3, 1, 21), holding(4, 1, 21)), order)
    assert [is_parted for _, is_parted in told(made)] == [True, True, False, False]
    rows = batch_of([made], books.catalogue, JournalHead(), NOW)
    assert rows.outbox["parted"] == [True, True, False, False]


def test_two_without_room_together_are_placed_one_by_one_or_listed() -> None:
    books = ledger(
        slot(1, MONDAY, seats=(2, 0)),
        slot(2, day(1), seats=(1, 0)),
        slot(3, day(2), seats=(2, 0)),
        slot(21, day(22), seats=(0, 3)),
    )
    made = ordered(books, held_by(books, *two(1, 21)), CloseSlots("release", (1,), "staff"))
    assert slots_after(made) == [(2, 21), ()]
    assert told(made) == [("moved", True), ("listed", True)]
    books = ledger(slot(1, MONDAY, seats=(2, 0)), slot(21, day(22), seats=(0, 2)))
    made = ordered(books, held_by(books, *two(1, 21)), CloseSlots("release", (1,), "staff"))
    assert slots_after(made) == [(), ()]
    assert told(made) == [("listed", False)] * 2, "nobody has a time yet"


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
