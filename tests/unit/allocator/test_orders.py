"""Orders of the staff: each decided whole, or refused and nothing is changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from allocator.commands import (
    STAFF_KEY,
    AddSeats,
    CloseSlots,
    CutSupply,
    MarkDose,
    Request,
)
from allocator.core import Decision, Facts, decide_batch
from allocator.giving import mark_dose
from allocator.ledger import Edit, Ledger, Move, Ruling
from allocator.model import (
    BOOKINGS_MOVED_MAX,
    FirstDose,
    Flexible,
    Outcome,
    Refusal,
    StandbyPlace,
)
from allocator.orders import add_seats, close_slots, cut_supply
from allocator.rebooking import Reason
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    at,
    day,
    facts,
    free_seats,
    held_by,
    holding,
    ledger,
    person,
    place,
    request,
    slot,
)
from tests.unit.allocator.staff_examples import (
    CAPACITIES,
    GIVEN,
    LATER,
    ON_THE_DAY,
    TAKEN_BACK,
    Capacities,
    Mark,
)

Order = AddSeats | CloseSlots | CutSupply
TODAY = NOW.date()


def close(*slot_ids: int, release: str = "release") -> CloseSlots:
    return CloseSlots(release, slot_ids, "staff")


def add(slot_id: int, first: int, second: int, release: str = "release") -> AddSeats:
    return AddSeats(release, slot_id, (first, second), "staff")


def cut(
    doses_left: int,
    on: int = 21,
    *,
    release: str = "release",
    venue: str = "gym",
    product: str = "pfizer",
) -> CutSupply:
    return CutSupply(release, venue, product, day(on), doses_left, "staff")


def ordered(books: Ledger, known: Facts, order: Order, now: datetime = NOW) -> Decision:
    """The order as request 99, decided and applied."""
    asked = Request(UUID(int=99), b"digest", STAFF_KEY, order)
    (decision,) = decide_batch(books, known, [asked], now)
    return decision


def numbers(outcome: Outcome) -> list[int]:
    """The bookings that an order names, in order."""
    assert isinstance(outcome, tuple), outcome
    return [booking.booking_id.int for booking in outcome]


def listed(rank: int, reason: Reason) -> StandbyPlace:
    """The place of whoever could not be placed anew."""
    return place(rank, reason, wish=Flexible(TODAY, TODAY + timedelta(days=61), None, "pfizer"))


# Seats added -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "edits"),
    [
        (add(1, 2, 3), (Edit(1, 1, 3), Edit(1, 2, 4))),
        (add(1, 2, 0), (Edit(1, 1, 3),)),
        (add(1, 0, 2), (Edit(1, 2, 3),)),
    ],
)
def test_seats_are_added_to_what_there_is(order: AddSeats, edits: tuple[Edit, ...]) -> None:
    books = ledger(slot(1, MONDAY))
    assert add_seats(books, order, NOW) == Ruling((), edits=edits)


@pytest.mark.parametrize(
    ("order", "now", "refusal"),
    [
        (add(9, 1, 1), NOW, Refusal.OUTSIDE_RELEASE),
        (add(1, 1, 1, "unknown"), NOW, Refusal.OUTSIDE_RELEASE),
        (add(2, 1, 1), at(day(1)), Refusal.OUTSIDE_RELEASE),
        (add(1, 1, 1), at(MONDAY) - timedelta(seconds=1), None),
        (add(1, 1, 1), at(MONDAY), Refusal.PAST_CUT_OFF),
    ],
)
def test_seats_are_added_to_slots_that_lie_ahead(
    order: AddSeats, now: datetime, refusal: Refusal | None
) -> None:
    books = ledger(slot(1, MONDAY), slot(2, MONDAY, release="other"))
    assert add_seats(books, order, now).outcome == (() if refusal is None else refusal)


def test_seats_that_are_added_are_offered_to_the_list() -> None:
    """In the same decision; whom they are offered to is not in the answer."""
    books = ledger(slot(1, MONDAY, seats=(0, 0)), slot(21, day(21), seats=(0, 1)))
    known = held_by(books, holding(1, listed=place(1)), holding(2, listed=place(2)))
    made = ordered(books, known, add(1, 2, 0))
    assert made.outcome == ()
    assert [(move.after.booking_id.int, move.notice) for move in made.moves] == [(1, "offered")]
    assert made.edits == (Edit(1, 1, 2),)
    assert books.catalogue.version == 2
    assert free_seats(books)[1] == ([1, 0], (2, 0))


# Slots closed ----------------------------------------------------------------------------


def test_closed_slot_without_bookings_has_no_seats() -> None:
    books = ledger(
        slot(1, MONDAY, seats=(2, 3)), slot(2, MONDAY, 10, seats=(0, 4)), slot(3, day(1))
    )
    made = ordered(books, facts(), close(2, 1))
    assert (made.outcome, made.moves) == ((), ())
    assert made.edits == (Edit(2, 2, 0), Edit(1, 1, 0), Edit(1, 2, 0))
    assert free_seats(books) == {1: ([0, 0], (0, 0)), 2: ([0, 0], (0, 0)), 3: ([1, 1], (1, 1))}


def test_whoever_has_a_dose_in_a_closed_slot_is_placed_anew_or_listed() -> None:
    """In the order of booking numbers, each seeing the seats that the earlier ones left."""
    books = ledger(
        slot(1, MONDAY, seats=(5, 0)),
        slot(2, MONDAY, 10, seats=(2, 0)),
        slot(21, day(21), seats=(0, 5)),
    )
    holders = (holding(3, 1, 21), holding(1, 1, 21), holding(2, 2, 21), holding(4, 1, 21))
    known = held_by(books, holding(5, listed=place(4)), *holders)
    made = ordered(books, known, close(1))
    after = (
        holding(1, 2, 21),
        holding(3, listed=listed(5, "slot_closed")),
        holding(4, listed=listed(6, "slot_closed")),
    )
    assert made.outcome == after
    assert [(move.person_key, move.notice) for move in made.moves] == [
        (person(1), "moved"),
        (person(3), "listed"),
        (person(4), "listed"),
    ]
    assert [move.before for move in made.moves] == [holders[1], holders[0], holders[3]]
    assert free_seats(books) == {1: ([0, 0], (0, 0)), 2: ([0, 0], (2, 0)), 21: ([0, 3], (0, 5))}
    assert [one.booking.booking_id.int for one in books.standby.in_order("release")] == [3, 4, 5]


def test_other_seat_of_whoever_is_listed_is_offered() -> None:
    """In the same decision: dose 2 to somebody who had dose 1 elsewhere."""
    books = ledger(slot(1, MONDAY, seats=(1, 0)), slot(21, day(21), seats=(0, 1)))
    waits = holding(2, listed=place(1), elsewhere=FirstDose("pfizer", MONDAY))
    made = ordered(books, held_by(books, waits, holding(1, 1, 21)), close(1))
    assert made.outcome == (holding(1, listed=listed(2, "slot_closed")),)
    assert [(m.after.booking_id.int, m.notice) for m in made.moves] == [
        (1, "listed"),
        (2, "offered"),
    ]
    assert free_seats(books)[21] == ([0, 0], (0, 1))


def test_doses_that_were_given_stay_where_they_are() -> None:
    """The slot keeps so many seats; who waits without a dose is not touched."""
    books = ledger(slot(1, MONDAY, seats=(3, 1)), slot(21, day(21), seats=(0, 4)))
    known = held_by(
        books,
        holding(1, 1, 21, given=(1,)),
        holding(2, 1, given=(1,), listed=place(1, "supply_cut")),
        holding(3, None, 1, given=(2,), elsewhere=FirstDose("pfizer", day(-21))),
        holding(4, listed=place(2)),
    )
    before = dict(known.held)
    made = ordered(books, known, close(1), at(MONDAY, 12))
    assert (made.outcome, made.moves, made.edits) == ((), (), (Edit(1, 1, 2),))
    assert known.held == before
    assert free_seats(books)[1] == ([0, 0], (2, 1))


def test_offer_in_a_closed_slot_is_withdrawn_and_its_other_seat_is_offered_again() -> None:
    books = ledger(slot(1, MONDAY), slot(2, day(0), 10, seats=(1, 0)), slot(21, day(21)))
    offer = holding(1, 1, 21, listed=place(3, offers=1, until=LATER))
    made = ordered(books, held_by(books, offer), close(1))
    back = holding(1, product="", listed=place(3, offers=1))
    assert made.outcome == (back,)
    again = holding(1, 2, 21, listed=place(3, offers=1, until=LATER))
    assert made.moves == (
        Move(person(1), offer, back, "listed"),
        Move(person(1), back, again, "offered"),
    )


def test_both_doses_in_closed_slots_are_lost_at_once() -> None:
    books = ledger(slot(1, MONDAY), slot(21, day(21)), slot(2, day(1)), slot(22, day(22)))
    made = ordered(books, held_by(books, holding(1, 1, 21)), close(21, 1))
    assert made.outcome == (holding(1, 2, 22),)
    assert made.edits == (Edit(21, 1, 0), Edit(21, 2, 0), Edit(1, 1, 0), Edit(1, 2, 0))


def many(count: int) -> tuple[Ledger, Facts]:
    books = ledger(
        slot(1, MONDAY, seats=(count, 0)),
        slot(21, day(21), seats=(0, count)),
        slot(2, MONDAY, release="other"),
    )
    return books, held_by(books, *(holding(number, 1, 21) for number in range(1, count + 1)))


def test_order_may_move_so_many_and_no_more() -> None:
    books, known = many(BOOKINGS_MOVED_MAX)
    assert len(numbers(close_slots(books, known, close(1), NOW).outcome)) == BOOKINGS_MOVED_MAX
    assert len(numbers(cut_supply(books, known, cut(0, 0), NOW).outcome)) == BOOKINGS_MOVED_MAX
    books, known = many(BOOKINGS_MOVED_MAX + 1)
    before = free_seats(books)
    assert close_slots(books, known, close(1), NOW) == Ruling(Refusal.TOO_MANY_AT_ONCE)
    assert close_slots(books, known, close(1, 9), NOW) == Ruling(Refusal.OUTSIDE_RELEASE)
    assert cut_supply(books, known, cut(0, 0), NOW) == Ruling(Refusal.TOO_MANY_AT_ONCE)
    assert len(numbers(cut_supply(books, known, cut(1, 0), NOW).outcome)) == BOOKINGS_MOVED_MAX
    assert free_seats(books) == before


def test_order_that_moves_some_closes_all_slots_and_the_same_again_moves_the_rest() -> None:
    books, known = many(3)
    close_some = CloseSlots("release", (1,), "staff", "supply_cut", people_max=2)
    first = ordered(books, known, close_some)
    assert numbers(first.outcome) == [1, 2]
    assert {move.after.standby for move in first.moves} == {
        listed(1, "supply_cut"),
        listed(2, "supply_cut"),
    }
    assert free_seats(books)[1] == ([0, 0], (1, 0))
    asked = Request(UUID(int=98), b"digest", STAFF_KEY, close_some)
    (second,) = decide_batch(books, known, [asked], NOW)
    assert numbers(second.outcome) == [3]
    assert free_seats(books)[1] == ([0, 0], (0, 0))


# Supply cut ------------------------------------------------------------------------------


def supply() -> tuple[Ledger, Facts]:
    books = ledger(
        slot(1, MONDAY, seats=(9, 0)),
        slot(2, day(1), seats=(9, 0)),
        slot(21, day(21), 9, seats=(3, 3)),
        slot(22, day(21), 10, seats=(3, 3)),
        slot(42, day(42), seats=(0, 9)),
        slot(43, day(43), seats=(0, 9)),
    )
    return books, held_by(books, *ON_THE_DAY)


@pytest.mark.parametrize(
    ("doses_left", "displaced"),
    [
        (9, []),
        (8, []),
        (7, [6]),
        (6, [4, 6]),
        (5, [2, 4, 6]),
        (4, [2, 4, 6, 7]),
        (3, [1, 2, 4, 6, 7]),
        (2, None),
        (0, None),
    ],
)
def test_first_doses_of_the_newest_bookings_go_first(
    doses_left: int, displaced: list[int] | None
) -> None:
    """Then second doses of whoever has had none; never those of whoever has had the first."""
    books, known = supply()
    made = ordered(books, known, cut(doses_left))
    if displaced is None:
        assert (made.outcome, made.moves, made.edits) == (Refusal.SECOND_DOSES_PROTECTED, (), ())
    else:
        assert numbers(made.outcome) == displaced


def test_displaced_are_placed_anew_in_the_order_of_their_numbers() -> None:
    """The older booking has the first choice of what is left."""
    books = ledger(
        slot(1, MONDAY, seats=(2, 0)),
        slot(2, day(1), seats=(1, 0)),
        slot(21, day(22), seats=(0, 2)),
    )
    known = held_by(books, holding(1, 1, 21), holding(2, 1, 21))
    made = ordered(books, known, cut(0, 0))
    assert made.outcome == (holding(1, 2, 21), holding(2, listed=listed(1, "supply_cut")))
    assert [move.notice for move in made.moves] == ["moved", "listed"]


def test_only_the_dose_of_the_day_is_given_up() -> None:
    """Whoever loses dose 2 keeps dose 1, given or not."""
    books, known = supply()
    made = ordered(books, known, cut(4))
    assert isinstance(made.outcome, tuple)
    assert made.outcome[3] == holding(7, 2, 42)


@pytest.mark.parametrize(("what", "left", "after"), CAPACITIES, ids=[c[0] for c in CAPACITIES])
def test_seats_go_until_as_many_are_left_as_doses(what: str, left: int, after: Capacities) -> None:
    """Free first doses, the latest first, then free second doses."""
    books, known = supply()
    before = {slot_id: books.catalogue.slots[slot_id].capacities for slot_id in (21, 22)}
    made = ordered(books, known, cut(left))
    assert {slot_id: books.catalogue.slots[slot_id].capacities for slot_id in after} == after, what
    assert {(edit.slot_id, edit.dose): edit.capacity for edit in made.edits} == {
        (slot_id, dose): after[slot_id][dose - 1]
        for slot_id in after
        for dose in (1, 2)
        if after[slot_id][dose - 1] != before[slot_id][dose - 1]
    }
    assert books.catalogue.version == (2 if made.edits else 1)


@pytest.mark.parametrize(
    "order",
    [
        cut(0, release="unknown"),
        cut(0, venue="unknown"),
        cut(0, product="moderna"),
        cut(0, 20),
        cut(2),
        close(21, 99),
        close(21, release="unknown"),
        add(99, 1, 1),
    ],
)
def test_order_that_is_refused_changes_nothing(order: Order) -> None:
    books, known = supply()
    before = free_seats(books), dict(known.held), books.catalogue
    made = ordered(books, known, order)
    refusal = Refusal.SECOND_DOSES_PROTECTED if order == cut(2) else Refusal.OUTSIDE_RELEASE
    assert (made.outcome, made.moves, made.edits) == (refusal, (), ())
    assert (free_seats(books), known.held, books.catalogue) == before
    assert [one.booking.booking_id.int for one in books.standby.run_out(LATER)] == [6]


# Doses given -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_given", "mark"), [(True, mark) for mark in GIVEN] + [(False, mark) for mark in TAKEN_BACK]
)
def test_dose_is_marked_as_given_or_as_not(mark: Mark, *, is_given: bool) -> None:
    """On its day or later, the second after the first; a mark that is there moves nothing."""
    held, dose, now, expected = mark
    books = ledger(slot(1, MONDAY), slot(21, day(21)))
    known = held_by(books, *([held] if held else []))
    order = MarkDose(CAMPAIGN, dose, given=is_given, ordered_by="staff")
    ruling = mark_dose(books, known, request(9, order), order, now)
    if isinstance(expected, Refusal):
        assert ruling == Ruling(expected)
    else:
        assert held is not None
        after = msgspec.structs.replace(held, given=expected)
        moves = () if after == held else (Move(person(1), held, after, None),)
        assert ruling == Ruling(after, moves)
