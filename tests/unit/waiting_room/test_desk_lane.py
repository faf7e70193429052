"""The phone desk's share: kept while it is at work, everybody's when it is not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.waiting_room.crowds import RULES, after, measured
from waiting_room.admission import Mark, start, step
from waiting_room.desk_lane import DeskLane, calls, kept


@pytest.mark.parametrize(
    ("lane", "expected"),
    [
        (DeskLane(share=0.2), 0),
        (DeskLane(share=0.2, at_work=True), 40),
        (DeskLane(share=0.2, at_work=True, claimed=10), 40),
        (DeskLane(share=0.0, at_work=True), 0),
        (DeskLane(share=0.2, at_work=False, claimed=7), 7),
        (DeskLane(share=0.001, at_work=True), 1),
    ],
)
def test_share_is_kept_while_the_desk_is_at_work(lane: DeskLane, expected: int) -> None:
    assert kept(lane, 200) == expected


def test_single_place_is_the_lines_while_nobody_of_the_lane_waits() -> None:
    assert kept(DeskLane(share=0.2, at_work=True), 1) == 0
    assert kept(DeskLane(share=0.2, at_work=True, waiting=1), 1) == 1


@pytest.mark.parametrize(
    ("lane", "by_line", "expected"),
    [
        (DeskLane(share=0.2, at_work=True, waiting=5), 0, 5),
        (DeskLane(share=0.2, at_work=True, waiting=100), 0, 40),
        (DeskLane(share=0.2, at_work=True, waiting=100, claimed=30), 0, 10),
        (DeskLane(share=0.2, at_work=True, waiting=100), 190, 10),
        (DeskLane(share=0.2, at_work=True, waiting=100), 230, 0),
        (DeskLane(share=0.2, at_work=True), 0, 0),
    ],
)
def test_desk_calls_within_its_share_and_what_the_line_leaves(
    lane: DeskLane, by_line: int, expected: int
) -> None:
    assert calls(lane, 200, by_line) == expected


@given(
    share=st.floats(0, 0.9),
    at_work=st.booleans(),
    claimed=st.integers(0, 500),
    waiting=st.integers(0, 500),
    by_line=st.integers(0, 500),
)
def test_desk_and_line_never_claim_more_than_the_limit(
    share: float, *, at_work: bool, claimed: int, waiting: int, by_line: int
) -> None:
    lane = DeskLane(share, at_work, claimed, 0, waiting)
    called = calls(lane, 200, by_line)
    assert called == 0 or by_line + claimed + called <= 200


def test_the_desks_share_is_left_free_by_the_line() -> None:
    desk = DeskLane(share=0.2, at_work=True, waiting=3)
    opened = step(start(RULES), measured(joined=2_000, elapsed_s=0, desk=desk), RULES)
    assert (opened.serving, opened.desk_calls) == (160, 3)
    called = DeskLane(share=0.2, at_work=True, claimed=3)
    later = step(opened, measured(joined=2_000, desk=called), RULES)
    assert (later.serving, later.desk_calls, later.claimed) == (160, 0, 163)


def test_a_desk_that_begins_to_work_waits_for_free_seats() -> None:
    full = measured(joined=2_000, inside=200, entered=200)
    opened = after(
        start(RULES), serving=200, called=(Mark(0.0, 200),), ran_s=RULES.grace_s, limit=200.0
    )
    desk = DeskLane(share=0.2, at_work=True, waiting=3)
    after_call = step(opened, msgspec.structs.replace(full, desk=desk, age_s=1.0), RULES)
    assert after_call.desk_calls == 0
    two_left = measured(joined=2_000, inside=198, entered=200, age_s=1.0, desk=desk)
    assert step(after_call, two_left, RULES).desk_calls == 2


def test_nobody_is_called_by_the_desk_while_paused() -> None:
    desk = DeskLane(share=0.2, at_work=True, waiting=3)
    opened = step(start(RULES), measured(joined=0, desk=desk), RULES)
    assert opened.desk_calls == 3
    assert step(opened, measured(joined=0, desk=desk, running=False), RULES).desk_calls == 0


def test_a_share_that_nobody_uses_does_not_keep_the_limit_from_growing() -> None:
    before = after(
        start(RULES), serving=160, called=(Mark(0.0, 160),), ran_s=RULES.grace_s, limit=200.0
    )
    desk = DeskLane(share=0.2, at_work=True)
    crowd = measured(joined=2_000, inside=160, entered=160, desk=desk)
    assert step(before, crowd, RULES).limit > 200
