"""How a name is read, in kana; and how two spellings of a name are known for one.

Rule 1: a reading is katakana, whatever kind of kana it was typed in; spaces, the middle dot and
the long vowel mark (also typed as a hyphen) may stand in it; marks of repetition are written out.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

A name in kanji cannot be read with certainty, so its reading is asked for; it may be left out.
"""

from __future__ import annotations

import re
import unicodedata

_HIRAGANA_FIRST, _HIRAGANA_LAST, _TO_KATAKANA = 0x3041, 0x3096, 0x60
_TO_HIRAGANA = str.maketrans(
    {code + _TO_KATAKANA: chr(code) for code in range(_HIRAGANA_FIRST, _HIRAGANA_LAST + 1)}
)
_IN_KATAKANA = str.maketrans(
    {code: chr(code + _TO_KATAKANA) for code in range(_HIRAGANA_FIRST, _HIRAGANA_LAST + 1)}
)
_READING = re.compile(r"[ァ-ヺー・ ]*[ァ-ヺ][ァ-ヺー・ ]*")
_HYPHEN = re.compile(r"(?<=[ぁ-ゖァ-ヺー])[-‐‒–—―−]")
_REPEATED = re.compile(r"([ぁ-ゖァ-ヺ一-鿿])([々ゝヽゞヾ])")
_VOICED_MARK = "\u3099"

ALIKE = """
高髙 崎﨑嵜 辺邊邉 斉斎齋齊 沢澤 浜濱濵 広廣 国國 桜櫻 島嶋嶌 吉𠮷 富冨 土圡 徳德 瀬瀨 滝瀧
竜龍 栄榮 恵惠 円圓 真眞 条條 検檢 曽曾 関關 鉄鐵 団團 蔵藏 黒黑 万萬 与與 亜亞 寿壽 弥彌 来來
柳栁 桧檜 籠篭 芦蘆 藪薮 豊豐 頼賴 館舘 渕淵渊 増增 峰峯 塩鹽 岳嶽 桑桒 穂穗 荘莊 実實 宝寶寳
静靜 緑綠 砺礪 遥遙 尭堯 巌巖 凛凜 晃晄 槙槇 瑶瑤 祢禰 禄祿 穣穰 薫薰 勲勳 聡聰 郎郞 園薗 涌湧
稲稻 梅楳 枡桝 鴎鷗 壷壺 亀龜 萌萠 芸藝 並竝 仏佛 為爲 覚覺 児兒 気氣 県縣 剣劍 厳嚴 参參 糸絲
将將 乗乘 浄淨 譲讓 慎愼 禅禪 総總 歩步 満滿 両兩 礼禮 暦曆 歴歷 録錄 奥奧 横橫 黄黃 温溫 尚尙
戸戶 青靑 清淸 内內 呉吳 教敎 強强 会會 学學 当當 野埜 船舩 橋槗𣘺 涼凉 衛衞 恒恆 亘亙 壮壯
寛寬 秋穐龝 卯夘 彦彥 郷鄕 喜㐂 昂昻 晋晉 蛍螢 従從 縁緣 緒緖 鎮鎭 顕顯 鶏鷄 麹麴
けゖ かゕ あぁ いぃ うぅ えぇ おぉ つっ やゃ ゆゅ よょ わゎ
"""
"""Spellings of one character in names, the usual one first, small kana with their large ones.

Old and new shapes: the table of standard characters (Jōyō kanji, Cabinet Notice 2 of 2010) gives
the old shape beside the new, and the Family Register Ordinance (annex 2, table 2) those that may
stand in given names. The rest is what registers of families write for them ("variants", e.g. the
ladder-shaped 髙). Shapes that Unicode holds for compatibility alone (U+FA19 for 神) need no row.
Different characters may stand in one row (斉 and 斎): people mix them up, and a search that finds
one person more does no harm.
"""

_USUAL = str.maketrans({other: row[0] for row in ALIKE.split() for other in row[1:]})
_LEFT_OUT = dict.fromkeys(
    [ord("・"), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]  # Selectors of a shape.
)


def reading(text: str) -> str | None:
    """Return a reading in full-width katakana, None where a text is none."""
    plain = " ".join(_spelt(_in_one_width(text)).split()).translate(_IN_KATAKANA)
    return plain if _READING.fullmatch(plain) else None


def folded(text: str) -> str:
    """Return a text as it is compared.

    One width, katakana as hiragana, the usual shape of a character, no case, no spaces or dots.
    """
    plain = _spelt(_in_one_width(text).translate(_LEFT_OUT)).casefold()
    return "".join(plain.split()).translate(_TO_HIRAGANA).translate(_USUAL)


def _in_one_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _spelt(text: str) -> str:
    """Take hyphens behind kana for long vowels, and write out what is repeated."""
    return _REPEATED.sub(_twice, _HYPHEN.sub("ー", text))


def _twice(repeated: re.Match[str]) -> str:
    first, mark = repeated.groups()
    voiced = _VOICED_MARK if mark in "ゞヾ" else ""
    return unicodedata.normalize("NFC", first + first + voiced)
