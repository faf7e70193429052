"""An approver reads places, days, clock times and choices, as people write them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from allocator.model import SITE_TIMEZONE
from allocator.plan_diff import Said, Term
from gateway.staff.term_words import WordedTerm, worded_terms

NAMES = {"gym": "体育館", "comirnaty": "コミナティ"}
NINE = datetime(2030, 9, 14, 9, tzinfo=SITE_TIMEZONE)


def worded(path: str, value: Said, language: str = "ja") -> WordedTerm:
    (one,) = worded_terms([Term(path, None, value)], NAMES, language)
    return one


@pytest.mark.parametrize(
    ("path", "value", "place", "after"),
    [
        ("release.opens_at", NINE, "公開 › 受付の開始", "2030年（令和12年）9月14日(土) 09:00"),
        ("release.cohort.born_to", date(1965, 4, 1), "公開 › 対象 › 生年月日（まで）", None),
        ("release.desk_share", 0.25, "公開 › 電話受付の割合", "25%"),
        ("release.people", 24_000, "公開 › 対象の人数", "24,000"),
        ("release.queue", "fifo", "公開 › 並び方", "先着順"),
        ("release.names.en", "none", "公開 › 名前 › English", "none"),
        (
            "venues.gym.open.hours",
            ("09:00-12:00", "13:00-17:00"),
            "会場 › 体育館 (gym) › 開館 › 時間",
            "09:00-12:00、13:00-17:00",
        ),
        (
            "venues.annex.open.weekdays",
            ("mon", "sun"),
            "会場 › annex › 開館 › 曜日",
            "月曜日、日曜日",
        ),
        (
            "venues.gym.open.closed",
            (date(2030, 9, 16),),
            "会場 › 体育館 (gym) › 開館 › 休館日",
            None,
        ),
    ],
)
def test_term_is_said_in_words(path: str, value: Said, place: str, after: str | None) -> None:
    found = worded(path, value)
    assert found.place == place
    assert found.before == "なし"
    assert after in (None, found.after)
    assert "datetime" not in found.after


def test_days_have_their_weekday_and_english_is_english() -> None:
    assert "月" in worded("venues.gym.open.closed", (date(2030, 9, 16),)).after
    found = worded("venues.gym.open.weekdays", ("mon", "tue"), "en")
    assert found.after == "Monday, Tuesday"


def test_every_step_of_a_place_has_a_word() -> None:
    for path in (
        *("release.campaign", "release.cohort.born_from", "release.lobby_at"),
        *("release.closes_at", "release.cut_off_hours", "release.days.dose_1.from"),
        *("release.days.dose_2.to", "products.comirnaty.interval_days.standard"),
        *("products.comirnaty.interval_days.min", "products.comirnaty.interval_days.max"),
        *("products.comirnaty.doses_per_vial", "products.comirnaty.supply.doses"),
        "products.comirnaty.supply.vials",
        *("products.comirnaty.source", "venues.gym.addresses.ja", "venues.gym.doses_per_hour_max"),
    ):
        steps = (
            worded(path, "x")
            .place.replace("コミナティ (comirnaty)", "ワクチン")
            .replace(" (gym)", "")
        )
        assert not any(step.isascii() for step in steps.split(" › ")), path
