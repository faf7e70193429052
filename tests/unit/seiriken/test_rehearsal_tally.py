from __future__ import annotations

import pytest

from seiriken.rehearsal_tally import Tally, percentile


@pytest.mark.parametrize(
    ("share", "wanted"), [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (1.0, 100.0), (0.001, 1.0)]
)
def test_percentile_is_the_nearest_rank(share: float, wanted: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], share) == wanted


def test_percentile_of_nothing_is_zero() -> None:
    assert percentile([], 0.5) == 0.0


def test_report_is_ok_only_without_errors_and_findings() -> None:
    tally = Tally(people=3, left=2)
    tally.refused["no_first_dose"] += 1
    assert tally.report(10.0, 1.0, {"half_pairs": []}).ok
    assert tally.report(10.0, 1.0, None).ok
    assert not tally.report(10.0, 1.0, {"half_pairs": ["booking 1"]}).ok
    tally.errors["500 internal_error"] += 1
    assert not tally.report(10.0, 1.0, None).ok


def test_people_without_an_end_are_reported() -> None:
    assert Tally(people=3, left=1).report(1.0, 0.1, None).unfinished == 2


def test_generator_that_was_busy_or_late_says_so() -> None:
    tally = Tally(people=0)
    assert not tally.report(10.0, 5.0, None).generator.was_limit
    assert tally.report(10.0, 9.5, None).generator.was_limit
    tally.lag_s = [0.4] * 10
    assert tally.report(10.0, 5.0, None).generator.was_limit


def test_rate_counts_from_the_first_booking_to_the_last() -> None:
    tally = Tally(people=5, booked_at_s=[10.0, 11.0, 12.0])
    assert tally.report(100.0, 1.0, None).bookings_per_s == 1.0
