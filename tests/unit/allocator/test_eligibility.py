"""Who may book, and when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

import msgspec
import pytest

from allocator.commands import Command
from allocator.eligibility import (
    bookings_are_open,
    changes_are_open,
    in_cohort,
    is_holder,
    is_replaceable,
    release_for,
    replaced,
)
from allocator.ledger import Facts
from allocator.model import Booking, FirstDose, Flexible, Refusal
from tests.unit.allocator.offers import (
    ADULT,
    MONDAY,
    NOW,
    OPENING,
    RELEASE,
    answer,
    book,
    day,
    facts,
    holding,
    join,
    ledger,
    person,
    place,
    request,
    slot,
)

CLOSING = RELEASE.closes_at
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
COHORT = [
    (RELEASE.born_from, True),
    (RELEASE.born_to, True),
    (RELEASE.born_from - DAY, False),
    (RELEASE.born_to + DAY, False),
]


@pytest.mark.parametrize(("born", "is_in"), [*COHORT, (None, False)])
def test_both_ends_of_the_birth_dates_belong_to_the_cohort(
    born: date | None, *, is_in: bool
) -> None:
    """And whoever is not on the roster does not."""
    assert in_cohort(RELEASE, born) is is_in


@pytest.mark.parametrize(("born", "is_in"), COHORT)
def test_only_the_cohort_is_booked(born: date, *, is_in: bool) -> None:
    books = ledger(slot(1, MONDAY), slot(21, day(21)))
    outcome = answer(books, facts(1, born=born), request(1, book(1)), NOW)
    assert isinstance(outcome, Booking) if is_in else outcome == Refusal.NOT_ELIGIBLE


def test_person_not_on_the_roster_is_refused() -> None:
    """L4: made-up ticket numbers."""
    assert release_for(ledger(), facts(), "release", (person(1),), NOW) == Refusal.NOT_ELIGIBLE


WINDOW = [
    (OPENING - SECOND, False, False),
    (OPENING, True, True),
    (CLOSING - SECOND, True, True),
    (CLOSING, False, True),
]


@pytest.mark.parametrize(("moment", "for_bookings", "for_changes"), WINDOW)
def test_window_opens_and_closes_on_the_second(
    moment: datetime, *, for_bookings: bool, for_changes: bool
) -> None:
    """I7: closed for bookings it goes on for changes."""
    assert bookings_are_open(RELEASE, moment) is for_bookings
    assert changes_are_open(RELEASE, moment) is for_changes


FAR = Flexible(CLOSING.date(), CLOSING.date() + 30 * DAY)


@pytest.mark.parametrize("command", [book(1), join(FAR)])
@pytest.mark.parametrize(("moment", "is_open", "_"), WINDOW)
def test_window_is_kept_by_the_core(
    command: Command, moment: datetime, *, is_open: bool, _: bool
) -> None:
    """I7: the allocator itself refuses before the opening and after the closing."""
    far = slot(1, CLOSING.date() + DAY), slot(2, CLOSING.date() + 22 * DAY)
    outcome = answer(ledger(*far), facts(1), request(1, command), moment)
    assert (outcome == Refusal.OUTSIDE_RELEASE) is not is_open


@pytest.mark.parametrize(
    ("state", "is_open"), [("none", True), ("paused", True), ("closed", False)]
)
def test_operators_word_stops_bookings(
    state: Literal["none", "paused", "closed"], *, is_open: bool
) -> None:
    """Closed by hand, no new booking, but people may move; paused, those inside go on."""
    release = msgspec.structs.replace(RELEASE, state_by_hand=state)
    assert bookings_are_open(release, NOW) is is_open
    assert changes_are_open(release, NOW)
    found = release_for(ledger(release=release), facts(1), "release", (person(1),), NOW)
    assert found == (release if is_open else Refusal.OUTSIDE_RELEASE)


CHILD = date(2015, 1, 1)
BEFORE = OPENING - SECOND


@pytest.mark.parametrize(
    ("born", "release_id", "people", "moment", "expected"),
    [
        ({1: CHILD}, "unknown", (1,), BEFORE, Refusal.OUTSIDE_RELEASE),
        ({1: CHILD}, "release", (1,), BEFORE, Refusal.NOT_ELIGIBLE),
        ({1: ADULT}, "release", (1,), BEFORE, Refusal.OUTSIDE_RELEASE),
        ({1: ADULT, 2: CHILD}, "release", (1, 2), BEFORE, Refusal.NOT_ELIGIBLE),
        ({1: ADULT}, "release", (1, 2), NOW, Refusal.NOT_ELIGIBLE),
        ({2: ADULT}, "release", (1, 2), NOW, Refusal.NOT_ELIGIBLE),
        ({1: ADULT, 2: ADULT}, "release", (1, 2), BEFORE, Refusal.OUTSIDE_RELEASE),
        ({1: ADULT, 2: ADULT}, "release", (1, 2), NOW, RELEASE),
    ],
)
def test_release_then_people_then_window_are_asked(
    born: dict[int, date],
    release_id: str,
    people: tuple[int, ...],
    moment: datetime,
    expected: object,
) -> None:
    known = Facts(born={person(number): on for number, on in born.items()})
    keys = tuple(person(number) for number in people)
    assert release_for(ledger(), known, release_id, keys, moment) == expected


ELSEWHERE = FirstDose("pfizer", MONDAY)


@pytest.mark.parametrize(
    ("held", "may_be"),
    [
        (holding(1, 1, 21), False),
        (holding(1, 1), False),
        (holding(1, None, 21, elsewhere=ELSEWHERE), False),
        (holding(1, listed=place(1)), True),
        (holding(1, 1, 21, listed=place(1, until=NOW)), True),
        (holding(1, listed=place(1, "slot_closed"), elsewhere=ELSEWHERE), True),
        (holding(1, 1, given=(1,), listed=place(1, "slot_closed")), False),
        (holding(1, 1, 21, given=(1,), listed=place(1, "slot_closed", until=NOW)), False),
    ],
)
def test_only_a_place_on_the_list_without_a_dose_may_be_replaced(
    held: Booking, *, may_be: bool
) -> None:
    assert is_replaceable(held) is may_be


@pytest.mark.parametrize(
    ("held", "comes_in"),
    [
        (holding(1, 1, 21), True),
        (holding(1, listed=place(1)), False),
        (holding(1, listed=place(1, "slot_closed")), True),
        (holding(1, 1, 21, listed=place(1, until=NOW)), True),
    ],
)
def test_whoever_holds_something_comes_in_without_the_line(
    held: Booking, *, comes_in: bool
) -> None:
    """A booking, an offer, or a place that the city owes them."""
    assert is_holder(held) is comes_in


def test_replaced_place_ends_without_a_word() -> None:
    """Its person is told of the booking alone."""
    held = holding(1, 1, 21, listed=place(1, until=NOW))
    move = replaced(request(2, book(1)), held)
    assert (move.person_key, move.before, move.notice) == (person(1), held, None)
    assert move.after == msgspec.structs.replace(held, state="cancelled", doses=(), standby=None)
