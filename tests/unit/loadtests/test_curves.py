from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.curves import Curve, Opening, spike, steady, trickle

CURVES = [
    Opening(people=6_000, lead_s=120, within_s=600),
    Opening(people=6_000, lead_s=0, within_s=600),
    Opening(people=10, lead_s=600, within_s=600),
    steady(per_s=5, lasts_s=60),
    spike(per_s=5, before_s=60, spike_s=30, after_s=60),
    trickle(lasts_s=60),
]


@pytest.mark.parametrize("curve", CURVES)
@given(moments=st.lists(st.floats(-10, 1_000), min_size=2, max_size=2))
def test_number_of_those_who_came_never_falls(curve: Curve, moments: list[float]) -> None:
    early, late = sorted(moments)
    assert 0 <= curve.come_by(early) <= curve.come_by(late)


def test_everybody_of_an_opening_comes_and_half_before_it() -> None:
    opening = Opening(people=6_000, lead_s=120, within_s=600)
    assert opening.come_by(0) == 0
    assert opening.come_by(120) == pytest.approx(0.5 * 6_000, abs=1)
    rush, end = (opening.come_by(at_s + 60) - opening.come_by(at_s) for at_s in (120, 540))
    assert rush > 2 * end
    assert opening.come_by(600) == opening.come_by(10_000) == 6_000


def test_rush_is_all_the_greater_when_there_was_no_lobby() -> None:
    opening = Opening(people=6_000, lead_s=0, within_s=600)
    assert opening.come_by(150) > 2_200


def test_spike_is_ten_times_as_strong_in_between_and_ends_with_the_last_phase() -> None:
    curve = spike(per_s=5, before_s=60, spike_s=30, after_s=60)
    assert (curve.come_by(60), curve.come_by(90), curve.come_by(150)) == (300, 1_800, 2_100)
    assert curve.come_by(1_000) == 2_100
    assert curve.duration_s == 150


def test_trickle_is_somebody_every_three_seconds() -> None:
    assert trickle(lasts_s=60).come_by(60) == 20
