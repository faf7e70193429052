"""Every letter in every language: whole, in one language, and the same as on the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import msgspec
import pytest

from allocator.mail import Kind, Letter
from allocator.mail_languages import LANGUAGES, day_words, name_in, with_readings
from allocator.short_messages import short_text
from gateway import languages
from tests.unit.allocator.test_mail import (
    ATTEMPTS,
    BOTH,
    CANCELLED,
    CHANGED,
    CODE,
    IN_A_WEEK,
    JOINED,
    LEFT,
    LETTER,
    LETTERHEAD,
    LISTED,
    MOVED,
    OFFERED,
    OVER,
    TOMORROW,
    events,
    part,
    texts,
    written,
)
from tests.unit.gateway.test_languages import ENGLISH, FOREIGN, HAN, ON_DOCUMENTS

CITY_SAYS = "The lift is broken <b>& the stairs</b> {{ city }} are steep."
CLOSED_MOVED = msgspec.structs.replace(MOVED, kind="closed_moved", words=CITY_SAYS)
CLOSED_LISTED = msgspec.structs.replace(LISTED, kind="closed_listed", words=CITY_SAYS)
GIVEN = re.compile(
    r"試験 <b>百合</b>|試験 &lt;b&gt;百合&lt;/b&gt;|印西市浦部275|印西市|総合体育館|コミナティ"
    r"|https?://[\w./-]+|yoyaku@\S+|275 Urabe, Inzai"
)
STYLE = re.compile(r"<style.*?</style>|<[^>]+>", re.DOTALL)
READING = re.compile(r"[\u3400-\u9fff]+（[ぁ-んー]+）")


def letters() -> Iterator[Letter]:
    """Yield every letter that is written, in every state that changes its words."""
    replace = msgspec.structs.replace
    yield from (LETTER, CHANGED, MOVED, CANCELLED, JOINED, OFFERED, OVER, LISTED, LEFT)
    yield replace(CLOSED_MOVED, words="2021/9/3: 404")
    yield replace(CLOSED_LISTED, words="2021/9/3: 404")
    yield from (replace(letter, is_parted=True) for letter in (MOVED, LISTED))
    yield replace(MOVED, appointments=BOTH[:1])
    yield replace(OFFERED, first_is_given=True)
    yield replace(LISTED, appointments=BOTH[:1], first_is_given=True)
    yield replace(CANCELLED, state="first_only", appointments=BOTH[:1])
    yield replace(CANCELLED, state="first_only", appointments=BOTH[:1], first_is_given=True)
    yield replace(CANCELLED, product_names={})
    yield replace(LEFT, state="first_only", appointments=BOTH[:1])
    yield replace(LEFT, product_names={})
    yield replace(OVER, state="cancelled", standby=None)
    for letter in (LISTED, OFFERED):
        assert letter.standby is not None
        for reason in ("slot_closed", "supply_cut"):
            yield replace(letter, standby=replace(letter.standby, reason=reason))


def said(letter: Letter, language: str) -> list[str]:
    """Return subject and both texts in our own words."""
    mail = written(msgspec.structs.replace(letter, language=language))
    page = STYLE.sub(" ", part(mail, "text/html"))
    return [
        ON_DOCUMENTS.sub("", GIVEN.sub("", " ".join(text.split())))
        for text in (str(mail["Subject"]), part(mail, "text/plain"), page)
    ]


def test_mails_are_written_in_every_language_of_the_pages() -> None:
    assert set(LANGUAGES) == set(languages.LANGUAGES)
    assert LANGUAGES[0] == languages.LANGUAGES[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_speaks_one_language_and_is_whole(language: str) -> None:
    for letter in letters():
        for text in said(letter, language):
            assert not any(letters.search(text) for letters in FOREIGN[language]), text
            assert language == "en" or not ENGLISH.search(text), text
            assert "None" not in text
            assert "{" not in text
        assert not any("  " in text for text in texts(letter, language))


def test_no_kanji_of_plain_japanese_is_without_its_reading() -> None:
    for letter in letters():
        for text in said(letter, "ja-simple"):
            assert not HAN.search(READING.sub("", text)), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_says_the_language_it_is_in(language: str) -> None:
    mail = written(msgspec.structs.replace(LETTER, language=language))
    assert mail["Content-Language"] == language
    tag = "ja" if language == "ja-simple" else language
    assert f'<html lang="{tag}">' in part(mail, "text/html")


def test_days_are_written_as_each_language_does() -> None:
    days = [day_words(BOTH[0].starts_at, language) for language in LANGUAGES]
    assert days == [
        "2021年9月3日(金)",
        "2021/9/3（きんようび）",
        "Friday 3 September 2021",
        "2021年9月3日（星期五）",
        "2021년 9월 3일 (금)",
        "Thứ Sáu, ngày 3 tháng 9 năm 2021",
        "sexta-feira, 3 de setembro de 2021",
    ]


def test_names_are_given_in_a_language_that_the_reader_may_read() -> None:
    names = {"ja": "体育館", "en": "Gymnasium", "ja-simple": "{体育館|たいいくかん}"}
    assert name_in(names, "ja-simple") == "体育館（たいいくかん）"
    assert name_in(names, "vi") == "Gymnasium"
    assert name_in({"ja": "体育館", "en": "Gymnasium"}, "ja-simple") == "体育館"
    assert name_in({"ko": "체육관"}, "en") == "체육관"
    assert with_readings("{a|b}", "en") == "{a|b}"


def test_kinds_and_languages_have_subjects_of_their_own() -> None:
    by_the_city = (CLOSED_MOVED, CLOSED_LISTED, LEFT)
    letters = (LETTER, CHANGED, MOVED, CANCELLED, JOINED, OFFERED, OVER, LISTED, *by_the_city)
    kinds = {kind for some in get_args(Kind) for kind in get_args(some)}
    assert {letter.kind for letter in (*letters, IN_A_WEEK, TOMORROW, CODE, ATTEMPTS)} == kinds
    subjects = {
        written(msgspec.structs.replace(letter, language=language))["Subject"]
        for letter in (*letters, TOMORROW, CODE, ATTEMPTS)
        for language in LANGUAGES
    }
    assert len(subjects) == (len(letters) + 3) * len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_letter_of_a_closed_day_says_what_the_city_says_as_it_was_typed(language: str) -> None:
    for letter, plain_letter in ((CLOSED_MOVED, MOVED), (CLOSED_LISTED, LISTED)):
        given = msgspec.structs.replace(letter, first_is_given=True)
        for one in (letter, given):
            plain, page = texts(one, language)
            assert CITY_SAYS in plain
            assert "The lift is broken &lt;b&gt;&amp; the stairs&lt;/b&gt; {{ city }}" in page
            assert "<b>" not in page
        for text, without in zip(
            texts(letter, language), texts(plain_letter, language), strict=True
        ):
            assert len(text) > len(without)
            assert "AB12CD34" in text
    assert len(events(written(CLOSED_MOVED))) == 2
    assert (
        "Friday 3 September"
        not in texts(msgspec.structs.replace(CLOSED_MOVED, first_is_given=True))[0]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_whom_a_closed_day_parts_is_told_so_and_nothing_of_the_other(language: str) -> None:
    given = msgspec.structs.replace(LISTED, appointments=BOTH[:1], first_is_given=True)
    for letter in (MOVED, LISTED, given, CLOSED_MOVED, CLOSED_LISTED):
        alone = msgspec.structs.replace(letter, language=language)
        parted = msgspec.structs.replace(alone, is_parted=True)
        whole, usual = (short_text(one, LETTERHEAD).splitlines() for one in (parted, alone))
        (added,) = [line for line in whole if line not in usual]
        for text, without in zip(texts(parted, language), texts(alone, language), strict=True):
            assert added in text
            assert added not in without
