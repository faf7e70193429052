from __future__ import annotations

from markupsafe import escape

from gateway.furigana import Pattern, bare, beside, with_readings

RUBY = "<ruby>順番<rp>（</rp><rt>じゅんばん</rt><rp>）</rp></ruby>"


def test_one_source_gives_three_forms() -> None:
    words = with_readings("{順番|じゅんばん}を待つ")
    assert escape(words) == RUBY + "を待つ"
    assert (words, bare(words)) == ("順番（じゅんばん）を待つ", "順番を待つ")


def test_parameters_keep_their_own_readings() -> None:
    day = with_readings("{月曜日|げつようび}")
    words = Pattern("{day}の{順番|じゅんばん}").filled({"day": day})
    assert bare(words) == "月曜日の順番"
    assert beside(words) == "月曜日（げつようび）の順番（じゅんばん）"
    assert escape(words) == f"{escape(day)}の{RUBY}"


def test_what_is_no_markup_of_ours_cannot_break_out() -> None:
    words = Pattern("<b>{順番|<i>}{name}").filled({"name": "<script>"})
    assert "<b>" not in escape(words)
    assert "<i>" not in escape(words)
    assert "<script>" not in escape(words)
    assert words == "<b>順番（<i>）<script>"


def test_filters_leave_other_values_alone() -> None:
    assert bare("順番") == beside("順番") == "順番"
    assert bare(7) == beside(7) == 7


def test_plain_text_is_a_plain_string() -> None:
    assert type(beside(with_readings("{番|ばん}"))) is str
