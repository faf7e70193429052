from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waiting_room.forecast import LASTS_S_MAX, Opening, come_by, forecast

PLAYED = Path(__file__).parents[3] / "docs" / "performance" / "opening.json"
OPENINGS = st.builds(
    Opening,
    people=st.integers(1, 20_000),
    pairs=st.integers(1, 5_000),
    inside_max=st.integers(200, 2_000),
    inside_s=st.floats(20, 120),
    within_s=st.floats(60, 1_800),
    lobby_share=st.floats(0, 0.7),
)


def test_forecast_is_as_good_as_it_says() -> None:
    """An opening that was played in whole, by 60,000 residents, is met to a quarter."""
    rows = {row["what"]: row["median"] for row in json.loads(PLAYED.read_text("utf-8"))["rows"]}
    opening = Opening(
        people=int(rows["residents who came"]), pairs=int(rows["pairs on offer"]), inside_max=1_200
    )
    expected = forecast(opening)
    assert expected.sold_out_s is not None
    played_s = rows["opening until 99 % were booked"]
    assert 0.8 <= expected.sold_out_s / played_s <= 1.25
    assert expected.share_served == pytest.approx(20_580 / 60_000, abs=0.001)


def test_where_there_are_pairs_for_all_nothing_is_sold_out() -> None:
    expected = forecast(Opening(people=500, pairs=20_000))
    assert (expected.booked, expected.share_served, expected.sold_out_s) == (500, 1.0, None)
    assert (expected.longest_line, expected.longest_wait_s) == (0, 0.0)
    assert expected.moments[-1].booked == 500


def test_line_that_one_seat_serves_is_not_forecast_for_ever() -> None:
    endless = forecast(Opening(people=50_000, pairs=50_000, inside_max=1))
    assert endless.done_s == LASTS_S_MAX - 1
    assert endless.share_served < 0.1
    scarce = forecast(Opening(people=50_000, pairs=49_000, inside_max=1))
    assert scarce.sold_out_s is None, "a day is over, and there are pairs still"


def test_lobby_stands_there_when_it_opens_and_all_have_come_in_the_end() -> None:
    opening = Opening(people=1_000, pairs=1)
    assert come_by(opening, -1) == 0
    assert come_by(opening, 0) == 500
    assert come_by(opening, opening.within_s) == come_by(opening, 9_999) == 1_000
    assert come_by(opening, opening.within_s - 0.01) == pytest.approx(1_000, rel=0.001)


@given(OPENINGS)
def test_nobody_is_booked_who_did_not_come_and_nothing_falls(opening: Opening) -> None:
    expected = forecast(opening)
    for before, after in pairwise(expected.moments):
        assert before.at_s < after.at_s
        assert before.came <= after.came
        assert before.booked <= after.booked
    for moment in expected.moments:
        assert 0 <= moment.booked <= min(moment.came, opening.pairs)
        assert 0 <= moment.waiting <= moment.came
    assert expected.longest_line >= max(moment.waiting for moment in expected.moments)


@given(OPENINGS)
def test_more_seats_never_make_it_longer(opening: Opening) -> None:
    more = Opening(
        people=opening.people,
        pairs=opening.pairs,
        inside_max=opening.inside_max * 2,
        inside_s=opening.inside_s,
        within_s=opening.within_s,
        lobby_share=opening.lobby_share,
    )
    assert forecast(more).done_s <= forecast(opening).done_s + 1
    assert forecast(more).longest_wait_s <= forecast(opening).longest_wait_s + 1
