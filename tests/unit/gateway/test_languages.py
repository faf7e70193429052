"""Each catalogue and each page speaks one language, and all catalogues say the same."""

from __future__ import annotations

import re
import unicodedata

import pytest

from gateway import languages, rendering
from gateway.eras import ERAS
from tests.unit.gateway.catalogues import messages
from tests.unit.gateway.page_outline import SPOKEN_ATTRIBUTES, Outline, outline, render
from tests.unit.gateway.page_samples import SAMPLES
from waiting_room.draw import RULES

KANA = re.compile(r"[\u3040-\u30ff]")
HAN = re.compile(r"[\u3400-\u9fff]")
HANGUL = re.compile(r"[\u1100-\u11ff\uac00-\ud7a3]")
FOREIGN = {
    "ja": (HANGUL,),
    "ja-simple": (HANGUL,),
    "en": (KANA, HAN, HANGUL),
    "zh-Hans": (KANA, HANGUL),
    "ko": (KANA, HAN),
    "vi": (KANA, HAN, HANGUL),
    "pt": (KANA, HAN, HANGUL),
}
"""Letters that each language is not written with."""

OWN = {
    "ja": KANA,
    "ja-simple": KANA,
    "en": re.compile(r"[a-z]"),
    "zh-Hans": HAN,
    "ko": HANGUL,
    "vi": re.compile(r"[a-z]"),
    "pt": re.compile(r"[a-z]"),
}
"""Letters that each of its messages has (a short Japanese one may be of kanji alone)."""

ON_DOCUMENTS = re.compile(r"[(（](?:接種券|券番号|予診票|接種済証|大正|昭和|平成|令和)[)）]")
"""What is printed on Japanese papers, in brackets behind the reader's own word for it."""

WORDS_ALL_READ = {"pairs.mark.many", "pairs.mark.few", "pairs.mark.none"}
ERA_NAMES = {f"date.era.{code}" for code in ERAS}
"""In Latin letters they are the same in every language."""

LATIN_SENTENCE = re.compile(r"[A-Za-z]{2,} +[A-Za-z]{2,}")
ENGLISH = re.compile(
    r"\b(?:the|you|your|and|with|please|is|are|from|will|have|this|that|not|of|it|was)\b",
    re.IGNORECASE,
)
READING = re.compile(r"\{[^{}|]+\|([^{}|]+)\}")
GIVEN = (
    "市民会館",
    "大森1",
    "印西",
    "花子",
    "インザイ ハナコ",
    "太郎",
    "印西市",
    "第1回",
    "お知らせ",
    "題 title",
    "説明 detail",
    "誤り",
    "約5分",
    "計算しています",
)
"""What people and operators wrote, or the samples in their place: it stays as they wrote it."""

ON_PURPOSE = (
    '"><script>alert(1)</script>',
    RULES.strip(),
    "seiriken draw verify --status status.json --index 123",
    "(printf %s SEED | xxd -r -p; cat draw-rules.txt) | sha256sum",
    "Language",
    *languages.LANGUAGE_NAMES.values(),
)
"""What the draw's commitment covers to the letter, what is typed to check it, the switch."""


def parameters(said: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", READING.sub("", said)))


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_catalogues_have_the_same_messages_with_the_same_parameters(language: str) -> None:
    ja, own = messages("ja"), messages(language)
    assert own.keys() == ja.keys()
    for msgid in ja:
        for said in own[msgid]:
            assert parameters(said) == parameters(ja[msgid][0]), msgid


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_catalogue_is_written_in_the_letters_of_its_language(language: str) -> None:
    for msgid, forms in messages(language).items():
        for said in forms:
            own = ON_DOCUMENTS.sub("", said)
            assert msgid in WORDS_ALL_READ or OWN[language].search(own) or _is_kanji(own, language)
            assert not any(letters.search(own) for letters in FOREIGN[language]), msgid


def _is_kanji(said: str, language: str) -> bool:
    return language.startswith("ja") and HAN.search(said) is not None


@pytest.mark.parametrize("language", [one for one in languages.LANGUAGES if one != "en"])
def test_no_message_was_left_in_english(language: str) -> None:
    english = messages("en")
    for msgid, forms in messages(language).items():
        for said in forms:
            assert not ENGLISH.search(said), msgid
            same = said in english[msgid]
            assert not same or msgid in WORDS_ALL_READ | ERA_NAMES, msgid


@pytest.mark.parametrize("language", ["ja", "ja-simple", "zh-Hans", "ko"])
def test_no_latin_sentence_stands_where_another_script_is_written(language: str) -> None:
    if language in languages.LANGUAGES:
        for msgid, forms in messages(language).items():
            assert not any(map(LATIN_SENTENCE.search, forms)), msgid


def test_chinese_is_written_in_simplified_characters() -> None:
    """GB 2312 has the simplified characters alone: 約, 預 and 種 are not in it."""
    for msgid, forms in messages("zh-Hans").items():
        for said in forms:
            assert ON_DOCUMENTS.sub("", said).replace("…", "").encode("gb2312"), msgid


def test_every_kanji_of_plain_japanese_has_its_reading() -> None:
    for msgid, forms in messages("ja-simple").items():
        for said in forms:
            assert not HAN.search(READING.sub("", said)), msgid
            for reading in READING.findall(said):
                assert all("ぁ" <= letter <= "ん" or letter == "ー" for letter in reading), msgid


def test_plain_japanese_is_said_in_short_sentences() -> None:
    for msgid, forms in messages("ja-simple").items():
        for said in forms:
            words = re.sub(r"\{([^{}|]+)\|[^{}|]+\}", r"\1", said)
            for sentence in re.split(r"[。？]", words):
                assert len(sentence) <= 60, msgid


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_every_page_speaks_one_language(language: str) -> None:
    """What people and operators wrote stays as they wrote it; all else is the reader's."""
    for sample in SAMPLES:
        page = outline(render(sample, language))
        for text in _said(page):
            for letters in FOREIGN[language]:
                assert not letters.search(text), (sample[:2], text)
            if language != "en":
                assert not ENGLISH.search(text), (sample[:2], text)


def _said(page: Outline) -> list[str]:
    """Return what a page says in our own words: texts, what is read aloud, what scripts write."""
    spoken = [text for name in SPOKEN_ATTRIBUTES for text in page.with_attribute(name)]
    return _own(page.texts + spoken + _written(page))


def _written(page: Outline) -> list[str]:
    """Return what scripts write into a page: it stands in data attributes."""
    return [
        value
        for _, given in page.elements
        for name, value in given.items()
        if name.startswith("data-") and name != "data-title-turn"
    ]


def _own(texts: list[str]) -> list[str]:
    """Leave out what is not in our words, or in another language on purpose."""
    said = []
    for text in texts:
        own = "" if text in ON_PURPOSE else ON_DOCUMENTS.sub("", text)
        for given in sorted((*GIVEN, *languages.LANGUAGE_NAMES.values()), key=len, reverse=True):
            own = own.replace(given, "")
        said.append(own)
    return said


def test_every_kanji_on_a_page_of_plain_japanese_has_its_reading() -> None:
    """Titles and attributes hold no markup; in texts every kanji stands below its reading."""
    for sample in SAMPLES:
        html = render(sample, "ja-simple")
        page = outline(html)
        for _, given in page.elements:
            assert not any(
                "<ruby" in value or ("{" in value and "|" in value) for value in given.values()
            )
        inside = re.findall(r"<(title|option|textarea)\b[^>]*>(.*?)</\1>", html, re.DOTALL)
        assert not any("<ruby" in text for _, text in inside), sample[:2]
        body = re.sub(
            r"<(title|option|script|pre)\b.*?</\1>|<ruby>.*?</ruby>", "", html, flags=re.DOTALL
        )
        page = outline(body)
        for text in _own(page.texts + _written(page)):
            assert not HAN.search(re.sub(r"[\u3400-\u9fff]+（", "", text)), (sample[:2], text)


def test_language_switch_names_each_language_in_itself() -> None:
    page = outline(render(SAMPLES[0], "ja"))
    links = [given for tag, given in page.elements if "hreflang" in given]
    assert [link["hreflang"] for link in links] == [
        one for one in languages.LANGUAGES if one != "ja"
    ]
    assert all(link["href"].endswith(f"?language={link['hreflang']}") for link in links)
    assert set(languages.LANGUAGE_NAMES.values()) <= set(page.texts)
    assert all(link["lang"] in ("ja", link["hreflang"]) for link in links)


def test_every_language_has_a_picture_of_the_ticket() -> None:
    for language in languages.LANGUAGES:
        picture = (rendering.STATIC_DIRECTORY / f"ticket-{language}.svg").read_text("utf-8")
        assert "0123456789" in picture
        assert unicodedata.is_normalized("NFC", picture)


@pytest.mark.parametrize(
    ("cookie", "header", "language"),
    [
        (None, None, "ja"),
        ("en", "ja", "en"),
        ("xx", "en-GB", "en"),
        (None, "fr, en-US;q=0.8, ja;q=0.5", "en"),
        (None, "en;q=0.5, ja", "ja"),
        (None, "en;q=0", "ja"),
        (None, "en;q=soon", "ja"),
        (None, "fr, de;q=0.5", "ja"),
        (None, "zh-Hans, ko", "zh-Hans"),
        (None, "zh-CN", "zh-Hans"),
        (None, "zh-TW, en;q=0.5", "zh-Hans"),
        (None, "PT-br", "pt"),
        (None, "ja-JP", "ja"),
        (None, "ja-simple", "ja-simple"),
        ("ja-simple", "en", "ja-simple"),
        (None, ";q=1,,;;,", "ja"),
        (None, "xx," * 50 + "en", "ja"),
    ],
)
def test_language_is_the_chosen_one_then_the_browsers_then_japanese(
    cookie: str | None, header: str | None, language: str
) -> None:
    assert languages.negotiated(cookie, header) == language
