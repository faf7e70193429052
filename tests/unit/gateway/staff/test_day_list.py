"""A venue's day: found by name in any kana or by number, in order, counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from allocator.model import Slot
from gateway.staff.day_list import (
    DoseDue,
    Tally,
    days_after_first,
    found,
    in_order,
    is_too_soon,
    last_lot,
    lot_in,
    slot_of_now,
    tally,
    without_superseded,
)

AT = datetime(2021, 6, 1, 1, tzinfo=UTC)


def due(number: int = 1, name: str = "しけん ゆり", **changes: object) -> DoseDue:
    values: dict[str, object] = {
        "booking_id": UUID(int=number),
        "booking_number": f"B-0000-{number:04d}",
        "person_key": bytes([number]) * 16,
        "campaign_id": "c1",
        "release_id": "r1",
        "product_id": "comirnaty",
        "language": "ja",
        "dose": 1,
        "slot_id": 1,
        "starts_at": AT,
        "name": name,
        "phone": "08098765432",
        "email": "",
        "ticket_number": f"{number + 120_000:010d}",
        "birth_date": date(1950, 1, 31),
        "mark": "open",
    }
    return DoseDue(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "query",
    [
        "しけん",
        "シケン",
        "ｼｹﾝ",
        "しけんゆり",
        "シケン　ユリ",
        "ゆり",
        "",
        "120001",
        "0000120001",
        "0001",
    ],
)
def test_person_is_found_however_it_is_written(query: str) -> None:
    for name in ("しけん ゆり", "シケン　ユリ", "ｼｹﾝ ﾕﾘ"):
        assert found([due(1, name)], query)


@pytest.mark.parametrize("query", ["やまだ", "001", "120002", "試験"])
def test_others_are_not_found(query: str) -> None:
    assert found([due()], query) == []


@pytest.mark.parametrize("query", ["いんざい", "ﾊﾅｺ", "印西", "いんざいはなこ"])
def test_name_in_kanji_is_found_by_its_reading(query: str) -> None:
    row = due(1, "印西 花子", kana="インザイ ハナコ")
    assert found([row], query) == [row]
    if query != "印西":
        assert found([due(1, "印西 花子")], query) == []


def test_booking_number_is_found_with_or_without_its_hyphens() -> None:
    row = due(1, booking_number="AB-1234-5678")
    assert found([row], "1234-5678") == found([row], "12345678") == [row]
    assert found([row], "ab12345678") == [row]


def test_list_is_by_time_then_by_reading_and_then_by_number() -> None:
    later = due(1, "あ", starts_at=AT + timedelta(hours=1))
    kanji, letters = due(2, "試験 百合"), due(3, "Shiken Yuri")
    first, second = due(9, "百合", kana="アベ ユリ"), due(8, "ｲﾝｻﾞｲ ﾊﾅｺ")
    last = due(4, "安倍 百合", kana="ワダ ユリ")
    same = due(5, "和田 百合", kana="ワダ ユリ")
    rows = [letters, first, second, last, same, kanji, later]
    assert in_order([later, kanji, same, last, second, first, letters]) == rows


def test_tally_counts_each_mark() -> None:
    rows = [due(1), due(2, mark="given"), due(3, mark="given"), due(4, mark="not_come")]
    assert tally(rows) == Tally(given=2, open=1, not_come=1)


@pytest.mark.parametrize(
    ("typed", "lot"),
    [
        (" ew4811 ", "EW4811"),
        ("ＥＷ４８１１", "EW4811"),
        ("300-12", "300-12"),
        ("-300", ""),
        ("", ""),
        ("=1+1", ""),
        ("A" * 20, "A" * 20),
        ("A" * 21, ""),
        ("ロット", ""),
    ],
)
def test_lot_is_letters_digits_and_hyphens(typed: str, lot: str) -> None:
    assert lot_in(typed) == lot


def test_last_lot_is_the_accounts_own_of_the_product() -> None:
    given = {"mark": "given", "marked_by": "me"}
    rows = [
        due(1, lot="OLD1", marked_at=AT, **given),
        due(2, lot="NEW1", marked_at=AT + timedelta(minutes=1), **given),
        due(3, lot="OTHER", marked_at=AT + timedelta(hours=1), mark="given", marked_by="you"),
        due(4, lot="M1", marked_at=AT + timedelta(hours=1), product_id="moderna", **given),
        due(5, lot="NONE", **given),
    ]
    assert last_lot(rows, "comirnaty", "me") == "NEW1"
    assert last_lot([], "comirnaty", "me") == ""


def test_who_came_after_all_is_listed_once() -> None:
    absent, came = due(1, mark="not_come"), due(2, person_key=bytes([1]) * 16, mark="given")
    other = due(3, mark="not_come")
    assert without_superseded([absent, came, other]) == [came, other]


@pytest.mark.parametrize(("days", "too_soon"), [(18, True), (19, False), (400, False)])
def test_second_dose_is_too_soon_after_the_day_the_first_was_given_on(
    days: int, too_soon: bool
) -> None:
    """However long ago the day was that dose 1 had been booked for."""
    today = AT.date()
    row = due(dose=2, first_given_on=today - timedelta(days=days))
    assert (days_after_first(row, today), is_too_soon(row, today, 19)) == (days, too_soon)


@pytest.mark.parametrize("row", [due(dose=2), due(dose=1, first_given_on=AT.date())])
def test_dose_without_a_first_before_it_is_never_too_soon(row: DoseDue) -> None:
    assert (days_after_first(row, AT.date()), is_too_soon(row, AT.date(), 19)) == (None, False)


def test_row_is_printed_without_its_content() -> None:
    assert repr(due()) == "DoseDue(…)"


def test_slot_of_now_is_the_first_that_is_not_over_if_it_begins_alone() -> None:
    half = timedelta(minutes=30)
    early, late, beside = (
        Slot(n, "r1", "hall", "comirnaty", starts, starts + half, (1, 1))
        for n, starts in ((1, AT), (2, AT + half), (3, AT + half))
    )
    assert slot_of_now([late, early], AT - half) == early
    assert slot_of_now([late, early], AT + half - timedelta(seconds=1)) == early
    assert slot_of_now([late, early], AT + half) == late
    assert slot_of_now([late, beside, early], AT + half) is None
    assert slot_of_now([early], AT + half) is None
    assert slot_of_now([], AT) is None
