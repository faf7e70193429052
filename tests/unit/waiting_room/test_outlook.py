"""What is told: nothing that is not known, and tables that a reader can use."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waiting_room.admission import Admission, AdmissionRules, Mark, start
from waiting_room.outlook import (
    Eta,
    Outlook,
    Pace,
    Poll,
    beginning_spread_s,
    estimate,
    outlook,
    pace_of,
    poll_before,
    poll_table,
    share_of_bookings,
)


def paced(*marks: tuple[float, int], now_s: float) -> Admission:
    return msgspec.structs.replace(
        start(AdmissionRules()), paced=tuple(Mark(*m) for m in marks), paced_s=now_s
    )


def test_without_a_measured_pace_there_is_no_estimate() -> None:
    assert pace_of(paced((0, 0), now_s=0), None) is None
    assert pace_of(paced((0, 0), (9, 500), now_s=9.5), None) is None


def test_a_line_that_stands_still_has_no_estimate() -> None:
    assert pace_of(paced((0, 0), now_s=60), None) is None


def test_the_pace_is_a_range_over_several_spans() -> None:
    marks = [(0, 0), (180, 180), (270, 450), (300, 750)]
    pace = pace_of(paced(*marks, now_s=300), None)
    assert pace == Pace(low_per_s=2.5, high_per_s=10.0)


def test_a_line_that_has_just_stopped_may_be_slower_than_it_ever_was() -> None:
    pace = pace_of(paced((0, 0), (60, 600), now_s=120), None)
    assert pace == Pace(low_per_s=2.5, high_per_s=5.0)


def test_an_operators_rate_is_known_before_it_is_measured_and_bounds_what_is() -> None:
    assert pace_of(paced((0, 0), now_s=0), 120) == Pace(2.0, 2.0)
    assert pace_of(paced((0, 0), (20, 200), now_s=20), 120) == Pace(2.0, 2.0)
    assert pace_of(paced((0, 0), (20, 200), now_s=20), 0) is None
    assert pace_of(paced((0, 0), now_s=0), 0) is None


def test_an_estimate_is_the_range_for_the_nearest_and_the_farthest_of_its_row() -> None:
    assert estimate(Pace(2.0, 4.0), 21, 30) == Eta(30, 5, 15)
    assert estimate(Pace(1.0, 1.0), 1, 1) == Eta(1, 1, 1)
    assert estimate(Pace(3.0, 3.0), 1, 2) == Eta(2, 0, 1)


def test_unpublished_stock_is_said_to_be_unknown() -> None:
    told = outlook(serving=10, pairs_left=None, claimed=0, booked=0, through=0)
    assert told == Outlook(None, None, None)


def test_stock_reaches_those_who_claim_a_seat_first() -> None:
    told = outlook(serving=100, pairs_left=70, claimed=50, booked=0, through=0)
    assert told == Outlook(likely_to_place=120, borderline_to_place=150, pairs_left=70)


def test_when_stock_does_not_even_suffice_for_those_inside_it_is_said() -> None:
    told = outlook(serving=750, pairs_left=500, claimed=750, booked=0, through=0)
    assert told.likely_to_place == 500
    assert outlook(serving=0, pairs_left=0, claimed=9, booked=0, through=0).likely_to_place == 0


def test_a_measured_share_of_bookings_moves_both_bounds() -> None:
    before = outlook(serving=0, pairs_left=100, claimed=0, booked=0, through=0)
    half_book = outlook(serving=0, pairs_left=100, claimed=0, booked=500, through=1_000)
    assert before.likely_to_place == 100
    assert half_book.likely_to_place is not None
    assert half_book.borderline_to_place is not None
    assert 180 < half_book.likely_to_place < 200 < half_book.borderline_to_place < 225


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_share_is_a_range_of_shares(booked: int, through: int) -> None:
    low, high = share_of_bookings(booked, through)
    assert 0 < low <= high <= 1
    if through >= 30 and booked <= through:
        assert low - 0.05 <= booked / through <= high + 1e-9


@given(
    st.floats(0.0, 1_000),
    st.integers(0, 2_000_000),
    st.sampled_from([10.0, 1_000.0]),
)
def test_the_crowd_asks_little_more_than_its_budget(
    per_s: float, waiting: int, budget_per_s: float
) -> None:
    """Those about to be called always ask every 2 s; the others share what is left."""
    table = poll_table(per_s, waiting, budget_per_s)
    assert table[-1].ahead >= waiting
    for near, far in pairwise(table):
        assert near.ahead < far.ahead
        assert near.after_s <= far.after_s
    asked_per_s, before = 0.0, 0
    for row in table:
        people = min(row.ahead, waiting) - min(before, waiting)
        asked_per_s += people / row.after_s
        before = row.ahead
    near_per_s = min(table[0].ahead, waiting) / table[0].after_s
    assert asked_per_s <= max(budget_per_s, near_per_s + budget_per_s / 2) + 1e-6


def test_whoever_may_be_called_soon_asks_every_two_seconds() -> None:
    assert poll_table(100.0, 2_000, 1e9)[0] == Poll(300, 2)
    assert poll_table(0.0, 2_000, 1e9)[0] == Poll(50, 2)


def test_nobody_is_called_long_before_they_ask_again() -> None:
    """Within the budget, the line at its fastest needs longer than the pause, or 3 s."""
    table = poll_table(100.0, 10_000, 1e9)
    for near, far in pairwise(table):
        assert far.after_s <= max(3.0, near.ahead / 100.0)


@pytest.mark.parametrize(
    ("begins_in_s", "waiting", "after_s"),
    [(3_600, 0, 60), (30, 0, 15), (1, 0, 2), (-5, 0, 2), (1, 50_000, 50)],
)
def test_before_the_beginning_all_ask_oftener_as_it_comes_near(
    begins_in_s: float, waiting: int, after_s: int
) -> None:
    assert poll_before(begins_in_s, waiting, 1_000) == (Poll(0, after_s),)


def test_crowd_asks_soon_after_the_beginning_within_the_budget() -> None:
    assert beginning_spread_s(10, 1_000) == 1.0
    assert beginning_spread_s(20_000, 1_000) == 20.0
    assert beginning_spread_s(1_000_000, 1_000_000) == 1.0
