"""What the status document means for one place, in words."""

from __future__ import annotations

from datetime import datetime

import pytest

from allocator.model import SITE_TIMEZONE
from gateway import status_words

ETA = [
    {"ahead": 1, "low_s": 2, "high_s": 5},
    {"ahead": 10, "low_s": 90, "high_s": 300},
    {"ahead": 100, "low_s": 7200, "high_s": 9000},
]
STATUS = {
    "release_id": "r1",
    "state": "open",
    "opens_at": "2021-06-01T09:30:00+09:00",
    "lobby_at": "2021-06-01T09:00:00+09:00",
    "closes_at": "2021-06-08T17:00:00+09:00",
    "now": "2021-06-01T10:05:30+09:00",
    "serving": 40,
    "waiting": 60,
    "eta": ETA,
    "outlook": {"likely_to_place": 50, "borderline_to_place": 60, "pairs_left": 10},
    "poll": [{"ahead": 20, "after_s": 2}, {"ahead": 100, "after_s": 30}],
    "message": "お知らせ",
}


def test_waiting_page_shows_place_and_people_ahead() -> None:
    shown = status_words.wait_shown(STATUS, "r1", 50, "waiting", "ja")
    assert (shown.place, shown.ahead, shown.progress) == (50, 9, 80)
    assert shown.range == "約1分から5分"
    assert shown.outlook == "likely"
    assert shown.opens_at == datetime(2021, 6, 1, 9, 30, tzinfo=SITE_TIMEZONE)
    assert shown.as_of == datetime(2021, 6, 1, 10, 5, 30, tzinfo=SITE_TIMEZONE)
    assert shown.closes_at == datetime(2021, 6, 8, 17, tzinfo=SITE_TIMEZONE)
    assert shown.message == "お知らせ"
    assert shown.refresh_s == status_words.REFRESH_S_MIN


def test_farther_off_the_page_asks_less_often() -> None:
    assert status_words.wait_shown(STATUS, "r1", 90, "waiting", "ja").refresh_s == 30


@pytest.mark.parametrize(
    ("state", "now", "refresh_s"),
    [
        ("lobby", "09:00:00", 60),
        ("lobby", "09:29:40", 24),
        ("lobby", "09:29:59", 5),
        ("scheduled", "08:59:50", 14),
        ("scheduled", "08:00:00", 60),
        ("closed", "09:29:40", 60),
    ],
)
def test_page_looks_again_when_lobby_or_opening_have_begun(
    state: str, now: str, refresh_s: int
) -> None:
    """However seldom it asks before; by the server's clock."""
    status = STATUS | {
        "state": state,
        "now": f"2021-06-01T{now}+09:00",
        "poll": [{"ahead": 0, "after_s": 60}],
        "beginning_spread_s": 2.5,
    }
    shown = status_words.wait_shown(status, "r1", None, "lobby", "ja")
    assert shown.refresh_s == refresh_s


def test_in_the_lobby_there_is_no_place_yet() -> None:
    shown = status_words.wait_shown(STATUS, "r1", None, "lobby", "en")
    assert (shown.place, shown.ahead, shown.progress, shown.outlook) == (None, None, 0, "")


def test_called_place_has_nobody_ahead() -> None:
    shown = status_words.wait_shown(STATUS, "r1", 30, "turn", "ja")
    assert (shown.ahead, shown.progress) == (0, 100)


def test_without_a_status_document_nothing_is_guessed() -> None:
    shown = status_words.wait_shown(None, "r1", 50, "waiting", "en")
    assert shown.range == "Being worked out"
    assert shown.ahead is None
    assert shown.refresh_s == status_words.REFRESH_S_UNKNOWN


def test_first_page_shows_the_release() -> None:
    shown = status_words.release_shown(STATUS, "第1回", "ja")
    assert (shown.state, shown.name, shown.pairs_left, shown.waiting) == ("open", "第1回", 10, 60)
    assert shown.lobby_at == datetime(2021, 6, 1, 9, 0, tzinfo=SITE_TIMEZONE)


@pytest.mark.parametrize(
    ("distance", "expected"), [(0, 1), (1, 1), (2, 10), (100, 100), (101, 100), (None, 100)]
)
def test_row_is_the_first_that_reaches_else_the_last(distance: int | None, expected: int) -> None:
    row = status_words.row_for(ETA, distance)
    assert row is not None
    assert row["ahead"] == expected


def test_empty_table_has_no_row() -> None:
    assert status_words.row_for([], 5) is None


@pytest.mark.parametrize(
    ("distance", "expected"), [(1, 1), (2, 10), (100, 100), (101, None), (None, None)]
)
def test_beyond_the_table_of_estimates_nothing_is_known(
    distance: int | None, expected: int | None
) -> None:
    row = status_words.eta_row(ETA, distance)
    assert (None if row is None else row["ahead"]) == expected


@pytest.mark.parametrize(
    ("place", "reason"),
    [(89, ""), (90, "paused"), (100, "capacity_cut"), (151, "paused"), (None, "")],
)
def test_why_the_wait_became_longer_is_told_to_those_whose_wait_it_is(
    place: int | None, reason: str
) -> None:
    rises = [
        {"reason": "capacity_cut", "from_place": 100, "to_place": 150},
        {"reason": "paused", "from_place": 90, "to_place": 200},
    ]
    assert status_words.raised_for(rises, place) == reason
    shown = status_words.wait_shown(STATUS | {"eta_raised": rises}, "r1", place, "waiting", "ja")
    assert shown.raised == reason


def test_when_the_next_release_opens_is_told_if_there_is_one() -> None:
    opens_at = "2021-07-01T09:30:00+09:00"
    following = STATUS | {"next_release": {"release_id": "r2", "opens_at": opens_at}}
    shown = status_words.wait_shown(following, "r1", 90, "waiting", "ja")
    assert shown.next_opens_at == datetime.fromisoformat(opens_at)
    none = status_words.wait_shown(STATUS | {"next_release": None}, "r1", 90, "waiting", "ja")
    assert none.next_opens_at is None


@pytest.mark.parametrize(
    ("low_s", "high_s", "words"),
    [
        (0, 59, "Very soon (within a minute)"),
        (10, 60, "About 1 min"),
        (61, 120, "About 1 to 2 minutes"),
        (300, 7199, "About 5 to 120 minutes"),
        (3600, 7200, "About 1 to 2 hours"),
        (7200, 7200, "About 1 to 2 hours"),
        (100, 86400, "About 1 to 24 hours"),
    ],
)
def test_wait_is_said_as_a_range(low_s: int, high_s: int, words: str) -> None:
    row = {"ahead": 1, "low_s": low_s, "high_s": high_s}
    assert status_words.range_words(row, "en") == words


@pytest.mark.parametrize(
    ("place", "likely", "borderline", "said"),
    [
        (50, 50, 60, "likely"),
        (51, 50, 60, "borderline"),
        (61, 50, 60, "unlikely"),
        (50, None, None, ""),
        (None, 50, 60, ""),
    ],
)
def test_outlook(place: int | None, likely: int | None, borderline: int | None, said: str) -> None:
    outlook = {"likely_to_place": likely, "borderline_to_place": borderline, "pairs_left": 1}
    assert status_words.outlook_of(outlook, place) == said


def test_operators_message_is_told_in_the_readers_language() -> None:
    """Where there is one in it; else the one for all."""
    status = {"message": "お待ちください", "messages": {"en": "Please wait"}}
    assert status_words.message_in(status, "en") == "Please wait"
    assert status_words.message_in(status, "ja") == "お待ちください"
    assert status_words.message_in({}, "ja") == ""
