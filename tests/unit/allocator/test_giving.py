"""A dose is recorded once; whoever does not come gives back what was not given."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
import pytest

from allocator.commands import MarkDose, NotCome
from allocator.giving import mark_dose, not_come
from allocator.ledger import Ruling
from allocator.model import Booking, DoseNumber, FirstDose, Refusal
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    at,
    day,
    decided,
    held_by,
    holding,
    ledger,
    person,
    place,
    request,
    slot,
)


def given_by_two(held: Booking, **changes: object) -> list[Ruling]:
    """What two desks hear that record one dose, one after the other."""
    books = ledger(slot(1, MONDAY), slot(21, day(21)))
    known = held_by(books, held)
    order = MarkDose(CAMPAIGN, 1, True, "staff", "EW4811")
    other = msgspec.structs.replace(order, **changes)
    first = mark_dose(books, known, request(8, order), order, at(MONDAY, 9))
    books.apply(known, first.moves, first.edits)
    return [first, mark_dose(books, known, request(9, other), other, at(MONDAY, 9))]


def test_dose_with_its_lot_is_recorded_once() -> None:
    """A mark without one, and taking it back, move nothing the second time."""
    held = holding(1, 1, 21)
    first, second = given_by_two(held)
    assert [move.after.given for move in first.moves] == [(1,)]
    assert second == Ruling(Refusal.DOSE_GIVEN)
    first, second = given_by_two(held, lot="")
    assert (second.moves, second.outcome) == ((), first.outcome)


@pytest.mark.parametrize(
    ("given_on", "refusal"),
    [
        (day(-1), Refusal.NOT_THE_DAY),
        (MONDAY, None),
        (day(2), None),
        (day(3), Refusal.NOT_THE_DAY),
    ],
)
def test_dose_was_given_on_its_day_or_later_and_not_after_today(
    given_on: date, refusal: Refusal | None
) -> None:
    assert late_first(holding(1, 1, 21), given_on, today=day(2)) == refusal


def late_first(held: Booking, given_on: date | None, today: date) -> Refusal | None:
    """Why dose 1 of Monday is not recorded as given on a day; None: it is."""
    books = ledger(slot(1, MONDAY), slot(19, day(19)), slot(21, day(21)))
    order = MarkDose(CAMPAIGN, 1, True, "staff", "EW4811", given_on)
    known = held_by(books, held)
    outcome = mark_dose(books, known, request(9, order), order, at(today, 9)).outcome
    return outcome if isinstance(outcome, Refusal) else None


@pytest.mark.parametrize(
    ("held", "given_on", "refusal"),
    [
        (holding(1, 1, 21), day(2), None),
        (holding(1, 1, 21), day(3), Refusal.INTERVAL_NOT_MET),
        (holding(1, 1, 21), day(22), Refusal.INTERVAL_NOT_MET),
        (holding(1, 1, 21), MONDAY, None),
        (holding(1, 1, 21), None, None),
        (holding(1, 1), day(22), None),
    ],
)
def test_late_first_dose_is_recorded_once_the_second_is_not_too_soon_after_it(
    held: Booking, given_on: date | None, refusal: Refusal | None
) -> None:
    """The shortest interval is 19 days; a mark by command says no day, and stays as it was."""
    assert late_first(held, given_on, today=day(22)) == refusal


Absence = tuple[Booking | None, DoseNumber, datetime, Refusal]


@pytest.mark.parametrize(
    "absence",
    [
        (None, 1, at(MONDAY, 10), Refusal.NO_BOOKING),
        (holding(1, 1, 21, given=(1,)), 1, at(MONDAY, 10), Refusal.DOSE_GIVEN),
        (holding(1, 1, 21), 1, at(MONDAY, 8, 59), Refusal.NOT_THE_DAY),
        (holding(1, 1, 21), 2, at(day(21), 23), Refusal.FIRST_DOSE_NOT_GIVEN),
        (holding(1, 1, 21, listed=place(1, until=NOW)), 1, at(MONDAY, 10), Refusal.NO_BOOKING),
        (holding(1, 1, given=(1,)), 2, at(day(21), 23), Refusal.NO_BOOKING),
    ],
)
def test_absence_is_refused(absence: Absence) -> None:
    held, dose, now, refusal = absence
    books = ledger(slot(1, MONDAY, 9), slot(21, day(21)))
    known = held_by(books, *([held] if held else []))
    order = NotCome(CAMPAIGN, dose, "staff")
    assert not_come(books, known, request(9, order), order, now) == Ruling(refusal)


@pytest.mark.parametrize(
    ("held", "dose", "state", "kept"),
    [
        (holding(1, 1, 21), 1, "cancelled", 0),
        (holding(1, 1, 21, given=(1,)), 2, "first_only", 1),
        (holding(1, None, 21, elsewhere=FirstDose("pfizer", MONDAY)), 2, "cancelled", 0),
    ],
)
def test_whoever_does_not_come_gives_back_what_was_not_given(
    held: Booking, dose: DoseNumber, state: str, kept: int
) -> None:
    """Through the core: the seats are free, and the person is told."""
    books = ledger(slot(1, MONDAY, 9), slot(21, day(21), 9))
    known = held_by(books, held)
    order = NotCome(CAMPAIGN, dose, "staff")
    made = decided(books, known, 9, order, 1, at(day(21), 9))
    (move,) = made.moves
    assert (move.after.state, move.after.doses, move.notice) == (
        *(state, held.doses[:kept], "cancelled"),
    )
    assert books.seats.slots[21].free[1] == books.seats.slots[21].slot.capacities[1]


def test_mark_is_about_one_person_and_tells_nobody() -> None:
    """Through the core, with the person's own key."""
    books = ledger(slot(1, MONDAY, seats=(2, 0)), slot(21, day(21), seats=(0, 2)))
    known = held_by(books, holding(1, 1, 21), holding(2, 1, 21))
    order = MarkDose(CAMPAIGN, 1, given=True, ordered_by="staff")
    made = decided(books, known, 9, order, 2, at(MONDAY, 9))
    assert [(move.person_key, move.notice) for move in made.moves] == [(person(2), None)]
    assert known.held[CAMPAIGN, person(1)].given == ()
    assert known.held[CAMPAIGN, person(2)].given == (1,)
