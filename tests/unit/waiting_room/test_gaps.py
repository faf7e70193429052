"""Places that nobody holds: people and places count past them, there and back."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from waiting_room.gaps import Gap, people_up_to, place_after


@st.composite
def gap_lists(draw: st.DrawFn) -> tuple[Gap, ...]:
    gaps, place = [], 0
    for held, size in draw(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), max_size=4)):
        gaps.append(Gap(place + held, size))
        place += held + size
    return tuple(gaps)


def test_a_gap_is_passed_as_soon_as_those_before_it_are_called() -> None:
    gaps = (Gap(after=10, size=5),)
    assert [place_after(p, gaps) for p in (9, 10, 11)] == [9, 15, 16]
    assert [people_up_to(p, gaps) for p in (9, 10, 12, 15, 16)] == [9, 10, 10, 10, 11]


@given(st.integers(0, 300), gap_lists())
def test_so_many_people_have_a_place_up_to_theirs(people: int, gaps: tuple[Gap, ...]) -> None:
    assert people_up_to(place_after(people, gaps), gaps) == people


@given(gap_lists())
def test_calling_more_people_never_calls_back(gaps: tuple[Gap, ...]) -> None:
    places = [place_after(people, gaps) for people in range(300)]
    assert all(before < after for before, after in pairwise(places))
