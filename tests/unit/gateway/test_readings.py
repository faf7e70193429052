"""How a name is read, and two spellings of one name."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest

from gateway.readings import ALIKE, folded, reading


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("インザイ ハナコ", "インザイ ハナコ"),
        ("いんざい　はなこ", "インザイ ハナコ"),
        ("  ｲﾝｻﾞｲ   ﾊﾅｺ ", "インザイ ハナコ"),
        ("ジョージ・オーウェル", "ジョージ・オーウェル"),
        ("ゔぁん", "ヴァン"),
        ("ｼﾞｮｰｼﾞ･ｵｰｳｪﾙ", "ジョージ・オーウェル"),
        ("か\u3099とう", "ガトウ"),
        ("ｼﾞｮ-ｼﾞ リ－ リ― リ−", "ジョージ リー リー リー"),
        ("いすゞ みすヾ", "イスズ ミスズ"),
        ("ささき ななゝ", "ササキ ナナナ"),
    ],
)
def test_reading_is_katakana_whatever_kana_it_was_typed_in(typed: str, read: str) -> None:
    assert reading(typed) == read


@pytest.mark.parametrize(
    "typed",
    ["印西 花子", "Inzai", "インザイ 1", "", " ", "ー・", "-", "イン🌸", "ア゛", "あゞ", "ゝア"],
)
def test_what_is_no_kana_is_no_reading(typed: str) -> None:
    assert reading(typed) is None


def test_voiced_half_width_kana_and_letters_are_folded() -> None:
    assert folded("ﾊﾞﾝ ＡｂC ヴ") == folded("ばん abc ゔ") == "ばんabcゔ"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("高橋", "髙橋"),
        ("渡辺", "渡邉"),
        ("渡邊", "渡邉"),
        ("斎藤", "齋藤"),
        ("山崎", "山﨑"),
        ("吉田", "𠮷田"),
        ("浜田", "濵田"),
        ("会津", "會津"),
        ("大舘", "大館"),
        ("辻", "辻\U000e0100"),
        ("葛城", "葛\ufe00城"),
        ("福神", "\ufa1b\ufa19"),
    ],
)
def test_old_and_new_shapes_of_a_character_are_one(typed: str, written: str) -> None:
    assert folded(typed) == folded(written)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("ジョージオーウェル", "ジョージ・オーウェル"),
        ("ｼﾞｮ-ｼﾞ", "ジョージ"),
        ("佐佐木", "佐々木"),
        ("いすず", "いすゞ"),
        ("佐佐木", "佐\U000e0100々木"),
        ("竜ケ崎", "龍ヶ崎"),
        ("シヨウジ", "しょうじ"),
    ],
)
def test_one_name_written_in_two_ways_is_one(typed: str, written: str) -> None:
    assert folded(typed) == folded(written)


def test_hyphen_of_a_number_stays() -> None:
    assert folded("AB-1234") == "ab-1234"


def test_character_has_one_usual_shape_and_each_row_says_something_new() -> None:
    rows = ALIKE.split()
    assert max(Counter("".join(rows)).values()) == 1
    assert [row for row in rows if unicodedata.normalize("NFKC", row) != row] == []


def test_different_names_stay_different() -> None:
    assert len({folded(name) for name in ("高橋", "渡辺", "斎藤", "山崎", "吉田", "浜田")}) == 6
