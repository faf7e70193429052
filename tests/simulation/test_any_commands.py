"""I1, I2, I3 and I5 for any sequence of commands, against a naive count."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from allocator.batch import JournalHead, batch_of
from allocator.commands import Book, Cancel, Change, Command, Request
from allocator.core import Decision, Facts, Ledger, decide_batch
from allocator.model import Booking, Choice, FirstDose, Flexible, Slot
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    OTHER_PRODUCT,
    PRODUCT,
    day,
    facts,
    ledger,
    request,
    slot,
)

PEOPLE = 6
PRODUCTS = {product.product_id: product for product in (PRODUCT, OTHER_PRODUCT)}

slot_ids = st.integers(1, 13)
choices = st.lists(st.builds(Choice, slot_ids, st.none() | slot_ids), min_size=1, max_size=5).map(
    tuple
)
flexible = st.builds(
    lambda start, length, venue: Flexible(day(start), day(start + length), venue),
    st.integers(0, 50),
    st.integers(0, 61),
    st.none() | st.sampled_from(["gym", "hall"]),
)
wishes = choices | flexible
elsewhere = st.none() | st.builds(
    lambda product, ago: FirstDose(product, MONDAY - timedelta(days=ago)),
    st.sampled_from(sorted(PRODUCTS)),
    st.integers(0, 60),
)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(Book, st.just("release"), wishes, st.just(b"sealed"), st.just("ja"), elsewhere),
    st.builds(Change, st.just(CAMPAIGN), st.sampled_from(["both", "second"]), wishes),
    st.builds(Cancel, st.just(CAMPAIGN), st.sampled_from(["both", "second"])),
)
requests = st.builds(request, st.integers(1, 30), commands, st.integers(1, PEOPLE))
capacities = st.tuples(st.integers(0, 2), st.integers(0, 2))


@st.composite
def offers(draw: st.DrawFn) -> list[Slot]:
    """Twelve slots at days around the interval's ends, of two venues and products."""
    offsets = st.sampled_from([0, 1, 7, 18, 19, 21, 22, 28, 42, 43])
    places = st.tuples(
        offsets, st.sampled_from(["gym", "hall"]), st.sampled_from(sorted(PRODUCTS)), capacities
    )
    drawn = draw(st.lists(places, min_size=12, max_size=12))
    return [
        slot(number, day(offset), 8 + number % 12, seats=seats, venue=venue, product=product)
        for number, (offset, venue, product, seats) in enumerate(drawn, start=1)
    ]


def check_seats(books: Ledger, known: Facts) -> None:
    """I1: what is free and what is held add up to the capacity of every slot and day."""
    held = Counter((d.slot_id, d.dose) for b in known.held.values() for d in b.doses)
    for slot_id, seats in books.seats.slots.items():
        for dose in (1, 2):
            assert seats.free[dose - 1] >= 0
            assert seats.free[dose - 1] + held[slot_id, dose] == seats.slot.capacities[dose - 1]
    for calendar in books.seats.calendars.values():
        for on in calendar.days.values():
            assert on.free == [sum(s.free[dose] for s in on.slots) for dose in (0, 1)]


def check_pair(books: Ledger, booking: Booking) -> None:
    """I2: both doses or neither, the same product, the interval within its limits."""
    slots = {d.dose: books.catalogue.slots[d.slot_id] for d in booking.doses}
    first, product = booking.first_dose_elsewhere, PRODUCTS[booking.product_id]
    assert all(one.product_id == booking.product_id for one in slots.values())
    if booking.state == "cancelled":
        assert slots == {}
    elif booking.state == "first_only":
        assert set(slots) == {1}
    elif first is None:
        interval = (slots[2].day - slots[1].day).days
        assert product.interval_days_min <= interval <= product.interval_days_max
    else:
        assert set(slots) == {2}
        assert (slots[2].day - first.day).days >= product.interval_days_min


def run(books: Ledger, known: Facts, batches: list[list[Request]]) -> list[Decision]:
    """Decide batch after batch, checking after each."""
    decisions: list[Decision] = []
    for batch in batches:
        decisions += decide_batch(books, known, batch, NOW)
        check_seats(books, known)
    return decisions


@given(offers(), st.lists(st.lists(requests, max_size=8), max_size=6))
def test_any_commands_keep_the_invariants(slots: list[Slot], batches: list[list[Request]]) -> None:
    """I1, I2, I3, I5 after every batch of any commands."""
    books, known = ledger(*slots), facts(*range(1, PEOPLE + 1))
    answers: dict[object, object] = {}
    for decision in run(books, known, batches):
        asked = decision.request
        content = (asked.request_id, asked.content_digest, asked.person_key)
        assert answers.setdefault(content, decision.outcome) == decision.outcome
        if isinstance(decision.outcome, Booking):
            check_pair(books, decision.outcome)
    numbers = [booking.booking_number for booking in known.held.values()]
    assert len(numbers) == len(set(numbers))


@given(offers(), st.lists(requests, max_size=30), st.integers(1, 10))
def test_how_requests_are_batched_changes_no_answer(
    slots: list[Slot], queue: list[Request], size: int
) -> None:
    """The queue's order decides, not where a batch happens to end (I8, I12)."""
    batches = [queue[start : start + size] for start in range(0, len(queue), size)]
    people = range(1, PEOPLE + 1)
    in_batches = run(ledger(*slots), facts(*people), batches)
    at_once = run(ledger(*slots), facts(*people), [queue])
    assert [d.outcome for d in in_batches] == [d.outcome for d in at_once]


@given(offers(), st.lists(requests, max_size=30))
def test_seats_moved_lead_from_the_old_books_to_the_new(
    slots: list[Slot], queue: list[Request]
) -> None:
    """What a batch writes is what it did: the tables follow the ledger."""
    books, known = ledger(*slots), facts(*range(1, PEOPLE + 1))
    decisions = decide_batch(books, known, queue, NOW)
    columns = batch_of(decisions, books.catalogue, JournalHead(), NOW).seats_moved
    moved = zip(columns["slot_id"], columns["dose"], columns["count"], strict=True)
    taken = {(slot_id, dose): count for slot_id, dose, count in moved}
    for slot_id, seats in books.seats.slots.items():
        for dose in (1, 2):
            expected = seats.slot.capacities[dose - 1] - seats.free[dose - 1]
            assert taken.get((slot_id, dose), 0) == expected
