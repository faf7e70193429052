"""Every command on a pair of doses, and every refusal."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from allocator.commands import (
    Cancel,
    Change,
    Command,
    Request,
    derived_id,
)
from allocator.core import Facts, Ledger, decide_batch, expirations
from allocator.ledger import Move
from allocator.model import Booking, FirstDose, Flexible, Refusal
from allocator.numbering import booking_number
from tests.unit.allocator.held_examples import (
    CANCELS,
    CHANGES,
    FIRST_ONLY_1,
    GIVEN_1,
    LISTED_1,
    OFFERED,
    OFFERED_1,
    SECOND,
    UNTIL,
    WAITS,
    After,
)
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    RELEASE,
    accept,
    answer,
    at,
    book,
    book_flexible,
    cancel,
    change,
    change_second,
    day,
    decided,
    expire,
    facts,
    free_seats,
    held_by,
    holding,
    ledger,
    person,
    place,
    request,
    slot,
    slots_of,
)

FOUR = (slot(1, MONDAY, 9), slot(2, MONDAY, 10), slot(21, day(21), 9), slot(22, day(21), 10))


def test_both_doses_are_booked_in_one_decision() -> None:
    """R5: the second dose comes with the first, at the standard interval."""
    books, known = ledger(*FOUR), facts(1)
    (made,) = decide_batch(books, known, [request(1, book(2))], NOW)
    assert slots_of(made.outcome) == (2, 22)
    assert books.seats.slots[2].free == [0, 1]
    assert books.seats.slots[22].free == [1, 0]
    assert isinstance(made.outcome, Booking)
    assert made.outcome.booking_number == booking_number(1)
    assert known.held[(CAMPAIGN, person(1))] == made.outcome


def test_flexible_wish_is_booked() -> None:
    """Without a fixed slot the earliest pair is given."""
    books = ledger(*FOUR)
    asked = request(1, book_flexible(Flexible(MONDAY, day(6))))
    assert slots_of(answer(books, facts(1), asked, NOW)) == (1, 21)


def test_second_dose_alone_is_booked_after_a_first_elsewhere() -> None:
    """R6: from the date and product of dose 1."""
    books, first = ledger(*FOUR), FirstDose("pfizer", MONDAY)
    (made,) = decide_batch(books, facts(1), [request(1, book(22, elsewhere=first))], NOW)
    assert slots_of(made.outcome) == (22,)
    assert isinstance(made.outcome, Booking)
    assert made.outcome.first_dose_elsewhere == first
    assert books.seats.slots[22].free == [1, 0]


def test_deciding_changes_nothing() -> None:
    """`decide` only reads: asked twice, it says the same."""
    books, known = ledger(*FOUR), facts(1)
    assert answer(books, known, request(1, book(1)), NOW) == answer(
        books, known, request(1, book(1)), NOW
    )
    assert books.seats.slots[1].free == [1, 1]


def test_person_asking_at_two_times_in_one_batch_gets_one_booking() -> None:
    """I3, within a batch."""
    made = decide_batch(ledger(*FOUR), facts(1), [request(1, book(1)), request(2, book(2))], NOW)
    assert slots_of(made[0].outcome) == (1, 21)
    assert made[1].outcome == Refusal.ALREADY_BOOKED


def test_last_seat_goes_to_the_first_in_the_queue() -> None:
    """I1: the second is told that the first dose is gone."""
    made = decide_batch(
        ledger(*FOUR), facts(1, 2), [request(1, book(1), 2), request(2, book(1), 1)], NOW
    )
    assert slots_of(made[0].outcome) == (1, 21)
    assert made[1].outcome == Refusal.NO_FIRST_DOSE


def test_first_dose_without_a_second_is_not_given() -> None:
    """I2: neither rather than half."""
    books = ledger(slot(1, MONDAY))
    (made,) = decide_batch(books, facts(1), [request(1, book(1))], NOW)
    assert made.outcome == Refusal.NO_SECOND_DOSE
    assert books.seats.slots[1].free == [1, 1]


def test_same_request_gets_the_same_answer() -> None:
    """I5: also a refusal, also after things have changed."""
    books, known = ledger(*FOUR), facts(1, 2)
    first = decide_batch(books, known, [request(1, book(1)), request(2, book(1), 2)], NOW)
    again = decide_batch(books, known, [request(2, book(1), 2), request(1, book(1))], NOW)
    assert [made.outcome for made in again] == [first[1].outcome, first[0].outcome]
    assert not any(made.is_new for made in again)
    assert books.bookings_made == 1


def test_request_id_with_other_content_is_refused() -> None:
    """I5: neither for other content nor for another person."""
    books, known = ledger(*FOUR), facts(1, 2)
    decide_batch(books, known, [request(1, book(1))], NOW)
    assert answer(books, known, request(1, book(2)), NOW) == Refusal.ID_REUSED
    assert answer(books, known, request(1, book(1), 2), NOW) == Refusal.ID_REUSED


def booked(*, seats: int = 1) -> tuple[Ledger, Facts]:
    """A ledger and facts in which person 1 holds slots 1 and 21 as request 1."""
    slots = [msgspec.structs.replace(one, capacities=(seats, seats)) for one in FOUR]
    books, known = ledger(*slots), facts(1, 2)
    decide_batch(books, known, [request(1, book(1))], NOW)
    return books, known


def test_change_swaps_the_pair() -> None:
    """The old seats are free again, the new ones taken, the number stays."""
    books, known = booked()
    (made,) = decide_batch(books, known, [request(2, change(2))], NOW)
    assert slots_of(made.outcome) == (2, 22)
    assert books.seats.slots[1].free == [1, 1]
    assert books.bookings_made == 1
    assert isinstance(made.outcome, Booking)
    (move,) = made.moves
    assert move.before is not None
    assert move.before.booking_number == move.after.booking_number
    assert (move.after, move.notice) == (made.outcome, "changed")


def test_refused_change_leaves_the_old_pair() -> None:
    """An atomic swap: refused means the old pair stands."""
    books, known = booked()
    decide_batch(books, known, [request(2, book(2), 2)], NOW)
    (made,) = decide_batch(books, known, [request(3, change(2))], NOW)
    assert made.outcome == Refusal.NO_FIRST_DOSE
    assert slots_of(known.held[(CAMPAIGN, person(1))]) == (1, 21)
    assert books.seats.slots[1].free == [0, 1]


def test_change_may_keep_ones_own_seat() -> None:
    """A person's own seats count as free in their change."""
    books, known = booked()
    (made,) = decide_batch(books, known, [request(2, change(1))], NOW)
    assert slots_of(made.outcome) == (1, 21)
    assert books.seats.slots[1].free == [0, 1]


def test_change_of_dose_2_keeps_dose_1() -> None:
    """The interval holds after it (L1, Tsu)."""
    books, known = booked()
    (made,) = decide_batch(books, known, [request(2, change_second(22))], NOW)
    assert slots_of(made.outcome) == (1, 22)
    (refused,) = decide_batch(books, known, [request(3, change_second(2))], NOW)
    assert refused.outcome == Refusal.INTERVAL_NOT_MET


def test_change_without_a_booking_is_refused() -> None:
    """There is nothing to change or to cancel."""
    books = ledger(*FOUR)
    assert answer(books, facts(1), request(1, change(1)), NOW) == Refusal.NO_BOOKING
    assert answer(books, facts(1), request(2, cancel()), NOW) == Refusal.NO_BOOKING


def test_change_while_paused_goes_on() -> None:
    """Paused means that nobody is let in; those inside go on."""
    books, known = booked()
    paused = msgspec.structs.replace(RELEASE, state_by_hand="paused")
    books.catalogue.releases["release"] = paused
    assert slots_of(answer(books, known, request(2, change(2)), NOW)) == (2, 22)


def test_change_before_the_opening_is_refused() -> None:
    """I7: also of a booking whose release was put off after it was made."""
    books, known = booked()
    put_off = msgspec.structs.replace(RELEASE, opens_at=NOW + timedelta(seconds=1))
    books.catalogue.releases["release"] = put_off
    outcome = answer(books, known, request(2, change(2)), NOW)
    assert outcome == Refusal.OUTSIDE_RELEASE
    assert slots_of(answer(books, known, request(3, change(2)), put_off.opens_at)) == (2, 22)


def test_second_after_a_first_elsewhere_is_changed_within_its_interval() -> None:
    """Whatever `doses` says: there is only dose 2 here."""
    books, known = ledger(*FOUR, slot(23, day(30))), facts(1)
    first = FirstDose("pfizer", MONDAY)
    decide_batch(books, known, [request(1, book(22, elsewhere=first))], NOW)
    (made,) = decide_batch(books, known, [request(2, change(23))], NOW)
    assert slots_of(made.outcome) == (23,)
    assert isinstance(made.outcome, Booking)
    assert made.outcome.first_dose_elsewhere == first


def test_cut_off_ends_changes_and_cancellations() -> None:
    """24 hours before dose 1 it is too late for both, not for dose 2."""
    books, known = booked()
    late = at(MONDAY, 9) - timedelta(hours=24)
    for number, command in ((2, change(2)), (3, cancel())):
        outcome = answer(books, known, request(number, command), late)
        assert outcome == Refusal.PAST_CUT_OFF
    outcome = answer(books, known, request(4, change_second(22)), late)
    assert slots_of(outcome) == (1, 22)


def test_cancel_gives_both_seats_back() -> None:
    """And the person may book again."""
    books, known = booked()
    (made,) = decide_batch(books, known, [request(2, cancel())], NOW)
    assert isinstance(made.outcome, Booking)
    assert (made.outcome.state, made.outcome.doses) == ("cancelled", ())
    assert books.seats.slots[1].free == [1, 1]
    (again,) = decide_batch(books, known, [request(3, book(1))], NOW)
    assert slots_of(again.outcome) == (1, 21)


def test_dose_2_alone_is_cancelled_and_booked_again() -> None:
    """A resident may give dose 2 back, and later take another within the interval."""
    books, known = booked()
    second = Cancel(CAMPAIGN, "second")
    (made,) = decide_batch(books, known, [request(2, second)], NOW)
    assert isinstance(made.outcome, Booking)
    assert (made.outcome.state, slots_of(made.outcome)) == ("first_only", (1,))
    assert books.seats.slots[21].free == [1, 1]
    refused = answer(books, known, request(3, second), NOW)
    assert refused == Refusal.NO_BOOKING
    late = at(MONDAY, 9)
    (back,) = decide_batch(books, known, [request(4, change_second(22))], late)
    assert slots_of(back.outcome) == (1, 22)


def test_cancelling_dose_2_after_a_first_elsewhere_cancels_the_booking() -> None:
    """Nothing of it would be left."""
    books, known = ledger(*FOUR), facts(1)
    first = FirstDose("pfizer", MONDAY)
    decide_batch(books, known, [request(1, book(22, elsewhere=first))], NOW)
    outcome = answer(books, known, request(2, Cancel(CAMPAIGN, "second")), NOW)
    assert isinstance(outcome, Booking)
    assert outcome.state == "cancelled"


def test_past_slot_is_not_booked() -> None:
    """A slot that has begun has no seats."""
    moment = at(MONDAY, 9)
    assert answer(ledger(*FOUR), facts(1), request(1, book(1)), moment) == Refusal.NO_FIRST_DOSE


# The list, and what was given ------------------------------------------------------------

PAIR = (slot(1, MONDAY, seats=(1, 0)), slot(21, day(21), seats=(0, 1)))


@pytest.mark.parametrize("held", [WAITS, OFFERED, holding(1, listed=place(1, "supply_cut"))])
def test_booking_takes_the_place_of_one_on_the_list(held: Booking) -> None:
    """Seats that were offered count as free; what ends is not told."""
    books = ledger(*PAIR)
    known = held_by(books, held)
    made = decided(books, known, 2, book(1))
    booked = holding(2, 1, 21)
    left = msgspec.structs.replace(held, state="cancelled", doses=(), standby=None)
    assert made.outcome == booked
    assert made.moves == (
        Move(person(1), held, left, None),
        Move(person(1), None, booked, "booked"),
    )
    assert (known.held[CAMPAIGN, person(1)], books.standby.length("release")) == (booked, 0)


def test_seats_that_a_booking_leaves_are_offered() -> None:
    """Those of the offer that it replaces."""
    books = ledger(*FOUR)
    known = held_by(books, OFFERED, holding(2, listed=place(2)))
    made = decided(books, known, 3, book(2))
    assert [(move.after.booking_id.int, move.notice) for move in made.moves] == [
        (1, None),
        (3, "booked"),
        (2, "offered"),
    ]
    assert slots_of(made.moves[2].after) == (1, 21)


@pytest.mark.parametrize("held", [GIVEN_1, LISTED_1, OFFERED_1, FIRST_ONLY_1])
def test_whoever_has_had_a_dose_is_booked_already(held: Booking) -> None:
    books = ledger(*FOUR)
    assert decided(books, held_by(books, held), 2, book(2)).outcome == Refusal.ALREADY_BOOKED


@pytest.mark.parametrize(("held", "command", "now", "expected"), [*CHANGES, *CANCELS])
def test_what_was_given_stays_and_the_list_has_no_cut_off(
    held: Booking, command: Command, now: datetime, expected: After | Refusal
) -> None:
    books = ledger(*FOUR)
    before = free_seats(books)
    known = held_by(books, held)
    made = decided(books, known, 2, command, now=now)
    if isinstance(expected, Refusal):
        assert (made.outcome, made.moves) == (expected, ())
        return
    (move,) = made.moves
    assert (move.after.state, slots_of(move.after)) == expected
    assert (move.after.given, move.after.standby) == (held.given, None)
    assert move.notice == ("changed" if isinstance(command, Change) else "cancelled")
    assert books.standby.length("release") == 0
    assert (free_seats(books) == before) is (expected[1] == ())


def test_seats_that_are_given_back_are_offered_before_the_next_request() -> None:
    """Whoever asks for them after that comes too late."""
    books = ledger(*PAIR)
    known = held_by(books, holding(1, 1, 21), holding(2, listed=place(1)))
    asked = [request(3, cancel()), request(4, book(1), 3)]
    gave_back, too_late = decide_batch(books, known, asked, NOW)
    assert [move.notice for move in gave_back.moves] == ["cancelled", "offered"]
    assert known.held[CAMPAIGN, person(2)] == holding(2, 1, 21, listed=place(1, until=UNTIL))
    assert too_late.outcome == Refusal.NO_FIRST_DOSE


# The allocator's own commands ------------------------------------------------------------


def test_offers_whose_time_is_over_end_by_ids_of_our_own() -> None:
    """The same id however often it is asked, and another after the next offer."""
    books = ledger(*PAIR)
    known = held_by(books, OFFERED)
    assert expirations(books, UNTIL - SECOND) == []
    (over,) = expirations(books, UNTIL)
    assert expirations(books, UNTIL) == [over]
    assert (over.person_key, over.command) == (person(1), expire(1))
    assert (over.request_id.version, over.content_digest) == (8, over.request_id.bytes)
    (made,) = decide_batch(books, known, [over], UNTIL)
    assert [move.notice for move in made.moves] == ["offer_over"]
    assert known.held[CAMPAIGN, person(1)] == holding(1, product="", listed=place(2, offers=1))
    assert expirations(books, UNTIL) == []


def test_seats_of_an_offer_that_ran_out_go_to_the_next_and_not_to_the_same() -> None:
    books = ledger(*PAIR)
    known = held_by(books, OFFERED, holding(2, listed=place(2)))
    (made,) = decide_batch(books, known, expirations(books, UNTIL), UNTIL)
    assert [(move.after.booking_id.int, move.notice) for move in made.moves] == [
        (1, "offer_over"),
        (2, "offered"),
    ]


@pytest.mark.parametrize(
    ("number", "command"),
    [(UUID(int=1), expire(1)), (derived_id(UUID(int=1), "x"), accept())],
)
def test_ids_of_our_own_are_for_our_own_commands(number: UUID, command: Command) -> None:
    """Nothing is recorded of either, so that nobody can take an id of ours."""
    books = ledger(*PAIR)
    known = held_by(books, OFFERED)
    asked = Request(number, b"digest", person(1), command)
    (made,) = decide_batch(books, known, [asked], UNTIL - SECOND)
    assert (made.outcome, made.moves, made.is_new) == (Refusal.ID_REUSED, (), False)
    assert known.decided == {}
