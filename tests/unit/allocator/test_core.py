"""Every command on a pair of doses, and every refusal."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

import msgspec
import pytest

from allocator.core import (
    Facts,
    Ledger,
    booking_number,
    bookings_are_open,
    changes_are_open,
    decide,
    decide_batch,
)
from allocator.model import Book, Booking, Cancel, Choice, FirstDose, Flexible, Refusal
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    OPENING,
    RELEASE,
    at,
    book,
    book_flexible,
    cancel,
    change,
    change_second,
    day,
    facts,
    ledger,
    person,
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
    assert slots_of(decide(books, facts(1), asked, NOW)) == (1, 21)


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
    assert decide(books, known, request(1, book(1)), NOW) == decide(
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
    assert decide(books, known, request(1, book(2)), NOW) == Refusal.ID_REUSED
    assert decide(books, known, request(1, book(1), 2), NOW) == Refusal.ID_REUSED


@pytest.mark.parametrize(
    ("born", "is_in"),
    [
        (RELEASE.born_from, True),
        (RELEASE.born_to, True),
        (RELEASE.born_from - timedelta(days=1), False),
        (RELEASE.born_to + timedelta(days=1), False),
    ],
)
def test_only_the_cohort_is_booked(born: date, *, is_in: bool) -> None:
    """Both ends of the birth dates belong to it."""
    outcome = decide(ledger(*FOUR), facts(1, born=born), request(1, book(1)), NOW)
    assert isinstance(outcome, Booking) if is_in else outcome == Refusal.NOT_ELIGIBLE


def test_person_not_on_the_roster_is_refused() -> None:
    """L4: made-up ticket numbers."""
    assert decide(ledger(*FOUR), facts(), request(1, book(1)), NOW) == Refusal.NOT_ELIGIBLE


CLOSING = RELEASE.closes_at
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [(OPENING - SECOND, False), (OPENING, True), (CLOSING - SECOND, True), (CLOSING, False)],
)
def test_window_is_kept_by_the_core(moment: datetime, *, is_open: bool) -> None:
    """I7: the allocator itself refuses before the opening and after the closing."""
    far = slot(1, CLOSING.date() + timedelta(days=1)), slot(2, CLOSING.date() + timedelta(days=22))
    outcome = decide(ledger(*far), facts(1), request(1, book(1)), moment)
    assert isinstance(outcome, Booking) if is_open else outcome == Refusal.OUTSIDE_RELEASE


@pytest.mark.parametrize(("state", "is_open"), [("paused", True), ("closed", False)])
def test_operators_word_stops_bookings(
    state: Literal["paused", "closed"], *, is_open: bool
) -> None:
    """Closed by hand, no new booking, but people may move; paused, those inside go on."""
    release = msgspec.structs.replace(RELEASE, state_by_hand=state)
    assert bookings_are_open(release, NOW) is is_open
    assert changes_are_open(release, NOW)
    outcome = decide(ledger(*FOUR, release=release), facts(1), request(1, book(1)), NOW)
    assert isinstance(outcome, Booking) if is_open else outcome == Refusal.OUTSIDE_RELEASE


def test_unknown_release_is_refused() -> None:
    """A release that is not in the catalogue has no window."""
    asked = request(1, Book("unknown", (Choice(1),), b"", "ja"))
    assert decide(ledger(*FOUR), facts(1), asked, NOW) == Refusal.OUTSIDE_RELEASE


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
    assert made.before is not None
    assert isinstance(made.outcome, Booking)
    assert made.before.booking_number == made.outcome.booking_number


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
    assert decide(books, facts(1), request(1, change(1)), NOW) == Refusal.NO_BOOKING
    assert decide(books, facts(1), request(2, cancel()), NOW) == Refusal.NO_BOOKING


def test_change_while_paused_goes_on() -> None:
    """Paused means that nobody is let in; those inside go on."""
    books, known = booked()
    paused = msgspec.structs.replace(RELEASE, state_by_hand="paused")
    books.catalogue.releases["release"] = paused
    assert slots_of(decide(books, known, request(2, change(2)), NOW)) == (2, 22)


def test_change_before_the_opening_is_refused() -> None:
    """I7: also of a booking whose release was put off after it was made."""
    books, known = booked()
    put_off = msgspec.structs.replace(RELEASE, opens_at=NOW + timedelta(seconds=1))
    books.catalogue.releases["release"] = put_off
    outcome = decide(books, known, request(2, change(2)), NOW)
    assert outcome == Refusal.OUTSIDE_RELEASE
    assert slots_of(decide(books, known, request(3, change(2)), put_off.opens_at)) == (2, 22)


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
        outcome = decide(books, known, request(number, command), late)
        assert outcome == Refusal.PAST_CUT_OFF
    outcome = decide(books, known, request(4, change_second(22)), late)
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
    refused = decide(books, known, request(3, second), NOW)
    assert refused == Refusal.NO_BOOKING
    late = at(MONDAY, 9)
    (back,) = decide_batch(books, known, [request(4, change_second(22))], late)
    assert slots_of(back.outcome) == (1, 22)


def test_cancelling_dose_2_after_a_first_elsewhere_cancels_the_booking() -> None:
    """Nothing of it would be left."""
    books, known = ledger(*FOUR), facts(1)
    first = FirstDose("pfizer", MONDAY)
    decide_batch(books, known, [request(1, book(22, elsewhere=first))], NOW)
    outcome = decide(books, known, request(2, Cancel(CAMPAIGN, "second")), NOW)
    assert isinstance(outcome, Booking)
    assert outcome.state == "cancelled"


def test_past_slot_is_not_booked() -> None:
    """A slot that has begun has no seats."""
    moment = at(MONDAY, 9)
    assert decide(ledger(*FOUR), facts(1), request(1, book(1)), moment) == Refusal.NO_FIRST_DOSE


def test_booking_number_has_a_check_digit() -> None:
    """Damm's published example (572, check digit 4), and no single wrong digit passes."""
    assert booking_number(572) == "0000572-4"
    assert len({booking_number(number)[-1] for number in range(10)}) == 10
