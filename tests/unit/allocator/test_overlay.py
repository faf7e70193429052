"""What a batch decided lies over facts that were read before it was committed."""

from __future__ import annotations

from allocator.core import decide_batch
from allocator.ledger import Facts, Ledger
from allocator.model import Booking, Refusal
from allocator.overlay import lay_over
from tests.unit.allocator.offers import (
    CAMPAIGN,
    NOW,
    book,
    cancel,
    change,
    day,
    facts,
    ledger,
    person,
    request,
    slot,
)


def books() -> Ledger:
    """Seats for two pairs."""
    return ledger(*(slot(number, day(7 * (number - 1)), seats=(2, 2)) for number in range(1, 6)))


def test_booking_of_the_batch_before_is_seen() -> None:
    offer, first, second = books(), facts(1), facts(1)
    before = decide_batch(offer, first, [request(1, book(1))], NOW)
    lay_over(second, before, first)
    (again,) = decide_batch(offer, second, [request(2, book(1))], NOW)
    assert isinstance(before[0].outcome, Booking)
    assert again.outcome == Refusal.ALREADY_BOOKED


def test_booking_that_the_batch_before_gave_back_is_gone() -> None:
    offer, first = books(), facts(1)
    decide_batch(offer, first, [request(1, book(1))], NOW)
    second = Facts(dict(first.born), dict(first.held), {})
    before = decide_batch(offer, second, [request(2, cancel())], NOW)
    read_too_early = Facts(dict(first.born), dict(first.held), {})
    lay_over(read_too_early, before, second)
    assert read_too_early.held == {}
    (again,) = decide_batch(offer, read_too_early, [request(3, book(1))], NOW)
    assert isinstance(again.outcome, Booking)


def test_answer_of_the_batch_before_is_given_again() -> None:
    offer, first, second = books(), facts(1, 2), facts(1, 2)
    before = decide_batch(offer, first, [request(1, book(1))], NOW)
    lay_over(second, before, first)
    same, other = decide_batch(offer, second, [request(1, book(1)), request(1, book(2), 2)], NOW)
    assert (same.outcome, same.is_new) == (before[0].outcome, False)
    assert other.outcome == Refusal.ID_REUSED


def test_only_what_was_moved_is_laid_over() -> None:
    """What grows with every batch would in the end hold the whole city."""
    offer, first, second, third = books(), facts(1), facts(1, 2), facts(3)
    one = decide_batch(offer, first, [request(1, book(1))], NOW)
    lay_over(second, one, first)
    two = decide_batch(offer, second, [request(1, book(1)), request(2, book(1), 2)], NOW)
    lay_over(third, two, second)
    assert set(third.held) == {(CAMPAIGN, person(2))}
    assert set(third.decided) == {request(2, book(1)).request_id}


def test_last_state_of_several_moves_counts() -> None:
    offer, first, second = books(), facts(1), facts(1)
    asked = [request(1, book(1)), request(2, change(2))]
    before = decide_batch(offer, first, asked, NOW)
    lay_over(second, before, first)
    assert second.held[(CAMPAIGN, person(1))] == before[1].outcome
