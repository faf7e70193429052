from __future__ import annotations

import pytest

from seiriken.rehearsal_client import Poll, ProblemTold, Status

STATUS = Status("open", 100, (Poll(50, 2), Poll(200, 10), Poll(1_000, 60)))


@pytest.mark.parametrize(
    ("place", "after_s"),
    [(90, 2), (150, 2), (151, 10), (300, 10), (301, 60), (9_999, 60), (None, 2)],
)
def test_first_row_that_reaches_far_enough_says_when_to_ask_again(
    place: int | None, after_s: float
) -> None:
    assert STATUS.poll_after_s(place) == after_s


def test_only_unavailability_passes() -> None:
    assert ProblemTold("busy", retry_after_s=5, status=503).passes
    assert not ProblemTold("already_booked", retry_after_s=None, status=409).passes
    assert not ProblemTold("internal_error", retry_after_s=None, status=500).passes
