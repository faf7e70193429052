"""When a session ends, as its pages tell it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.session_end import SessionEnd, filled_in

NOW = datetime(2021, 6, 1, 1, 0, tzinfo=UTC).timestamp()


def marks(end: SessionEnd) -> str:
    return f"{end.left} {end.most} {end.until} {end.until_words}"


@pytest.mark.parametrize(
    ("idle_s", "warned_s", "minutes"), [(900, 120, 15), (360, 120, 6), (60, 20, 1), (30, 10, 1)]
)
def test_end_is_warned_of_two_minutes_before_or_in_the_last_third(
    idle_s: int, warned_s: int, minutes: int
) -> None:
    end = SessionEnd(idle_s, 3_600)
    assert (end.warned_s, end.minutes) == (warned_s, minutes)


def test_page_is_told_the_seconds_left_and_the_moment() -> None:
    page = filled_in(marks(SessionEnd(900, 3_600)), NOW + 900.9, NOW + 3_000, NOW, "10:15")
    assert page == "900 3000 2021-06-01T01:15:00+00:00 10:15"


def test_session_that_is_over_has_nothing_left() -> None:
    page = filled_in(marks(SessionEnd(900, 3_600)), NOW - 1, NOW - 1, NOW, "")
    assert page.startswith("0 0 ")


def test_page_of_nobody_has_no_marks_to_fill_in() -> None:
    assert filled_in("<p>left most</p>", NOW, NOW, NOW, "10:15") == "<p>left most</p>"
