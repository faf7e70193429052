"""Whether what was told came true: counted by what each person was told first, or `unclear`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waiting_room.calibration import (
    RECORDS_MAX,
    Class,
    Counted,
    Person,
    Record,
    calibrate,
    class_told,
    coarser,
    noted,
)
from waiting_room.outlook import Outlook

OPENING = Record(at=0, joined=1_000, likely_to=500, borderline_to=700, within=0)


def person(place: int, index: int | None = None, end: str = "") -> Person:
    """Return somebody who stands where they came, unless another index is given."""
    index = place - 1 if index is None else index
    return Person(place, index, has_booking=end == "booked", came_in=end in ("booked", "came"))


def told(records: list[Record], one: Person) -> Class:
    return class_told(records, [record.joined for record in records], one)


def outlook(likely_to: int | None, borderline_to: int | None) -> Outlook:
    return Outlook(likely_to, borderline_to, None)


def test_what_is_told_is_noted_when_it_is_new() -> None:
    first = noted((), 60, 10, outlook(500, 700))
    assert first == (Record(60, 10, 500, 700, 7),)
    assert noted(first, 61, 20, outlook(493, 707)) == first
    second = noted(first, 62, 30, outlook(492, 700))
    assert second == (*first, Record(62, 30, 492, 700, 7))
    assert noted(second, 63, 40, outlook(492, 708))[2:] == (Record(63, 40, 492, 708, 8),)


def test_that_nothing_is_told_is_noted_too() -> None:
    first = noted((), 0, 0, outlook(None, None))
    assert first == (Record(0, 0, None, None, 2),)
    assert noted(first, 1, 5, outlook(None, None)) == first
    assert len(noted(first, 2, 9, outlook(0, 0))) == 2


@pytest.mark.parametrize(
    ("place", "said"),
    [(500, "likely"), (501, "borderline"), (700, "borderline"), (701, "unlikely")],
)
def test_the_lobby_was_told_the_first_that_is_known(place: int, said: Class) -> None:
    assert told([OPENING], person(place, index=3)) == said


def test_who_came_later_was_told_what_held_when_they_came() -> None:
    better = Record(9, 1_200, 1_300, 1_400, 0)
    assert told([OPENING, better], person(1_200)) == "unlikely"
    assert told([OPENING, better], person(1_201)) == "likely"


def test_of_people_near_a_boundary_it_is_unclear_what_they_were_told() -> None:
    blurred = Record(0, 0, 500, 700, 10)
    said = [told([blurred], person(place)) for place in (490, 491, 510, 511, 690, 710, 711)]
    clear = [said[0], said[3], said[4], said[6]]
    assert clear == ["likely", "borderline", "borderline", "unlikely"]
    assert {said[1], said[2], said[5]} == {"unclear"}


def test_what_was_told_after_nothing_counts_and_nothing_at_all_is_said_to_be_so() -> None:
    nothing = Record(0, 0, None, None, 2)
    assert told([nothing, OPENING], person(100)) == "likely"
    assert told([nothing], person(100)) == "untold"
    assert told([], person(100)) == "untold"


def test_people_are_counted_by_what_they_were_told_and_what_became_of_them() -> None:
    people = [
        *(person(place, end="booked") for place in range(1, 400)),
        *(person(place, end="came") for place in range(400, 451)),
        *(person(place) for place in range(451, 501)),
        person(600, end="booked"),
        person(650),
        person(800),
    ]
    likely, borderline, unlikely, unclear, untold = calibrate([OPENING], iter(people), 620)
    assert likely == Counted("likely", 500, 399, 51, 50, 0, 399 / 500, 399 / 450)
    assert borderline == Counted("borderline", 2, 1, 0, 0, 1, 1.0, 1.0)
    assert unlikely == Counted("unlikely", 1, 0, 0, 0, 1, None, None)
    assert (unclear.people, untold.people) == (0, 0)


def drifting(count: int) -> tuple[Record, ...]:
    """Return records whose boundaries go up and down by a few places."""
    records: tuple[Record, ...] = ()
    for number in range(count):
        likely_to = 100 + 3 * (number % 7)
        records = (*records, Record(number, number, likely_to, likely_to + 50, 2))
    return records


def test_records_are_few_and_those_that_differ_least_are_merged() -> None:
    assert coarser(drifting(RECORDS_MAX)) == drifting(RECORDS_MAX)
    jump = Record(RECORDS_MAX, RECORDS_MAX, 900, 950, 2)
    fewer = coarser((*drifting(RECORDS_MAX), jump))
    assert len(fewer) <= RECORDS_MAX // 2
    assert fewer[0].joined == 0
    assert fewer[-1] == jump
    assert max(record.within for record in fewer) <= 32


def test_records_that_know_nothing_are_merged_last_and_then_nobody_is_clear() -> None:
    flapping = tuple(
        Record(n, n, None if n % 2 else 100, None if n % 2 else 150, 2)
        for n in range(RECORDS_MAX + 1)
    )
    fewer = list(coarser(flapping))
    assert len(fewer) <= RECORDS_MAX // 2
    assert told(fewer, person(5)) == "unclear"
    assert told(list(coarser(flapping[1:] + flapping[:1])), person(5)) == "unclear"


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=60),
    st.integers(1, 400),
    st.integers(0, 59),
)
def test_whoever_has_a_clear_class_was_told_it(
    boundaries: list[tuple[int, int]], place: int, joined: int
) -> None:
    """Records are merged and thinned, but nobody's class is made up."""
    records: tuple[Record, ...] = ()
    for number, (likely_to, more) in enumerate(boundaries):
        records = noted(records, number, number, outlook(likely_to * 10, (likely_to + more) * 10))
    index = min(joined, len(boundaries) - 1)
    likely_to, more = boundaries[index]
    exact = Record(0, 0, likely_to * 10, (likely_to + more) * 10, 0)
    clear = told(list(records), person(place, index))
    assert clear in ("unclear", told([exact], person(place, index)))
