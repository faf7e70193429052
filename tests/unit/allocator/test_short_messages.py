from __future__ import annotations

import msgspec
import pytest

from allocator.mail import Letter
from allocator.mail_languages import LANGUAGES
from allocator.short_messages import filled, short_text, values_of
from tests.unit.allocator.test_mail import (
    ATTEMPTS,
    BOTH,
    CANCELLED,
    CODE,
    IN_A_WEEK,
    LETTER,
    LETTERHEAD,
    TOMORROW,
)
from tests.unit.allocator.test_mail_languages import GIVEN, letters
from tests.unit.gateway.test_languages import ENGLISH, FOREIGN

LONG_MESSAGE_MAX = 660
"""Characters that Japan's carriers take in one short message (their common limit)."""


def in_language(letter: Letter, language: str) -> str:
    return short_text(msgspec.structs.replace(letter, language=language), LETTERHEAD)


def test_confirmation_says_what_when_where_and_whom_to_ask() -> None:
    assert short_text(LETTER, LETTERHEAD).splitlines() == [
        "【印西市】新型コロナワクチン接種のご予約を承りました(予約番号 AB12CD34)",
        "1回目: 2021年9月3日(金) 09:15~09:30 総合体育館",
        "2回目: 2021年9月24日(金) 09:15~09:30 総合体育館",
        "https://yoyaku.inzai.example",
        "お電話でのお問い合わせ: 0476-00-0000",
    ]


def test_cancelled_second_dose_is_not_taken_for_the_first() -> None:
    """What stands below the first line is still booked."""
    left = msgspec.structs.replace(CANCELLED, state="first_only", appointments=BOTH[:1])
    for language, said in (("en", "dose 2 of your"), ("ja", "2回目のご予約を取り消しました")):
        first, second = in_language(left, language).splitlines()[:2]
        assert said in first
        assert "2021" in second
    assert "2021" not in in_language(msgspec.structs.replace(left, first_is_given=True), "en")


def test_code_is_brought_with_nothing_of_the_booking() -> None:
    text = in_language(CODE, "en")
    assert "Code: 020304" in text.splitlines()
    assert LETTER.booking_number not in text
    assert "Gymnasium" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_speaks_one_language_names_nobody_and_is_short(language: str) -> None:
    for letter in (*letters(), IN_A_WEEK, TOMORROW, CODE, ATTEMPTS):
        text = in_language(letter, language)
        ours = GIVEN.sub("", text)
        assert not any(pattern.search(ours) for pattern in FOREIGN[language]), text
        assert language == "en" or not ENGLISH.search(ours), text
        assert len(text) <= LONG_MESSAGE_MAX, text
        assert "試験" not in text
        assert "None" not in text
        assert "\n\n" not in text
        assert "{" not in text


def test_fields_of_any_provider_are_filled_once() -> None:
    values = values_of("+818098765432", "text with {token}", "ref", "secret")
    pattern = {
        "destination": "{to}",
        "msisdn": "tel:{to_national}",
        "body": "{text}",
        "id": "x-{reference}",
        "kind": "sms",
    }
    assert filled(pattern, values) == {
        "destination": "+818098765432",
        "msisdn": "tel:08098765432",
        "body": "text with {token}",
        "id": "x-ref",
        "kind": "sms",
    }
    assert filled({"Authorization": "Bearer {token}"}, values) == {"Authorization": "Bearer secret"}
